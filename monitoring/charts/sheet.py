"""What a flowsheet shows, as plain values: panels, pressures, happenings and alerts on one time axis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal

from monitoring.charts.runs import LongestGap, Reading


@dataclass(frozen=True, slots=True)
class Threshold:
    """A line across a panel. `kind`: limit or baseline."""

    value: Decimal
    text: str
    kind: str = "limit"


@dataclass(frozen=True, slots=True)
class Pair:
    """A blood pressure: systolic above, diastolic below (either may be missing), the mean between."""

    at: datetime
    systolic: Decimal | None
    diastolic: Decimal | None
    mean: Decimal | None = None
    text: str = ""
    late: bool = False
    corrected: bool = False
    unrecordable: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One sign. `low` and `high` are the least range of its scale; readings beyond widen it."""

    key: str
    title: str
    unit: str
    low: Decimal
    high: Decimal
    readings: tuple[Reading, ...] = ()
    pairs: tuple[Pair, ...] = ()
    steps: tuple[tuple[datetime, Decimal | None], ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something in the events lane: a moment, or a bar when it has an end."""

    at: datetime
    text: str
    until: datetime | None = None
    kind: str = "event"


@dataclass(frozen=True, slots=True)
class AlertMark:
    """An alert where its episode was raised, on the panel of its sign or above all; a link."""

    at: datetime
    priority: str
    text: str
    href: str
    panel: str = ""
    retracted: bool = False


@dataclass(frozen=True, slots=True)
class Flowsheet:
    """All that one drawing needs. `zero` is the start (T+0); `clock` draws wall-clock labels instead."""

    begin: datetime
    end: datetime
    zone: tzinfo
    panels: tuple[Panel, ...]
    longest_gap: LongestGap
    title: str
    zero: datetime | None = None
    clock: bool = False
    happenings: tuple[Happening, ...] = ()
    alerts: tuple[AlertMark, ...] = ()
    gap_text: str = "no reading {minutes} min"
