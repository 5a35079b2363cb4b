"""From the values of a set or a temperature to its columns: ranges, slips, questions, what is kept as text.

A form's fault is an error at its field or a question; a machine's is a warning, and the part is stored blank
with the reason `implausible` and its raw text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from tracker.errors import FieldError
from tracker.ingest import ReadingIn, Taken, TemperatureIn, not_a_number
from tracker.models import SymptomKind
from tracker.plausibility import (
    CANNULA_MAX_L_MIN,
    RANGES,
    STOPS,
    Range,
    Slip,
    Suggestion,
    Verdict,
    is_crossed,
    is_measurable,
    pulse_pressure_is_unusual,
    suggest,
    suggest_fahrenheit,
)
from tracker.units import celsius_of_fahrenheit

from .answers import Door, Warning
from .keeping import storable

NUMBERS = (
    "systolic_mmhg",
    "diastolic_mmhg",
    "map_mmhg",
    "heart_rate_bpm",
    "respiratory_rate_per_min",
    "spo2_percent",
    "oxygen_flow_l_min",
    "fio2_percent",
)
WORDS = ("position", "oxygen_device", "consciousness", "rigors")
#: The parts of a set that can be left blank with a reason.
SIGNS = frozenset({"temperature_c", *NUMBERS, *WORDS})
IMPLAUSIBLE = "implausible"
_USUAL = {name: limits.usual for name, limits in RANGES.items()}
_SYMPTOMS = frozenset(SymptomKind.values)


def is_usual(name: str, value: Decimal) -> bool:
    """True when nothing has to be asked about the value: the short way for almost every number."""
    low, high = _USUAL[name]
    return is_measurable(value) and low <= value <= high


@dataclass(slots=True)
class Judged:
    """Columns to store, and what must be said first (errors) or also (warnings)."""

    columns: dict[str, Any] = field(default_factory=dict)
    symptoms: dict[str, str] = field(default_factory=dict)
    warnings: list[Warning] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)


@dataclass(slots=True)
class _Judge:
    """One row being judged at one door."""

    door: Door
    taken: Taken[Any]
    judged: Judged = field(default_factory=Judged)
    absent: dict[str, str] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)
    verified: list[str] = field(default_factory=list)

    def ask(self, name: str, code: str, detail: str, suggestion: Suggestion | None = None) -> None:
        """A question at a form, a warning to a machine. Asked once: a confirmed field is silent."""
        if self.door is Door.MACHINE:
            self.judged.warnings.append(Warning(name, code, detail))
        elif name not in self.taken.values.confirmed:
            text = suggestion.text if suggestion else None
            self.judged.errors.append(FieldError(f"/{name}", code, detail, text))

    def drop(
        self, name: str, text: str, code: str, detail: str, suggestion: Suggestion | None = None
    ) -> None:
        """A part that cannot be kept: refused at a form, blank with its raw text from a machine."""
        if self.door is Door.FORM:
            said = suggestion.text if suggestion else None
            self.judged.errors.append(FieldError(f"/{name}", code, detail, said))
            return
        self.absent[name] = IMPLAUSIBLE
        self.raw[name] = text
        self.judged.warnings.append(Warning(name, IMPLAUSIBLE, detail))

    def number(self, name: str, value: Decimal, text: str, slip: Suggestion | None) -> Decimal | None:
        """The value if it can be kept, after its questions."""
        limits = RANGES[name]
        verdict = limits.judge(value)
        if verdict is Verdict.FINE:
            return value
        if verdict is Verdict.UNUSUAL:
            self.ask(name, "confirm", unusual(name, value, limits, slip), slip)
            return value
        if verdict is Verdict.IMPLAUSIBLE:
            stopped = value == 0 and name in STOPS and getattr(self.taken.values, "arrest", False)
            if stopped or name in self.taken.values.verified:
                self.verified.append(name)
                return value
        code = "did_you_mean" if slip else "beyond_hard_limit"
        if verdict is Verdict.IMPOSSIBLE:
            code = "impossible"
        self.drop(name, text, code, implausible(name, value, limits, slip), slip)
        return None

    def temperature(self) -> dict[str, Any]:
        """The columns of the temperature: as typed, its unit, in °C."""
        values = self.taken.values
        celsius, fahrenheit = values.temperature_c, values.temperature_f
        columns: dict[str, Any] = {
            "temperature_typed": "",
            "temperature_unit": "",
            "temperature_c": None,
            "temperature_site": values.temperature_site,
        }
        if celsius is None and fahrenheit is None:
            return columns
        typed = values.temperature_typed or self.taken.typed.get(
            "temperature_c" if fahrenheit is None else "temperature_f", ""
        )
        if celsius is not None and fahrenheit is not None:
            self.drop(
                "temperature_c",
                f"{celsius} °C, {fahrenheit} °F",
                "two_units",
                _("Two units, one temperature."),
            )
            return columns
        if fahrenheit is None:
            text, unit, value = str(celsius), "C", celsius
        else:
            text, unit = str(fahrenheit), "F"
            value = celsius_of_fahrenheit(fahrenheit) if is_measurable(fahrenheit) else fahrenheit
        kept: Decimal | None = value
        if not is_usual("temperature_c", value):
            slip = suggest("temperature_c", value) if fahrenheit is None else suggest_fahrenheit(fahrenheit)
            kept = self.number("temperature_c", value, f"{text} °{unit}", slip)
        if kept is not None:
            columns |= {"temperature_typed": typed or text, "temperature_unit": unit, "temperature_c": kept}
        return columns

    def left_blank(self, columns: Mapping[str, Any], allowed: Iterable[str]) -> None:
        """Takes over the reasons for blank parts; a part cannot be there and absent at once."""
        for name, reason in self.taken.values.absent.items():
            if name not in allowed:
                self.judged.errors.append(
                    FieldError(f"/absent/{name}", "unknown_field", _("There is no such part of a set."))
                )
            elif columns.get(name) not in (None, ""):
                self.ask(name, "absent_and_present", _("This part has a value and a reason for having none."))
            else:
                self.absent.setdefault(name, storable(reason))

    def unread(self) -> None:
        """Parts whose text is no number."""
        for name, text in self.taken.unread.items():
            fault = not_a_number(name, text)
            target = "temperature_c" if name == "temperature_f" else name
            if target in SIGNS:
                self.drop(target, text, fault.code, fault.detail)
            else:
                self.judged.errors.append(fault)

    def finish(self, columns: dict[str, Any]) -> Judged:
        """The answer, with what is common to sets and temperatures."""
        for name, text in self.taken.typed.items():
            if name not in {"temperature_c", "temperature_f"}:
                self.raw.setdefault(name, text)
        columns |= {
            "absent": self.absent,
            "verified": self.verified,
            "raw": self.raw,
            "note": self.taken.values.note,
        }
        self.judged.columns = columns
        return self.judged


def judge_temperature(taken: Taken[TemperatureIn], door: Door) -> Judged:
    """The columns of a temperature taken alone."""
    judge = _Judge(door, taken)
    values = taken.values
    judge.unread()
    columns = judge.temperature()
    judge.left_blank(columns, {"temperature_c"})
    columns |= {"antipyretic": values.antipyretic, "antipyretic_at": values.antipyretic_at}
    said_something = columns["temperature_c"] is not None or values.antipyretic or judge.absent
    if not said_something and not judge.judged.errors:
        judge.judged.errors.append(FieldError("/temperature_c", "empty", _("There is nothing to store.")))
    return judge.finish(columns)


def judge_set(taken: Taken[ReadingIn], door: Door) -> Judged:
    """The columns of a set."""
    judge = _Judge(door, taken)
    values = taken.values
    if taken.unread:
        judge.unread()
    columns = judge.temperature()
    for name in NUMBERS:
        value = getattr(values, name)
        if value is not None and not is_usual(name, value):
            value = judge.number(name, value, str(value), suggest(name, value))
        columns[name] = value
    for name in WORDS:
        columns[name] = getattr(values, name)
    columns["concern"] = values.concern or ""
    columns["bp_unrecordable"] = values.bp_unrecordable
    _pressures(judge, columns)
    if columns["oxygen_flow_l_min"]:
        _oxygen(judge, columns)
    if values.absent:
        judge.left_blank(columns, SIGNS)
    for kind in values.symptoms:
        _symptom(judge, kind)
    if not judge.judged.errors and not _says_something(columns, judge):
        judge.judged.errors.append(FieldError("/", "empty", _("There is nothing to store.")))
    return judge.finish(columns)


def _pressures(judge: _Judge, columns: dict[str, Any]) -> None:
    systolic, diastolic = columns["systolic_mmhg"], columns["diastolic_mmhg"]
    columns["crossed"] = is_crossed(systolic, diastolic)
    if columns["crossed"]:
        if "systolic_mmhg" not in judge.taken.values.confirmed:
            judge.ask("diastolic_mmhg", "crossed", _("The systolic pressure is not above the diastolic."))
    elif pulse_pressure_is_unusual(systolic, diastolic):
        judge.ask("diastolic_mmhg", "confirm", _("Is the gap between the two pressures right?"))
    if columns["bp_unrecordable"] and systolic is not None:
        judge.ask(
            "bp_unrecordable", "unrecordable_and_present", _("A pressure is given and called unrecordable.")
        )


def _oxygen(judge: _Judge, columns: dict[str, Any]) -> None:
    flow, device = columns["oxygen_flow_l_min"], columns["oxygen_device"]
    if device == "nasal_cannula" and flow > CANNULA_MAX_L_MIN:
        judge.ask("oxygen_flow_l_min", "confirm", _("More than 6 L/min by a cannula: is it high flow?"))
    elif device == "room_air":
        judge.ask("oxygen_flow_l_min", "confirm", _("Oxygen flows, but the device is room air."))


def _symptom(judge: _Judge, kind: str) -> None:
    if kind in _SYMPTOMS:
        judge.judged.symptoms[kind] = ""
    elif judge.door is Door.FORM:
        judge.judged.errors.append(
            FieldError("/symptoms", "unknown_symptom", _("“%s” is not known.") % kind[:60])
        )
    else:
        judge.judged.symptoms[SymptomKind.OTHER] = kind
        judge.judged.warnings.append(
            Warning("symptoms", "unknown_symptom", _("“%s” is stored as another symptom.") % kind[:60])
        )


def _says_something(columns: Mapping[str, Any], judge: _Judge) -> bool:
    return bool(
        any(columns[name] is not None for name in NUMBERS)
        or columns["temperature_c"] is not None
        or any(columns[name] for name in WORDS)
        or columns["concern"]
        or columns["bp_unrecordable"]
        or judge.judged.symptoms
        or judge.absent
    )


def unusual(name: str, value: Decimal, limits: Range, slip: Suggestion | None) -> str:
    """The question about a value beyond a soft limit."""
    question = _("%(value)s %(unit)s is unusual. Is it right?") % {"value": value, "unit": limits.unit}
    return f"{question} {meant(slip)}" if slip else question


def implausible(name: str, value: Decimal, limits: Range, slip: Suggestion | None) -> str:
    """Why a value beyond a hard limit is not kept as it is."""
    figures = {"value": value, "unit": limits.unit, "low": limits.hard_low, "high": limits.hard_high}
    reason = _("%(value)s %(unit)s lies outside %(low)s to %(high)s.") % figures
    return f"{reason} {meant(slip)}" if slip else reason


def meant(slip: Suggestion) -> str:
    """The question what was meant, with the figure in the field's unit where that is another."""
    figures = {"text": slip.text, "value": slip.value}
    if slip.slip is Slip.FAHRENHEIT:
        return _("Was %(text)s meant (= %(value)s °C)?") % figures
    return _("Was %(text)s meant?") % figures
