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
        SymptomKind.MYALGIA,
        SymptomKind.FATIGUE,
    )
]
#: The letters with a word each, short enough for one line.
ACVPU = [
    (Consciousness.ALERT.value, _("A alert")),
    (Consciousness.CONFUSED.value, _("C confused")),
    (Consciousness.VOICE.value, _("V voice")),
    (Consciousness.PAIN.value, _("P pain")),
    (Consciousness.UNRESPONSIVE.value, _("U unresponsive")),
]
#: Where an error of the record's column is shown.
SHOWN_AT = {
    "temperature_c": "temperature",
    "temperature_f": "temperature",
    "temperature_typed": "temperature",
}
#: Errors that are questions, answered by sending the same value again with a tick.
QUESTIONS = ("confirm", "crossed", "late_entry")
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
    measured_at = MomentField(label=_("Measured at"))
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
    concerned = forms.BooleanField(label=_("I am concerned"), required=False)
    concern = forms.CharField(
        label=_("What concerns you"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
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
        at = cleaned.get("measured_at")
        if at is not None and self.now - at > LATE_ENTRY and "measured_at" not in self.ticked("confirmed"):
            fault = FieldError(
                "/measured_at", "late_entry", str(_("That is more than an hour ago. A late entry?"))
            )
            self.refuse([fault])
        if not any(
            cleaned.get(name) for name in self.fields if name not in ("form_token", "measured_at", *_STICKY)
        ):
            self.add_error(
                None, _("There is nothing to save yet: give at least one sign, symptom or concern.")
            )
        return cleaned

    def typed(self, name: str) -> str:
        """The text of a field as it came."""
        if name == "measured_at":
            return " ".join(self.data.get(f"{name}_{part}", "") for part in ("on", "at")).strip()
        return str(self.data.get(name, "")).strip()

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
        values["source_id"] = str(cleaned["form_token"])
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
            if name == "temperature" and text.rstrip().endswith(("F", "C")):
                data["temperature_unit"] = text.rstrip()[-1]
        result: dict[str, Any] = data
        return result


#: What alone makes no set: it only says how, or stays from the last time.
_STICKY = ("temperature_unit", "temperature_site", "oxygen_device", "position", "arrest")
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
        for name in ("temperature_unit", "temperature_site", "oxygen_device")
        if last.get(name)
    }
