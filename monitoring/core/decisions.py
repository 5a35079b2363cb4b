"""What evaluation decides about alerts: values with reasons.

`reconcile` makes them, `lifecycle` applies them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitoring.core.episodes import Episode


@dataclass(frozen=True, slots=True)
class Raise:
    """An episode that has no alert yet. It may already have cleared, or lie in a watch that ended."""

    episode: Episode
    late: bool = False
    unwatched_because: str = ""
    reason: str = "raised"


@dataclass(frozen=True, slots=True)
class Move:
    """A late or corrected reading shows that the same problem began at another moment."""

    alert: str
    to: datetime
    late: bool = False
    reason: str = "began_at_another_moment"


@dataclass(frozen=True, slots=True)
class Extend:
    """The evidence changed and nothing is worse than people know."""

    alert: str
    episode: Episode
    reason: str = "evidence_changed"


@dataclass(frozen=True, slots=True)
class Worsen:
    """Worse than people know: a higher priority, or a value a step beyond the worst that they were told."""

    alert: str
    episode: Episode
    reason: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class StillTrue:
    """The reading that somebody promised has come, and it is still true."""

    alert: str
    reason: str = "promised_reading_still_true"


@dataclass(frozen=True, slots=True)
class KeepPromise:
    """The reading that somebody promised has come and does not show it: the promise is kept."""

    alert: str
    reason: str = "promised_reading_normal"


@dataclass(frozen=True, slots=True)
class Clear:
    """It is no longer true."""

    alert: str
    cleared_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Reactivate:
    """It is true after all, or again watched and true."""

    alert: str
    reason: str


@dataclass(frozen=True, slots=True)
class Retract:
    """What it rested on was corrected away.

    `into` is the start of the episode that now holds its evidence.
    """

    alert: str
    reason: str
    into: datetime | None = None


@dataclass(frozen=True, slots=True)
class MarkUnwatched:
    """Nobody can say any more: the watch ended, or data stopped, while it was true."""

    alert: str
    reason: str


Decision = (
    Raise | Move | Extend | Worsen | StillTrue | KeepPromise | Clear | Reactivate | Retract | MarkUnwatched
)
