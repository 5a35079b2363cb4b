"""The observed nouns: struct, permission, columns, and the way back from a row to what was sent."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.permissions import Act
from tracker.errors import FieldError
from tracker.ingest import (
    InterventionIn,
    LabIn,
    NeuroIn,
    ObservedIn,
    ReadingIn,
    ResponseIn,
    SymptomIn,
    Taken,
    TemperatureIn,
)
from tracker.models import (
    Indication,
    Intervention,
    InterventionKind,
    LabResult,
    NeuroAssessment,
    Observed,
    ResponseAssessment,
    SymptomKind,
    SymptomReport,
    TemperatureLog,
    VitalSigns,
)
from tracker.plausibility import NotANumber, is_measurable, read_number

from .answers import Door, Warning
from .judging import NUMBERS, WORDS, Judged, judge_set, judge_temperature

Judge = Callable[[Taken[Any], Door], Judged]


@dataclass(frozen=True)
class Noun:
    """How one kind of observed row is taken in."""

    model: type[Observed]
    shape: type[ObservedIn]
    act: Act
    judge: Judge
    #: The columns that go back into the struct unchanged.
    columns: tuple[str, ...]
    values: Callable[[Any], dict[str, Any]] = lambda row: {}

    def values_of(self, row: Observed) -> dict[str, Any]:
        """What would be sent to store the row as it is."""
        own = {name: getattr(row, name) for name in self.columns}
        infusion = {"infusion": row.infusion.uuid} if row.infusion is not None else {}
        return own | {"measured_at": row.measured_at} | infusion | self.values(row)


def _unread(taken: Taken[Any], judged: Judged) -> None:
    for name, text in taken.unread.items():
        judged.errors.append(FieldError(f"/{name}", "not_a_number", _("“%s” is not a number.") % text[:60]))


def _one_of(judged: Judged, name: str, value: str, known: Iterable[str], door: Door, other: str) -> str:
    """The value if it is known; another code is refused at a form, and stored as `other` from a machine."""
    if value in known:
        return value
    detail = _("“%s” is not known.") % value[:60]
    if door is Door.FORM:
        judged.errors.append(FieldError(f"/{name}", f"unknown_{name}", detail))
    else:
        judged.warnings.append(Warning(name, f"unknown_{name}", detail))
    return other


def _plain(names: tuple[str, ...]) -> Judge:
    def judge(taken: Taken[Any], door: Door) -> Judged:
        judged = Judged({name: getattr(taken.values, name) for name in names})
        _unread(taken, judged)
        for name, value in judged.columns.items():
            if isinstance(value, Decimal) and not is_measurable(value):
                judged.errors.append(
                    FieldError(f"/{name}", "impossible", _("Nothing measures such a number."))
                )
        return judged

    return judge


_SYMPTOM = ("kind", "mark", "severity", "response", "note")
_GIVEN = (
    "kind", "mark", "substance", "amount", "unit", "indication", "authoriser", "prednisone_equivalent_mg",
    "note",
)  # fmt: skip
_NEURO = (
    "ice", "orientation", "naming", "commands", "writing", "attention", "consciousness", "seizure",
    "deep_focal_motor_weakness", "cerebral_edema", "note",
)  # fmt: skip
_LAB = ("analyte", "value", "value_typed", "unit", "lln", "uln", "laboratory")
_RESPONSE = ("criteria", "response", "method", "note")
_ICE = ("orientation", "naming", "commands", "writing", "attention")


def _judge_symptom(taken: Taken[SymptomIn], door: Door) -> Judged:
    judged = _plain(_SYMPTOM)(taken, door)
    kind = _one_of(judged, "kind", taken.values.kind, SymptomKind.values, door, SymptomKind.OTHER)
    if kind != taken.values.kind:
        judged.columns["note"] = " ".join(filter(None, (taken.values.kind, taken.values.note)))
    judged.columns["kind"] = kind
    return judged


def _judge_intervention(taken: Taken[InterventionIn], door: Door) -> Judged:
    judged = _plain(_GIVEN)(taken, door)
    values = taken.values
    judged.columns["kind"] = _one_of(
        judged, "kind", values.kind, InterventionKind.values, door, InterventionKind.OTHER
    )
    if judged.columns["kind"] != values.kind and not values.substance:
        judged.columns["substance"] = values.kind[:100]
    judged.columns["indication"] = _one_of(
        judged, "indication", values.indication, ["", *Indication.values], door, Indication.OTHER
    )
    for name in ("amount", "prednisone_equivalent_mg"):
        amount = judged.columns[name]
        if amount is not None and is_measurable(amount) and amount < 0:
            judged.errors.append(FieldError(f"/{name}", "impossible", _("An amount is not below 0.")))
    if values.kind == InterventionKind.STEROID and values.mark != "stop" and not values.indication:
        detail = _("A steroid kills armed T cells: say what it is given for.")
        if door is Door.FORM:
            judged.errors.append(FieldError("/indication", "required", detail))
        else:
            judged.warnings.append(Warning("indication", "required", detail))
    return judged


def _judge_neuro(taken: Taken[NeuroIn], door: Door) -> Judged:
    judged = _plain(_NEURO)(taken, door)
    columns = judged.columns
    items = [columns[name] for name in _ICE]
    if None not in items:
        total = sum(items)
        if columns["ice"] is not None and columns["ice"] != total:
            judged.errors.append(
                FieldError("/ice", "sum_differs", _("The items add up to %s.") % total, str(total))
            )
        columns["ice"] = total
    return judged


def _judge_lab(taken: Taken[LabIn], door: Door) -> Judged:
    judged = _plain(_LAB)(taken, door)
    columns, values = judged.columns, taken.values
    columns["comparator"] = ""
    columns["raw"] = {}
    text = values.value_typed.strip()
    typed = _number_of(text)
    if columns["value"] is None and text:
        columns["value"] = typed
        if typed is None:
            judged.warnings.append(Warning("value", "not_a_number", _("Kept as text: “%s”.") % text))
    elif columns["value"] is not None and (not text or typed not in (None, columns["value"])):
        columns["value_typed"] = text = str(columns["value"])
    if text and columns["value"] is not None and text[0] in "<>":
        columns["comparator"] = text[0]
    if columns["value"] is None and not text:
        judged.errors.append(FieldError("/value", "empty", _("There is nothing to store.")))
    return judged


def _number_of(text: str) -> Decimal | None:
    """The number of a result as it was typed, whatever sign stands before it; None where there is none."""
    try:
        return read_number(text.lstrip("<>= "))
    except NotANumber:
        return None


def _neuro_values(row: NeuroAssessment) -> dict[str, Any]:
    """A total that follows from its items is not sent beside them: a corrected item would contradict it."""
    return {} if any(getattr(row, name) is None for name in _ICE) else {"ice": None}


def _set_values(row: VitalSigns) -> dict[str, Any]:
    symptoms = row.symptom_reports.filter(void=False, amended_by__isnull=True)
    return _temperature_values(row) | {
        "concern": row.concern or None,
        "symptoms": sorted(each.kind for each in symptoms),
        "confirmed": [*NUMBERS, "temperature_c", "bp_unrecordable"],
        "arrest": 0 in (row.heart_rate_bpm, row.respiratory_rate_per_min),
    }


def _temperature_values(row: TemperatureLog | VitalSigns) -> dict[str, Any]:
    from tracker.units import fahrenheit_of_celsius

    values: dict[str, Any] = {
        "temperature_site": row.temperature_site,
        "temperature_typed": row.temperature_typed,
    }
    if row.temperature_c is not None:
        if row.temperature_unit == "F":
            try:
                values["temperature_f"] = read_number(row.temperature_typed)
            except NotANumber:
                values["temperature_f"] = fahrenheit_of_celsius(row.temperature_c)
        else:
            values["temperature_c"] = row.temperature_c
    absent = {name: reason for name, reason in row.absent.items() if reason != "implausible"}
    return values | {"absent": absent, "verified": row.verified, "confirmed": ["temperature_c"]}


def _ends(row: SymptomReport | Intervention) -> dict[str, Any]:
    return {"starts": row.starts.uuid} if row.starts is not None else {}


NOUNS: Mapping[type[Observed], Noun] = {
    noun.model: noun
    for noun in (
        Noun(
            VitalSigns,
            ReadingIn,
            Act.RECORD_READINGS,
            judge_set,
            (*NUMBERS, *WORDS, "bp_unrecordable", "note"),
            _set_values,
        ),
        Noun(
            TemperatureLog,
            TemperatureIn,
            Act.RECORD_READINGS,
            judge_temperature,
            ("antipyretic", "antipyretic_at", "note"),
            _temperature_values,
        ),
        Noun(SymptomReport, SymptomIn, Act.RECORD_READINGS, _judge_symptom, _SYMPTOM, _ends),
        Noun(Intervention, InterventionIn, Act.RECORD_READINGS, _judge_intervention, _GIVEN, _ends),
        Noun(NeuroAssessment, NeuroIn, Act.RECORD_READINGS, _judge_neuro, _NEURO, _neuro_values),
        Noun(LabResult, LabIn, Act.WRITE_LABS, _judge_lab, _LAB),
        Noun(ResponseAssessment, ResponseIn, Act.WRITE_SUBJECTS, _plain(_RESPONSE), _RESPONSE),
    )
}
