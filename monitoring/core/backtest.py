"""Rules tried on what is already recorded: the alerts they would have raised, and where two sets part.

Histories in, episodes, alerts and differences out, by the same fold and the same reconciling as at the
bedside. Nothing is stored and nobody is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitoring.core.alert import Alert
from monitoring.core.decisions import Raise
from monitoring.core.effects import raised
from monitoring.core.episodes import Episode
from monitoring.core.events import Event
from monitoring.core.reconcile import Watching, reconcile
from monitoring.core.rule_book import BEFORE_EVERYTHING, Override, RuleBook
from monitoring.core.rule_set import RuleSet
from monitoring.core.watch import Watched, empty, watch


@dataclass(frozen=True, slots=True)
class History:
    """The record of one infusion as it stands, and the moment from which somebody looks back on it."""

    events: tuple[Event, ...]
    watch_for: timedelta
    until: datetime
    overrides: tuple[Override, ...] = ()


def tried(rules: RuleSet, history: History) -> Watched:
    """What the watch would have said, had these rules been in force throughout."""
    book = RuleBook.of([(BEFORE_EVERYTHING, rules)], history.overrides)
    return watch(empty(watch_for=history.watch_for), history.events, book, history.until)


def alerts(rules: RuleSet, episodes: Iterable[Episode], *, ended: bool, at: datetime) -> tuple[Alert, ...]:
    """The alerts that reconciling raises for these episodes where none is stored, in the order of time."""
    decisions = reconcile(episodes, (), rules.rules, since=None, at=at, watching=Watching(ended=ended))
    return tuple(
        raised(decision, str(number), at, {})
        for number, decision in enumerate(decisions)
        if isinstance(decision, Raise)
    )


class Way(StrEnum):
    """How a second rule set differs from the first over one problem."""

    ADDED = "added"
    DROPPED = "dropped"
    EARLIER = "earlier"
    LATER = "later"
    HIGHER = "higher"
    LOWER = "lower"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Parting:
    """The first moment at which two rule sets say different things of a patient, and the episodes in which.

    One side is None where only the other has any such episode.
    """

    at: datetime
    problem: str
    way: Way
    first: Episode | None
    second: Episode | None


def parting(first: Sequence[Episode], second: Sequence[Episode]) -> Parting | None:
    """Where what a first and a second rule set say parts; None where they say the same."""
    found = [
        *(_parted(episode, _counterpart(episode, second)) for episode in first),
        *(_parted(None, episode) for episode in second if _counterpart(episode, first) is None),
    ]
    parted = [one for one in found if one is not None]
    return min(parted, key=lambda one: (one.at, one.problem), default=None)


def _counterpart(episode: Episode, others: Sequence[Episode]) -> Episode | None:
    """The episode that speaks of the same: raised at the same moment, else while this one lasted."""
    same = [other for other in others if other.problem == episode.problem]
    exact = (other for other in same if other.raised_at == episode.raised_at)
    beside = (other for other in same if _overlap(episode, other))
    return next(exact, None) or next(beside, None)


def _overlap(episode: Episode, other: Episode) -> bool:
    return (episode.cleared_at is None or other.raised_at < episode.cleared_at) and (
        other.cleared_at is None or episode.raised_at < other.cleared_at
    )


def _parted(first: Episode | None, second: Episode | None) -> Parting | None:
    """How and when two episodes that speak of the same first differ; None where they do not."""
    if first is None:
        assert second is not None
        return Parting(second.raised_at, second.problem, Way.ADDED, None, second)
    if second is None:
        return Parting(first.raised_at, first.problem, Way.DROPPED, first, None)
    if first.raised_at != second.raised_at:
        way = Way.EARLIER if second.raised_at < first.raised_at else Way.LATER
        return Parting(min(first.raised_at, second.raised_at), first.problem, way, first, second)
    if first.priorities != second.priorities:
        at, (before, after) = _first_unequal_priority(first, second)
        return Parting(at, first.problem, Way.HIGHER if after > before else Way.LOWER, first, second)
    if first.cleared_at != second.cleared_at:
        at = min(at for at in (first.cleared_at, second.cleared_at) if at is not None)
        return Parting(at, first.problem, Way.CLEARED, first, second)
    return None


def _first_unequal_priority(first: Episode, second: Episode) -> tuple[datetime, tuple[int, int]]:
    """The first moment at which two episodes of one beginning had risen to different priorities."""
    for at in sorted({at for at, _ in (*first.priorities, *second.priorities)}):
        reached = (_priority_at(first, at), _priority_at(second, at))
        if reached[0] != reached[1]:
            return at, reached
    raise AssertionError("unequal priorities differ at some moment")


def _priority_at(episode: Episode, moment: datetime) -> int:
    return max((priority for at, priority in episode.priorities if at <= moment), default=0)
