"""Whether a message must still go out: an alert is looked at when sending, not when planning. Pure."""

from __future__ import annotations

from datetime import datetime

from monitoring.models import Condition, LogKind, Response, Withdrawn


def why_not(reason: str, condition: str, response: str, snoozed_until: datetime | None) -> str:
    """Why a message about an alert that stands so must not go out; empty when it must.

    One that has cleared meanwhile is told: a short excursion was one. What the coordinator is told of is that
    nobody has assessed it, so only an assessment makes that needless.
    """
    if condition == Condition.RETRACTED:
        return Withdrawn.RETRACTED
    told_of_unassessed = reason == LogKind.TOLD and response == Response.ACKNOWLEDGED
    if response != Response.OPEN and not told_of_unassessed:
        return Withdrawn.ANSWERED
    return Withdrawn.SNOOZED if snoozed_until is not None else ""
