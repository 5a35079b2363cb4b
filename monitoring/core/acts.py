"""What runs, and when each kind of thing last began: symptoms, interventions, the infusion's own turns.

Bounded: of everything that runs the newest `RUNNING_LIMIT`, of everything that began the newest of each sort.
Knows nothing of rules.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from monitoring.core.events import Extent, InfusionEvent, Intervention, Symptom

RUNNING_LIMIT = 64
SORTS_LIMIT = 256


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that began. `quality` is a symptom's severity or an intervention's indication."""

    family: str
    kind: str
    quality: str
    detail: str
    at: datetime
    key: str

    def is_like(self, other: Act) -> bool:
        """True when both are of one sort: they differ at most in when they began and in their row."""
        return (self.family, self.kind, self.quality, self.detail) == (
            other.family,
            other.kind,
            other.quality,
            other.detail,
        )


@dataclass(frozen=True, slots=True)
class Acts:
    """Everything that runs now, and the newest beginning of each sort of act.

    `instant` is what began and ended in the moment at hand.
    """

    running: tuple[Act, ...] = ()
    newest: tuple[Act, ...] = ()
    instant: Act | None = None

    def after(self, event: Symptom | Intervention | InfusionEvent) -> Acts:
        """The acts once this event has happened."""
        act = _act(event)
        extent = Extent.POINT if isinstance(event, InfusionEvent) else event.extent
        if extent is Extent.STOP:
            starts = event.starts if isinstance(event, Intervention) else ""
            return self.without(act.family, act.kind, starts)
        running = (*self.running, act)[-RUNNING_LIMIT:] if extent is Extent.START else self.running
        others = tuple(other for other in self.newest if not other.is_like(act))
        instant = act if extent is Extent.POINT else None
        return Acts(running, (*others, act)[-SORTS_LIMIT:], instant)

    def later(self) -> Acts:
        """These acts once the moment at hand has passed."""
        return self if self.instant is None else replace(self, instant=None)

    def runs(self, family: str, kinds: Collection[str]) -> bool:
        """True while something of these kinds runs."""
        return any(act.family == family and act.kind in kinds for act in self.running)

    def without(self, family: str, kind: str, key: str = "") -> Acts:
        """These acts, with what runs of that kind ended; only the one with that key, where one is given."""
        still = tuple(
            act
            for act in self.running
            if (act.family, act.kind) != (family, kind) or (key and act.key != key)
        )
        return replace(self, running=still)


def _act(event: Symptom | Intervention | InfusionEvent) -> Act:
    match event:
        case Symptom():
            return Act("symptom", event.kind, event.severity, "", event.at, event.key)
        case Intervention():
            return Act("intervention", event.kind, event.indication, event.detail, event.at, event.key)
        case InfusionEvent():
            return Act("infusion", event.kind.value, "", "", event.at, event.key)
