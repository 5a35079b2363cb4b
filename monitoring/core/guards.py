"""What forbids an action in a state where it could otherwise happen: limits in time, and what must be named.

Each guard answers with a reason, or None where nothing forbids it. The table in `lifecycle` says which guards
what.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from monitoring.core.actions import (
    Acknowledge,
    Assess,
    Climb,
    Close,
    CloseItself,
    HandOver,
    Join,
    Lapse,
    OptOut,
    Reopen,
    RingAlone,
    Snooze,
    Undo,
    Wake,
)
from monitoring.core.alert import Alert, Commitment, Condition, Outcome
from monitoring.core.findings import Priority

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
    NOT_YOURS = "somebody_else_answered"
    TOO_LATE_TO_UNDO = "too_late_to_undo"


def nothing(alert: Alert, action: Any, at: datetime) -> Reason | None:
    return None


def bad_acknowledgement(alert: Alert, action: Acknowledge, at: datetime) -> Reason | None:
    if action.commitment is Commitment.KNOWN_EXPECTED and not action.note.strip():
        return Reason.NEEDS_REASON
    longest = LONGEST_ACKNOWLEDGEMENT[alert.priority]
    if action.commitment is Commitment.AT_BEDSIDE:
        longest = min(longest, LONGEST_AT_BEDSIDE)
    return bad_until(action.until, at, longest)


def bad_undo(alert: Alert, action: Undo, at: datetime) -> Reason | None:
    if alert.acknowledged_by != action.by:
        return Reason.NOT_YOURS
    if alert.acknowledged_at is None or at > alert.acknowledged_at + action.within:
        return Reason.TOO_LATE_TO_UNDO
    return None


def bad_snooze(alert: Alert, action: Snooze, at: datetime) -> Reason | None:
    if not action.reason.strip():
        return Reason.NEEDS_REASON
    return bad_until(action.until, at, LONGEST_SNOOZE[alert.priority])


def bad_opting_out(alert: Alert, action: OptOut, at: datetime) -> Reason | None:
    return None if action.reason.strip() else Reason.NEEDS_REASON


def bad_until(until: datetime, at: datetime, longest: timedelta) -> Reason | None:
    if until <= at:
        return Reason.UNTIL_PAST
    return Reason.UNTIL_TOO_LATE if until > at + longest else None


def bad_outcome(alert: Alert, action: Assess | Close, at: datetime) -> Reason | None:
    """An artefact is a reading that was voided, and that retracts: saying so does not make it so."""
    if action.outcome is Outcome.ARTEFACT and alert.condition is not Condition.RETRACTED:
        return Reason.READING_NOT_VOIDED
    return None


def bad_closing(alert: Alert, action: Close, at: datetime) -> Reason | None:
    if alert.condition is Condition.UNWATCHED and not alert.handed_over_to:
        return Reason.NOT_HANDED_OVER
    return bad_outcome(alert, action, at)


def bad_hand_over(alert: Alert, action: HandOver, at: datetime) -> Reason | None:
    return None if action.to.strip() else Reason.NEEDS_PERSON


def not_low(alert: Alert, action: CloseItself, at: datetime) -> Reason | None:
    return None if alert.priority is Priority.LOW else Reason.NOT_LOW


def not_lapsed(alert: Alert, action: Lapse, at: datetime) -> Reason | None:
    return Reason.NOT_DUE if alert.until is None or at < alert.until else None


def not_awake(alert: Alert, action: Wake, at: datetime) -> Reason | None:
    return Reason.NOT_DUE if alert.snoozed_until is None or at < alert.snoozed_until else None


def not_reopening(alert: Alert, action: Reopen, at: datetime) -> Reason | None:
    after = alert.reopens_after.get(alert.priority)
    if after is None or alert.assessed_at is None or at < alert.assessed_at + after:
        return Reason.NOT_DUE
    return None


def not_climbing(alert: Alert, action: Climb, at: datetime) -> Reason | None:
    """What has cleared before anybody was told is told once, on the first rung, and climbs no further."""
    asleep = alert.snoozed_until is not None and at < alert.snoozed_until
    told_once = alert.condition is Condition.CLEARED and alert.rung > 0
    is_spoken_for = alert.handed_over_to or alert.joined_at is not None
    return Reason.NOT_DUE if asleep or told_once or is_spoken_for else None


def not_joining(alert: Alert, action: Join, at: datetime) -> Reason | None:
    return Reason.NOT_DUE if alert.joined_at is not None or alert.snoozed_until is not None else None


def not_joined(alert: Alert, action: RingAlone, at: datetime) -> Reason | None:
    return Reason.NOT_DUE if alert.joined_at is None else None
