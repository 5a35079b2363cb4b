"""What a condition can see when it is judged, and what it leaves behind.

A `Moment` is made anew for each event and is handed from rule to rule; it is the only value in this package
that changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from monitoring.core import signals
from monitoring.core.acts import Acts
from monitoring.core.crs import Crs
from monitoring.core.events import Observation, Value
from monitoring.core.findings import Because, Reading
from monitoring.core.grading.answer import Graded
from monitoring.core.heat import Heat
from monitoring.core.truth import Truth

Memory = dict[str, tuple[tuple[datetime, Value], ...]]
"""What conditions remember from earlier events, by their place in the rule: moments, each with a value."""

Parts = tuple[tuple[str, Reading | None], ...]
"""The readings that a grade rests on, each with its signal; None is the one of the moment itself."""


@dataclass(slots=True)
class Moment:
    """One event as a condition sees it. `observation` is None where nothing was measured.

    `latest` is the newest known value of each signal, this event's included. A grade may carry a part of it
    for as long as `carry` says of that signal; nothing else is ever carried. `crs` is the syndrome as this
    event leaves it; only rules that grade it may look, and they are judged last.
    """

    at: datetime
    key: str
    observation: Observation | None
    baseline: Mapping[str, Value]
    acts: Acts
    values: Mapping[str, Value] = field(init=False)
    """Every signal that the observation knows, those worked out among them."""

    latest: Mapping[str, Reading] = field(default_factory=dict)
    carry: Mapping[str, timedelta] = field(default_factory=dict)
    crs: Crs = field(default_factory=Crs)
    heat: Heat = field(default_factory=Heat)
    sets_every: timedelta | None = None
    """How often a set of vital signs is due now; None where none is."""

    graded: dict[str, tuple[Graded, Parts]] = field(default_factory=dict)
    """What each scale says of this moment: worked out once, whichever rules ask."""

    memory: Memory = field(default_factory=dict)
    without_baseline: Truth = None
    """What a change counts as when no baseline was taken: unknown, or false where a rule says so."""

    because: list[Because] = field(default_factory=list)
    judged: list[tuple[str, Truth]] = field(default_factory=list)
    wakes: list[datetime] = field(default_factory=list)
    parts: list[tuple[str, Reading | None]] = field(default_factory=list)

    known_before: Mapping[str, Value] | None = None
    """What the baseline knows, what is worked out from it included; None until somebody has."""

    def __post_init__(self) -> None:
        """Works the signals out, once for all the rules that ask."""
        self.values = {} if self.observation is None else signals.known(self.observation)

    def before(self, signal: str) -> Value | None:
        """What a signal was at baseline; None where it was not measured. What nobody stated is not so."""
        if signal in signals.FACTS:
            return self.baseline.get(signal, False)
        return self.all_before().get(signal)

    def all_before(self) -> Mapping[str, Value]:
        """All that the baseline knows, worked out once."""
        if self.known_before is None:
            self.known_before = signals.known(Observation(self.at, "baseline", self.baseline))
        return self.known_before

    def begin(self, memory: Memory, *, without_baseline: Truth = None) -> None:
        """Makes it ready for one rule, which finds nothing here of the rule before it."""
        self.memory = memory.copy() if memory else {}
        self.without_baseline = without_baseline
        self.because, self.judged, self.wakes = [], [], []

    def part(self, signal: str) -> Reading | None:
        """The reading of a signal that a grade rests on: this moment's, or one carried within its interval.

        A carried one keeps its own row and moment, so that its age is seen. None is unknown.
        """
        value = self._read(signal)
        if value is None:
            return None
        reading = self.parts[-1][1]
        return Reading(self.key, self.at, value) if reading is None else reading

    def number(self, signal: str) -> Decimal | None:
        """The same as a number; None where it is unknown, or a word."""
        value = self._read(signal)
        return value if isinstance(value, Decimal) else None

    def word(self, signal: str) -> str | None:
        """The same as a word; None where it is unknown, or a number."""
        value = self._read(signal)
        return value if isinstance(value, str) else None

    def readings(self, parts: Parts) -> list[tuple[str, Reading]]:
        """The readings behind the parts of a grade of this moment."""
        own = {} if self.observation is None else self.observation.values
        return [(signal, part or Reading(self.key, self.at, own[signal])) for signal, part in parts]

    def _read(self, signal: str) -> Value | None:
        """The value that a grade rests on, noted as its part. Of this moment no reading is made yet."""
        value = None if self.observation is None else self.observation.values.get(signal)
        if value is not None:
            self.parts.append((signal, None))
            return value
        interval, latest = self.carry.get(signal), self.latest.get(signal)
        if interval is None or latest is None or self.at - latest.at > interval:
            return None
        self.parts.append((signal, latest))
        return latest.value


Judge = Callable[[Moment], Truth]
Scale = Callable[[Moment], Graded]
