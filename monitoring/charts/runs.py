"""Readings in time: where a line may join them, and fewer points that still tell the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple


class Reading(NamedTuple):
    """One value at one moment. `kind`: nurse, device or patient. `text` is what a person reads of it, `href`
    where it is corrected; of a `row` the panel works both out when it is marked, because most are not.
    """

    at: datetime
    value: Decimal
    text: str = ""
    kind: str = "nurse"
    late: bool = False
    corrected: bool = False
    href: str = ""
    row: Any = None


#: How long after a reading the next one may come before the line breaks; depends on the schedule then.
LongestGap = Callable[[datetime], timedelta]


def split(
    readings: Sequence[Reading], longest_gap: LongestGap, least: timedelta = timedelta(0)
) -> list[list[Reading]]:
    """The readings in time order as runs; a run ends exactly where more than the longest gap follows.

    No gap up to `least` is ever too long, so that thousands of readings are not asked about one by one.
    """
    runs: list[list[Reading]] = []
    before: datetime | None = None
    for reading in sorted(readings, key=lambda reading: reading.at):
        gap = None if before is None else reading.at - before
        if before is not None and gap is not None and (gap <= least or gap <= longest_gap(before)):
            runs[-1].append(reading)
        else:
            runs.append([reading])
        before = reading.at
    return runs


def thin(run: Sequence[Reading], column: Callable[[Reading], int]) -> list[Reading]:
    """The first, lowest, highest and last reading of every column of the paper, in time order.

    Nothing that could be seen is lost: every extreme stays, whatever the density.
    """
    columns: dict[int, list[Reading]] = {}
    for reading in run:
        columns.setdefault(column(reading), []).append(reading)
    kept: list[Reading] = []
    for group in columns.values():
        if len(group) <= 4:
            kept.extend(group)
            continue
        chosen = {0, len(group) - 1}
        chosen.add(min(range(len(group)), key=lambda i: group[i].value))
        chosen.add(max(range(len(group)), key=lambda i: group[i].value))
        kept.extend(group[i] for i in sorted(chosen))
    return kept
