"""Ladders by hour of the day, and what becomes of a rung that reaches nobody."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.core.document import RuleSetError
from monitoring.core.escalation import (
    DEFAULT_DOCUMENT,
    DEFAULT_LADDER,
    ROLES,
    Climb,
    Hours,
    Ladder,
    Rung,
    parse_ladder,
    ring,
)
from monitoring.core.findings import Priority

NIGHT: dict[str, Any] = {
    "from": "20:00",
    "until": "07:00",
    "high": {"rungs": [{"after_minutes": 0, "roles": ["everyone_on_shift"]}], "repeat_every_minutes": 2},
}


def ladder(*at_hours: dict[str, Any], **more: Any) -> Ladder:
    document = {**deepcopy(DEFAULT_DOCUMENT), "zone": "Europe/Berlin", "at_hours": list(at_hours)}
    return parse_ladder(document | more)


def winter(clock: str) -> datetime:
    """That hour of a January day in Berlin, one hour ahead of UTC."""
    return datetime.fromisoformat(f"2026-01-20T{clock}:00+01:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("clock", "is_night"),
    [
        pytest.param("19:59", False, id="the minute before it begins"),
        pytest.param("20:00", True, id="its beginning is in it"),
        pytest.param("23:59", True, id="before midnight"),
        pytest.param("00:00", True, id="midnight"),
        pytest.param("06:59", True, id="its last minute"),
        pytest.param("07:00", False, id="its end is not in it"),
    ],
)
def test_the_hour_by_the_wards_clock_decides_which_climb_begins(clock: str, is_night: bool) -> None:
    roles = ladder(NIGHT).roles(Priority.HIGH, 0, winter(clock))
    assert roles == (("everyone_on_shift",) if is_night else ("assigned_nurse", "charge_nurse"))


def test_a_priority_that_the_hours_do_not_name_climbs_as_at_any_hour() -> None:
    assert ladder(NIGHT).roles(Priority.MEDIUM, 1, winter("02:00")) == ("charge_nurse",)


def test_a_climb_keeps_the_ladder_of_the_hour_in_which_it_began() -> None:
    began = winter("06:58")
    assert ladder(NIGHT).due_at(Priority.HIGH, began, 4) == began + timedelta(minutes=8)


@pytest.mark.parametrize(
    ("utc", "clock"),
    [
        pytest.param("2026-03-29T00:59", "01:59 before spring's jump", id="before spring's jump"),
        pytest.param("2026-03-29T01:00", "03:00 after spring's jump", id="after spring's jump"),
        pytest.param("2026-10-25T00:30", "02:30 for the first time", id="autumn's first 02:30"),
        pytest.param("2026-10-25T01:30", "02:30 for the second time", id="autumn's second 02:30"),
    ],
)
def test_nights_in_which_the_clock_is_changed_are_nights_and_minutes_stay_minutes(
    utc: str, clock: str
) -> None:
    began = datetime.fromisoformat(f"{utc}:00+00:00")
    assert ladder(NIGHT).roles(Priority.HIGH, 0, began) == ("everyone_on_shift",), clock
    assert ladder(NIGHT).due_at(Priority.HIGH, began, 1) == began + timedelta(minutes=2)


def test_hours_that_the_clock_skips_in_spring_hold_for_no_moment_of_that_day() -> None:
    skipped = {**NIGHT, "from": "02:00", "until": "03:00"}
    began = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert ladder(skipped).roles(Priority.HIGH, 0, began) == DEFAULT_LADDER.roles(Priority.HIGH, 0)


@given(st.times(), st.times(), st.times())
def test_each_moment_lies_in_a_stretch_or_in_its_rest(begins: Any, ends: Any, clock: Any) -> None:
    if begins != ends:
        assert Hours(begins, ends).hold(clock) != Hours(ends, begins).hold(clock)
        assert not Hours(begins, ends).meet(Hours(ends, begins))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        pytest.param({"at_hours": [{**NIGHT, "until": "20:00"}]}, "/at_hours/0/until: must be", id="empty"),
        pytest.param(
            {"at_hours": [NIGHT, {**NIGHT, "from": "06:59", "until": "08:00"}]},
            "/at_hours/1/from: must not overlap",
            id="one minute of overlap",
        ),
        pytest.param({"at_hours": [{**NIGHT, "from": "8 pm"}]}, "/at_hours/0/from: must be", id="no hour"),
        pytest.param({"at_hours": [{**NIGHT, "from": "20:00Z"}]}, "/at_hours/0/from: must be", id="long"),
        pytest.param({"zone": "Mars/Olympus"}, "/zone: is not a known time zone", id="no such zone"),
        pytest.param(
            {"high": {"rungs": [], "repeat_every_minutes": 5}}, "/high/rungs: must begin at once", id="empty"
        ),
        pytest.param(
            {"high": {"rungs": [{"after_minutes": 1, "roles": ["charge_nurse"]}], "repeat_every_minutes": 5}},
            "/high/rungs: must begin at once",
            id="a high alert that waits",
        ),
        pytest.param(
            {"high": {"rungs": [{"after_minutes": 0, "roles": ["charge_nurse"]}]}},
            "/high: lacks 'repeat_every_minutes'",
            id="a high alert that falls silent",
        ),
        pytest.param(
            {"low": {"rungs": [{"after_minutes": 0, "roles": ["porter"]}]}},
            "/low/rungs/0/roles/0: must be one of",
            id="a role that nobody knows",
        ),
        pytest.param(
            {"low": {"rungs": [{"after_minutes": 0, "roles": []}]}}, "/low/rungs/0/roles: must", id="no role"
        ),
    ],
)
def test_a_ladder_that_would_not_do_is_refused_by_its_place(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(RuleSetError, match=fault):
        parse_ladder({**deepcopy(DEFAULT_DOCUMENT), "zone": "UTC"} | change)


def test_a_first_rung_that_waits_is_waited_for_and_one_begun_higher_is_not() -> None:
    climb = {"rungs": [{"after_minutes": n, "roles": ["charge_nurse"]} for n in (5, 9)]}
    began = winter("12:00")
    assert ladder(low=climb).due_at(Priority.LOW, began, 0) == began + timedelta(minutes=5)
    assert ladder(low=climb).due_at(Priority.LOW, began, 1, rung_from=1) == began


def test_hours_without_a_zone_are_refused() -> None:
    with pytest.raises(RuleSetError, match="lacks 'zone'"):
        parse_ladder({**deepcopy(DEFAULT_DOCUMENT), "at_hours": [NIGHT]})


HIGH = DEFAULT_LADDER.climbs[Priority.HIGH]


@pytest.mark.parametrize(
    ("due", "reached", "roles", "skipped", "rung"),
    [
        pytest.param([0], {"charge_nurse"}, HIGH.roles(0), (), 1, id="one of a rung is enough"),
        pytest.param([0], {"everyone_on_shift"}, HIGH.roles(1), (0,), 2, id="the next at once"),
        pytest.param([0], {"principal_investigator"}, HIGH.roles(3), (0, 1, 2), 4, id="up to the last"),
        pytest.param([2], {"charge_nurse"}, HIGH.roles(0), (2, 3), 3, id="none above: the nearest below"),
        pytest.param(
            [1, 2],
            {"everyone_on_shift", "investigator_on_call"},
            (*HIGH.roles(1), *HIGH.roles(2)),
            (),
            3,
            id="after a long silence all that are due",
        ),
        pytest.param([1, 2], {"investigator_on_call"}, HIGH.roles(2), (1,), 3, id="of several due, one"),
        pytest.param([6], {"backup_investigator"}, HIGH.roles(3), (), 7, id="a repeat rings the last"),
        pytest.param([6], {"everyone_on_shift"}, HIGH.roles(1), (6,), 7, id="a repeat that reaches nobody"),
        pytest.param([0], set(), (), (0, 1, 2, 3), 1, id="nobody at all"),
    ],
)
def test_a_rung_that_reaches_nobody_is_skipped(
    due: list[int], reached: set[str], roles: tuple[str, ...], skipped: tuple[int, ...], rung: int
) -> None:
    rang = ring(HIGH, due, reached.__contains__)
    assert (rang.roles, rang.skipped, rang.rung) == (roles, skipped, rung)


@given(
    st.lists(st.sets(st.sampled_from(ROLES), min_size=1), min_size=1, max_size=5),
    st.sets(st.sampled_from(ROLES)),
    st.integers(0, 7),
)
def test_whoever_a_climb_reaches_at_all_is_told_whichever_rung_is_due(
    rungs: list[set[str]], reached: set[str], due: int
) -> None:
    climb = Climb(
        tuple(Rung(timedelta(minutes=n), tuple(sorted(roles))) for n, roles in enumerate(rungs)),
        timedelta(minutes=5),
    )
    rang = ring(climb, [due], reached.__contains__)
    assert bool(set(rang.roles) & reached) == bool(set().union(*rungs) & reached)
    assert rang.rung > due
