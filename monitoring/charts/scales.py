"""From values to places on the paper: linear and time scales with their ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

#: Steps between time ticks, the smallest that leaves at most `TIME_TICKS` of them is taken.
TIME_STEPS = tuple(timedelta(minutes=m) for m in (5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440))
TIME_TICKS = 10


@dataclass(frozen=True, slots=True)
class Linear:
    """A straight scale: `low`..`high` of the value onto `start`..`end` of the paper."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def written(self, values: Iterable[Decimal]) -> dict[Decimal, str]:
        """How the place of each value is written; of thousands of readings most are alike."""
        return {value: f"{self(float(value)):.1f}" for value in set(values)}

    def ticks(self, most: int = 4) -> list[float]:
        """Round values within the scale, at most `most` + 1 of them."""
        raw = (self.high - self.low) / most
        power = 10 ** math.floor(math.log10(raw))
        step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(n * step, 6) for n in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class TimeScale:
    """The shared axis: from one moment to another across the width of every panel."""

    begin: datetime
    end: datetime
    left: float
    right: float
    _known: dict[datetime, tuple[float, str]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __call__(self, at: datetime) -> float:
        """The place of a moment."""
        share = (at - self.begin) / (self.end - self.begin)
        return self.left + share * (self.right - self.left)

    def places(self, moments: Iterable[datetime]) -> list[tuple[float, str]]:
        """The place of each moment and how it is written, worked out once: all panels show the same sets."""
        known, found = self._known, []
        for at in moments:
            place = known.get(at)
            if place is None:
                x = self(at)
                place = known[at] = (x, f"{x:.1f}")
            found.append(place)
        return found

    def holds(self, at: datetime) -> bool:
        """True when the moment is on the axis."""
        return self.begin <= at <= self.end

    def _step(self) -> timedelta:
        span = self.end - self.begin
        return next((step for step in TIME_STEPS if span / step <= TIME_TICKS), TIME_STEPS[-1])

    def elapsed_ticks(self, zero: datetime) -> list[tuple[datetime, str]]:
        """Ticks at round times since `zero`, labelled T+h:mm; a change of clocks moves nothing."""
        step = self._step()
        first = math.ceil((self.begin - zero) / step)
        last = math.floor((self.end - zero) / step)
        return [(zero + n * step, elapsed(n * step)) for n in range(first, last + 1)]

    def clock_ticks(self, zone: tzinfo) -> list[tuple[datetime, str]]:
        """Ticks at round wall-clock times of `zone`; the day is named where it begins."""
        step = self._step()
        offset = self.begin.astimezone(zone).utcoffset() or timedelta()
        local_midnight = (self.begin + offset).replace(hour=0, minute=0, second=0, microsecond=0) - offset
        first = math.ceil((self.begin - local_midnight) / step)
        last = math.floor((self.end - local_midnight) / step)
        ticks = []
        named = None
        for n in range(first, last + 1):
            at = local_midnight + n * step
            local = at.astimezone(zone)
            label = local.strftime("%H:%M")
            if named is not None and local.date() != named:
                label = local.strftime("%d %b")
            named = local.date()
            ticks.append((at, label))
        return ticks


def elapsed(since: timedelta) -> str:
    """T+h:mm of infusion time; before the start T−h:mm."""
    minutes = round(abs(since) / timedelta(minutes=1))
    sign = "−" if since < timedelta(0) else "+"
    return f"T{sign}{minutes // 60}:{minutes % 60:02d}"
