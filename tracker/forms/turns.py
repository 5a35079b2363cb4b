"""The forms of what happens to an infusion, and of what is felt and given: a moment and a few words each."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tracker.errors import FieldError
from tracker.forms.fields import MomentField, QuantityField
from tracker.models import (
    Arousal,
    CerebralEdema,
    EventKind,
    Indication,
    InterventionKind,
    InterventionMark,
    Seizure,
    Severity,
    SymptomKind,
    SymptomMark,
    TemperatureSite,
    TemperatureUnit,
)

#: Who goes on past a closed gate, and the note, stand below what is asked of everybody.
PASSAGE = ("override_reason", "second_username", "second_password")
LAST = (*PASSAGE, "note")


class MomentForm(forms.Form):
    """What every such form has: when, a note, and a token so that sending it twice stores it once."""

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    at = MomentField(label=_("At"))
    note = forms.CharField(label=_("Note"), required=False, max_length=500)
    field_order: Any = None
    #: The record's names of fields that are shown under another.
    shown_at: dict[str, str] = {"measured_at": "at"}

    def __init__(self, *args: Any, zone: tzinfo, **options: Any) -> None:
        super().__init__(*args, **options)
        self.faults: dict[str, FieldError] = {}
        for field in self.fields.values():
            if isinstance(field, MomentField):
                field.in_zone(zone)
        self.order_fields([*(name for name in self.fields if name not in LAST), *LAST])

    @property
    def typed_all(self) -> dict[str, str]:
        """The text of every field as it came."""
        return {name: str(self.data.get(name, "")).strip() for name in self.fields} if self.is_bound else {}

    def refuse(self, errors: tuple[FieldError, ...] | list[FieldError]) -> None:
        """Takes the record's errors to the fields they are about."""
        for error in errors:
            name = self.shown_at.get(error.field, error.field)
            if name in self.fields:
                self.faults[name] = error
                self.add_error(name, forms.ValidationError(error.detail, code=error.code))
            else:
                self.add_error(None, error.detail)

    def given(self) -> dict[str, Any]:
        """Every field that was filled, by the names of the record."""
        left = ("form_token", "at")
        values = {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in left and value not in (None, "", [], False)
        }
        data: Any = self.data
        for answer in ("confirmed", "verified"):
            ticked = data.getlist(answer) if hasattr(data, "getlist") else []
            names = [text.partition("=")[0] for text in ticked]
            if names:
                values[answer] = names
        return values | {
            "measured_at": self.cleaned_data["at"],
            "source_id": str(self.cleaned_data["form_token"]),
        }


class Passage(forms.Form):
    """Where a gate does not open: who goes on with whom, and why."""

    override_reason = forms.CharField(label=_("Reason for going on"), required=False, max_length=500)
    second_username = forms.CharField(label=_("Second person"), required=False, max_length=150)
    second_password = forms.CharField(
        label=_("Their password"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


#: Why an infusion is paused or stopped, by its event: the first words of its note. Proposals for entry.
WHY = {
    EventKind.PAUSE: (
        _("A reaction is suspected"),
        _("Access or line"),
        _("The patient asked"),
        _("Other"),
    ),
    EventKind.STOP: (
        _("All was given"),
        _("A reaction"),
        _("Access or line"),
        _("The patient asked"),
        _("Other"),
    ),
}


class TurnForm(MomentForm):
    """One event of an infusion that has no gate; a pause and a stop say why."""

    why = forms.ChoiceField(label=_("Why"), widget=forms.RadioSelect)

    rate_ml_per_h = QuantityField(label=_("Rate, mL/h"), required=False)
    actual_cells_e9 = QuantityField(label=_("Given, 10⁹ cells"), required=False)

    def __init__(self, *args: Any, kind: str, **options: Any) -> None:
        super().__init__(*args, **options)
        if kind not in (EventKind.RATE, EventKind.RESUME):
            del self.fields["rate_ml_per_h"]
        elif kind == EventKind.RATE:
            self.fields["rate_ml_per_h"].required = True
        if kind != EventKind.STOP:
            del self.fields["actual_cells_e9"]
        reasons = WHY.get(EventKind(kind))
        if reasons is None:
            del self.fields["why"]
            return
        why = self.fields["why"]
        assert isinstance(why, forms.ChoiceField)
        why.choices = [(str(number), words) for number, words in enumerate(reasons)]
        if kind == EventKind.STOP:
            why.initial = "0"
        self._reasons = reasons

    def clean(self) -> dict[str, Any]:
        """The last of the reasons, another, is put into words."""
        cleaned = super().clean() or self.cleaned_data
        if (
            "why" in self.fields
            and cleaned.get("why") == str(len(self._reasons) - 1)
            and not cleaned.get("note")
        ):
            self.add_error("note", _("Say why in a few words."))
        return cleaned

    @property
    def words(self) -> str:
        """The note, with the reason before it."""
        note: str = self.cleaned_data["note"]
        if "why" not in self.fields:
            return note
        number = int(self.cleaned_data["why"])
        reason = str(self._reasons[number])
        if number == len(self._reasons) - 1:
            return note
        return f"{reason}: {note}" if note else reason


class UndoForm(forms.Form):
    """Why something that was recorded of an infusion is taken back."""

    why = forms.ChoiceField(
        label=_("Why"),
        choices=[
            ("mistake", _("Pressed by mistake")),
            ("patient", _("Wrong patient")),
            ("other", _("Other")),
        ],
        initial="mistake",
        widget=forms.RadioSelect,
    )
    words = forms.CharField(label=_("In a few words"), required=False, max_length=500)

    def clean(self) -> dict[str, Any]:
        """Another reason is put into words."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("why") == "other" and not cleaned.get("words"):
            self.add_error("words", _("Say why in a few words."))
        return cleaned

    def reason(self) -> str:
        """The reason as it is kept."""
        words: str = self.cleaned_data["words"]
        if self.cleaned_data["why"] == "other":
            return words
        chosen = dict(self.fields["why"].choices)[self.cleaned_data["why"]]  # type: ignore[attr-defined]
        return f"{chosen}: {words}" if words else str(chosen)


class DischargeForm(Passage, MomentForm):
    """The way home; before the close watch has ended, with whom and why."""

    def ask_for_a_moment_only(self) -> None:
        """Leaves out what nobody needs while every gate is open."""
        for name in PASSAGE:
            del self.fields[name]


class StartForm(Passage, MomentForm):
    """The start: which bag, how fast, and, where a gate does not open, who goes on with whom and why."""

    bag_label = forms.CharField(
        label=_("Bag label"),
        required=False,
        max_length=60,
        help_text=_("Scan or type what is printed on the bag."),
    )
    rate_ml_per_h = QuantityField(label=_("Rate, mL/h"), required=False)
    actual_cells_e9 = QuantityField(label=_("Cells in the bag, 10⁹"), required=False)

    def ask_only(self, *, passage: bool, second: bool, bag_label: bool) -> None:
        """Leaves out what nobody needs: who goes past a gate where all are open, a label compared before."""
        unneeded = {
            "override_reason": not passage,
            "note": passage,  # the reason says it
            "second_username": not second,
            "second_password": not second,
            "bag_label": not bag_label,
        }
        for name, leave_out in unneeded.items():
            if leave_out:
                del self.fields[name]


class SymptomForm(MomentForm):
    """A symptom: that it is there, that it began, or that it ended."""

    kind = forms.ChoiceField(label=_("Symptom"), choices=SymptomKind.choices)
    mark = forms.ChoiceField(
        label=_("It"), choices=SymptomMark.choices, widget=forms.RadioSelect, initial=SymptomMark.PRESENT
    )
    severity = forms.ChoiceField(label=_("How bad"), choices=[("", "–"), *Severity.choices], required=False)
    response = forms.CharField(label=_("Response to treatment"), required=False, max_length=300)


class InterventionForm(MomentForm):
    """Something given, begun or ended, and for what."""

    kind = forms.ChoiceField(label=_("Given"), choices=InterventionKind.choices)
    mark = forms.ChoiceField(
        label=_("It was"),
        choices=InterventionMark.choices,
        widget=forms.RadioSelect,
        initial=InterventionMark.GIVEN,
    )
    substance = forms.CharField(label=_("Which"), required=False, max_length=100)
    amount = QuantityField(label=_("Amount"), required=False)
    unit = forms.CharField(label=_("Unit"), required=False, max_length=20)
    indication = forms.ChoiceField(label=_("For"), choices=[("", "–"), *Indication.choices], required=False)
    authoriser = forms.CharField(label=_("Authorised by"), required=False, max_length=200)
    prednisone_equivalent_mg = QuantityField(label=_("Prednisone equivalent, mg"), required=False)


class TemperatureForm(MomentForm):
    """A temperature taken alone, with the antipyretic that may mask it."""

    shown_at = {"measured_at": "at", "temperature_c": "temperature", "temperature_f": "temperature"}

    temperature = forms.CharField(label=_("Temperature"), max_length=16)
    temperature_unit = forms.ChoiceField(
        label=_("Unit"), choices=TemperatureUnit.choices, widget=forms.RadioSelect, initial="C"
    )
    temperature_site = forms.ChoiceField(
        label=_("Measured where"), choices=[("", "–"), *TemperatureSite.choices], required=False
    )
    antipyretic = forms.CharField(label=_("Antipyretic taken"), required=False, max_length=100)
    antipyretic_at = MomentField(label=_("Antipyretic taken at"), required=False)

    def given(self) -> dict[str, Any]:
        """The temperature under the name of the unit it was typed in."""
        values = super().given()
        unit, typed = values.pop("temperature_unit"), values.pop("temperature").strip()
        column = "temperature_f" if unit == "F" else "temperature_c"
        for answer in ("confirmed", "verified"):
            if answer in values:
                values[answer] = [column if name == "temperature" else name for name in values[answer]]
        return values | {column: typed, "temperature_typed": typed}


class NeuroForm(MomentForm):
    """The ten points of ICE and the other parts of ICANS; what was not examined stays blank."""

    orientation = forms.TypedChoiceField(
        label=_("Orientation: year, month, city, hospital"),
        choices=[("", "–"), *((str(n), n) for n in range(5))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    naming = forms.TypedChoiceField(
        label=_("Naming three objects"),
        choices=[("", "–"), *((str(n), n) for n in range(4))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    commands = forms.TypedChoiceField(
        label=_("Follows a command"),
        choices=[("", "–"), ("0", 0), ("1", 1)],
        coerce=int,
        empty_value=None,
        required=False,
    )
    writing = forms.TypedChoiceField(
        label=_("Writes a sentence"),
        choices=[("", "–"), ("0", 0), ("1", 1)],
        coerce=int,
        empty_value=None,
        required=False,
    )
    attention = forms.TypedChoiceField(
        label=_("Counts back from 100 by tens"),
        choices=[("", "–"), ("0", 0), ("1", 1)],
        coerce=int,
        empty_value=None,
        required=False,
    )
    consciousness = forms.ChoiceField(
        label=_("Consciousness"), choices=[("", "–"), *Arousal.choices], required=False
    )
    seizure = forms.ChoiceField(label=_("Seizure"), choices=[("", "–"), *Seizure.choices], required=False)
    deep_focal_motor_weakness = forms.NullBooleanField(label=_("Deep focal weakness"), required=False)
    cerebral_edema = forms.ChoiceField(
        label=_("Cerebral oedema"), choices=[("", "–"), *CerebralEdema.choices], required=False
    )

    def given(self) -> dict[str, Any]:
        """The parts examined: zero points and no weakness are findings too."""
        parts = ("orientation", "naming", "commands", "writing", "attention", "deep_focal_motor_weakness")
        found = {name: self.cleaned_data[name] for name in parts if self.cleaned_data[name] is not None}
        return super().given() | found
