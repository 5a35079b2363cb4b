"""What a condition can see when it is judged, and what it leaves behind.

A `Moment` is made anew for each rule and event; it is the only value in this package that changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from monitoring.core.acts import Acts
from monitoring.core.events import Observation, Value
from monitoring.core.findings import Because
from monitoring.core.truth import Truth

Memory = dict[str, tuple[tuple[datetime, Value], ...]]
"""What conditions remember from earlier events, by their place in the rule: moments, each with a value."""


@dataclass(slots=True)
class Moment:
    """One event as a condition sees it. `observation` is None where nothing was measured."""

    at: datetime
    key: str
    observation: Observation | None
    baseline: Mapping[str, Value]
    acts: Acts
    memory: Memory
    without_baseline: Truth = None
    """What a change counts as when no baseline was taken: unknown, or false where a rule says so."""

    because: list[Because] = field(default_factory=list)
    judged: list[tuple[str, Truth]] = field(default_factory=list)
    wakes: list[datetime] = field(default_factory=list)


Judge = Callable[[Moment], Truth]
