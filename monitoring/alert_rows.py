"""Between the alert as a row and the alert as the core's value. Knows both shapes and decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from monitoring.core import alert as core
from monitoring.core.actions import Before
from monitoring.core.events import Value
from monitoring.core.findings import Evidence, Priority, Reading
from monitoring.core.state_data import grading_from_data, grading_to_data
from monitoring.models import Alert

#: Columns that are the same in both, name for name.
SAME = (
    "raised_at",
    "detected_at",
    "late",
    "masked",
    "cleared_at",
    "cleared_by",
    "unwatched_because",
    "retracted_because",
    "seen_at",
    "acknowledged_at",
    "until",
    "snoozed_until",
    "assessed_at",
    "closed_at",
    "coordinator_told_at",
    "rung",
    "rung_from",
    "climbs_from",
    "joined_at",
)


#: Moments that an acknowledgement puts aside.
BEFORE = ("acknowledged_at", "until", "snoozed_until", "joined_at")


def value_of(row: Alert) -> core.Alert:
    """The alert as the core's value; people are named by the numbers of their rows."""
    return core.Alert(
        id=str(row.pk),
        problem=row.problem,
        priority=Priority(row.priority),
        rule_set=row.rules,
        condition=core.Condition(row.condition),
        response=core.Response(row.response),
        evidence=tuple(evidence_of(entry) for entry in row.evidence),
        grade=grading_from_data(row.graded) if row.graded else None,
        told={signal: Decimal(value) for signal, value in row.told.items()},
        told_priority=Priority(row.told_priority),
        reopens_after={
            Priority.of(word): timedelta(seconds=int(seconds)) for word, seconds in row.reopens_after.items()
        },
        acknowledged_by=_text(row.acknowledged_by_id),
        commitment=core.Commitment(row.commitment) if row.commitment else None,
        assessed_by=_text(row.assessed_by_id),
        outcome=core.Outcome(row.outcome) if row.outcome else None,
        handed_over_to=_text(row.handed_over_to_id),
        **{name: getattr(row, name) for name in SAME},
    )


def put(value: core.Alert, row: Alert) -> Alert:
    """The row, saying what the value says."""
    for name in SAME:
        setattr(row, name, getattr(value, name))
    row.problem = value.problem
    row.priority = int(value.priority)
    row.rules = value.rule_set
    row.condition = value.condition.value
    row.response = value.response.value
    row.evidence = [evidence_data(entry) for entry in value.evidence]
    row.grade = None if value.grade is None else value.grade.grade
    row.graded = {} if value.grade is None else grading_to_data(value.grade)
    row.told = dict(value.told)
    row.told_priority = int(value.told_priority)
    row.reopens_after = {
        priority.word: int(after.total_seconds()) for priority, after in value.reopens_after.items()
    }
    row.acknowledged_by_id = _number(value.acknowledged_by)
    row.commitment = value.commitment.value if value.commitment else ""
    row.assessed_by_id = _number(value.assessed_by)
    row.outcome = value.outcome.value if value.outcome else ""
    row.handed_over_to_id = _number(value.handed_over_to)
    return row


def before_data(value: core.Alert) -> dict[str, Any]:
    """What an acknowledgement of the alert puts aside, as JSON; what is not there is left out."""
    moments = {name: getattr(value, name) for name in BEFORE}
    said = {name: moment.isoformat() for name, moment in moments.items() if moment is not None}
    by = {"acknowledged_by": value.acknowledged_by} if value.acknowledged_by else {}
    promise = {"commitment": value.commitment.value} if value.commitment else {}
    return {"told": dict(value.told), "told_priority": int(value.told_priority), **said, **by, **promise}


def before_of(data: Mapping[str, Any]) -> Before:
    """What JSON says that an acknowledgement put aside."""
    return Before(
        told={signal: Decimal(value) for signal, value in data["told"].items()},
        told_priority=Priority(int(data["told_priority"])),
        acknowledged_by=data.get("acknowledged_by", ""),
        commitment=core.Commitment(data["commitment"]) if "commitment" in data else None,
        **{name: datetime.fromisoformat(data[name]) for name in BEFORE if name in data},
    )


def evidence_data(entry: Evidence) -> dict[str, Any]:
    """One condition's evidence as JSON; numbers stay numbers."""
    return {
        "condition": entry.condition,
        "signal": entry.signal,
        "op": entry.op,
        "threshold": entry.threshold,
        "first": _reading_data(entry.first),
        "worst": _reading_data(entry.worst),
        "last": _reading_data(entry.last),
        "count": entry.count,
    }


def evidence_of(data: Mapping[str, Any]) -> Evidence:
    """The evidence that JSON says."""
    threshold = data["threshold"]
    return Evidence(
        condition=data["condition"],
        signal=data["signal"],
        op=data["op"],
        threshold=None if threshold is None else _value(threshold),
        first=_reading(data["first"]),
        worst=_reading(data["worst"]),
        last=_reading(data["last"]),
        count=int(data["count"]),
    )


def _reading_data(reading: Reading) -> dict[str, Any]:
    return {"key": reading.key, "at": reading.at.isoformat(), "value": reading.value}


def _reading(data: Mapping[str, Any]) -> Reading:
    return Reading(data["key"], datetime.fromisoformat(data["at"]), _value(data["value"]))


def _value(data: Any) -> Value:
    if isinstance(data, int) and not isinstance(data, bool):
        return Decimal(data)
    value: Value = data
    return value


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


def _number(text: str) -> int | None:
    return int(text) if text else None
