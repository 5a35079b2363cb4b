"""One patient tried under one rule set or two: every infusion folded, overlapping watches taken together.

As evaluation does it, but over records that are all there already, and without a row to show for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from monitoring import overlaps
from monitoring.core import backtest
from monitoring.core.alert import Alert
from monitoring.core.backtest import History, Parting
from monitoring.core.episodes import Episode
from monitoring.core.events import Observation
from monitoring.core.rule_set import RuleSet
from monitoring.core.watch import Watched
from monitoring.imports.answer_key import First, KeyedFinding, Patient
from monitoring.locking import Window

_KEYED = frozenset(KeyedFinding)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Stay:
    """One infusion with its record, and the window in which it was watched."""

    window: Window
    history: History

    @property
    def moments(self) -> list[datetime]:
        """When each set inside the window was measured, in the order of time."""
        events = self.history.events
        return sorted(
            event.at for event in events if isinstance(event, Observation) and self.window.holds(event.at)
        )


@dataclass(frozen=True, slots=True)
class Recorded:
    """A patient with every infusion that is to be tried. `key` is the patient's name in an answer key."""

    name: str
    stays: tuple[Stay, ...]
    key: Patient | None = None

    @property
    def started_at(self) -> datetime:
        """The start of the first infusion, from which hours are counted."""
        return min(stay.window.opened_at for stay in self.stays if stay.window.opened_at is not None)

    @property
    def sets(self) -> int:
        """How many sets were judged; one that two watches judged counts once for each."""
        return sum(len(stay.moments) for stay in self.stays)

    @property
    def watched(self) -> timedelta:
        """For how long there are readings, from each start to its last."""
        spans = [(stay.window.opened_at, stay.moments) for stay in self.stays]
        return sum((moments[-1] - since for since, moments in spans if since and moments), timedelta())


@dataclass(frozen=True, slots=True)
class Tried:
    """What one rule set makes of one patient: what there was, the alerts of it, and the rules that failed.

    `shown` is at how many moments each problem showed: what its alerts gather.
    """

    episodes: tuple[Episode, ...]
    alerts: tuple[Alert, ...]
    failed: frozenset[str]
    shown: Mapping[str, int]

    def firsts(self, patient: Recorded) -> dict[KeyedFinding, First]:
        """The earliest evidence of each condition that an answer key answers for."""
        found: dict[KeyedFinding, First] = {}
        for entry in (entry for alert in self.alerts for entry in alert.evidence):
            value = entry.first.value
            if entry.condition not in _KEYED or not isinstance(value, Decimal):
                continue
            keyed = KeyedFinding(entry.condition)
            minute = Decimal((entry.first.at - patient.started_at) // timedelta(microseconds=1)) / 60_000_000
            if keyed not in found or minute < found[keyed].minute:
                found[keyed] = First(minute, value)
        return found


@dataclass(frozen=True, slots=True)
class Trial:
    """One patient under each rule set, in their order, and where two of them part."""

    patient: Recorded
    tried: tuple[Tried, ...]
    parting: Parting | None


def attempt(patient: Recorded, rule_sets: Sequence[RuleSet]) -> Trial:
    """The patient's record judged by each of the rule sets."""
    done = tuple(_under(rules, patient) for rules in rule_sets)
    parting = backtest.parting(done[0].episodes, done[1].episodes) if len(done) == 2 else None
    return Trial(patient, done, parting)


def _under(rules: RuleSet, patient: Recorded) -> Tried:
    found = [(stay, backtest.tried(rules, stay.history)) for stay in patient.stays]
    at = max(stay.history.until for stay in patient.stays)
    if len(found) == 1:
        ((_, only),) = found
        told = [(episode, only.ended) for episode in _clinical(only)]
    else:
        shared = overlaps.shared([(stay.window, _clinical(watched)) for stay, watched in found], at)
        told = [(one.episode, one.is_unwatched) for one in shared]
    raised = [
        alert
        for ended in (True, False)
        for alert in backtest.alerts(rules, [one for one, over in told if over is ended], ended=ended, at=at)
    ]
    return Tried(
        episodes=tuple(episode for episode, _ in told),
        alerts=tuple(sorted(raised, key=lambda alert: (alert.raised_at, alert.problem))),
        failed=frozenset(failure.rule for _, watched in found for failure in watched.failures),
        shown=Counter(each.problem for _, watched in found for each in watched.findings),
    )


def _clinical(watched: Watched) -> list[Episode]:
    """What the patient had; that a rule failed is told apart."""
    return [episode for episode in watched.episodes if not episode.is_of_the_system]
