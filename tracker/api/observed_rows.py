"""What was observed, as the API shows it: rows that are corrected by further rows."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tracker.api.door import M, Named, Row
from tracker.models import (
    InfusionEvent,
    Intervention,
    LabResult,
    NeuroAssessment,
    ResponseAssessment,
    SymptomReport,
    TemperatureLog,
    VitalSigns,
)

#: What every observed row shows beside what was seen.
_FRAME = (
    "id",
    "patient",
    "infusion",
    "measured_at",
    "recorded_at",
    "author",
    "client",
    "source_id",
    "source_version",
    "amends",
    "amended_by",
    "void",
    "reason",
)


class ObservedRow(Row[M]):
    """An observed row: whose, when, from whom, and what it corrects or was corrected by."""

    patient = Named()
    infusion = Named(allow_null=True)
    author = Named(allow_null=True)
    client = Named()
    amends = Named(allow_null=True)
    amended_by = serializers.SerializerMethodField()

    #: A voided row carries no values: each of them may be null.
    always_there = frozenset(
        {"measured_at", "recorded_at", "source_id", "source_version", "void", "absent", "verified", "raw"}
    )
    #: What must be joined to show a row without a query of its own.
    lists: ClassVar[tuple[str, ...]] = ()
    joins: ClassVar[tuple[str, ...]] = ("patient", "infusion", "author", "client", "amends", "amended_by")

    @extend_schema_field({"type": ["string", "null"], "format": "uuid"})
    def get_amended_by(self, row: Any) -> Any:
        """The id of the row that corrects this one, if there is one."""
        successor = getattr(row, "amended_by", None)
        return None if successor is None else successor.uuid


_TEMPERATURE = (
    "temperature_c",
    "temperature_typed",
    "temperature_unit",
    "temperature_site",
    "absent",
    "verified",
    "raw",
    "note",
)


class VitalsRow(ObservedRow[VitalSigns]):
    """One set of vital signs; each part that was not taken is null."""

    symptoms = serializers.SerializerMethodField()
    lists = ("symptom_reports",)

    class Meta:
        model = VitalSigns
        fields = (
            *_FRAME,
            *_TEMPERATURE,
            "systolic_mmhg",
            "diastolic_mmhg",
            "map_mmhg",
            "crossed",
            "bp_unrecordable",
            "position",
            "heart_rate_bpm",
            "respiratory_rate_per_min",
            "spo2_percent",
            "oxygen_device",
            "oxygen_flow_l_min",
            "fio2_percent",
            "consciousness",
            "rigors",
            "symptoms",
            "concern",
        )

    def get_symptoms(self, row: VitalSigns) -> list[str]:
        """The symptoms ticked in the set."""
        return sorted({each.kind for each in row.symptom_reports.all() if not each.void})


class TemperatureRow(ObservedRow[TemperatureLog]):
    """A temperature taken without a set."""

    class Meta:
        model = TemperatureLog
        fields = (*_FRAME, *_TEMPERATURE, "antipyretic", "antipyretic_at")


class SymptomRow(ObservedRow[SymptomReport]):
    """A symptom that was present, began or ended."""

    vital_signs = Named(allow_null=True)
    starts = Named(allow_null=True)
    joins = (*ObservedRow.joins, "vital_signs", "starts")

    class Meta:
        model = SymptomReport
        fields = (*_FRAME, "kind", "mark", "severity", "response", "note", "starts", "vital_signs")


class InterventionRow(ObservedRow[Intervention]):
    """Something given, begun or ended."""

    starts = Named(allow_null=True)
    joins = (*ObservedRow.joins, "starts")

    class Meta:
        model = Intervention
        fields = (
            *_FRAME,
            "kind",
            "mark",
            "substance",
            "amount",
            "unit",
            "indication",
            "authoriser",
            "prednisone_equivalent_mg",
            "starts",
            "note",
        )


class NeuroRow(ObservedRow[NeuroAssessment]):
    """A neurological assessment."""

    class Meta:
        model = NeuroAssessment
        fields = (
            *_FRAME,
            "ice",
            "orientation",
            "naming",
            "commands",
            "writing",
            "attention",
            "consciousness",
            "seizure",
            "deep_focal_motor_weakness",
            "cerebral_edema",
            "note",
        )


class LabRow(ObservedRow[LabResult]):
    """One result with the unit and limits of its laboratory."""

    class Meta:
        model = LabResult
        fields = (
            *_FRAME,
            "analyte",
            "value_typed",
            "comparator",
            "value",
            "unit",
            "lln",
            "uln",
            "laboratory",
        )


class ResponseRow(ObservedRow[ResponseAssessment]):
    """How the disease answered."""

    class Meta:
        model = ResponseAssessment
        fields = (*_FRAME, "criteria", "response", "method", "note")


class EventRow(ObservedRow[InfusionEvent]):
    """Something that happened to an infusion."""

    class Meta:
        model = InfusionEvent
        fields = (*_FRAME, "kind", "rate_ml_per_h", "override_reason", "note")
