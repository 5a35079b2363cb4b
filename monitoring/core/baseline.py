"""The baseline: what a subject's signs were before the infusion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median

from monitoring.core.events import Observation, Value

WITHIN = timedelta(minutes=60)
FRESH = timedelta(minutes=30)


def baseline_at(
    observations: Iterable[Observation], start: datetime, *, within: timedelta = WITHIN
) -> Mapping[str, Value]:
    """The median of each number, and the newest of each word, in the hour before the start.

    Crossed pressures give a systolic only. A part that nobody measured is not in the baseline.
    """
    read = [seen for seen in observations if start - within <= seen.at <= start]
    read.sort(key=lambda seen: seen.at)
    numbers: dict[str, list[Decimal]] = {}
    values: dict[str, Value] = {}
    for seen in read:
        for part, value in seen.values.items():
            if seen.crossed and part in ("diastolic_mmhg", "map_mmhg"):
                continue
            if isinstance(value, Decimal):
                numbers.setdefault(part, []).append(value)
            elif isinstance(value, str):
                values[part] = value
    return values | {part: median(readings) for part, readings in numbers.items()}


def is_fresh(observations: Iterable[Observation], start: datetime) -> bool:
    """True when a reading before the start is at most 30 minutes old: else a start needs two people."""
    return any(start - FRESH <= seen.at <= start for seen in observations)
