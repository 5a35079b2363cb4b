"""When observations are due, and what is overdue as far as it was known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from monitoring.core.findings import Priority
from monitoring.core.schedule import (
    NOTHING,
    Course,
    Due,
    Overdue,
    Taken,
    kept,
    overdue,
    plan,
    standing,
)
from monitoring.core.silence import overdue_episodes
from monitoring.core.template import WITHOUT_TEMPERATURE

from .builders import START, default_rules, minute

TEMPLATE = default_rules().schedule
END = minute(60 + 48 * 60)


def planned(course: Course, *, recorded: float = 0, through: float = 48 * 60 + 60) -> tuple[Due, ...]:
    return plan(TEMPLATE, course, recorded_at=minute(recorded), through=minute(through))


def minutes(dues: Iterable[Due], what: str = "vital_signs") -> list[float]:
    return [(due.due_at - START).total_seconds() / 60 for due in dues if due.what == what]


STOPPED = Course(START, minute(60), None, END)


def test_while_it_runs_a_set_is_due_every_15_minutes() -> None:
    assert minutes(planned(Course(START), through=60)) == [15, 30, 45, 60]


def test_after_the_end_the_intervals_lengthen() -> None:
    after = [at - 60 for at in minutes(planned(STOPPED)) if at > 60]
    assert after == [15, 30, 45, 60, 90, 120, 180, 240, 480, 720, 960, 1200, 1440]


def test_on_the_ward_temperatures_follow_until_48_hours() -> None:
    assert [at - 60 for at in minutes(planned(STOPPED), "temperature")] == [1920, 2400, 2880]


def test_at_home_a_temperature_is_due_every_8_hours() -> None:
    course = Course(START, minute(60), minute(60 + 240), END)
    dues = planned(course)
    assert [at - 60 for at in minutes(dues, "temperature")] == [480, 960, 1440, 1920, 2400, 2880]
    assert max(minutes(dues)) == 300


@pytest.mark.parametrize(
    ("after_stop", "grace"),
    [
        pytest.param(15, 5, id="every quarter of an hour: 5 minutes"),
        pytest.param(90, 10, id="half-hourly: 10"),
        pytest.param(240, 10, id="hourly: 10"),
        pytest.param(480, 60, id="four-hourly: an hour"),
    ],
)
def test_each_interval_has_its_grace(after_stop: int, grace: int) -> None:
    (due,) = [due for due in planned(STOPPED) if due.due_at == minute(60 + after_stop)]
    assert due.overdue_at == minute(60 + after_stop + grace)


def test_a_plan_holds_only_what_is_later_than_the_moment_it_was_recorded() -> None:
    assert minutes(planned(Course(START), recorded=20, through=60)) == [30, 45, 60]


def test_a_change_of_schedule_moves_only_what_is_later_than_itself() -> None:
    first = planned(Course(START), through=120)
    stopped = planned(
        Course(START, minute(33), None, minute(33) + timedelta(hours=48)), recorded=40, through=120
    )
    assert minutes(standing([*first, *stopped])) == [15, 30, 48, 63, 78, 93]


def test_a_plan_that_asks_for_nothing_ends_the_plans_before_it() -> None:
    cancelled = planned(Course(), recorded=20)
    assert [due.what for due in cancelled] == [NOTHING]
    assert minutes(standing([*planned(Course(START), through=60), *cancelled])) == [15]


def taken(measured: float, recorded: float | None = None, what: str = "vital_signs") -> Taken:
    known = measured if recorded is None else recorded
    return Taken(minute(measured), minute(known), what, f"{what}:{measured:g}")


DUES = planned(Course(START), through=120)


def seen(as_of: float, *sets: Taken) -> Overdue:
    return overdue(DUES, sets, minute(as_of))


def gaps(found: Overdue) -> list[tuple[float, float | None]]:
    return [
        (
            (gap.overdue_at - START).total_seconds() / 60,
            None if gap.answered_at is None else (gap.answered_at - START).total_seconds() / 60,
        )
        for gap in found.gaps
    ]


@pytest.mark.parametrize(
    ("as_of", "sets", "expected"),
    [
        pytest.param(19, [], [], id="within the grace nothing is overdue"),
        pytest.param(20, [], [(20, None)], id="overdue from due and grace on"),
        pytest.param(20, [taken(12)], [], id="a set a little early answers"),
        pytest.param(20, [taken(7)], [(20, None)], id="a set far too early does not"),
        pytest.param(34, [taken(19)], [], id="a set within the grace answers"),
        pytest.param(26, [taken(15, 25)], [(20, 25)], id="recorded late it clears, and stays said"),
        pytest.param(24, [taken(15, 25)], [(20, None)], id="nobody knew of it before it was recorded"),
        pytest.param(34, [taken(26)], [(20, 26)], id="a later set answers for the missed one"),
        pytest.param(51, [], [(20, None)], id="what stays overdue is one gap"),
        pytest.param(56, [taken(30), taken(55)], [(20, 30), (50, 55)], id="two gaps"),
        pytest.param(20, [taken(15, what="temperature")], [(20, None)], id="a temperature is no set"),
        pytest.param(20, [taken(15, what=WITHOUT_TEMPERATURE)], [], id="without a temperature it is a set"),
    ],
)
def test_overdue_is_a_matter_of_due_times_and_of_when_a_set_was_recorded(
    as_of: float, sets: list[Taken], expected: list[tuple[float, float | None]]
) -> None:
    assert gaps(seen(as_of, *sets)) == expected


def test_data_have_stopped_when_two_due_sets_in_a_row_are_overdue() -> None:
    assert seen(34).stopped_at is None
    assert seen(35).stopped_at == minute(35)
    assert seen(36, taken(35.5)).stopped_at is None


def test_what_is_due_next_and_when_that_may_change() -> None:
    found = seen(16)
    assert found.next_due is not None
    assert (found.next_due.due_at, found.next_change_at) == (minute(15), minute(20))
    assert seen(16, taken(15)).next_change_at == minute(35)


def test_an_overdue_episode_is_raised_at_due_and_grace_whenever_the_sweep_came() -> None:
    (episode,) = overdue_episodes(seen(33).gaps, default_rules())
    assert (episode.problem, episode.raised_at, episode.priority) == (
        "overdue_vitals",
        minute(20),
        Priority.MEDIUM,
    )


def test_two_in_a_row_overdue_are_high_and_a_set_clears_it() -> None:
    (episode,) = overdue_episodes(seen(60, taken(40, 52)).gaps, default_rules())
    assert episode.priorities == ((minute(20), Priority.MEDIUM), (minute(35), Priority.HIGH))
    assert (episode.cleared_at, episode.cleared_by) == (minute(52), "came")


def test_a_missing_temperature_at_home_is_a_problem_of_its_own() -> None:
    dues = planned(Course(START, minute(60), minute(300), END))
    sets = [taken(at) for at in range(15, 300, 15)]
    (episode,) = overdue_episodes(overdue(dues, sets, minute(60 + 480 + 60)).gaps, default_rules())
    assert (episode.problem, episode.priority) == ("overdue_temperature", Priority.MEDIUM)


@pytest.mark.parametrize(
    ("what", "is_overdue"),
    [
        pytest.param("temperature", False, id="a temperature"),
        pytest.param("vital_signs", False, id="a set that holds one"),
        pytest.param(WITHOUT_TEMPERATURE, True, id="a set without a temperature is none"),
    ],
)
def test_a_due_temperature_is_answered_by_a_temperature_alone(what: str, is_overdue: bool) -> None:
    dues = planned(Course(START, minute(60), minute(300), END), recorded=301)
    found = overdue(dues, [taken(60 + 480, what=what)], minute(60 + 480 + 60))
    assert bool(found.gaps) is is_overdue


some_sets = st.lists(
    st.tuples(st.integers(0, 120), st.integers(0, 60)).map(lambda t: taken(t[0], t[0] + t[1])), max_size=8
)


@settings(deadline=None)
@for_all(some_sets, st.integers(0, 150), st.integers(0, 60))
def test_what_was_overdue_once_is_never_unsaid_by_what_is_recorded_later(
    sets: list[Taken], as_of: int, more: int
) -> None:
    known = [entry for entry in sets if entry.recorded_at <= minute(as_of)]
    then, later = gaps(overdue(DUES, known, minute(as_of))), gaps(overdue(DUES, sets, minute(as_of + more)))
    raised = {at for at, _ in then}
    assert raised <= {at for at, _ in later}


@settings(deadline=None)
@for_all(some_sets, st.data())
def test_overdue_does_not_depend_on_the_order_of_rows(sets: list[Taken], data: st.DataObject) -> None:
    dues, entries = data.draw(st.permutations(DUES)), data.draw(st.permutations(sets))
    assert overdue(dues, entries, minute(130)) == overdue(DUES, sets, minute(130))


def test_what_becomes_overdue_after_the_end_of_the_watch_rings_nobody() -> None:
    dues = planned(STOPPED)
    sets = [taken(60 + hours * 60, what="temperature") for hours in range(0, 41, 4)]
    sets += [taken(at) for at in minutes(dues)]
    found = overdue(dues, sets, END + timedelta(days=1), END)
    assert (found.gaps, found.next_due, found.next_change_at) == ((), None, None)


def test_a_long_gap_counts_no_more_than_a_rule_may_ask_for() -> None:
    dues = planned(Course(START), through=48 * 60)
    (gap,) = overdue(dues, [], minute(48 * 60)).gaps
    assert (gap.in_a_row, len(gap.missed)) == (20, 20)


def test_what_is_kept_does_not_grow_while_nobody_records_the_stop() -> None:
    dues = planned(Course(START), through=100 * 60)
    as_of = minute(96 * 60 + 1)
    came = [taken(at) for at in minutes(dues) if at < 96 * 60]
    assert len(kept(dues, came, as_of, as_of - timedelta(hours=6))[0]) < 20
    assert len(kept(dues, [], as_of, as_of - timedelta(hours=6))[0]) < 40


late_or_not = st.tuples(st.integers(0, 900), st.sampled_from([0, 0, 0, 3, 30, 200]))


@settings(deadline=None, max_examples=200)
@for_all(
    st.lists(late_or_not.map(lambda t: taken(t[0], t[0] + t[1])), max_size=30, unique_by=lambda t: t.key),
    st.lists(st.integers(30, 1100), min_size=1, max_size=6).map(sorted),
    st.integers(0, 400),
)
def test_one_who_keeps_only_what_matters_finds_what_one_finds_who_keeps_all(
    sets: list[Taken], looks: list[int], back: int
) -> None:
    first, second = (
        planned(Course(START), through=500),
        planned(Course(START, minute(470)), recorded=480, through=1000),
    )
    dues, held, known = (*first, *second), (*first, *second), tuple[Taken, ...]()
    seen_until = START
    for look in looks:
        as_of = minute(look)
        since = as_of - timedelta(minutes=back)
        known += tuple(entry for entry in sets if seen_until < entry.recorded_at <= as_of)
        everything = overdue(dues, sets, as_of)
        found = overdue(held, known, as_of)
        assert [gap for gap in found.gaps if gap.answered_at is None or gap.answered_at > since] == [
            gap for gap in everything.gaps if gap.answered_at is None or gap.answered_at > since
        ]
        assert (found.next_due, found.next_change_at) == (everything.next_due, everything.next_change_at)
        assert found.stopped_at == everything.stopped_at
        held, known = kept(held, known, as_of, since)
        seen_until = as_of
