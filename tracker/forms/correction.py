"""The correction of a set or a temperature: only what is changed is sent, always with a reason."""

from __future__ import annotations

from datetime import tzinfo
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tracker.errors import FieldError
from tracker.forms.fields import MomentField
from tracker.forms.vitals import SHOWN_AT
from tracker.models import (
    Consciousness,
    OxygenDevice,
    Position,
    Rigors,
    TemperatureSite,
    TemperatureUnit,
    VitalSigns,
)

REASONS = [
    ("typo", _("typing error")),
    ("wrong_patient", _("wrong patient")),
    ("wrong_time", _("wrong time")),
    ("artefact", _("device artefact")),
    ("other", _("other (say which)")),
]
NUMBERS: tuple[tuple[str, Any], ...] = (
    ("systolic_mmhg", _("Systolic, mmHg")),
    ("diastolic_mmhg", _("Diastolic, mmHg")),
    ("map_mmhg", _("MAP, mmHg")),
    ("heart_rate_bpm", _("Heart rate, /min")),
    ("respiratory_rate_per_min", _("Respiratory rate, /min")),
    ("spo2_percent", _("SpO₂, %")),
    ("oxygen_flow_l_min", _("Oxygen flow, L/min")),
    ("fio2_percent", _("FiO₂, %")),
)
WORDS: tuple[tuple[str, Any, Any], ...] = (
    ("oxygen_device", _("Oxygen by"), OxygenDevice.choices),
    ("position", _("Position"), Position.choices),
    ("rigors", _("Rigors"), Rigors.choices),
    ("consciousness", _("Consciousness"), Consciousness.choices),
)


class ReasonForm(forms.Form):
    """Why something is corrected."""

    unchanged = _("Nothing was changed.")
    why = forms.ChoiceField(label=_("Reason"), choices=[("", "–"), *REASONS])
    words = forms.CharField(label=_("In words"), required=False, max_length=300)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.faults: dict[str, FieldError] = {}

    def clean(self) -> dict[str, Any]:
        """Other needs words."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("why") == "other" and not cleaned.get("words", "").strip():
            self.add_error("words", _("Say which other reason."))
        return cleaned

    def reason(self) -> str:
        """The reason as it is stored."""
        return ": ".join(
            part for part in (self.cleaned_data["why"], self.cleaned_data["words"].strip()) if part
        )

    def refuse(self, errors: tuple[FieldError, ...]) -> None:
        """Takes the record's errors to the fields they are about."""
        for error in errors:
            name = SHOWN_AT.get(error.field, error.field)
            if name in self.fields:
                self.faults[name] = error
                self.add_error(name, forms.ValidationError(error.detail, code=error.code))
            else:
                self.add_error(None, error.detail)


class VoidForm(ReasonForm):
    """That the whole row is to count as never given."""

    prefix = "voiding"


class MoveForm(ReasonForm):
    """To whom a reading belongs that was written to another patient."""

    prefix = "moving"

    def __init__(self, *args: Any, belongs: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        choices: Any = [("", "–"), *belongs]
        self.fields = {"to": forms.ChoiceField(label=_("It belongs to"), choices=choices), **self.fields}
        self.fields["why"].initial = "wrong_patient"
        self.fields["why"].widget = forms.HiddenInput()


class CorrectionForm(ReasonForm):
    """New values of a row; fields left as they are stay as they are."""

    def __init__(self, *args: Any, row: Any, zone: tzinfo, **options: Any) -> None:
        super().__init__(*args, **options)
        self.row = row
        fields: dict[str, forms.Field] = {
            "measured_at": MomentField(label=_("Measured at"), zone=zone),
            "temperature": forms.CharField(label=_("Temperature"), required=False, max_length=16),
            "temperature_unit": forms.ChoiceField(
                label=_("Unit"), choices=TemperatureUnit.choices, required=False, widget=forms.RadioSelect
            ),
            "temperature_site": forms.ChoiceField(
                label=_("Measured where"), choices=[("", "–"), *TemperatureSite.choices], required=False
            ),
        }
        if isinstance(row, VitalSigns):
            fields |= {
                name: forms.CharField(label=label, required=False, max_length=12) for name, label in NUMBERS
            }
            fields |= {
                name: forms.ChoiceField(label=label, choices=[("", "–"), *choices], required=False)
                for name, label, choices in WORDS
            }
            fields["bp_unrecordable"] = forms.BooleanField(
                label=_("Blood pressure unrecordable"), required=False
            )
            fields["concern"] = forms.CharField(label=_("Concern"), required=False, max_length=200)
        fields["note"] = forms.CharField(label=_("Note"), required=False, max_length=500)
        self.fields = fields | self.fields
        for name in self.fields:
            if name not in ("why", "words"):
                self.fields[name].initial = self._standing(name)
        for field in self.fields.values():
            if isinstance(field, forms.CharField):
                field.widget.attrs["autocomplete"] = "off"

    def _standing(self, name: str) -> Any:
        row = self.row
        if name == "temperature":
            return row.temperature_typed or ("" if row.temperature_c is None else f"{row.temperature_c:f}")
        if name == "temperature_unit":
            return row.temperature_unit or "C"
        value = getattr(row, name)
        return f"{value:f}" if isinstance(value, Decimal) else value

    def clean(self) -> dict[str, Any]:
        """A correction that changes nothing is none; what another patient's is, is moved and not changed."""
        cleaned = super().clean()
        if cleaned.get("why") == "wrong_patient":
            self.add_error("why", _("Another patient's reading is not changed here: move it or strike it."))
        if not self.errors and not self.changes():
            self.add_error(None, self.unchanged)
        return cleaned

    def changes(self) -> dict[str, Any]:
        """The values that differ from what stands, by the names of the record."""
        changed: dict[str, Any] = {}
        for name in self.changed_data:
            if name in ("why", "words", "temperature", "temperature_unit"):
                continue
            value = self.cleaned_data[name]
            changed[name] = value if value != "" or name in _TEXTS else None
        if {"temperature", "temperature_unit"} & set(self.changed_data):
            typed = self.cleaned_data["temperature"].strip()
            column = "temperature_f" if self.cleaned_data["temperature_unit"] == "F" else "temperature_c"
            changed[column] = typed or None
            changed["temperature_typed"] = typed
        confirmed = self._ticked("confirmed")
        if changed and confirmed:
            changed["confirmed"] = confirmed
        verified = self._ticked("verified")
        if changed and verified:
            changed["verified"] = verified
        return changed

    @property
    def typed_all(self) -> dict[str, str]:
        """The text of every field as it came."""
        return {name: str(self.data.get(name, "")).strip() for name in self.fields} if self.is_bound else {}

    def _ticked(self, answer: str) -> list[str]:
        data: Any = self.data
        pairs = [text.partition("=") for text in data.getlist(answer)]
        names = [name for name, _equals, value in pairs if self.typed_all.get(name) == value]
        unit = self.cleaned_data.get("temperature_unit") or "C"
        return [f"temperature_{unit.lower()}" if name == "temperature" else name for name in names]


_TEXTS = ("temperature_site", "oxygen_device", "position", "rigors", "consciousness", "note", "concern")
