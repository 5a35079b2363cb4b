"""What became of each due observation: taken, still to come, overdue, or missed for good.

Overdue ends when anything comes; missed says that a slot went by without a set of its own.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from monitoring.core.schedule import Due, Taken, standing
from monitoring.core.template import ANSWERED_BY


class Fate(StrEnum):
    """What became of a due observation."""

    COMING = "coming"
    OVERDUE = "overdue"
    TAKEN = "taken"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Slot:
    """One due observation, until when a set was its own, and the first that was."""

    due: Due
    closes_at: datetime | None
    fate: Fate
    taken: Taken | None = None

    @property
    def is_late(self) -> bool:
        """True when it was taken in time and became known only once it was overdue."""
        return self.taken is not None and self.taken.recorded_at > self.due.overdue_at


def slots(
    dues: Iterable[Due], taken: Iterable[Taken], as_of: datetime, ends_at: datetime | None = None
) -> tuple[Slot, ...]:
    """Each due observation that stands, as it was known at `as_of`.

    A slot ends where the next one opens, the last one with the watch.
    """
    rows = standing(dues)
    known = sorted(
        (entry for entry in taken if entry.recorded_at <= as_of), key=lambda each: each.measured_at
    )
    moments = [entry.measured_at for entry in known]
    ends = [following.opens_at for following in rows[1:]] + [ends_at]
    found = []
    for due, closes_at in zip(rows, ends, strict=False):
        is_last = closes_at is None or closes_at == ends_at
        until = bisect_right if is_last else bisect_left
        upto = len(known) if closes_at is None else until(moments, closes_at)
        own = known[bisect_left(moments, due.opens_at) : upto]
        found.append(_slot(due, closes_at, own, as_of, is_last=is_last))
    return tuple(found)


def _slot(
    due: Due, closes_at: datetime | None, within: list[Taken], as_of: datetime, *, is_last: bool
) -> Slot:
    own = (entry for entry in within if entry.what in ANSWERED_BY[due.what])
    first = min(own, key=lambda entry: (entry.recorded_at, entry.key), default=None)
    if first is not None:
        return Slot(due, closes_at, Fate.TAKEN, first)
    if closes_at is not None and (as_of > closes_at or (as_of == closes_at and not is_last)):
        return Slot(due, closes_at, Fate.MISSED)
    return Slot(due, closes_at, Fate.OVERDUE if as_of >= due.overdue_at else Fate.COMING)


def missed_in_a_row(found: Iterable[Slot]) -> list[list[Slot]]:
    """The missed ones, those that follow one another and are of one kind together."""
    runs = groupby(found, key=lambda slot: (slot.fate is Fate.MISSED, slot.due.what))
    return [list(run) for (is_missed, _), run in runs if is_missed]
