"""What a write is answered with: the row, and what the watch made of it. Structs describe its shape."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from django.conf import settings
from django.utils.translation import get_language

from monitoring.evaluate import Outcome
from monitoring.models import Alert, AlertLog, Condition
from monitoring.sentences import log_shown, shown
from monitoring.told import told_shown
from tracker.services import Warning

PriorityWord = Literal["low", "medium", "high"]
ConditionWord = Literal["active", "cleared", "retracted", "unwatched"]
ResponseWord = Literal["open", "acknowledged", "assessed", "closed"]


class RuleSetShown(msgspec.Struct):
    """The version of the rules that raised an alert."""

    name: str
    version: int | str


class GradedShown(msgspec.Struct):
    """A grade as far as it is known; proposed where it is a range, or a person still has to confirm it."""

    scale: str
    lowest: int
    highest: int
    missing: list[str]
    proposed: bool


class RungShown(msgspec.Struct):
    """The rung that comes if nobody answers before: whom it tells, and when."""

    rung: int
    roles: list[str]
    at: datetime


class SkippedShown(msgspec.Struct):
    """A rung that reached nobody."""

    rung: int
    roles: list[str]


class ToldShown(msgspec.Struct):
    """One ringing: up to which rung, whom it told by user name, and what it skipped."""

    at: datetime
    rung: int
    roles: list[str]
    people: list[str]
    skipped: list[SkippedShown]


class AlertShown(msgspec.Struct):
    """One problem of one patient: what is true (condition) and what people did (response)."""

    id: UUID
    patient: UUID | None
    infusion: UUID | None
    also_infusions: list[UUID]
    problem: str
    priority: PriorityWord
    condition: ConditionWord
    condition_because: str | None
    response: ResponseWord
    title: str
    summary: str
    raised_at: datetime
    detected_at: datetime
    late: bool
    cleared_at: datetime | None
    grade: int | None
    graded: GradedShown | None
    evidence: list[dict[str, Any]]
    rule_set: RuleSetShown | None
    acknowledged_by: Any
    commitment: str | None
    until: datetime | None
    seen_at: datetime | None
    snoozed_until: datetime | None
    outcome: str | None
    rung: int
    escalates_at: datetime | None
    next_rung: RungShown | None
    unreached_since: datetime | None
    told: list[ToldShown]
    explained_by: UUID | None
    joined_at: datetime | None
    log: list[dict[str, Any]]


class WarningShown(msgspec.Struct):
    """Something the sender should know of what was stored."""

    field: str
    code: str
    detail: str


class WatchShown(msgspec.Struct):
    """How far the watch got. pending: saved, NOT yet checked. partial: a rule failed."""

    state: Literal["evaluated", "pending", "partial", "unwatched"]
    as_of: datetime | None
    rules_failed: list[str]


class Watched(msgspec.Struct):
    """What the watch says, beside the row that was stored."""

    signs: dict[str, Literal["normal", "abnormal", "unknown", "overdue"]]
    grades: dict[str, GradedShown]
    alerts: list[AlertShown]
    warnings: list[WarningShown]
    next_due_at: datetime | None
    next_due_reason: Literal["tightened"] | None
    watch: WatchShown


class Moved(msgspec.Struct):
    """The alerts that a correction raised, retracted, or changed otherwise."""

    raised: list[AlertShown]
    retracted: list[AlertShown]
    changed: list[AlertShown]


#: What of a log row is shown; its snapshot of the alert is not.
_OF_A_LINE = ("alert", "kind", "at", "note", "detail", "actor__username")


def alerts_shown(alerts: Iterable[Alert]) -> list[dict[str, Any]]:
    """The alerts as the API shows them, each with its log; one query, however many there are."""
    found = list(alerts)
    logs: dict[int, list[dict[str, Any]]] = {alert.pk: [] for alert in found}
    if found:
        rows = (
            AlertLog.objects.filter(alert__in=logs).select_related("actor").order_by("pk").only(*_OF_A_LINE)
        )
        for row in rows:
            logs[row.alert_id].append(log_shown(row))
    language = get_language() or settings.LANGUAGE_CODE
    return [
        shown(alert, language) | {"told": told_shown(logs[alert.pk]), "log": logs[alert.pk]}
        for alert in found
    ]


def watched(outcome: Outcome, warnings: Iterable[Warning] = ()) -> dict[str, Any]:
    """What the watch says, to be put beside the row."""
    return {
        "signs": dict(outcome.signs),
        "grades": dict(outcome.grades),
        "alerts": alerts_shown(outcome.alerts),
        "warnings": warnings_shown(warnings),
        "next_due_at": outcome.next_due_at,
        "next_due_reason": outcome.next_due_reason or None,
        "watch": {
            "state": outcome.state,
            "as_of": outcome.as_of,
            "rules_failed": list(outcome.rules_failed),
        },
    }


def moved(outcome: Outcome) -> dict[str, Any]:
    """Which alerts the evaluation raised, retracted, or changed otherwise."""
    found: dict[str, list[dict[str, Any]]] = {"raised": [], "retracted": [], "changed": []}
    for alert, document in zip(outcome.changed, alerts_shown(outcome.changed), strict=True):
        if alert.condition == Condition.RETRACTED:
            found["retracted"].append(document)
        else:
            found["raised" if alert.detected_at == outcome.as_of else "changed"].append(document)
    return found


def warnings_shown(warnings: Iterable[Warning]) -> list[dict[str, str]]:
    """What the sender should know of what was stored."""
    return [{"field": each.field, "code": each.code, "detail": str(each.detail)} for each in warnings]
