"""Readings in time: where a line may join them, and fewer points that still tell the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Reading:
    """One value at one moment. `kind`: nurse, device or patient. `text` is what a person reads of it, and
    `href` where it is corrected; either may be worked out when it is drawn, because most are not.
    """

    at: datetime
    value: Decimal
    text: str | Callable[[], str] = ""
    kind: str = "nurse"
    late: bool = False
    corrected: bool = False
    href: str | Callable[[], str] = ""


def said(text: str | Callable[[], str]) -> str:
    """A text that may have waited to be worked out."""
    return text if isinstance(text, str) else text()


#: How long after a reading the next one may come before the line breaks; depends on the schedule then.
LongestGap = Callable[[datetime], timedelta]


def split(readings: Sequence[Reading], longest_gap: LongestGap) -> list[list[Reading]]:
    """The readings in time order as runs; a run ends exactly where more than the longest gap follows."""
    runs: list[list[Reading]] = []
    for reading in sorted(readings, key=lambda reading: reading.at):
        if runs and reading.at - runs[-1][-1].at <= longest_gap(runs[-1][-1].at):
            runs[-1].append(reading)
        else:
            runs.append([reading])
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
