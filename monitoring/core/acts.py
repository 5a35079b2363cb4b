"""What runs, and when each kind of thing last began: symptoms, interventions, the infusion's own turns, and
that a transplant became known.

Bounded for each kind by itself, so that no flood of one kind hides another: what a rule may ask for is never
forgotten while it runs. Kinds and indications are few words; only the agent is free text. Knows nothing of
rules.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitoring.core.events import Extent, Facts, InfusionEvent, Intervention, Symptom
from monitoring.core.signals import ALLOGENEIC

RUNNING_LIMIT = 16
"""So many of one kind and indication run side by side; of more, the two oldest of a sort become one."""

SORTS_LIMIT = 32
"""Of each kind the newest of so many sorts is remembered once it has begun."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that began. `quality` is a symptom's severity or an intervention's indication.

    `stands_for_more`: others began beside it that are no longer told apart. No stop of a single one ends it.
    """

    family: str
    kind: str
    quality: str
    detail: str
    at: datetime
    key: str
    stands_for_more: bool = False

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
    kinds: frozenset[tuple[str, str]] = field(init=False, repr=False, compare=False)
    """The family and kind of each of them, so that a rule can tell at once that none is its concern."""

    def __post_init__(self) -> None:
        """Names the kinds."""
        known = (*self.running, *self.newest, *((self.instant,) if self.instant else ()))
        object.__setattr__(self, "kinds", frozenset((act.family, act.kind) for act in known))

    def after(self, event: Symptom | Intervention | InfusionEvent | Facts) -> Acts:
        """The acts once this event has happened."""
        act = _act(event)
        extent = Extent.POINT if isinstance(event, InfusionEvent | Facts) else event.extent
        if extent is Extent.STOP:
            starts = event.starts if isinstance(event, Intervention) else ""
            return self.without(act.family, act.kind, starts)
        running = _side_by_side((*self.running, act)) if extent is Extent.START else self.running
        others = tuple(other for other in self.newest if not other.is_like(act))
        instant = act if extent is Extent.POINT else None
        return Acts(running, _newest_sorts((*others, act)), instant)

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
            if (act.family, act.kind) != (family, kind) or (key and (act.key != key or act.stands_for_more))
        )
        return self if len(still) == len(self.running) else replace(self, running=still)


def _side_by_side(running: tuple[Act, ...]) -> tuple[Act, ...]:
    """What runs once the newest has begun. Where too many are alike, one stands for the two oldest."""
    new = running[-1]
    group = [
        act for act in running if (act.family, act.kind, act.quality) == (new.family, new.kind, new.quality)
    ]
    if len(group) <= RUNNING_LIMIT:
        return running
    oldest, gone = _two_oldest(group)
    return tuple(
        replace(act, stands_for_more=True) if act is oldest else act for act in running if act is not gone
    )


def _two_oldest(group: list[Act]) -> tuple[Act, Act]:
    """The two oldest of one sort; where all are of different sorts, of the group."""
    for number, act in enumerate(group):
        like = next((other for other in group[number + 1 :] if other.is_like(act)), None)
        if like is not None:
            return act, like
    return group[0], group[1]


def _newest_sorts(began: tuple[Act, ...]) -> tuple[Act, ...]:
    """What is remembered once the newest has begun: of its kind no more than the limit."""
    new = began[-1]
    of_its_kind = [act for act in began if (act.family, act.kind) == (new.family, new.kind)]
    return (
        began if len(of_its_kind) <= SORTS_LIMIT else tuple(act for act in began if act is not of_its_kind[0])
    )


def _act(event: Symptom | Intervention | InfusionEvent | Facts) -> Act:
    match event:
        case Facts():
            return Act("subject", ALLOGENEIC, "", "", event.at, event.key)
        case Symptom():
            return Act("symptom", event.kind, event.severity, "", event.at, event.key)
        case Intervention():
            return Act("intervention", event.kind, event.indication, event.detail, event.at, event.key)
        case InfusionEvent():
            return Act("infusion", event.kind.value, "", "", event.at, event.key)
