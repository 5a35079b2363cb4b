"""A due observation is taken, coming, overdue or missed; missed is what went by without a set of its own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from monitoring.core.schedule import Course, Taken, plan
from monitoring.core.slots import Fate, Slot, missed_in_a_row, slots

from .builders import START, default_rules, minute

TEMPLATE = default_rules().schedule
END = minute(60) + timedelta(hours=48)
RUNNING = plan(TEMPLATE, Course(START), recorded_at=START, through=minute(60))
WHOLE = plan(TEMPLATE, Course(START, minute(60), None, END), recorded_at=START, through=END)
HOME = plan(TEMPLATE, Course(START, minute(60), minute(300), END), recorded_at=START, through=END)


def taken(measured: float, recorded: float | None = None, what: str = "vital_signs") -> Taken:
    known = measured if recorded is None else recorded
    return Taken(minute(measured), minute(known), what, f"{what}:{measured:g}")


def fates(found: tuple[Slot, ...]) -> list[str]:
    return [slot.fate.value for slot in found]


@pytest.mark.parametrize(
    ("as_of", "sets", "expected"),
    [
        pytest.param(19, [], ["coming", "coming"], id="within the grace"),
        pytest.param(20, [], ["overdue", "coming"], id="from the grace on"),
        pytest.param(22, [], ["overdue", "coming"], id="until the next slot opens"),
        pytest.param(22.5, [], ["missed", "coming"], id="the next slot has opened"),
        pytest.param(22.5, [taken(22)], ["taken", "coming"], id="late, but in its own slot"),
        pytest.param(23, [taken(22.5)], ["missed", "taken"], id="a set of the next slot is no set of this"),
        pytest.param(23, [taken(14, 40)], ["missed", "coming"], id="nobody knows of it yet"),
        pytest.param(40, [taken(14, 40)], ["taken", "missed"], id="recorded late it was taken all the same"),
        pytest.param(23, [taken(15, what="temperature")], ["missed", "coming"], id="a temperature is no set"),
    ],
)
def test_each_due_observation_has_a_fate(as_of: float, sets: list[Taken], expected: list[str]) -> None:
    assert fates(slots(RUNNING, sets, minute(as_of)))[:2] == expected


def test_late_is_what_became_known_after_the_grace() -> None:
    first, second, *_ = slots(RUNNING, [taken(14, 21), taken(30, 35)], minute(40))
    assert (first.is_late, second.is_late) == (True, False)


def test_the_last_slot_ends_with_the_watch_its_last_moment_included() -> None:
    at_the_end = taken(60 + 48 * 60, what="temperature")
    assert slots(HOME, [at_the_end], END + timedelta(hours=1), END)[-1].fate is Fate.TAKEN
    assert slots(HOME, [], END, END)[-1].fate is Fate.COMING
    assert slots(HOME, [], END + timedelta(seconds=1), END)[-1].fate is Fate.MISSED


def test_what_was_missed_in_a_row_is_told_together() -> None:
    found = slots(RUNNING, [taken(15), taken(60)], minute(61))
    assert [[(slot.due.due_at - START).seconds // 60 for slot in run] for run in missed_in_a_row(found)] == [
        [30, 45]
    ]


sets = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 90)).map(lambda t: taken(t[0], t[0] + t[1])), max_size=10
)


@settings(deadline=None)
@for_all(sets, st.integers(0, 400), st.integers(0, 60))
def test_what_is_missed_is_overdue_too_and_only_a_set_of_its_slot_unsays_it(
    entries: list[Taken], as_of: int, more: int
) -> None:
    found = slots(WHOLE, entries, minute(as_of), END)
    later = slots(WHOLE, entries, minute(as_of + more), END)
    for before, after in zip(found, later, strict=True):
        if before.fate is Fate.MISSED:
            assert before.due.overdue_at <= minute(as_of)
            assert after.fate in (Fate.MISSED, Fate.TAKEN)
            assert after.fate is Fate.MISSED or (after.taken and after.taken.recorded_at > minute(as_of))
        if before.fate is Fate.TAKEN:
            assert after.fate is Fate.TAKEN
