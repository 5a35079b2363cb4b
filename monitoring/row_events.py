"""What one row of the record says to the watch: the core's events that it stands for, and what it answers in
the schedule.

Knows columns and signals; reads nothing from the database and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Model

from monitoring import laboratory
from monitoring.core import events, schedule, template
from monitoring.core.alert import Outcome
from monitoring.core.events import Event, Extent, InfusionKind
from monitoring.core.findings import Priority
from monitoring.core.schedule import Taken
from monitoring.models import LogKind
from tracker.models import (
    Baseline,
    InfusionEvent,
    Intervention,
    LabResult,
    NeuroAssessment,
    SubjectFacts,
    SymptomReport,
    TemperatureLog,
    Transplant,
    VitalSigns,
)
from tracker.services import judging

Row = Mapping[str, Any]

EXAMINED = {
    "ice": "ice",
    "orientation": "ice_orientation",
    "naming": "ice_naming",
    "commands": "ice_commands",
    "writing": "ice_writing",
    "attention": "ice_attention",
    "consciousness": "arousal",
    "seizure": "seizure",
    "deep_focal_motor_weakness": "deep_focal_motor_weakness",
    "cerebral_edema": "cerebral_edema",
}
"""The signal of each column of an examination."""

NUMBERS = ("temperature_c", *judging.NUMBERS)
WORDS = ("oxygen_device", "consciousness", "rigors", "position")

#: The word before a row's identifier in the keys of its events, where a correction has a key of its own.
NOUNS: dict[type[Model], str] = {
    VitalSigns: "vitals",
    TemperatureLog: "temperature",
    SymptomReport: "symptom",
    LabResult: "lab",
    NeuroAssessment: "neuro",
}
#: What a row of the noun is in the schedule, with a temperature and without one.
HELD: dict[type[Model], tuple[str, str]] = {
    VitalSigns: (template.VITAL_SIGNS, template.WITHOUT_TEMPERATURE),
    TemperatureLog: (template.TEMPERATURE, schedule.NOTHING),
}


def baselines_taken(stated: Iterable[tuple[type[Model], Row]]) -> list[Taken]:
    """The baselines that somebody entered in the place of readings."""
    return [
        Taken(row["at"], row["recorded_at"], template.BASELINE, f"baseline:{row['uuid']}")
        for model, row in stated
        if model is Baseline and is_entered(row) and row["values"]
    ]


def taken_of(model: type[Model], row: Row) -> Taken:
    """What a set or a temperature answers in the schedule.

    It was known since its first row was recorded, unless a correction has moved it in time.
    """
    held, lacking = HELD[model]
    what = lacking if row["temperature_c"] is None else held
    recorded_at = row["recorded_at"]
    if row.get("root__measured_at") == row["measured_at"]:
        recorded_at = row["root__recorded_at"]
    return Taken(row["measured_at"], recorded_at, what, f"{NOUNS[model]}:{row['uuid']}")


def is_entered(row: Row) -> bool:
    """True for a baseline that a person entered; one that a start froze, without readings, took two."""
    return row["override_by"] is not None and row["second_person"] is None


def events_of(model: type[Model], row: Row) -> Iterable[Event]:
    """The events that one row stands for."""
    if model is VitalSigns:
        return (_set(row),)
    if model is TemperatureLog:
        return _temperature(row)
    if model is SymptomReport:
        return (_symptom(row),)
    if model is Intervention:
        return (_intervention(row),)
    if model is InfusionEvent:
        return (events.InfusionEvent(row["measured_at"], f"event:{row['uuid']}", InfusionKind(row["kind"])),)
    if model is LabResult:
        return _observed_alone(row, f"lab:{row['uuid']}", _count(row))
    if model is NeuroAssessment:
        return _observed_alone(row, f"neuro:{row['uuid']}", _examination(row))
    if model is Baseline:
        return (_baseline(row),)
    if model is SubjectFacts:
        return (_facts(row),)
    return (_assessment(row),)


def _set(row: Row) -> events.Observation:
    values: dict[str, events.Value] = {name: row[name] for name in NUMBERS if row[name] is not None}
    values |= {name: row[name] for name in WORDS if row[name]}
    if row["bp_unrecordable"]:
        values["bp_unrecordable"] = True
    if row["concern"]:
        values["concern"] = True
    return events.Observation(
        row["measured_at"],
        f"vitals:{row['uuid']}",
        values,
        site=row["temperature_site"],
        crossed=row["crossed"],
        absent=row["absent"],
        verified=frozenset(row["verified"]),
    )


def _temperature(row: Row) -> Iterator[Event]:
    key = f"temperature:{row['uuid']}"
    if row["temperature_c"] is not None:
        yield events.Observation(
            row["measured_at"],
            key,
            {"temperature_c": row["temperature_c"]},
            site=row["temperature_site"],
            absent=row["absent"],
            verified=frozenset(row["verified"]),
        )
    if row["antipyretic"]:
        at = min(row["antipyretic_at"] or row["measured_at"], row["measured_at"])
        yield events.Intervention(at, key, "antipyretic", Extent.POINT, detail=row["antipyretic"])


_EXTENTS = {"start": Extent.START, "stop": Extent.STOP, "present": Extent.POINT, "given": Extent.POINT}


def _symptom(row: Row) -> events.Symptom:
    return events.Symptom(
        row["measured_at"], f"symptom:{row['uuid']}", row["kind"], _EXTENTS[row["mark"]], row["severity"]
    )


def _intervention(row: Row) -> events.Intervention:
    """A stop names its start by the first row of the start's chain, so that an amended start still ends."""
    starts = row["starts__root__uuid"] or row["starts__uuid"]
    return events.Intervention(
        row["measured_at"],
        f"intervention:{row['root__uuid'] or row['uuid']}",
        row["kind"],
        _EXTENTS[row["mark"]],
        indication=row["indication"],
        detail=row["substance"],
        starts=f"intervention:{starts}" if starts else "",
    )


def _observed_alone(row: Row, key: str, values: Mapping[str, events.Value]) -> Iterable[Event]:
    """What was found beside the sets of vital signs; nothing where the watch reads none of it."""
    return (events.Observation(row["measured_at"], key, values),) if values else ()


def _count(row: Row) -> Mapping[str, events.Value]:
    return laboratory.values_of(
        row["analyte"], row["value"], row["comparator"], row["value_typed"], row["unit"], row["lln"]
    )


def _examination(row: Row) -> Mapping[str, events.Value]:
    """The parts that were examined; a blank one was not."""
    found = {signal: row[column] for column, signal in EXAMINED.items() if row[column] not in (None, "")}
    return {
        signal: value if isinstance(value, bool | str) else Decimal(value) for signal, value in found.items()
    }


def _baseline(row: Row) -> events.Baseline:
    values: dict[str, events.Value] = {} if row["infusion__historical"] else {"frozen_at_start": True}
    for name, text in row["values"].items():
        try:
            values[name] = Decimal(text) if name in NUMBERS else text
        except InvalidOperation:
            values[name] = text
    if row["ctcae_version"]:
        values["ctcae_version"] = row["ctcae_version"]
    return events.Baseline(row["at"], f"baseline:{row['uuid']}", values)


def _facts(row: Row) -> events.Facts:
    values: dict[str, events.Value] = {}
    if row["spo2_target"] == "88-92":
        values["spo2_target_88_92"] = True
    if row["transplant"] == Transplant.ALLOGENEIC:
        values["allogeneic_transplant"] = True
    return events.Facts(row["at"], f"facts:{row['uuid']}", values)


def _assessment(row: Row) -> events.Assessment:
    detail = row["detail"]
    is_other = detail.get("outcome") == Outcome.OTHER_CAUSE and "priority" in detail
    return events.Assessment(
        row["at"],
        f"assessment:{row['id']}",
        row["alert__problem"],
        frozenset(detail["evidence"]),
        other_cause=Priority.of(detail["priority"]) if is_other else None,
        closes=row["kind"] == LogKind.CLOSED,
    )
