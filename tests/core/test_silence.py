"""A baseline that was not there at the start is overdue from the start on, until it comes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitoring.core.findings import Priority
from monitoring.core.schedule import Course, Taken
from monitoring.core.silence import baseline_gap, overdue_episodes
from monitoring.core.template import BeforeStart

from .builders import START, a_rule, minute, rules_with

ASKED = BeforeStart(2, timedelta(minutes=60))
STARTED = Course(START, known_at=minute(4))
RULES = rules_with(
    a_rule(
        "baseline_missing",
        clears={"coming": {}},
        medium={"overdue": {"what": "baseline", "in_a_row": 2}},
        low={"overdue": {"what": "baseline"}},
    )
)


def a_reading(measured: float, recorded: float | None = None, what: str = "vital_signs") -> Taken:
    known = measured if recorded is None else recorded
    return Taken(minute(measured), minute(known), what, f"{what}:{measured:g}")


@pytest.mark.parametrize(
    ("taken", "priority"),
    [
        pytest.param([], Priority.MEDIUM, id="none"),
        pytest.param([a_reading(-20)], Priority.LOW, id="one of two"),
        pytest.param([a_reading(-60), a_reading(0)], None, id="60 minutes before and at the start"),
        pytest.param([a_reading(-61), a_reading(-20)], Priority.LOW, id="61 minutes before is too early"),
        pytest.param([a_reading(-20), a_reading(1)], Priority.LOW, id="after the start is no baseline"),
        pytest.param([a_reading(-20), a_reading(-9, 4)], None, id="recorded with the start"),
        pytest.param([a_reading(-20), a_reading(-9, what="temperature")], Priority.LOW, id="no set"),
    ],
)
def test_so_many_sets_make_a_baseline(taken: list[Taken], priority: Priority | None) -> None:
    episodes = overdue_episodes(baseline_gap(ASKED, STARTED, taken, minute(5)), RULES)
    assert [(each.raised_at, each.priority) for each in episodes] == [(START, priority)][
        : priority is not None
    ]


@pytest.mark.parametrize(
    "late",
    [
        pytest.param(a_reading(-9, 30), id="a set taken in time and recorded late"),
        pytest.param(a_reading(30, what="baseline"), id="a baseline entered by hand"),
    ],
)
def test_what_comes_late_ends_it_and_never_makes_it_unsaid(late: Taken) -> None:
    taken = [a_reading(-20), late]
    assert [gap.answered_at for gap in baseline_gap(ASKED, STARTED, taken, minute(29))] == [None]
    assert [gap.answered_at for gap in baseline_gap(ASKED, STARTED, taken, minute(30))] == [minute(30)]


def test_a_start_passed_without_a_baseline_is_no_baseline() -> None:
    passed = a_reading(4, what="baseline")
    assert [gap.answered_at for gap in baseline_gap(ASKED, STARTED, [passed], minute(30))] == [None]


def test_before_the_start_and_where_none_is_asked_for_nothing_lacks() -> None:
    assert baseline_gap(ASKED, Course(), [], minute(5)) == ()
    assert baseline_gap(None, STARTED, [], minute(5)) == ()
