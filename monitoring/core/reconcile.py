"""Episodes against stored alerts: what evaluation must decide.

Pure, and deciding twice decides nothing the second time.

How a late or corrected reading changes what stands:

* An episode keeps its alert by its key (problem, raised_at). Where the key has moved, because a reading came
  late or was corrected, the alert that shares evidence with the episode *moves* with it: one problem stays
  one alert, with all that people did, and the move is in its log.
* An episode that splits leaves the alert with the part whose start it has; the other part is raised.
* Episodes that merge keep the alert of the earliest; the others are retracted *into* it, and it opens again.
* An alert whose evidence is gone is retracted. A retracted alert never comes back: should its evidence
  return, a new one is raised. So a replay of the arrivals in their order reproduces every row, the retracted
  ones too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from monitoring.core.alert import Alert, Commitment, Condition, Response, worst_by_signal
from monitoring.core.clearing import ByAssessment, ByComing
from monitoring.core.decisions import (
    Clear,
    Decision,
    Extend,
    KeepPromise,
    MarkUnwatched,
    Move,
    Raise,
    Reactivate,
    Retract,
    StillTrue,
    Worsen,
)
from monitoring.core.episodes import Episode
from monitoring.core.findings import is_worse
from monitoring.core.grades import SCALES, SCORES
from monitoring.core.guards import LONGEST_ACKNOWLEDGEMENT
from monitoring.core.rule_set import Rule

LATE_AFTER = timedelta(minutes=15)
ONE_GRADE = Decimal(1)
PROMISES_A_READING = (Commitment.REPEAT_VITALS, Commitment.AT_BEDSIDE)

WATCH_ENDED = "watch_ended"
DATA_STOPPED = "data_stopped"


@dataclass(frozen=True, slots=True)
class Watching:
    """Whether anybody still watches: the watch window may have ended, data may have stopped."""

    ended: bool = False
    data_stopped: bool = False


def reconcile(
    episodes: Iterable[Episode],
    alerts: Iterable[Alert],
    rules: Mapping[str, Rule],
    *,
    since: datetime | None,
    at: datetime,
    watching: Watching = Watching(),
    recorded_at: Mapping[str, datetime] | None = None,
    first_of: Mapping[str, str] | None = None,
) -> tuple[Decision, ...]:
    """What must happen to the alerts so that they say what the episodes say.

    `episodes` and `since` come from one evaluation (`Watched.episodes`, `resume.through`); alerts that had
    cleared by then are left alone, but for those whose episode is here again. `recorded_at` says by key when
    a reading became known, to mark what is late; `first_of` of which row a corrected one is a correction, so
    that evidence is known again when its time was corrected.
    """
    shown = sorted(episodes, key=lambda episode: (episode.raised_at, episode.problem))
    keys = {(episode.problem, episode.raised_at) for episode in shown}
    known = [alert for alert in alerts if _is_in_scope(alert, since, keys)]
    pairs, orphans = _matched(shown, known, first_of or {})
    decisions = [_orphaned(alert, shown, rules, at, first_of or {}) for alert in orphans]
    for episode, paired in pairs:
        unwatched = _unwatched_because(episode, rules, watching)
        late = _is_late(episode, recorded_at or {})
        if paired is None:
            decisions.append(Raise(episode, late, unwatched))
        else:
            decisions += _differences(episode, paired, rules.get(episode.problem), unwatched, late=late)
    return tuple(decisions)


def _is_in_scope(alert: Alert, since: datetime | None, keys: Set[tuple[str, datetime]]) -> bool:
    if alert.condition is Condition.RETRACTED:
        return False
    if (alert.problem, alert.raised_at) in keys:
        return True
    return since is None or alert.cleared_at is None or alert.cleared_at > since


def _matched(
    episodes: Sequence[Episode], alerts: Sequence[Alert], first_of: Mapping[str, str]
) -> tuple[list[tuple[Episode, Alert | None]], list[Alert]]:
    """Each episode with its alert (by its key, else by shared evidence), and the alerts without any."""
    by_key = {(alert.problem, alert.raised_at): alert for alert in alerts}
    exact = {(e.problem, e.raised_at) for e in episodes} & set(by_key)
    free = sorted(
        (alert for key, alert in by_key.items() if key not in exact),
        key=lambda alert: (alert.raised_at, alert.problem),
    )
    pairs: list[tuple[Episode, Alert | None]] = []
    for episode in episodes:
        key = (episode.problem, episode.raised_at)
        alert = (
            by_key[key] if key in exact else next((a for a in free if _shares(episode, a, first_of)), None)
        )
        if alert in free:
            free.remove(alert)
        pairs.append((episode, alert))
    return pairs, free


def _shares(episode: Episode, alert: Alert, first_of: Mapping[str, str]) -> bool:
    """True when both rest on a row of the same chain of corrections."""
    if episode.problem != alert.problem:
        return False
    shown, stored = ({first_of.get(key, key) for key in keys} for keys in (episode.keys(), alert.keys()))
    return bool(shown & stored)


def _orphaned(
    alert: Alert,
    episodes: Sequence[Episode],
    rules: Mapping[str, Rule],
    at: datetime,
    first_of: Mapping[str, str],
) -> Decision:
    rule = rules.get(alert.problem)
    if rule is not None and rule.is_about_schedule:
        return Clear(alert.id, at, "came")
    into = next((episode for episode in episodes if _covers(episode, alert, first_of)), None)
    if into is not None:
        return Retract(alert.id, "part_of_another", into.raised_at)
    return Retract(alert.id, "evidence_corrected")


def _covers(episode: Episode, alert: Alert, first_of: Mapping[str, str]) -> bool:
    return episode.problem == alert.problem and (
        _shares(episode, alert, first_of)
        or (
            episode.raised_at <= alert.raised_at
            and (episode.cleared_at is None or alert.raised_at < episode.cleared_at)
        )
    )


def _differences(
    episode: Episode, alert: Alert, rule: Rule | None, unwatched: str, *, late: bool
) -> Iterable[Decision]:
    """What one alert lacks to say what its episode says."""
    if alert.raised_at != episode.raised_at:
        yield Move(alert.id, episode.raised_at, late)
    if episode.is_open and _must_reactivate(alert, unwatched):
        yield Reactivate(alert.id, "true_again" if alert.condition is Condition.CLEARED else "watched_again")
    if worse := _worse_than_told(episode, alert, rule):
        yield Worsen(alert.id, episode, worse, late)
    elif _has_other_evidence(episode, alert):
        yield Extend(alert.id, episode)
    if _keeps_no_promise(episode, alert):
        yield StillTrue(alert.id)
    elif _keeps_promise(episode, alert):
        yield KeepPromise(alert.id)
    if episode.cleared_at is not None and alert.cleared_at != episode.cleared_at:
        yield Clear(alert.id, episode.cleared_at, episode.cleared_by)
    if episode.is_open and unwatched and alert.condition is not Condition.UNWATCHED:
        yield MarkUnwatched(alert.id, unwatched)


def _must_reactivate(alert: Alert, unwatched: str) -> bool:
    if alert.condition is Condition.CLEARED:
        return True
    return alert.condition is Condition.UNWATCHED and not unwatched


def _worse_than_told(episode: Episode, alert: Alert, rule: Rule | None) -> str:
    """Why this is worse than what people know; empty when it is not.

    A grade is worse by one, whatever the rule says; a score, like any sign, by the step that the rule names.
    """
    if episode.priority > alert.told_priority:
        return "priority"
    for signal, (op, value) in worst_by_signal(episode.evidence).items():
        step = None if rule is None else rule.steps.get(signal)
        if signal in SCALES and signal not in SCORES:
            step = ONE_GRADE
        told = alert.told.get(signal)
        if step is None or told is None:
            continue
        if is_worse(op, value, told) and abs(value - told) >= step:
            return signal
    return ""


def _has_other_evidence(episode: Episode, alert: Alert) -> bool:
    return (episode.evidence, episode.priority, episode.masked, episode.grade) != (
        alert.evidence,
        alert.priority,
        alert.masked,
        alert.grade,
    )


def _keeps_no_promise(episode: Episode, alert: Alert) -> bool:
    return (
        episode.is_open
        and alert.response is Response.ACKNOWLEDGED
        and alert.commitment is Commitment.REPEAT_VITALS
        and alert.acknowledged_at is not None
        and episode.last_at > alert.acknowledged_at
    )


def _keeps_promise(episode: Episode, alert: Alert) -> bool:
    """True when a normal set came after the promise of one, and the promise does not yet hold for longer."""
    return (
        episode.is_open
        and alert.response is Response.ACKNOWLEDGED
        and alert.commitment in PROMISES_A_READING
        and alert.acknowledged_at is not None
        and episode.last_at <= alert.acknowledged_at
        and any(at > alert.acknowledged_at for at in episode.normal_at)
        and alert.until != alert.acknowledged_at + LONGEST_ACKNOWLEDGEMENT[alert.priority]
    )


def _unwatched_because(episode: Episode, rules: Mapping[str, Rule], watching: Watching) -> str:
    """Why nobody can say any more whether this open episode is true; empty while somebody can.

    What only a person clears (a concern, a steroid that was given) stays true without any reading.
    """
    if not episode.is_open:
        return ""
    if watching.ended:
        return WATCH_ENDED
    rule = rules.get(episode.problem)
    needs_data = rule is not None and not isinstance(rule.clears, ByComing | ByAssessment)
    return DATA_STOPPED if watching.data_stopped and needs_data else ""


def _is_late(episode: Episode, recorded_at: Mapping[str, datetime]) -> bool:
    """True when a reading of the moment at which it began became known more than 15 minutes after."""
    began = [entry.first for entry in episode.evidence if entry.first.at == episode.raised_at]
    known = [recorded_at[reading.key] for reading in began if reading.key in recorded_at]
    return bool(known) and min(known) - episode.raised_at > LATE_AFTER
