"""The correction of what was told beside the vitals: events, symptoms, doses, examinations, results."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from django import forms
from django.db import models
from django.utils.text import capfirst

from tracker.forms.correction import ReasonForm
from tracker.forms.fields import MomentField
from tracker.forms.setup import field_of
from tracker.models import (
    InfusionEvent,
    Intervention,
    LabResult,
    NeuroAssessment,
    Observed,
    ResponseAssessment,
    SymptomReport,
)

#: The columns of each noun that a correction may change, besides its time.
COLUMNS: Mapping[type[Observed], tuple[str, ...]] = {
    InfusionEvent: ("rate_ml_per_h", "note"),
    SymptomReport: ("severity", "response", "note"),
    Intervention: (
        "substance",
        "amount",
        "unit",
        "indication",
        "authoriser",
        "prednisone_equivalent_mg",
        "note",
    ),
    NeuroAssessment: (
        "orientation",
        "naming",
        "commands",
        "writing",
        "attention",
        "consciousness",
        "seizure",
        "cerebral_edema",
        "note",
    ),
    LabResult: ("value", "unit", "lln", "uln", "laboratory"),
    ResponseAssessment: ("criteria", "response", "method", "note"),
}


class EntryForm(ReasonForm):
    """New values of a row; fields left as they are stay as they are."""

    def __init__(self, *args: Any, row: Observed, zone: tzinfo, **options: Any) -> None:
        super().__init__(*args, **options)
        model = type(row)
        moment = MomentField(label=capfirst(model._meta.get_field("measured_at").verbose_name), zone=zone)
        fields: dict[str, forms.Field] = {"measured_at": moment}
        fields |= {name: _line(model._meta.get_field(name)) for name in COLUMNS[model]}
        self.fields = fields | self.fields
        for name in fields:
            self.fields[name].initial = getattr(row, name)

    def clean(self) -> dict[str, Any]:
        """A correction that changes nothing is none."""
        cleaned = super().clean()
        if not self.errors and not self.changes():
            self.add_error(None, self.unchanged)
        return cleaned

    def changes(self) -> dict[str, Any]:
        """The values that differ from what stands."""
        changed = [name for name in self.changed_data if name not in ("why", "words")]
        return {name: self.cleaned_data[name] for name in changed}


def _line(column: Any) -> Any:
    """The field of a column; a text on one line."""
    if isinstance(column, models.TextField):
        return forms.CharField(label=capfirst(column.verbose_name), required=False, max_length=500)
    return field_of(column)
