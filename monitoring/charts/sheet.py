"""What a flowsheet shows, as plain values: lanes of happenings, alerts, panels of signs on one time axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

import msgspec

from monitoring.charts.runs import LongestGap, Reading

#: What a gap says, by how long it lasted: in full, and where there is no room for that.
GapText = Callable[[timedelta], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A line across a panel. `kind`: limit or baseline."""

    value: Decimal
    text: str
    kind: str = "limit"


class Pair(msgspec.Struct, frozen=True, gc=False):
    """A blood pressure: systolic above, diastolic below (either may be missing), the mean between."""

    at: datetime
    systolic: Decimal | None
    diastolic: Decimal | None
    mean: Decimal | None = None
    text: str = ""
    kind: str = "nurse"
    late: bool = False
    corrected: bool = False
    unrecordable: bool = False
    href: str = ""
    row: Any = None


#: What is said of a row, where it is corrected, and of a pressure its mean.
Words = Callable[[Any], tuple[str, str, Decimal | None]]


@dataclass(frozen=True, slots=True)
class Step:
    """A level that holds until the next one. None: nobody knows any more, and nothing is drawn."""

    at: datetime
    level: Decimal | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One sign. `low` and `high` are the least range of its scale; readings beyond widen it.

    `beside` is a level drawn in a strip at its foot (oxygen under the saturation), `steps` one on its own
    scale. `last` is the newest value of all in words, `last_at` its time.
    """

    key: str
    title: str
    unit: str
    low: Decimal
    high: Decimal
    readings: tuple[Reading, ...] = ()
    pairs: tuple[Pair, ...] = ()
    steps: tuple[Step, ...] = ()
    beside: tuple[Step, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    summary: str = ""
    height: int = 84
    last: str = ""
    last_at: str = ""
    name: str = ""
    words: Words | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """Something in the events lanes: a moment, or a bar when it has an end."""

    at: datetime
    text: str
    until: datetime | None = None
    kind: str = "event"


@dataclass(frozen=True, slots=True)
class Lane:
    """The happenings of one kind under one name, packed so that no text runs into another."""

    title: str
    happenings: tuple[Happening, ...]
    is_always: bool = False


@dataclass(frozen=True, slots=True)
class AlertMark:
    """An alert where its episode was raised: a link in the lane of alerts, a line across its sign's panel."""

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
    least_gap: timedelta = timedelta(0)
    zero: datetime | None = None
    clock: bool = False
    lanes: tuple[Lane, ...] = ()
    alerts: tuple[AlertMark, ...] = ()
    alerts_title: str = "Alerts"
    gap_text: GapText = lambda gap: ("no reading", str(gap))
    #: How wide the paper is, in units of which letters are 11 high.
    width: int = 904
    #: The room on a sheet of paper, in millimetres; None on a screen, where the page says how wide it is.
    room_mm: tuple[float, float] | None = None
    #: The moment up to which anything can be known; what comes after is shaded.
    now: datetime | None = None
