"""The rows of the record as the API shows them."""

from typing import Any, ClassVar
from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.permissions import TABLE, Act, Actor
from tracker.api.door import M, Moment, Named, Number, Row
from tracker.api.entry import is_machine
from tracker.models import (
    Arm,
    Bag,
    CellProduct,
    Infusion,
    InfusionEvent,
    Intervention,
    LabResult,
    NeuroAssessment,
    Patient,
    ResponseAssessment,
    Site,
    Study,
    Subject,
    SymptomReport,
    TemperatureLog,
    VitalSigns,
)

_IDENTITY_SCHEMA = {
    "type": ["object", "null"],
    "description": "Who the patient is; null for callers who may not see names.",
    "properties": {
        "family_name": {"type": "string"},
        "given_name": {"type": "string"},
        "phone": {"type": "string"},
        "identifiers": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


class SiteRow(Row[Site]):
    """A hospital or ward."""

    always_there = frozenset({"code", "name", "time_zone", "languages"})

    class Meta:
        model = Site
        fields = ("id", "code", "name", "time_zone", "languages")


class ArmRow(Row[Arm]):
    """A cohort of a study."""

    always_there = frozenset({"code", "with_il2", "with_gm_csf"})

    class Meta:
        model = Arm
        fields = ("id", "code", "name", "planned_cells_e9", "with_il2", "with_gm_csf")


class StudyRow(Row[Study]):
    """A protocol."""

    arms = ArmRow(many=True, read_only=True)

    always_there = frozenset(
        {
            "protocol_number",
            "version",
            "product",
            "ctcae_version",
            "watch_hours",
            "close_watch_minutes",
            "dose_low_e9",
            "dose_high_e9",
            "infusions_max",
            "gap_hours_min",
            "arming_ng_per_e6",
            "arming_tolerance_percent",
            "activation_days_low",
            "activation_days_high",
            "synthetic",
        }
    )

    class Meta:
        model = Study
        fields = (
            "id",
            "protocol_number",
            "version",
            "title",
            "product",
            "ind_number",
            "ctcae_version",
            "watch_hours",
            "close_watch_minutes",
            "dose_low_e9",
            "dose_high_e9",
            "infusions_max",
            "gap_hours_min",
            "arming_ng_per_e6",
            "arming_tolerance_percent",
            "activation_days_low",
            "activation_days_high",
            "synthetic",
            "arms",
        )


class PatientRow(Row[Patient]):
    """A person at a site; the name only for those who may see it."""

    site = Named()
    identity = serializers.SerializerMethodField()

    always_there = frozenset({"sex"})

    class Meta:
        model = Patient
        fields = ("id", "site", "sex", "birth_date", "birth_year", "allergies", "identity")

    @extend_schema_field(_IDENTITY_SCHEMA)
    def get_identity(self, patient: Patient) -> dict[str, Any] | None:
        """The names and numbers of the patient, for an actor who may see them."""
        if not self.context["request"].auth.is_identified(patient.site_id):
            return None
        identity = getattr(patient, "identity", None)
        return {
            "family_name": identity.family_name if identity else "",
            "given_name": identity.given_name if identity else "",
            "phone": identity.phone if identity else "",
            "identifiers": {each.system: each.value for each in patient.identifiers.all()},
        }


class SubjectRow(Row[Subject]):
    """A patient in a study."""

    study = Named()
    patient = Named()
    site = Named()
    arm = Named(allow_null=True)

    always_there = frozenset({"subject_number", "diagnosis", "status"})

    class Meta:
        model = Subject
        fields = (
            "id",
            "study",
            "patient",
            "site",
            "subject_number",
            "arm",
            "diagnosis",
            "diagnosis_detail",
            "prior_lines",
            "prior_rituximab",
            "last_anti_cd20_on",
            "transplant",
            "transplant_on",
            "spo2_target",
            "status",
        )


class BagRow(Row[Bag]):
    """One bag of armed cells."""

    always_there = frozenset({"label", "lot"})

    class Meta:
        model = Bag
        fields = (
            "id",
            "label",
            "lot",
            "cells_e9",
            "viability_percent",
            "volume_ml",
            "released_on",
            "expires_at",
        )


class ProductRow(Row[CellProduct]):
    """The cells of a subject, from collection to bags."""

    subject = Named()
    patient = Named()
    bags = BagRow(many=True, read_only=True)
    arming_ng_per_e6 = Number(read_only=True, allow_null=True)

    always_there = frozenset({"name", "source", "collection_id"})

    class Meta:
        model = CellProduct
        fields = (
            "id",
            "subject",
            "patient",
            "name",
            "source",
            "donor_id",
            "collection_id",
            "collected_at",
            "collected_cells_e9",
            "activation_started_at",
            "activation_ended_at",
            "armed_at",
            "arming_antibody_ug",
            "arming_cells_e9",
            "arming_ng_per_e6",
            "bags",
        )


class InfusionRow(Row[Infusion]):
    """An infusion: its plan and where it stands."""

    subject = Named()
    patient = Named()
    site = Named()
    study = Named()
    bag = Named(allow_null=True)
    watch_ends_at = Moment(read_only=True, allow_null=True)

    always_there = frozenset({"number", "product", "route", "phase", "watch_hours", "historical"})

    class Meta:
        model = Infusion
        fields = (
            "id",
            "subject",
            "patient",
            "site",
            "study",
            "number",
            "bag",
            "product",
            "route",
            "planned_cells_e9",
            "actual_cells_e9",
            "planned_start_at",
            "planned_end_at",
            "phase",
            "started_at",
            "stopped_at",
            "watch_hours",
            "watch_ends_at",
            "historical",
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


class Place(msgspec.Struct):
    """A role somewhere. No site: everywhere. A study: that study's rows alone."""

    role: str
    site: UUID | None
    study: UUID | None
    identified: bool
    may: list[str]


class Caller(msgspec.Struct):
    """Who is asking."""

    user: UUID | None
    name: str | None
    client: UUID
    client_name: str
    is_machine: bool
    places: list[Place]


def caller(actor: Actor) -> Caller:
    """The actor as the API shows it: roles and places by their public ids, and the acts that each allows."""
    sites = dict(
        Site.objects.filter(pk__in={grant.site_id for grant in actor.memberships}).values_list("pk", "uuid")
    )
    studies = dict(
        Study.objects.filter(pk__in={grant.study_id for grant in actor.memberships}).values_list("pk", "uuid")
    )
    return Caller(
        user=actor.user.uuid if actor.user else None,
        name=actor.user.name if actor.user else None,
        client=actor.client.uuid,
        client_name=actor.client.name,
        is_machine=is_machine(actor),
        places=[
            Place(
                role=grant.role.value,
                site=sites.get(grant.site_id) if grant.site_id else None,
                study=studies.get(grant.study_id) if grant.study_id else None,
                identified=grant.identified,
                may=[
                    act.value
                    for act in Act
                    if grant.role in TABLE[act] and (actor.scopes is None or act.value in actor.scopes)
                ],
            )
            for grant in actor.memberships
        ],
    )
