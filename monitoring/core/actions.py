"""What people and time can do to an alert, as values. What evaluation does to it is in `decisions`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitoring.core.alert import Commitment, Outcome


@dataclass(frozen=True, slots=True)
class See:
    """Somebody has looked at it."""

    by: str


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Somebody takes it on, promises something, and says until when."""

    by: str
    commitment: Commitment
    until: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Snooze:
    """Somebody asks for silence until a moment, with a reason."""

    by: str
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class OptOut:
    """Somebody stops it from climbing, with a reason. It stays true and in sight, and worse rings again."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Assess:
    """Somebody says what it comes to. It stays in sight until it is closed."""

    by: str
    outcome: Outcome
    note: str = ""


@dataclass(frozen=True, slots=True)
class HandOver:
    """A named person takes over what nobody watches any more."""

    by: str
    to: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Close:
    """Somebody ends it, with an outcome."""

    by: str
    outcome: Outcome
    note: str = ""


@dataclass(frozen=True, slots=True)
class Climb:
    """Nobody has answered: the next rung is rung."""


@dataclass(frozen=True, slots=True)
class Lapse:
    """What somebody promised did not happen in time."""


@dataclass(frozen=True, slots=True)
class Wake:
    """The snooze is over."""


@dataclass(frozen=True, slots=True)
class Reopen:
    """It was assessed and is still true some time later."""


@dataclass(frozen=True, slots=True)
class TellCoordinator:
    """It cleared long ago and nobody has assessed it."""


@dataclass(frozen=True, slots=True)
class CloseItself:
    """A low one has cleared."""


@dataclass(frozen=True, slots=True)
class Join:
    """What explains it rings or is answered: the messages of that one speak for it."""


@dataclass(frozen=True, slots=True)
class RingAlone:
    """What explained it speaks for it no longer: it rings by itself, at once."""


ByPeople = See | Acknowledge | Snooze | OptOut | Assess | HandOver | Close
ByTime = Climb | Lapse | Wake | Reopen | TellCoordinator | CloseItself
ByCause = Join | RingAlone
