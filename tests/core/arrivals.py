"""A small world in which rows arrive in any order: a record, a watch with its checkpoints, and stored alerts.

It does with plain lists what the application does with tables, so that promises can be tried by the thousand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from monitoring.core import lifecycle, state_data, watch
from monitoring.core.alert import Alert, Condition
from monitoring.core.decisions import Decision, Raise
from monitoring.core.events import Event
from monitoring.core.lifecycle import Refusal
from monitoring.core.reconcile import Watching, reconcile
from monitoring.core.rule_book import RuleBook
from monitoring.core.watch import State, Watched, empty

from .builders import START, WATCH_FOR, default_book

Key = tuple[str, datetime]


@dataclass
class Ward:
    """A record that grows, and what evaluation has made of it so far."""

    book: RuleBook = field(default_factory=default_book)
    record: list[Event] = field(default_factory=list)
    state: State = field(default_factory=lambda: empty(watch_for=WATCH_FOR))
    checkpoints: list[State] = field(default_factory=list)
    alerts: dict[str, Alert] = field(default_factory=dict)
    decided: list[Decision] = field(default_factory=list)
    events_read: int = 0

    def receive(
        self, events: Iterable[Event], *, instead_of: Iterable[Event] = (), until: datetime | None = None
    ) -> Watched:
        """Stores rows (in place of others, where they are corrections) and evaluates once."""
        new, old = list(events), list(instead_of)
        self.record = [event for event in self.record if event not in old] + new
        changed = [event.at for event in (*new, *old)]
        resume = self._before(min(changed)) if changed else self.state
        later = [event for event in self.record if resume.through is None or event.at > resume.through]
        at = until or max((event.at for event in self.record), default=START)
        found = watch.watch(resume, later, self.book, at)
        self.events_read += len(later)
        self._store(resume, found)
        self._decide(found, resume, at)
        return found

    def standing(self) -> set[Key]:
        """The alerts that were not retracted, by their key."""
        return {
            (alert.problem, alert.raised_at)
            for alert in self.alerts.values()
            if alert.condition is not Condition.RETRACTED
        }

    def standing_facts(self) -> set[tuple[object, ...]]:
        """The same with what is true of each: its priority, whether and when it cleared, its evidence."""
        return {
            (a.problem, a.raised_at, a.priority, a.condition, a.cleared_at, a.evidence)
            for a in self.alerts.values()
            if a.condition is not Condition.RETRACTED
        }

    def _before(self, at: datetime) -> State:
        stored = [empty(watch_for=WATCH_FOR), *self.checkpoints, self.state]
        usable = [state for state in stored if state.through is None or state.through < at]
        return max(usable, key=lambda state: state.through or datetime.min.replace(tzinfo=START.tzinfo))

    def _store(self, resume: State, found: Watched) -> None:
        kept = [
            state
            for state in self.checkpoints
            if resume.through is not None and state.through is not None and state.through <= resume.through
        ]
        self.checkpoints = kept + [
            state_data.from_data(state_data.to_data(checkpoint.state)) for checkpoint in found.checkpoints
        ]
        self.state = state_data.from_data(state_data.to_data(found.state))

    def _decide(self, found: Watched, resume: State, at: datetime) -> None:
        rules = self.book.in_force(at).rule_set.rules
        decisions = reconcile(
            found.episodes,
            self.alerts.values(),
            rules,
            since=resume.through,
            at=at,
            watching=Watching(ended=found.ended),
        )
        for decision in decisions:
            self.decided.append(decision)
            if isinstance(decision, Raise):
                rule = rules.get(decision.episode.problem)
                name = f"alert:{len(self.alerts) + 1}"
                reopens_after = {} if rule is None else rule.reopens_after
                self.alerts[name] = lifecycle.raised(decision, name, at, reopens_after)
            else:
                after = lifecycle.apply(self.alerts[decision.alert], decision, at)
                assert not isinstance(after, Refusal), after
                self.alerts[decision.alert] = after
