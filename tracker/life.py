"""The life of an infusion: which event may follow which, and what its events add up to. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from tracker.models.infusion import EventKind, Phase

#: What is not in it cannot happen. A stop that came too early is taken back by resuming.
TABLE: dict[tuple[Phase, EventKind], Phase] = {
    (Phase.PLANNED, EventKind.START): Phase.INFUSING,
    (Phase.PLANNED, EventKind.CANCEL): Phase.CANCELLED,
    (Phase.INFUSING, EventKind.PAUSE): Phase.PAUSED,
    (Phase.INFUSING, EventKind.RATE): Phase.INFUSING,
    (Phase.INFUSING, EventKind.STOP): Phase.OBSERVING,
    (Phase.PAUSED, EventKind.RESUME): Phase.INFUSING,
    (Phase.PAUSED, EventKind.STOP): Phase.OBSERVING,
    (Phase.OBSERVING, EventKind.RESUME): Phase.INFUSING,
    (Phase.OBSERVING, EventKind.DISCHARGE): Phase.HOME,
    (Phase.OBSERVING, EventKind.END): Phase.ENDED,
    (Phase.HOME, EventKind.READMIT): Phase.OBSERVING,
    (Phase.HOME, EventKind.END): Phase.ENDED,
}


@dataclass(frozen=True)
class Happening:
    """An event and its time."""

    kind: EventKind
    at: datetime


@dataclass(frozen=True)
class Life:
    """Where the events leave an infusion: its phase, its first start and its last stop."""

    phase: Phase = Phase.PLANNED
    started_at: datetime | None = None
    stopped_at: datetime | None = None


class CannotFollow(Exception):
    """An event that the table does not have after the phase in which it fell."""

    def __init__(self, phase: Phase, event: Happening) -> None:
        self.phase = phase
        self.event = event
        super().__init__(f"{event.kind} cannot follow while {phase}")


def after(life: Life, event: Happening) -> Life:
    """The life once this event has happened.

    Raises: CannotFollow.
    """
    phase = TABLE.get((life.phase, event.kind))
    if phase is None:
        raise CannotFollow(life.phase, event)
    match event.kind:
        case EventKind.START:
            return replace(life, phase=phase, started_at=event.at)
        case EventKind.STOP:
            return replace(life, phase=phase, stopped_at=event.at)
        case EventKind.RESUME:
            return replace(life, phase=phase, stopped_at=None)
        case _:
            return replace(life, phase=phase)


def live(events: Iterable[Happening]) -> Life:
    """The life that the events add up to, in the order of their times; equal times keep the order given.

    Raises: CannotFollow.
    """
    life = Life()
    for event in sorted(events, key=lambda event: event.at):
        life = after(life, event)
    return life
