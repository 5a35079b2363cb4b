"""The life of an alert: one table of what may happen when, and one function that does it.

What is not in the table cannot happen. Evaluation moves the condition, people move the response, and only
what is worse, lapsed or still true moves a response back to open. Nothing closes an alert that is active.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitoring.core import effects, guards
from monitoring.core.actions import (
    Acknowledge,
    Assess,
    ByCause,
    ByPeople,
    ByTime,
    Climb,
    Close,
    CloseItself,
    HandOver,
    Join,
    Lapse,
    OptOut,
    Reopen,
    RingAlone,
    See,
    Snooze,
    TellCoordinator,
    Undo,
    Wake,
)
from monitoring.core.alert import Alert, Condition, Response
from monitoring.core.decisions import (
    Clear,
    Extend,
    KeepPromise,
    MarkUnwatched,
    Move,
    Reactivate,
    Retract,
    StillTrue,
    Worsen,
)
from monitoring.core.effects import raised
from monitoring.core.escalation import Ladder
from monitoring.core.findings import Priority
from monitoring.core.guards import Reason

__all__ = [
    "TABLE",
    "Action",
    "Reason",
    "Refusal",
    "apply",
    "due_action",
    "next_due",
    "raised",
    "speaks_for",
]

ACTIVE, CLEARED = Condition.ACTIVE, Condition.CLEARED
RETRACTED, UNWATCHED = Condition.RETRACTED, Condition.UNWATCHED
OPEN, ACKNOWLEDGED = Response.OPEN, Response.ACKNOWLEDGED
ASSESSED, CLOSED = Response.ASSESSED, Response.CLOSED

UNASSESSED_FOR = timedelta(hours=4)
"""After so long a cleared alert that nobody assessed goes to the coordinator."""

ChangeByEvaluation = (
    Move | Extend | Worsen | StillTrue | KeepPromise | Clear | Reactivate | Retract | MarkUnwatched
)
Action = ByPeople | ByTime | ByCause | ChangeByEvaluation


@dataclass(frozen=True, slots=True)
class Refusal:
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


ANY_CONDITION = frozenset(Condition)
STANDING = ANY_CONDITION - {RETRACTED}
TRUE = frozenset({ACTIVE, UNWATCHED})
ANY_RESPONSE = frozenset(Response)
NOT_CLOSED = ANY_RESPONSE - {CLOSED}
UNASSESSED = frozenset({OPEN, ACKNOWLEDGED})

TABLE: Mapping[type[Action], Transition] = {
    # by people
    See: Transition(ANY_CONDITION, NOT_CLOSED, guards.nothing, effects.see),
    Acknowledge: Transition(STANDING, UNASSESSED, guards.bad_acknowledgement, effects.acknowledge),
    Undo: Transition(STANDING, frozenset({ACKNOWLEDGED}), guards.bad_undo, effects.undo),
    Snooze: Transition(TRUE, UNASSESSED, guards.bad_snooze, effects.snooze),
    OptOut: Transition(TRUE, frozenset({OPEN}), guards.bad_opting_out, effects.opt_out),
    Assess: Transition(ANY_CONDITION, NOT_CLOSED, guards.bad_outcome, effects.assess),
    HandOver: Transition(frozenset({UNWATCHED}), NOT_CLOSED, guards.bad_hand_over, effects.hand_over),
    Close: Transition(ANY_CONDITION - {ACTIVE}, NOT_CLOSED, guards.bad_closing, effects.close),
    # by time
    Climb: Transition(STANDING, frozenset({OPEN}), guards.not_climbing, effects.climb),
    Lapse: Transition(TRUE, frozenset({ACKNOWLEDGED}), guards.not_lapsed, effects.lapse),
    Wake: Transition(TRUE, UNASSESSED, guards.not_awake, effects.wake),
    Reopen: Transition(TRUE, frozenset({ASSESSED}), guards.not_reopening, effects.reopen),
    TellCoordinator: Transition(frozenset({CLEARED}), UNASSESSED, guards.nothing, effects.tell_coordinator),
    CloseItself: Transition(frozenset({CLEARED}), NOT_CLOSED, guards.not_low, effects.close_itself),
    # by what explains it
    Join: Transition(frozenset({ACTIVE}), frozenset({OPEN}), guards.not_joining, effects.join),
    RingAlone: Transition(TRUE, frozenset({OPEN}), guards.not_joined, effects.ring_alone),
    # by evaluation
    Move: Transition(STANDING, ANY_RESPONSE, guards.nothing, effects.move),
    Extend: Transition(STANDING, ANY_RESPONSE, guards.nothing, effects.extend),
    Worsen: Transition(STANDING, ANY_RESPONSE, guards.nothing, effects.worsen),
    StillTrue: Transition(TRUE, frozenset({ACKNOWLEDGED}), guards.nothing, effects.still_true),
    KeepPromise: Transition(TRUE, frozenset({ACKNOWLEDGED}), guards.nothing, effects.keep_promise),
    Clear: Transition(STANDING, ANY_RESPONSE, guards.nothing, effects.clear),
    Reactivate: Transition(frozenset({CLEARED, UNWATCHED}), ANY_RESPONSE, guards.nothing, effects.reactivate),
    Retract: Transition(STANDING, ANY_RESPONSE, guards.nothing, effects.retract),
    MarkUnwatched: Transition(frozenset({ACTIVE}), ANY_RESPONSE, guards.nothing, effects.mark_unwatched),
}


def apply(alert: Alert, action: Action, at: datetime) -> Alert | Refusal:
    """The alert after an action of people, time or evaluation; a refusal with its reason otherwise."""
    row = TABLE[type(action)]
    if alert.condition not in row.conditions or alert.response not in row.responses:
        closes = isinstance(action, Close) and alert.condition is ACTIVE and alert.response is not CLOSED
        return Refusal(action, Reason.STILL_ACTIVE if closes else Reason.NOT_NOW)
    if (reason := row.forbids(alert, action, at)) is not None:
        return Refusal(action, reason)
    return row.does(alert, action, at)


def next_due(alert: Alert, ladder: Ladder) -> datetime | None:
    """When time alone next does something to this alert; None when it waits for people or is closed."""
    due = _due(alert, ladder)
    return due[0] if due else None


def due_action(alert: Alert, ladder: Ladder, at: datetime) -> ByTime | None:
    """What time has to do to this alert now, one thing at a time; None when nothing is due."""
    due = _due(alert, ladder)
    return due[1] if due and due[0] <= at else None


def speaks_for(cause: Alert, alert: Alert, ladder: Ladder) -> bool:
    """True while the messages of a cause that climbs this ladder speak for an alert that it explains.

    The cause must be true with a next step of its own, and people must have been told of it at no lower
    priority. What somebody has answered by itself rings by itself from then on; so does what has begun to
    ring anew since the cause was answered, because whoever gave that answer did not know of it.
    """
    if cause.condition is not ACTIVE or cause.joined_at is not None or cause.snoozed_until is not None:
        return False
    if alert.condition is not ACTIVE or alert.response is not OPEN or alert.snoozed_until is not None:
        return False
    if alert.acknowledged_at is not None or alert.assessed_at is not None or alert.climbs_from is None:
        return False
    if alert.priority > cause.told_priority or next_due(cause, ladder) is None:
        return False
    if cause.response is OPEN or alert.climbs_from == alert.detected_at:
        return True
    answered_at = cause.acknowledged_at if cause.response is ACKNOWLEDGED else cause.assessed_at
    return answered_at is not None and alert.climbs_from <= answered_at


def _due(alert: Alert, ladder: Ladder) -> tuple[datetime, ByTime] | None:
    if alert.response is CLOSED or alert.condition is RETRACTED:
        return None
    if alert.condition is CLEARED:
        return _due_when_cleared(alert, ladder)
    if alert.snoozed_until is not None:
        return alert.snoozed_until, Wake()
    if alert.response is ACKNOWLEDGED and alert.until is not None:
        return alert.until, Lapse()
    if alert.response is ASSESSED and alert.assessed_at is not None:
        after = alert.reopens_after.get(alert.priority)
        return None if after is None else (alert.assessed_at + after, Reopen())
    is_spoken_for = alert.handed_over_to or alert.joined_at is not None
    if alert.response is OPEN and not is_spoken_for and alert.climbs_from is not None:
        rung_at = ladder.due_at(alert.priority, alert.climbs_from, alert.rung, alert.rung_from)
        return None if rung_at is None else (rung_at, Climb())
    return None


def _due_when_cleared(alert: Alert, ladder: Ladder) -> tuple[datetime, ByTime] | None:
    if alert.cleared_at is None:
        return None
    if alert.priority is Priority.LOW:
        return alert.cleared_at, CloseItself()
    is_untold = alert.response is OPEN and alert.rung == 0 and alert.joined_at is None
    if is_untold and alert.climbs_from is not None:
        rung_at = ladder.due_at(alert.priority, alert.climbs_from, rung=0)
        if rung_at is not None:
            return rung_at, Climb()
    if alert.response is ASSESSED or alert.coordinator_told_at is not None:
        return None
    return alert.cleared_at + UNASSESSED_FOR, TellCoordinator()
