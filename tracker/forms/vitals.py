"""The form of one set of vital signs. It keeps what was typed; the service alone judges the numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tracker.errors import FieldError
from tracker.forms.fields import MomentField
from tracker.models import (
    Consciousness,
    OxygenDevice,
    Position,
    Rigors,
    SymptomKind,
    TemperatureSite,
    TemperatureUnit,
)
from tracker.plausibility import read_number
from tracker.units import mmhg_of_kpa

#: A set measured longer ago than this is asked about once.
LATE_ENTRY = timedelta(minutes=60)
#: The parts that may be left blank with a reason.
EXCUSABLE = (
    "temperature",
    "systolic_mmhg",
    "heart_rate_bpm",
    "respiratory_rate_per_min",
    "spo2_percent",
    "consciousness",
)
ABSENT = [
    ("", _("– why blank? –")),
    ("refused", _("refused")),
    ("asleep", _("asleep")),
    ("device_fault", _("device fault")),
    ("unrecordable", _("unrecordable")),
    ("not_required", _("not required now")),
]
SYMPTOMS = [
    (kind.value, kind.label)
    for kind in (
        SymptomKind.CHILLS,
        SymptomKind.DIZZINESS,
        SymptomKind.DYSPNOEA,
        SymptomKind.HEADACHE,
        SymptomKind.RASH,
        SymptomKind.NAUSEA,
        SymptomKind.CONFUSION,
        SymptomKind.CHEST_PAIN,
        SymptomKind.BACK_PAIN,
    )
]
#: The letters with a word each, short enough for one line.
ACVPU = [
    (Consciousness.ALERT.value, _("A alert")),
    (Consciousness.CONFUSED.value, _("C confused")),
    (Consciousness.VOICE.value, _("V voice")),
    (Consciousness.PAIN.value, _("P pain")),
    (Consciousness.UNRESPONSIVE.value, _("U unresp.")),
]
#: Why a set is entered long after it was measured.
LATE_WHY = [
    ("busy", _("with the patient")),
    ("paper", _("copied from paper")),
    ("no_network", _("no network")),
    ("other", _("other")),
]
#: Where an error of the record's column is shown.
SHOWN_AT = {
    "temperature_c": "temperature",
    "temperature_f": "temperature",
    "temperature_typed": "temperature",
}
#: Errors that are questions, answered by sending the same value again with a tick.
QUESTIONS = ("confirm", "crossed")
#: The error that a second measurement can answer.
HARD = "beyond_hard_limit"


def _number(label: Any, **attributes: Any) -> forms.CharField:
    attributes = {"inputmode": "decimal", "autocomplete": "off", "maxlength": 12, **attributes}
    return forms.CharField(label=label, required=False, widget=forms.TextInput(attrs=attributes))


def _choice(label: Any, choices: Any, *, radio: bool = False) -> forms.ChoiceField:
    widget = forms.RadioSelect() if radio else forms.Select()
    return forms.ChoiceField(label=label, choices=choices, required=False, widget=widget)


class VitalsForm(forms.Form):
    """One set. Every part may stay blank; what was typed is never lost."""

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    #: For whom, and by whom, the form was opened; the door judges it.
    opened_for = forms.CharField(widget=forms.HiddenInput, required=False)
    #: When Save was pressed while there was no network.
    saved_at = forms.DateTimeField(widget=forms.HiddenInput, required=False)
    measured_at = MomentField(label=_("Measured at"))
    late_why = _choice(_("Late, because"), LATE_WHY, radio=True)
    temperature = _number(_("Temperature"), maxlength=16)
    temperature_unit = _choice(_("Unit"), TemperatureUnit.choices, radio=True)
    temperature_site = _choice(_("Measured where"), [("", "–"), *TemperatureSite.choices])
    systolic_mmhg = _number(_("Systolic"))
    diastolic_mmhg = _number(_("Diastolic"))
    map_mmhg = _number(_("MAP"))
    bp_unrecordable = forms.BooleanField(label=_("Unrecordable"), required=False)
    position = _choice(_("Position"), [("", "–"), *Position.choices])
    heart_rate_bpm = _number(_("Heart rate"), inputmode="numeric")
    respiratory_rate_per_min = _number(_("Resp. rate"), inputmode="numeric")
    arrest = forms.BooleanField(label=_("Arrest: a rate of 0 is measured"), required=False)
    spo2_percent = _number(_("SpO₂"))
    oxygen_device = _choice(_("Oxygen"), [("", "–"), *OxygenDevice.choices])
    oxygen_flow_l_min = _number(_("Flow"))
    fio2_percent = _number(_("FiO₂"))
    rigors = _choice(_("Rigors"), Rigors.choices, radio=True)
    consciousness = _choice(_("Consciousness"), ACVPU, radio=True)
    symptoms = forms.MultipleChoiceField(
        label=_("Symptoms"), choices=SYMPTOMS, required=False, widget=forms.CheckboxSelectMultiple
    )
    concerned = forms.BooleanField(
        label=_("I am concerned"), required=False, widget=forms.CheckboxInput(attrs={"accesskey": "c"})
    )
    concern = forms.CharField(
        label=_("What concerns you"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": _("What concerns you")}),
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=500, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, zone: tzinfo, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.now = now
        moment = self.fields["measured_at"]
        assert isinstance(moment, MomentField)
        moment.in_zone(zone)
        for name in EXCUSABLE:
            self.fields[f"absent_{name}"] = _choice(_("Why blank"), ABSENT)
        #: What the record said of each field: asked beside it, with the way on.
        self.faults: dict[str, FieldError] = {}

    def clean(self) -> dict[str, Any]:
        """A set of nothing is no set; an old one is asked about once."""
        cleaned = super().clean() or self.cleaned_data
        at, saved_at = cleaned.get("measured_at"), cleaned.get("saved_at")
        typed_at = min(self.now, saved_at) if saved_at else self.now
        is_said = cleaned.get("late_why") or "measured_at" in self.ticked("confirmed")
        if at is not None and typed_at - at > LATE_ENTRY and not is_said:
            detail = str(_("That is more than an hour ago. Why so late?"))
            self.refuse([FieldError("/measured_at", "late_entry", detail)])
        if not any(cleaned.get(name) for name in self.fields if name not in (*_AROUND, *_STICKY)):
            self.add_error(
                None, _("There is nothing to save yet: give at least one sign, symptom or concern.")
            )
        return cleaned

    def typed(self, name: str) -> str:
        """The text of a field as it came."""
        if name == "measured_at":
            return " ".join(self.data.get(f"{name}_{part}", "") for part in ("on", "at")).strip()
        return str(self.data.get(name, "")).strip()

    @property
    def is_late(self) -> bool:
        """True when the page has to ask why the set comes so late, or was told."""
        fault = self.faults.get("measured_at")
        return bool(self["late_why"].value()) or (fault is not None and fault.code == "late_entry")

    def ticked(self, answer: str) -> list[str]:
        """The fields whose question (`confirmed`, `verified`) was answered, for the value they still have."""
        given = self.data.getlist(answer) if hasattr(self.data, "getlist") else self.data.get(answer, [])
        pairs = (text.partition("=") for text in given)
        return [name for name, _equals, value in pairs if name in self.fields and self.typed(name) == value]

    @property
    def typed_all(self) -> dict[str, str]:
        """The text of every field as it came, for the questions asked beside them."""
        return {name: self.typed(name) for name in self.fields} if self.is_bound else {}

    @property
    def reasons(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Each field that may stay blank with a reason, beside the field of its reason."""
        return [(self[name], self[f"absent_{name}"]) for name in EXCUSABLE]

    @property
    def absent(self) -> dict[str, forms.BoundField]:
        """The field of the reason, by the field that is left blank."""
        return {name: self[f"absent_{name}"] for name in EXCUSABLE}

    @property
    def has_reasons(self) -> bool:
        """True when a reason was given, so that the page shows them."""
        return any(self[f"absent_{name}"].value() for name in EXCUSABLE)

    def answers(self) -> list[tuple[str, str]]:
        """Every question already answered, to be sent along until the set is stored."""
        return [
            (answer, f"{name}={self.typed(name)}")
            for answer in ("confirmed", "verified")
            for name in self.ticked(answer)
        ]

    def values(self) -> dict[str, Any]:
        """What the service is given: the names of the record, the numbers as typed."""
        cleaned = self.cleaned_data
        values: dict[str, Any] = {
            name: cleaned[name] for name in _PLAIN if cleaned.get(name) not in (None, "", False, [])
        }
        temperature, unit = cleaned["temperature"].strip(), cleaned["temperature_unit"] or "C"
        if temperature:
            column = "temperature_f" if unit == "F" else "temperature_c"
            values[column] = temperature
            values["temperature_typed"] = temperature
        else:
            column = "temperature_c"
            values.pop("temperature_site", None)
        if cleaned.get("concerned") or cleaned.get("concern"):
            values["concern"] = cleaned["concern"].strip() or str(_("concerned"))
        values["absent"] = {
            ("temperature_c" if name == "temperature" else name): reason
            for name in EXCUSABLE
            if (reason := cleaned.get(f"absent_{name}")) and not cleaned.get(name)
        }
        for answer in ("confirmed", "verified"):
            names = [column if name == "temperature" else name for name in self.ticked(answer)]
            values[answer] = [name for name in names if name != "measured_at"]
        values["measured_at"] = cleaned["measured_at"]
        if cleaned.get("saved_at"):
            values["sent_at"] = cleaned["saved_at"]
        if why := cleaned.get("late_why"):
            late = _("Late entry: %s.") % dict(LATE_WHY)[why]
            values["note"] = f"{late} {cleaned.get('note', '')}".strip()
        values["source_id"] = str(cleaned["form_token"])
        return values

    def all_values(self) -> dict[str, Any]:
        """The whole set, what is blank included: what a correction puts in the place of another set."""
        texts = ("temperature_site", "position", "oxygen_device", "rigors", "consciousness", "note")
        blank: dict[str, Any] = {name: "" if name in texts else None for name in _PLAIN}
        blank |= {"symptoms": [], "bp_unrecordable": False, "concern": "", "temperature_c": None}
        del blank["arrest"]
        values = blank | self.values()
        if "temperature_f" in values:
            del values["temperature_c"]
        del values["source_id"]
        return values

    def refuse(self, errors: list[FieldError] | tuple[FieldError, ...]) -> None:
        """Takes the record's errors to the fields they are about; the rest to the top."""
        for error in errors:
            name = SHOWN_AT.get(error.field, error.field)
            if name in self.fields:
                self.faults[name] = error
                self.add_error(name, forms.ValidationError(error.detail, code=error.code))
            else:
                self.add_error(None, f"{error.field}: {error.detail}")

    def taking(self, suggestion: str) -> dict[str, Any]:
        """The data with a suggestion taken (`temperature=100.4 °F`), to be shown again; nothing is stored."""
        data: Any = copy(self.data)
        name, _equals, text = suggestion.partition("=")
        if name in self.fields:
            number = re.match(r"[\d.,]+", text.strip())
            data[name] = number.group(0) if number else text.strip()
            if number and text.rstrip().endswith("kPa"):
                data[name] = str(round(mmhg_of_kpa(read_number(number.group(0)))))
            if name == "temperature" and text.rstrip().endswith(("F", "C")):
                data["temperature_unit"] = text.rstrip()[-1]
        result: dict[str, Any] = data
        return result


#: What every form carries, whatever was measured.
_AROUND = ("form_token", "opened_for", "saved_at", "measured_at", "late_why")
#: What alone makes no set: it only says how, or stays from the last time.
_STICKY = (
    "temperature_unit",
    "temperature_site",
    "oxygen_device",
    "oxygen_flow_l_min",
    "position",
    "arrest",
)
#: What goes to the record under its own name.
_PLAIN = (
    "temperature_site",
    "systolic_mmhg",
    "diastolic_mmhg",
    "map_mmhg",
    "bp_unrecordable",
    "position",
    "heart_rate_bpm",
    "respiratory_rate_per_min",
    "arrest",
    "spo2_percent",
    "oxygen_device",
    "oxygen_flow_l_min",
    "fio2_percent",
    "rigors",
    "consciousness",
    "symptoms",
    "note",
)


def sticky(last: Mapping[str, Any]) -> dict[str, Any]:
    """What a new form begins with from the last set: how it was measured, never what."""
    return {
        name: last[name]
        for name in ("temperature_unit", "temperature_site", "oxygen_device", "oxygen_flow_l_min")
        if last.get(name)
    }
