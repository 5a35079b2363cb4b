"""The fold: events in, episodes out.

`step` takes one event, `watch` all those since a stored state. Time is an event too: a tick is put at each
moment that the state or the rule book names, before any later event. Ticks after the last event are
recomputed each time, so that a stored state is always the state after an event of the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitoring.core.episodes import BROKEN, Episode
from monitoring.core.events import Event, Tick, in_order
from monitoring.core.findings import Finding, RuleFailure, Sign
from monitoring.core.rule_book import RuleBook
from monitoring.core.rule_set import Phase
from monitoring.core.state import CORE_VERSION, State, empty
from monitoring.core.step import Step, step
from monitoring.core.unrest import Unrest
from monitoring.core.value import value

__all__ = ["CORE_VERSION", "Checkpoint", "State", "Step", "Watched", "empty", "step", "watch"]

HOUR = timedelta(hours=1)
JUST_AFTER = timedelta(seconds=1)


@value(frozen=True, slots=True)
class Checkpoint:
    """The state as it was before the first event of an hour of infusion time."""

    hour: int
    state: State


@dataclass(frozen=True, slots=True)
class Watched:
    """What a watch says at a moment.

    `state` is the one to store: after the last event. `episodes` are those that were open when it resumed, or
    were raised since. `next_due_at` is when time alone may change the answer.
    """

    state: State
    checkpoints: tuple[Checkpoint, ...]
    episodes: tuple[Episode, ...]
    findings: tuple[Finding, ...]
    failures: tuple[RuleFailure, ...]
    signs: Mapping[str, Sign]
    unrest: Unrest | None
    phase: Phase
    regime: str
    rules_failed: tuple[str, ...]
    ends_at: datetime | None
    ended: bool
    next_due_at: datetime | None


def watch(resume: State, events: Iterable[Event], book: RuleBook, until: datetime) -> Watched:
    """What the record says at `until`, going on from a stored state.

    `events` are all those later than `resume.through`, in any order. An event at or before it cannot be
    added: resume from an older checkpoint, or from `empty`.

    Raises: ValueError for such an event.
    """
    fold = _Fold(resume, book)
    checkpoints: list[Checkpoint] = []
    for event in in_order(events):
        if fold.state is resume and resume.through is not None and event.at <= resume.through:
            raise ValueError(f"{event.key} at {event.at} is not later than {resume.through}: resume earlier")
        if (hour := _hour_begun(fold.state, event.at)) is not None:
            checkpoints.append(Checkpoint(hour, fold.state))
        fold.wait(event.at)
        fold.take(event)
    stored = fold.state
    fold.wait(until)
    return _watched(stored, fold, checkpoints, until)


@dataclass(slots=True)
class _Fold:
    """A state on its way through the events, and what they have shown so far."""

    state: State
    book: RuleBook
    findings: list[Finding] = field(default_factory=list)
    failures: list[RuleFailure] = field(default_factory=list)
    closed: list[Episode] = field(default_factory=list)

    def take(self, event: Event) -> None:
        """Takes one event in."""
        done = step(self.state, event, self.book)
        self.state = done.state
        self.findings += done.findings
        self.failures += done.failures
        self.closed += done.closed

    def wait(self, until: datetime) -> None:
        """Takes in the ticks that fall due, up to and including a moment."""
        while (due := self.next_tick()) is not None and due <= until:
            self.take(Tick(due))

    def next_tick(self) -> datetime | None:
        """The next moment at which time alone may change an answer; None while nothing is watched."""
        state = self.state
        if state.through is None or not state.watches(state.through):
            return None
        due = (state.wakes_at, self.book.next_change(state.through))
        return min(
            (at for at in due if at is not None and at > state.through and state.watches(at)), default=None
        )


def _hour_begun(state: State, at: datetime) -> int | None:
    """The hour of infusion time in which an event at `at` is the first; None within an hour already begun."""
    if state.started_at is None or state.through is None:
        return None
    hour = (at - state.started_at) // HOUR
    return hour if hour > (state.through - state.started_at) // HOUR else None


def _watched(stored: State, fold: _Fold, checkpoints: list[Checkpoint], until: datetime) -> Watched:
    reached = fold.state
    ended = reached.ends_at is not None and until > reached.ends_at
    due = [fold.next_tick()]
    if reached.ends_at is not None and not ended:
        due.append(reached.ends_at + JUST_AFTER)
    return Watched(
        state=stored,
        checkpoints=tuple(checkpoints),
        episodes=tuple(sorted([*fold.closed, *reached.open.values()], key=_by_time)),
        findings=tuple(fold.findings),
        failures=tuple(fold.failures),
        signs=reached.signs,
        unrest=reached.unrest,
        phase=reached.phase,
        regime=reached.regime,
        rules_failed=tuple(
            sorted(name.removeprefix(BROKEN) for name in reached.open if name.startswith(BROKEN))
        ),
        ends_at=reached.ends_at,
        ended=ended,
        next_due_at=min((at for at in due if at is not None), default=None),
    )


def _by_time(episode: Episode) -> tuple[datetime, str]:
    return episode.raised_at, episode.problem
