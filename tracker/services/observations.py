"""Recording what was observed, and correcting it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from accounts.permissions import Actor
from tracker.ingest import InterventionIn, LabIn, NeuroIn, ReadingIn, ResponseIn, SymptomIn, TemperatureIn
from tracker.models import (
    Infusion,
    Intervention,
    LabResult,
    NeuroAssessment,
    Observed,
    Patient,
    ResponseAssessment,
    SymptomReport,
    TemperatureLog,
    VitalSigns,
)

Kind = TypeVar("Kind", bound=Observed)
Values = Mapping[str, Any]


class Door(StrEnum):
    """Who stands at the door: a person is asked, a machine never loses a set for one bad part."""

    FORM = "form"
    MACHINE = "machine"


@dataclass(frozen=True)
class Warning:
    """Something the sender should know of what was stored."""

    field: str
    code: str
    detail: str


@dataclass(frozen=True)
class Recorded(Generic[Kind]):
    """What became of an observation: the row that stands for it, new or already there."""

    row: Kind
    created: bool
    warnings: tuple[Warning, ...] = ()
    #: The infusions whose record changed.
    infusion_ids: tuple[int, ...] = ()
    #: False when no watch window holds the moment.
    watched: bool = True


def record_vitals(
    actor: Actor, infusion: Infusion, values: ReadingIn | Values, *, now: datetime, door: Door | None = None
) -> Recorded[VitalSigns]:
    """Stores one set. `door` defaults to what the actor's client is: bedside and diary are forms."""
    raise NotImplementedError


def record_temperature(
    actor: Actor,
    infusion: Infusion,
    values: TemperatureIn | Values,
    *,
    now: datetime,
    door: Door | None = None,
) -> Recorded[TemperatureLog]:
    """Stores a temperature taken without a set."""
    raise NotImplementedError


def record_symptom(
    actor: Actor, infusion: Infusion, values: SymptomIn | Values, *, now: datetime
) -> Recorded[SymptomReport]:
    """Stores a symptom."""
    raise NotImplementedError


def record_intervention(
    actor: Actor, infusion: Infusion, values: InterventionIn | Values, *, now: datetime
) -> Recorded[Intervention]:
    """Stores something given."""
    raise NotImplementedError


def record_neuro(
    actor: Actor, infusion: Infusion, values: NeuroIn | Values, *, now: datetime
) -> Recorded[NeuroAssessment]:
    """Stores a neurological assessment."""
    raise NotImplementedError


def record_lab(
    actor: Actor, patient: Patient, values: LabIn | Values, *, now: datetime, infusion: Infusion | None = None
) -> Recorded[LabResult]:
    """Stores a laboratory result."""
    raise NotImplementedError


def record_response(
    actor: Actor,
    patient: Patient,
    values: ResponseIn | Values,
    *,
    now: datetime,
    infusion: Infusion | None = None,
) -> Recorded[ResponseAssessment]:
    """Stores an assessment of the response."""
    raise NotImplementedError


def amend(
    actor: Actor, row: Kind, values: Values, *, reason: str, now: datetime, door: Door | None = None
) -> Recorded[Kind]:
    """Stores a correction of `row`: the given values replace its own, the others stay as they were."""
    raise NotImplementedError


def amend_vitals(
    actor: Actor, row: VitalSigns, values: Values, *, reason: str, now: datetime, door: Door | None = None
) -> Recorded[VitalSigns]:
    """Stores a correction of a set."""
    raise NotImplementedError


def void(actor: Actor, row: Kind, *, reason: str, now: datetime) -> Recorded[Kind]:
    """Stores that `row` never was true. The void row carries no values."""
    raise NotImplementedError
