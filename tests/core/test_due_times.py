"""The template on an infusion's own clock: its end, the way home, an alarm, changes of the clocks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from monitoring.core.rule_set import RuleSetError, parse
from monitoring.core.schedule import TIGHTENED, Course, Due, plan, standing

from .builders import DEFAULT, START, default_rules, minute

TEMPLATE = default_rules().schedule
END = minute(60 + 48 * 60)
STOPPED = Course(START, minute(60), None, END)


def planned(course: Course, *, recorded: float = 0, through: float = 49 * 60) -> tuple[Due, ...]:
    return plan(TEMPLATE, course, recorded_at=minute(recorded), through=minute(through))


def minutes(dues: Iterable[Due], what: str = "vital_signs") -> list[float]:
    return [(due.due_at - START).total_seconds() / 60 for due in dues if due.what == what]


@pytest.mark.parametrize(
    ("hours", "last"),
    [
        pytest.param(48, [32, 40, 48], id="48 hours"),
        pytest.param(72, [56, 64, 72], id="72 hours"),
        pytest.param(50, [40, 48, 50], id="50 hours: eight-hourly, and the end"),
    ],
)
@pytest.mark.parametrize("home_at", [pytest.param(None, id="ward"), pytest.param(300, id="home")])
def test_the_last_observation_is_due_at_the_very_end_of_the_watch(
    hours: int, last: list[int], home_at: int | None
) -> None:
    ends_at = minute(60) + timedelta(hours=hours)
    course = Course(START, minute(60), None if home_at is None else minute(home_at), ends_at)
    dues = planned(course, through=200 * 60)
    assert [(due.due_at - minute(60)) / timedelta(hours=1) for due in dues][-3:] == last


def test_who_goes_home_after_two_hours_owes_temperatures_and_no_more_sets() -> None:
    dues = planned(Course(START, minute(60), minute(180), END))
    assert max(minutes(dues)) == 180
    assert min(minutes(dues, "temperature")) == 60 + 480


def test_who_comes_back_owes_sets_again_from_then_on() -> None:
    home = planned(Course(START, minute(60), minute(180), END), recorded=180)
    back = planned(STOPPED, recorded=600)
    after = [due for due in standing([*home, *back]) if due.due_at > minute(600)]
    assert (after[0].what, after[0].due_at) == ("vital_signs", minute(60 + 12 * 60))


TIGHT = Course(START, minute(60), None, END, tightened_at=minute(300))


def test_after_an_alarm_a_set_is_due_every_15_minutes_counted_from_it() -> None:
    dues = planned(TIGHT, recorded=304, through=360)
    assert [(at, due.reason) for at, due in zip(minutes(dues), dues, strict=True)] == [
        (315, TIGHTENED), (330, TIGHTENED), (345, TIGHTENED), (360, TIGHTENED),
    ]  # fmt: skip


def test_where_a_set_is_due_every_15_minutes_anyway_an_alarm_changes_nothing() -> None:
    alarmed = Course(START, tightened_at=minute(22))
    assert planned(alarmed, recorded=22, through=60) == planned(Course(START), recorded=22, through=60)


def test_at_home_an_alarm_asks_for_a_temperature_every_hour() -> None:
    course = Course(START, minute(60), minute(180), END, tightened_at=minute(400))
    dues = planned(course, recorded=410, through=600)
    assert minutes(dues, "temperature") == [460, 520, 580]
    assert {due.overdue_at - due.due_at for due in dues} == {timedelta(minutes=15)}


def test_once_the_alarm_is_over_the_schedule_goes_on_as_if_there_had_been_none() -> None:
    before, tight = planned(STOPPED), planned(TIGHT, recorded=304, through=540)
    over = planned(STOPPED, recorded=350)
    after = [due for due in standing([*before, *tight, *over]) if due.due_at > minute(350)]
    assert after == [due for due in over if due.due_at > minute(350)]


def test_an_alarm_that_lasts_asks_on_to_the_very_end_of_the_watch() -> None:
    dues = planned(TIGHT, recorded=304, through=200 * 60)
    assert dues[-1].due_at == END
    gaps_between = {later.due_at - due.due_at for due, later in pairwise(dues)}
    assert max(gaps_between) == timedelta(minutes=15)


CLOCKS = [
    pytest.param("Europe/Berlin", "2026-03-28T20:00+01:00", id="Berlin, an hour less"),
    pytest.param("Europe/Berlin", "2026-10-24T20:00+02:00", id="Berlin, an hour more"),
    pytest.param("America/New_York", "2026-03-07T20:00-05:00", id="New York, an hour less"),
    pytest.param("America/New_York", "2026-10-31T20:00-04:00", id="New York, an hour more"),
]


def on_the_wall(course: Course, zone: ZoneInfo) -> Course:
    """The same course, its moments as a clock in that zone shows them."""
    moments = (course.started_at, course.stopped_at, course.home_at, course.ends_at, course.tightened_at)
    return Course(*(None if at is None else at.astimezone(zone) for at in moments))


@pytest.mark.parametrize(("zone", "evening"), CLOCKS)
def test_a_change_of_the_clocks_at_night_shifts_no_due_time(zone: str, evening: str) -> None:
    begin = datetime.fromisoformat(evening).astimezone(UTC)
    ends_at = begin + timedelta(hours=49)
    running = Course(begin), Course(START)
    over = Course(begin, begin + timedelta(hours=1), None, ends_at), STOPPED
    for here, usual in (running, over):
        local = on_the_wall(here, ZoneInfo(zone))
        dues = plan(TEMPLATE, local, recorded_at=begin, through=ends_at)
        assert [due.due_at - begin for due in dues] == [
            due.due_at - START for due in planned(usual, through=49 * 60)
        ]
        assert {due.due_at.utcoffset() for due in dues} == {timedelta()}


@settings(deadline=None)
@for_all(
    st.integers(0, 360 * 24 * 60),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Apia"]),
    st.integers(1, 600),
    st.integers(1, 72),
    st.none() | st.integers(0, 2000),
    st.booleans(),
)
def test_whenever_it_starts_due_times_are_the_same_on_the_infusions_own_clock(
    minutes_into_2026: int, zone: str, runs: int, hours: int, home: int | None, alarmed: bool
) -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes_into_2026)

    def course(start: datetime) -> Course:
        stop = start + timedelta(minutes=runs)
        home_at = None if home is None else stop + timedelta(minutes=home)
        alarm = stop + timedelta(minutes=7) if alarmed else None
        return Course(start, stop, home_at, stop + timedelta(hours=hours), alarm)

    local, week = on_the_wall(course(begin), ZoneInfo(zone)), timedelta(days=7)
    here = plan(TEMPLATE, local, recorded_at=begin, through=begin + week)
    usual = plan(TEMPLATE, course(START), recorded_at=START, through=START + week)
    assert [(due.due_at - begin, due.what) for due in here] == [
        (due.due_at - START, due.what) for due in usual
    ]
    assert here[-1].due_at == course(begin).ends_at


def changed(**parts: Any) -> Any:
    document: Any = json.loads(DEFAULT.read_text(), parse_float=Decimal)
    document["schedule"] |= parts
    return document


WARD_END = {"what": "temperature", "every_minutes": 480, "grace_minutes": 60, "where": "ward"}
HOME_END = WARD_END | {"where": "home"}


@pytest.mark.parametrize(
    ("afterwards", "fault"),
    [
        pytest.param([WARD_END], "the last stretch (home)", id="nothing at home"),
        pytest.param(
            [HOME_END | {"until_minutes": 60}, WARD_END], "the last stretch (home)", id="a hole at the end"
        ),
        pytest.param([WARD_END, WARD_END, HOME_END], "only the last stretch (ward)", id="two without an end"),
        pytest.param(
            [WARD_END | {"until_minutes": 60}, WARD_END | {"until_minutes": 60}, WARD_END, HOME_END],
            "until_minutes must rise",
            id="two with one end",
        ),
    ],
)  # fmt: skip
def test_a_schedule_that_leaves_somebody_without_a_next_observation_is_refused(
    afterwards: list[Any], fault: str
) -> None:
    with pytest.raises(RuleSetError, match="/schedule/afterwards") as refusal:
        parse(changed(afterwards=afterwards))
    assert fault in str(refusal.value)
