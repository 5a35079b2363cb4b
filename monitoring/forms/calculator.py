"""The forms of the calculator: what is asked of each scale. They judge nothing and belong to no patient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from monitoring.core.grading import ctcae
from monitoring.core.grading.icans import ICE_ITEMS, ICE_MOST
from monitoring.grading.words import LABELS, UNITS, label, word_label
from tracker.errors import FieldError
from tracker.forms.fields import QuantityField
from tracker.models import Arousal, CerebralEdema, Consciousness, OxygenDevice, Seizure, TemperatureUnit
from tracker.plausibility import NotANumber, read_number

UNKNOWN = ("", _("not known"))
AGENTS = {
    "norepinephrine": _("norepinephrine"),
    "epinephrine": _("epinephrine"),
    "phenylephrine": _("phenylephrine"),
    "dopamine": _("dopamine"),
    "vasopressin": _("vasopressin"),
    "ephedrine": _("ephedrine"),
    "metaraminol": _("metaraminol"),
    "terlipressin": _("terlipressin"),
    "angiotensin_ii": _("angiotensin II"),
}


class Number(QuantityField):
    """A number with a point or a comma and no exponent."""

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs say int
        """The number as typed."""
        text = str(value or "").strip()
        try:
            return read_number(text) if text else None
        except NotANumber as error:
            raise ValidationError(_("“%(text)s” is not a number."), params={"text": text[:20]}) from error


def _number(name: str, **options: Any) -> Number:
    return Number(label=LABELS.get(name, label(name)), required=False, **options)


def _words(text: Any, words: Iterable[tuple[str, Any]], *, radio: bool = True, **options: Any) -> Any:
    """One of a few words, or not known."""
    widget = forms.RadioSelect() if radio else forms.Select()
    choices = [UNKNOWN, *words]
    return forms.TypedChoiceField(
        label=text, choices=choices, required=False, empty_value=None, widget=widget, **options
    )


def _truth(text: Any, **options: Any) -> Any:
    """Yes, no, or not known."""
    return _words(text, [("yes", _("yes")), ("no", _("no"))], coerce=lambda word: word == "yes", **options)


def _points(name: str, most: int, **options: Any) -> Any:
    """So many points, or not known."""
    choices = [(str(points), str(points)) for points in range(most + 1)]
    return _words(LABELS[name], choices, radio=False, coerce=int, **options)


def _statement(name: str, **options: Any) -> forms.BooleanField:
    """What is said only when it is so."""
    return forms.BooleanField(label=LABELS.get(name, label(name)), required=False, **options)


class GradeForm(forms.Form):
    """The parts of one scale; each may stay blank, which is: not known."""

    #: Where a fault or a missing part of an input is shown, if not at a field of its name.
    shown_at: ClassVar[Mapping[str, str]] = {"temperature_c": "temperature", "temperature_f": "temperature"}
    #: What stands behind a label.
    units: Mapping[str, str] = {name: unit for name, unit in UNITS.items() if name != "temperature_c"}

    @property
    def places(self) -> list[tuple[forms.BoundField, str, str]]:
        """Each field with its unit and, where it has many choices, a line of its own."""
        return [
            (bound, self.units.get(bound.name, ""), "wide" if _needs_a_line(bound) else "")
            for bound in self.visible_fields()
        ]

    def given(self) -> dict[str, Any]:
        """What the grader is handed: the names of the API, without what was left blank."""
        given = {
            name: value for name, value in self.cleaned_data.items() if value is not None and value != ""
        }
        unit = given.pop("temperature_unit", "C")
        if "temperature" in given:
            given["temperature_f" if unit == "F" else "temperature_c"] = given.pop("temperature")
        return given

    def refuse(self, errors: Iterable[FieldError]) -> None:
        """Takes the grader's errors to the fields that they are about."""
        for error in errors:
            name = self.field_of(error.field)
            if name is None:
                self.add_error(None, f"{label(error.field)}: {error.detail}")
            else:
                self.add_error(name, forms.ValidationError(error.detail, code=error.code))

    def field_of(self, name: str) -> str | None:
        """The field that asks for an input."""
        shown = self.shown_at.get(name, name)
        return shown if shown in self.fields else None


def _needs_a_line(bound: forms.BoundField) -> bool:
    """True for choices that are shown side by side and are too many for a column."""
    return bound.use_fieldset and len(getattr(bound.field, "choices", ())) > 3


def _temperature() -> dict[str, Any]:
    """The temperature and its unit."""
    return {
        "temperature": Number(label=_("Temperature"), required=False),
        "temperature_unit": forms.ChoiceField(
            label=_("Unit"),
            choices=TemperatureUnit.choices,
            initial="C",
            required=False,
            widget=forms.RadioSelect(),
        ),
    }


class CrsForm(GradeForm):
    """CRS: the fever, what hypotension needs, what hypoxia needs."""

    shown_at: ClassVar[Mapping[str, str]] = {**GradeForm.shown_at, "oxygen": "oxygen_device"}

    temperature, temperature_unit = _temperature().values()
    fever_other_cause = _statement("fever_other_cause")
    crs_treated = _statement(
        "crs_treated",
        help_text=_(
            "With an antipyretic, tocilizumab or a steroid: fever is no longer needed. "
            "Premedication is not that."
        ),
    )
    hypotension = _words(
        LABELS["hypotension"],
        [
            ("none", _("there is none")),
            ("no_vasopressor", _("no vasopressor (fluids, for example)")),
            ("vasopressors", _("vasopressors: tick them")),
        ],
        help_text=_("Judged against age and baseline; ASTCT gives no number."),
    )
    vasopressors = forms.MultipleChoiceField(
        label=LABELS["vasopressors"],
        choices=list(AGENTS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    oxygen_device = _words(
        LABELS["oxygen_device"],
        [
            ("room_air", _("none, or oxygen for comfort only")),
            *((word, text) for word, text in OxygenDevice.choices if word != "room_air"),
        ],
        radio=False,
    )
    oxygen_flow_l_min = _number(
        "oxygen_flow_l_min", help_text=_("Decides for a nasal cannula: up to 6 is low flow.")
    )
    death = _statement("death")

    def clean(self) -> dict[str, Any]:
        """Vasopressors are named where it is said that some run."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("hypotension") == "vasopressors" and not cleaned.get("vasopressors"):
            self.add_error("vasopressors", _("Tick each vasopressor that runs."))
        return cleaned

    def given(self) -> dict[str, Any]:
        """The parts; vasopressors only where some were ticked."""
        given = super().given()
        if given.get("hypotension") == "vasopressors":
            del given["hypotension"]
        if not given.get("vasopressors"):
            given.pop("vasopressors", None)
        return given


class IcansForm(GradeForm):
    """ICANS: ICE by its total or its items, and the four other domains."""

    ice = _points("ice", ICE_MOST, help_text=_("Or its five items. From 12 years; below that CAPD."))
    orientation = _points("orientation", ICE_ITEMS["orientation"])
    naming = _points("naming", ICE_ITEMS["naming"])
    commands = _points("commands", ICE_ITEMS["commands"])
    writing = _points("writing", ICE_ITEMS["writing"])
    attention = _points("attention", ICE_ITEMS["attention"])
    consciousness = _words(
        LABELS["consciousness"],
        Arousal.choices,
        help_text=_("Who is awake wakes by themselves. Sedation does not count."),
    )
    seizure = _words(
        LABELS["seizure"],
        Seizure.choices,
        help_text=_("Prolonged: more than 5 minutes. Repetitive: without recovery in between."),
    )
    deep_focal_motor_weakness = _truth(
        LABELS["deep_focal_motor_weakness"], help_text=_("Such as of one side, or of both legs.")
    )
    cerebral_edema = _words(LABELS["cerebral_edema"], CerebralEdema.choices)
    death = _statement("death")


class News2Form(GradeForm):
    """NEWS2: its seven parameters."""

    respiratory_rate_per_min = _number("respiratory_rate_per_min")
    heart_rate_bpm = _number("heart_rate_bpm")
    systolic_mmhg = _number("systolic_mmhg")
    temperature, temperature_unit = _temperature().values()
    spo2_percent = _number("spo2_percent")
    on_oxygen = _truth(LABELS["on_oxygen"])
    spo2_scale = forms.TypedChoiceField(
        label=LABELS["spo2_scale"],
        choices=[(1, _("1, the usual")), (2, _("2, target 88–92 % documented"))],
        coerce=int,
        initial=1,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )
    consciousness = _words(
        LABELS["consciousness"],
        [(word, format_lazy("{} {}", word, text)) for word, text in Consciousness.choices],
    )


class CtcaeForm(GradeForm):
    """What one term of CTCAE reads."""

    def __init__(self, *args: Any, term: ctcae.Term, **options: Any) -> None:
        super().__init__(*args, **options)
        self.term = term
        self.units = {name: ctcae.INPUTS[name].unit for name in term.reads if name not in ("value", "lln")}
        for name in term.reads:
            if name == "temperature_c":
                self.fields |= _temperature()
            else:
                self.fields[name] = _field_of(term, name)

    def given(self) -> dict[str, Any]:
        """The parts, with the version and the term."""
        return {**super().given(), "version": self.term.version.value, "term": self.term.id}


def _field_of(term: ctcae.Term, name: str) -> forms.Field:
    """The field of one input of a term."""
    known = ctcae.INPUTS[name]
    text = LABELS.get(name, label(name))
    match known.kind:
        case ctcae.Kind.NUMBER:
            return _number(name)
        case ctcae.Kind.UNIT:
            units = term.units.names if term.units is not None else ()
            return forms.ChoiceField(label=text, choices=[(unit, unit) for unit in units], required=False)
        case ctcae.Kind.WORD:
            found: forms.Field = _words(text, [(word, word_label(word)) for word in term.choices[name]])
            return found
    if known.aside:
        return _statement(name)
    asked: forms.Field = _truth(text)
    return asked


FORMS: Mapping[str, type[GradeForm]] = {"astct-crs": CrsForm, "icans": IcansForm, "news2": News2Form}
"""The form of each scale; CTCAE's is made of its term."""
