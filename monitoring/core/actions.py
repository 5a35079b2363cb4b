"""What people and time can do to an alert, as values. What evaluation does to it is in `decisions`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from monitoring.core.alert import Commitment, Outcome
from monitoring.core.findings import Priority


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
class Before:
    """What an acknowledgement puts aside of the alert that it answers: an earlier promise, a snooze, whose
    messages spoke for it, and what people knew of.
    """

    told: Mapping[str, Decimal]
    told_priority: Priority
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    commitment: Commitment | None = None
    until: datetime | None = None
    snoozed_until: datetime | None = None
    joined_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Undo:
    """Whoever acknowledged it takes that back within moments: it stands again as `before`, where its climb
    would be. `within` is that moment on the clock of the alert.
    """

    by: str
    before: Before
    within: timedelta


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


ByPeople = See | Acknowledge | Undo | Snooze | OptOut | Assess | HandOver | Close
ByTime = Climb | Lapse | Wake | Reopen | TellCoordinator | CloseItself
ByCause = Join | RingAlone
