"""Readings in time: where a line may join them, and fewer points that still tell the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec


class Reading(msgspec.Struct, frozen=True, gc=False):
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


def breaks(
    moments: Sequence[datetime], longest_gap: LongestGap, least: timedelta = timedelta(0)
) -> list[int]:
    """Which of the moments, in time order, come more than the longest gap after the one before.

    No gap up to `least` is ever too long, so that thousands of readings are not asked about one by one.
    """
    return [
        number
        for number, (before, at) in enumerate(pairwise(moments), 1)
        if at - before > least and at - before > longest_gap(before)
    ]


def split(
    readings: Sequence[Reading], longest_gap: LongestGap, least: timedelta = timedelta(0)
) -> list[list[Reading]]:
    """The readings in time order as runs; a run ends exactly where more than the longest gap follows."""
    ordered = sorted(readings, key=lambda reading: reading.at)
    begins = breaks([reading.at for reading in ordered], longest_gap, least)
    return [ordered[begin:end] for begin, end in pairwise([0, *begins, len(ordered)])] if ordered else []


def thin(run: Sequence[Reading], columns: Sequence[int]) -> list[Reading]:
    """The first, lowest, highest and last reading of every column of the paper, in time order; `columns` says
    in which each of them lies.

    Nothing that could be seen is lost: every extreme stays, whatever the density.
    """
    groups: dict[int, list[Reading]] = {}
    for column, reading in zip(columns, run, strict=True):
        groups.setdefault(column, []).append(reading)
    kept: list[Reading] = []
    for group in groups.values():
        if len(group) <= 4:
            kept.extend(group)
            continue
        chosen = {0, len(group) - 1}
        chosen.add(min(range(len(group)), key=lambda i: group[i].value))
        chosen.add(max(range(len(group)), key=lambda i: group[i].value))
        kept.extend(group[i] for i in sorted(chosen))
    return kept
