"""What became of the observations of one infusion, for people: slot by slot, and the log of temperatures.

Reads only. What is overdue rings elsewhere; this shows also what went by in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.permissions import Actor
from monitoring.core.schedule import Due, Taken
from monitoring.core.slots import Fate, Slot, slots
from monitoring.core.template import TEMPERATURE
from monitoring.models import DueObservation
from monitoring.row_events import HELD
from monitoring.timeline import BEFORE_START
from tracker.models import Infusion, TemperatureLog, VitalSigns

Reading = VitalSigns | TemperatureLog

_COLUMNS = ("due_at", "grace", "what", "opens_at", "recorded_at", "reason")


@dataclass(frozen=True, slots=True)
class Log:
    """Every temperature of a watch, in a set or alone, oldest first, and the slots that ask for one."""

    readings: Sequence[Reading]
    slots: tuple[Slot, ...]

    @property
    def missed(self) -> int:
        """How many slots went by without a temperature."""
        return sum(slot.fate is Fate.MISSED for slot in self.slots)

    @property
    def next_due(self) -> Due | None:
        """What is to be taken next, overdue or not."""
        waits = (slot.due for slot in self.slots if slot.fate in (Fate.COMING, Fate.OVERDUE))
        return next(waits, None)


def slots_of(infusion: Infusion, taken: Iterable[Taken], now: datetime) -> tuple[Slot, ...]:
    """What became of every observation that was due; nothing where nobody was to observe."""
    rows = DueObservation.objects.filter(infusion=infusion).order_by("pk").values_list(*_COLUMNS)
    return slots([Due(*row) for row in rows], taken, now, infusion.watch_ends_at)


def taken_by(readings: Iterable[Reading]) -> list[Taken]:
    """What these rows are in the schedule: sets, and temperatures alone."""
    return [
        Taken(
            row.measured_at,
            row.recorded_at,
            HELD[type(row)][row.temperature_c is None],
            str(row.uuid),
        )
        for row in readings
    ]


def readings_of(actor: Actor, infusion: Infusion) -> list[Reading]:
    """The sets and temperatures of the watch that stand and that the actor may see, oldest first."""
    found: list[Reading] = []
    for model in (VitalSigns, TemperatureLog):
        rows: Any = model.objects.visible_to(actor).current().filter(patient_id=infusion.patient_id)
        if infusion.started_at is None:
            rows = rows.filter(infusion=infusion)
        else:
            rows = rows.filter(measured_at__gte=infusion.started_at - BEFORE_START)
        if infusion.watch_ends_at is not None:
            rows = rows.filter(measured_at__lte=infusion.watch_ends_at)
        found += rows.select_related("author", "client")
    return sorted(found, key=lambda row: (row.measured_at, row.pk))


def temperature_log(actor: Actor, infusion: Infusion, now: datetime) -> Log:
    """The union of sets and of temperatures taken alone; a set without a temperature is none of it."""
    readings = [row for row in readings_of(actor, infusion) if row.temperature_c is not None]
    asked = slots_of(infusion, taken_by(readings), now)
    return Log(readings, tuple(slot for slot in asked if slot.due.what == TEMPERATURE))
