"""From what was judged to what must happen to the alerts, overlapping watches taken together. Pure.

`evaluate` applies the decisions to stored alerts, `verify` to those that it replays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitoring import overlaps
from monitoring.core.alert import Alert
from monitoring.core.decisions import Decision, Raise
from monitoring.core.episodes import Episode
from monitoring.core.reconcile import Watching, reconcile
from monitoring.judgement import Judgement, over_by
from monitoring.locking import Window
from monitoring.rule_sets import Book


@dataclass(frozen=True, slots=True)
class Hook:
    """Where an alert hangs: on one infusion, naming the others that see the same."""

    on: Window
    others: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """What must happen to the alerts, and where each of those that stand hangs."""

    decisions: tuple[Decision, ...]
    own: Window
    hooks: Mapping[tuple[str, datetime], Hook]

    def hook_of(self, episode: Episode) -> Hook:
        """Where the alert of an episode hangs."""
        return self.hooks.get((episode.problem, episode.raised_at)) or Hook(self.own)


def decide(
    own: Window,
    beside: Sequence[Window],
    judgement: Judgement,
    alerts: Sequence[Alert],
    *,
    over: Mapping[int, Sequence[str]],
    stored: str,
    book: Book,
    known_at: Mapping[str, datetime],
    first_of: Mapping[str, str],
    as_of: datetime,
) -> Decided:
    """The decisions for the alerts of this watch, or of all watches beside it where windows overlap.

    `stored` are the episodes that were kept with this watch, `over` those kept with the checkpoints of each
    of the watches; they are asked for only where windows overlap.
    """
    started = judgement.watched.state.started_at or as_of
    rules = book.rules.in_force(started).rule_set.rules

    def against(shown: Iterable[Episode], watching: Watching, since: datetime | None) -> tuple[Decision, ...]:
        return reconcile(
            shown,
            alerts,
            rules,
            since=since,
            at=as_of,
            watching=watching,
            recorded_at=known_at,
            first_of=first_of,
        )

    if not beside:
        return Decided(against(judgement.episodes, judgement.watching, judgement.since), own, {})
    before = over_by(judgement.since, stored, *over[own.infusion_id])
    found = [(own, [*before, *judgement.episodes])]
    found += [(other, overlaps.episodes_of(other.episodes, *over[other.infusion_id])) for other in beside]
    shared = overlaps.shared(found, as_of)
    shown = [one.episode for one in shared]
    unwatched = {one.episode.problem for one in shared if one.is_unwatched}
    problem_of = {alert.id: alert.problem for alert in alerts}

    def is_unwatched(decision: Decision) -> bool:
        problem = decision.episode.problem if isinstance(decision, Raise) else problem_of[decision.alert]
        return problem in unwatched

    silence = Watching(data_stopped=judgement.watching.data_stopped)
    watched = [one for one in against(shown, silence, None) if not is_unwatched(one)]
    ended = [one for one in against(shown, Watching(ended=True), None) if is_unwatched(one)]
    hooks = {(one.episode.problem, one.episode.raised_at): Hook(one.on, one.others) for one in shared}
    return Decided((*watched, *ended), own, hooks)
