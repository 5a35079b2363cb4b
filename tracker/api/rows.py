"""The nouns of the record that change in place, as the API shows them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tracker.api.door import Moment, Named, Number, Row
from tracker.models import Arm, Bag, CellProduct, Infusion, Patient, Site, Study, Subject

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
        fields = ("id", "code", "name", "phone", "time_zone", "languages")


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
            "identity_checkers",
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
            "identity_checkers",
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
            "bed",
            "watch_ends_at",
            "historical",
        )
