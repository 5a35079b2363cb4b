"""The life of an alert: one table of what may happen when, and one function that does it.

What is not in the table cannot happen. Evaluation moves the condition, people move the response, and only
what is worse, lapsed or still true moves a response back to open. Nothing closes an alert that is active.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from monitoring.core.actions import (
    Acknowledge,
    Assess,
    ByPeople,
    ByTime,
    Climb,
    Close,
    CloseItself,
    HandOver,
    Lapse,
    Reopen,
    See,
    Snooze,
    TellCoordinator,
    Wake,
)
from monitoring.core.alert import Alert, Commitment, Condition, Outcome, Response, worst_by_signal
from monitoring.core.decisions import (
    Clear,
    Extend,
    MarkUnwatched,
    Move,
    Raise,
    Reactivate,
    Retract,
    StillTrue,
    Worsen,
)
from monitoring.core.episodes import Episode
from monitoring.core.escalation import Ladder
from monitoring.core.findings import Evidence, Priority, is_worse

ACTIVE, CLEARED = Condition.ACTIVE, Condition.CLEARED
RETRACTED, UNWATCHED = Condition.RETRACTED, Condition.UNWATCHED
OPEN, ACKNOWLEDGED = Response.OPEN, Response.ACKNOWLEDGED
ASSESSED, CLOSED = Response.ASSESSED, Response.CLOSED

LONGEST_ACKNOWLEDGEMENT = {
    Priority.HIGH: timedelta(minutes=60),
    Priority.MEDIUM: timedelta(hours=4),
    Priority.LOW: timedelta(hours=24),
}
LONGEST_AT_BEDSIDE = timedelta(minutes=10)
LONGEST_SNOOZE = {
    Priority.HIGH: timedelta(minutes=60),
    Priority.MEDIUM: timedelta(hours=4),
    Priority.LOW: timedelta(hours=4),
}
UNASSESSED_FOR = timedelta(hours=4)
"""After so long a cleared alert that nobody assessed goes to the coordinator."""

ChangeByEvaluation = Move | Extend | Worsen | StillTrue | Clear | Reactivate | Retract | MarkUnwatched
Action = ByPeople | ByTime | ChangeByEvaluation


class Reason(StrEnum):
    """Why an action is refused."""

    NOT_NOW = "not_in_this_state"
    UNTIL_PAST = "until_is_not_in_the_future"
    UNTIL_TOO_LATE = "until_is_too_late"
    NEEDS_REASON = "needs_a_reason"
    NEEDS_PERSON = "needs_a_named_person"
    STILL_ACTIVE = "still_active"
    NOT_HANDED_OVER = "not_handed_over"
    READING_NOT_VOIDED = "reading_not_voided"
    NOT_LOW = "only_low_closes_itself"
    NOT_DUE = "not_due"


@dataclass(frozen=True, slots=True)
class Refused:
    """An action that cannot happen to this alert, and why."""

    action: Action
    reason: Reason


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table: in which states an action may happen, what forbids it there, and what it does."""

    conditions: frozenset[Condition]
    responses: frozenset[Response]
    forbids: Callable[[Alert, Any, datetime], Reason | None]
    does: Callable[[Alert, Any, datetime], Alert]


def apply(alert: Alert, action: Action, at: datetime) -> Alert | Refused:
    """The alert after an action of people, time or evaluation; a refusal with its reason otherwise."""
    row = TABLE[type(action)]
    if alert.condition not in row.conditions or alert.response not in row.responses:
        closes = isinstance(action, Close) and alert.condition is ACTIVE and alert.response is not CLOSED
        return Refused(action, Reason.STILL_ACTIVE if closes else Reason.NOT_NOW)
    if (reason := row.forbids(alert, action, at)) is not None:
        return Refused(action, reason)
    return row.does(alert, action, at)


def raised(
    decision: Raise, alert_id: str, at: datetime, reopens_after: Mapping[Priority, timedelta]
) -> Alert:
    """The new alert of an episode, as `reconcile` decided at `at`."""
    episode = decision.episode
    condition = CLEARED if episode.cleared_at else UNWATCHED if decision.unwatched_because else ACTIVE
    return Alert(
        id=alert_id,
        problem=episode.problem,
        raised_at=episode.raised_at,
        detected_at=at,
        priority=episode.priority,
        rule_set=episode.rule_set,
        condition=condition,
        response=OPEN,
        evidence=episode.evidence,
        told=_worst(episode.evidence),
        told_priority=episode.priority,
        reopens_after=reopens_after,
        late=decision.late,
        masked=episode.masked,
        cleared_at=episode.cleared_at,
        cleared_by=episode.cleared_by,
        unwatched_because=decision.unwatched_because,
        climbs_from=at,
    )


def next_due(alert: Alert, ladder: Ladder) -> datetime | None:
    """When time alone next does something to this alert; None when it waits for people or is closed."""
    due = _due(alert, ladder)
    return due[0] if due else None


def due_action(alert: Alert, ladder: Ladder, at: datetime) -> ByTime | None:
    """What time has to do to this alert now, one thing at a time; None when nothing is due."""
    due = _due(alert, ladder)
    return due[1] if due and due[0] <= at else None


def _due(alert: Alert, ladder: Ladder) -> tuple[datetime, ByTime] | None:
    if alert.response is CLOSED or alert.condition is RETRACTED:
        return None
    if alert.condition is CLEARED:
        return _due_when_cleared(alert)
    if alert.snoozed_until is not None:
        return alert.snoozed_until, Wake()
    if alert.response is ACKNOWLEDGED and alert.until is not None:
        return alert.until, Lapse()
    if alert.response is ASSESSED and alert.assessed_at is not None:
        after = alert.reopens_after.get(alert.priority)
        return None if after is None else (alert.assessed_at + after, Reopen())
    if alert.response is OPEN and not alert.handed_over_to and alert.climbs_from is not None:
        rung_at = ladder.due_at(alert.priority, alert.climbs_from, alert.rung, alert.rung_from)
        return None if rung_at is None else (rung_at, Climb())
    return None


def _due_when_cleared(alert: Alert) -> tuple[datetime, ByTime] | None:
    if alert.cleared_at is None:
        return None
    if alert.priority is Priority.LOW:
        return alert.cleared_at, CloseItself()
    if alert.response is ASSESSED or alert.coordinator_told_at is not None:
        return None
    return alert.cleared_at + UNASSESSED_FOR, TellCoordinator()


# What forbids an action in a state where it could otherwise happen.


def _nothing(alert: Alert, action: Any, at: datetime) -> Reason | None:
    return None


def _bad_acknowledgement(alert: Alert, action: Acknowledge, at: datetime) -> Reason | None:
    longest = LONGEST_ACKNOWLEDGEMENT[alert.priority]
    if action.commitment is Commitment.AT_BEDSIDE:
        longest = min(longest, LONGEST_AT_BEDSIDE)
    return _bad_until(action.until, at, longest)


def _bad_snooze(alert: Alert, action: Snooze, at: datetime) -> Reason | None:
    if not action.reason.strip():
        return Reason.NEEDS_REASON
    return _bad_until(action.until, at, LONGEST_SNOOZE[alert.priority])


def _bad_until(until: datetime, at: datetime, longest: timedelta) -> Reason | None:
    if until <= at:
        return Reason.UNTIL_PAST
    return Reason.UNTIL_TOO_LATE if until > at + longest else None


def _bad_outcome(alert: Alert, action: Assess | Close, at: datetime) -> Reason | None:
    """An artefact is a reading that was voided, and that retracts: saying so does not make it so."""
    if action.outcome is Outcome.ARTEFACT and alert.condition is not RETRACTED:
        return Reason.READING_NOT_VOIDED
    return None


def _bad_closing(alert: Alert, action: Close, at: datetime) -> Reason | None:
    if alert.condition is UNWATCHED and not alert.handed_over_to:
        return Reason.NOT_HANDED_OVER
    return _bad_outcome(alert, action, at)


def _bad_hand_over(alert: Alert, action: HandOver, at: datetime) -> Reason | None:
    return None if action.to.strip() else Reason.NEEDS_PERSON


def _not_low(alert: Alert, action: CloseItself, at: datetime) -> Reason | None:
    return None if alert.priority is Priority.LOW else Reason.NOT_LOW


def _not_lapsed(alert: Alert, action: Lapse, at: datetime) -> Reason | None:
    return Reason.NOT_DUE if alert.until is None or at < alert.until else None


def _not_awake(alert: Alert, action: Wake, at: datetime) -> Reason | None:
    return Reason.NOT_DUE if alert.snoozed_until is None or at < alert.snoozed_until else None


def _not_climbing(alert: Alert, action: Climb, at: datetime) -> Reason | None:
    asleep = alert.snoozed_until is not None and at < alert.snoozed_until
    return Reason.NOT_DUE if asleep or alert.handed_over_to else None


# What an action does.


def _see(alert: Alert, action: See, at: datetime) -> Alert:
    return alert if alert.seen_at is not None else replace(alert, seen_at=at)


def _acknowledge(alert: Alert, action: Acknowledge, at: datetime) -> Alert:
    return replace(
        alert,
        response=ACKNOWLEDGED,
        seen_at=alert.seen_at or at,
        acknowledged_at=at,
        acknowledged_by=action.by,
        commitment=action.commitment,
        until=action.until,
        snoozed_until=None,
        told=_worst(alert.evidence),
        told_priority=alert.priority,
    )


def _snooze(alert: Alert, action: Snooze, at: datetime) -> Alert:
    return replace(alert, seen_at=alert.seen_at or at, snoozed_until=action.until)


def _assess(alert: Alert, action: Assess, at: datetime) -> Alert:
    return replace(
        alert,
        response=ASSESSED,
        seen_at=alert.seen_at or at,
        assessed_at=at,
        assessed_by=action.by,
        outcome=action.outcome,
        commitment=None,
        until=None,
        snoozed_until=None,
        told=_worst(alert.evidence),
        told_priority=alert.priority,
    )


def _hand_over(alert: Alert, action: HandOver, at: datetime) -> Alert:
    return replace(alert, handed_over_to=action.to, seen_at=alert.seen_at or at)


def _close(alert: Alert, action: Close, at: datetime) -> Alert:
    assessed = alert if alert.response is ASSESSED else _assess(alert, Assess(action.by, action.outcome), at)
    return replace(assessed, response=CLOSED, outcome=action.outcome, closed_at=at)


def _close_itself(alert: Alert, action: CloseItself, at: datetime) -> Alert:
    return replace(alert, response=CLOSED, closed_at=at, until=None, snoozed_until=None)


def _climb(alert: Alert, action: Climb, at: datetime) -> Alert:
    return replace(alert, rung=alert.rung + 1)


def _lapse(alert: Alert, action: Lapse, at: datetime) -> Alert:
    """Open again, on the rung after the last that was rung."""
    return replace(_reopened(alert, at), rung=alert.rung, rung_from=alert.rung)


def _wake(alert: Alert, action: Wake, at: datetime) -> Alert:
    if alert.response is not OPEN:
        return replace(alert, snoozed_until=None)
    return replace(_reopened(alert, at), rung=alert.rung, rung_from=alert.rung)


def _reopen(alert: Alert, action: Reopen, at: datetime) -> Alert:
    return _reopened(alert, at)


def _tell_coordinator(alert: Alert, action: TellCoordinator, at: datetime) -> Alert:
    return replace(alert, coordinator_told_at=at)


def _move(alert: Alert, action: Move, at: datetime) -> Alert:
    return replace(alert, raised_at=action.to, late=alert.late or action.late)


def _extend(alert: Alert, action: Extend, at: datetime) -> Alert:
    """What people know stays what it was, except where a correction took the worst of it away."""
    episode = action.episode
    told = dict(alert.told)
    for signal, (op, worst) in worst_by_signal(episode.evidence).items():
        if signal not in told or is_worse(op, told[signal], worst):
            told[signal] = worst
    known = min(alert.told_priority, episode.priority)
    return replace(_showing(alert, episode), told=told, told_priority=known)


def _worsen(alert: Alert, action: Worsen, at: datetime) -> Alert:
    """Rings again. One that rings already goes on climbing, from the first rung if its priority has risen."""
    episode = action.episode
    told = replace(_showing(alert, episode), told=_worst(episode.evidence), told_priority=episode.priority)
    rings_already = alert.response is OPEN and alert.snoozed_until is None and not alert.handed_over_to
    if rings_already and episode.priority <= alert.told_priority:
        return told
    return _reopened(replace(told, late=alert.late or action.late), at)


def _still_true(alert: Alert, action: StillTrue, at: datetime) -> Alert:
    return _reopened(alert, at)


def _clear(alert: Alert, action: Clear, at: datetime) -> Alert:
    return replace(
        alert,
        condition=CLEARED,
        cleared_at=action.cleared_at,
        cleared_by=action.reason,
        unwatched_because="",
        masked=False,
        snoozed_until=None,
    )


def _reactivate(alert: Alert, action: Reactivate, at: datetime) -> Alert:
    """True again: whatever people did before answered for something else."""
    again = replace(alert, condition=ACTIVE, cleared_at=None, cleared_by="", unwatched_because="")
    return _reopened(replace(again, handed_over_to="", coordinator_told_at=None), at)


def _retract(alert: Alert, action: Retract, at: datetime) -> Alert:
    return replace(
        alert,
        condition=RETRACTED,
        retracted_because=action.reason,
        unwatched_because="",
        snoozed_until=None,
        until=None,
    )


def _mark_unwatched(alert: Alert, action: MarkUnwatched, at: datetime) -> Alert:
    return replace(
        alert, condition=UNWATCHED, unwatched_because=action.reason, cleared_at=None, cleared_by=""
    )


def _reopened(alert: Alert, at: datetime) -> Alert:
    """Open, with nobody's promise standing, climbing from the first rung."""
    return replace(
        alert,
        response=OPEN,
        commitment=None,
        until=None,
        snoozed_until=None,
        closed_at=None,
        rung=0,
        rung_from=0,
        climbs_from=at,
    )


def _showing(alert: Alert, episode: Episode) -> Alert:
    return replace(alert, evidence=episode.evidence, priority=episode.priority, masked=episode.masked)


def _worst(evidence: tuple[Evidence, ...]) -> Mapping[str, Decimal]:
    return {signal: value for signal, (_, value) in worst_by_signal(evidence).items()}


ANY_CONDITION = frozenset(Condition)
STANDING = ANY_CONDITION - {RETRACTED}
TRUE = frozenset({ACTIVE, UNWATCHED})
ANY_RESPONSE = frozenset(Response)
NOT_CLOSED = ANY_RESPONSE - {CLOSED}
UNASSESSED = frozenset({OPEN, ACKNOWLEDGED})

TABLE: Mapping[type[Action], Transition] = {
    # by people
    See: Transition(ANY_CONDITION, NOT_CLOSED, _nothing, _see),
    Acknowledge: Transition(STANDING, UNASSESSED, _bad_acknowledgement, _acknowledge),
    Snooze: Transition(TRUE, UNASSESSED, _bad_snooze, _snooze),
    Assess: Transition(ANY_CONDITION, NOT_CLOSED, _bad_outcome, _assess),
    HandOver: Transition(frozenset({UNWATCHED}), NOT_CLOSED, _bad_hand_over, _hand_over),
    Close: Transition(ANY_CONDITION - {ACTIVE}, NOT_CLOSED, _bad_closing, _close),
    # by time
    Climb: Transition(TRUE, frozenset({OPEN}), _not_climbing, _climb),
    Lapse: Transition(TRUE, frozenset({ACKNOWLEDGED}), _not_lapsed, _lapse),
    Wake: Transition(TRUE, UNASSESSED, _not_awake, _wake),
    Reopen: Transition(TRUE, frozenset({ASSESSED}), _nothing, _reopen),
    TellCoordinator: Transition(frozenset({CLEARED}), UNASSESSED, _nothing, _tell_coordinator),
    CloseItself: Transition(frozenset({CLEARED}), NOT_CLOSED, _not_low, _close_itself),
    # by evaluation
    Move: Transition(STANDING, ANY_RESPONSE, _nothing, _move),
    Extend: Transition(STANDING, ANY_RESPONSE, _nothing, _extend),
    Worsen: Transition(STANDING, ANY_RESPONSE, _nothing, _worsen),
    StillTrue: Transition(TRUE, frozenset({ACKNOWLEDGED}), _nothing, _still_true),
    Clear: Transition(STANDING, ANY_RESPONSE, _nothing, _clear),
    Reactivate: Transition(frozenset({CLEARED, UNWATCHED}), ANY_RESPONSE, _nothing, _reactivate),
    Retract: Transition(STANDING, ANY_RESPONSE, _nothing, _retract),
    MarkUnwatched: Transition(frozenset({ACTIVE, CLEARED}), ANY_RESPONSE, _nothing, _mark_unwatched),
}
