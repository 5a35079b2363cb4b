"""What lists can be narrowed by. Times need their offset here as everywhere."""

from datetime import datetime
from typing import Any

import django_filters
import msgspec
from django import forms
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from tracker import models
from tracker.ingest import Moment


def read_moment(text: str) -> datetime | None:
    """The time that a query parameter holds (a `+` that arrived as a space is one), or None."""
    try:
        found: datetime = msgspec.convert(text.strip().replace(" ", "+"), Moment)
    except msgspec.ValidationError:
        return None
    return found if 1900 <= found.year < 2200 else None


class MomentField(forms.CharField):
    """A time with its offset."""

    def to_python(self, value: Any) -> Any:
        """The time, or None.

        Raises: ValidationError.
        """
        text = super().to_python(value)
        if not text:
            return None
        found = read_moment(text)
        if found is None:
            detail = _("A time with its offset is needed, as in 2026-11-22T14:05:00Z.")
            raise forms.ValidationError(detail, code="offset_missing")
        return found


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentFilter(django_filters.Filter):
    """Rows before or after a time."""

    field_class = MomentField


class FlagFilter(django_filters.ChoiceFilter):
    """`true` or `false`, nothing else."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=[("true", "true"), ("false", "false")], empty_label=None, **options)

    def filter(self, qs: Any, value: Any) -> Any:
        """The rows of which the flag is as asked."""
        return super().filter(qs, {"true": True, "false": False}.get(value, ""))


class PatientFilter(django_filters.FilterSet):
    """Patients by site."""

    site = django_filters.UUIDFilter(field_name="site__uuid")

    class Meta:
        model = models.Patient
        fields: list[str] = []


class SubjectFilter(django_filters.FilterSet):
    """Subjects by study, patient, number and status."""

    study = django_filters.UUIDFilter(field_name="study__uuid")
    patient = django_filters.UUIDFilter(field_name="patient__uuid")

    class Meta:
        model = models.Subject
        fields = ["subject_number", "status"]


class ProductFilter(django_filters.FilterSet):
    """Cell products by subject."""

    subject = django_filters.UUIDFilter(field_name="subject__uuid")

    class Meta:
        model = models.CellProduct
        fields = ["collection_id"]


class InfusionFilter(django_filters.FilterSet):
    """Infusions by whom they are for and where they stand."""

    subject = django_filters.UUIDFilter(field_name="subject__uuid")
    patient = django_filters.UUIDFilter(field_name="patient__uuid")
    study = django_filters.UUIDFilter(field_name="study__uuid")

    class Meta:
        model = models.Infusion
        fields = ["phase", "historical"]


class ObservedFilter(django_filters.FilterSet):
    """Observed rows by patient, infusion and time; `current=false` shows also what was corrected."""

    infusion = django_filters.UUIDFilter(field_name="infusion__uuid")
    patient = django_filters.UUIDFilter(field_name="patient__uuid")
    measured_from = MomentFilter(field_name="measured_at", lookup_expr="gte")
    measured_before = MomentFilter(field_name="measured_at", lookup_expr="lt")
    recorded_from = MomentFilter(field_name="recorded_at", lookup_expr="gte")
    source_id = django_filters.CharFilter(max_length=200)
    current = django_filters.ChoiceFilter(
        method="only_current",
        choices=[("true", "true"), ("false", "false")],
        empty_label=None,
        initial="true",
    )

    def only_current(self, rows: Any, name: str, value: str) -> Any:
        """The rows that stand, or all of them."""
        return rows.current() if value == "true" else rows
