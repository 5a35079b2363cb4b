"""The log of temperatures of one infusion: in sets and alone, what is asked for, and what was missed."""

from datetime import datetime
from typing import Any

from accounts.permissions import Actor
from monitoring.api.timeline import due_shown
from monitoring.core.slots import Fate
from monitoring.due import Reading, temperature_log
from tracker.models import Infusion, TemperatureLog

_MOMENT = {"type": "string", "format": "date-time"}
_MAYBE = {"type": ["string", "null"], "format": "date-time"}
_OBJECTS = {"type": "array", "items": {"type": "object", "additionalProperties": True}}
SCHEMA = {
    "type": "object",
    "required": ["as_of", "closes_at", "next_due_at", "next_due_reason", "missed", "due", "results"],
    "properties": {
        "as_of": _MOMENT,
        "closes_at": _MAYBE,
        "next_due_at": _MAYBE,
        "next_due_reason": {"enum": ["tightened", None]},
        "missed": {"type": "integer"},
        "due": _OBJECTS,
        "results": _OBJECTS,
    },
}


def log(actor: Actor, infusion: Infusion, now: datetime) -> dict[str, Any]:
    """The whole log as the API shows it: a watch is short."""
    found = temperature_log(actor, infusion, now)
    due = found.next_due
    return {
        "as_of": now,
        "closes_at": infusion.watch_ends_at,
        "next_due_at": due.due_at if due else None,
        "next_due_reason": due.reason or None if due else None,
        "missed": found.missed,
        "due": [
            due_shown(slot.due)
            | {
                "state": slot.fate.value,
                "taken_at": slot.taken.measured_at if slot.taken and slot.fate is Fate.TAKEN else None,
                "late": slot.is_late,
            }
            for slot in found.slots
        ],
        "results": [_shown(row) for row in found.readings],
    }


def _shown(row: Reading) -> dict[str, Any]:
    """A temperature under the name of the noun that holds it."""
    alone = isinstance(row, TemperatureLog)
    return {
        "kind": "temperature" if alone else "vitals",
        "id": row.uuid,
        "measured_at": row.measured_at,
        "recorded_at": row.recorded_at,
        "temperature_c": row.temperature_c,
        "temperature_site": row.temperature_site,
        "antipyretic": row.antipyretic if isinstance(row, TemperatureLog) else "",
    }
