"""What may be handed in to be graded, as frozen values. Numbers beyond their hard limits are not graded."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from django.utils.translation import gettext as _
from msgspec import Meta

from monitoring.core.grading.ctcae import INPUTS, Kind, Version
from tracker.errors import FieldError, Refused
from tracker.plausibility import RANGES, Range, Verdict, suggest, suggest_fahrenheit
from tracker.services.judging import implausible
from tracker.units import celsius_of_fahrenheit

Name = Annotated[str, Meta(min_length=1, max_length=60)]
Device = Literal[
    "room_air", "nasal_cannula", "simple_mask", "venturi", "non_rebreather", "blow_by", "high_flow", "cpap",
    "bipap", "ventilator",
]  # fmt: skip


class GradeIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A body in which every element is known. What is left out, or null, is unknown."""


class CrsIn(GradeIn, kw_only=True):
    """The parts of a CRS grade after ASTCT 2019.

    `crs_treated`: CRS was diagnosed and then treated with an antipyretic or against cytokines; premedication
    is not that. `oxygen` is what hypoxia needs: oxygen for comfort is `none`.
    """

    temperature_c: Decimal | None = None
    temperature_f: Decimal | None = None
    fever_other_cause: bool = False
    crs_treated: bool = False
    hypotension: (
        Literal["none", "no_vasopressor", "fluids", "one_vasopressor", "multiple_vasopressors"] | None
    ) = None
    vasopressors: Annotated[list[Name], Meta(max_length=20)] | None = None
    oxygen: Literal["none", "low_flow", "high_flow", "positive_pressure"] | None = None
    oxygen_device: Device | None = None
    oxygen_flow_l_min: Decimal | None = None
    death: bool = False


class IcansIn(GradeIn, kw_only=True):
    """The five domains of ICANS. ICE as its total or its items; it is for patients from 12 years."""

    ice: Annotated[int, Meta(ge=0, le=10)] | None = None
    orientation: Annotated[int, Meta(ge=0, le=4)] | None = None
    naming: Annotated[int, Meta(ge=0, le=3)] | None = None
    commands: Annotated[int, Meta(ge=0, le=1)] | None = None
    writing: Annotated[int, Meta(ge=0, le=1)] | None = None
    attention: Annotated[int, Meta(ge=0, le=1)] | None = None
    consciousness: Literal["spontaneous", "voice", "tactile", "unarousable"] | None = None
    seizure: Literal["none", "resolves_rapidly", "prolonged_or_repetitive"] | None = None
    deep_focal_motor_weakness: bool | None = None
    cerebral_edema: Literal["none", "focal", "diffuse_or_herniation_signs"] | None = None
    death: bool = False


class News2In(GradeIn, kw_only=True):
    """The seven parameters of NEWS2. Scale 2 is for a documented SpO2 target of 88 to 92 % alone."""

    respiratory_rate_per_min: Decimal | None = None
    spo2_percent: Decimal | None = None
    spo2_scale: Literal[1, 2] = 1
    on_oxygen: bool | None = None
    systolic_mmhg: Decimal | None = None
    heart_rate_bpm: Decimal | None = None
    consciousness: Literal["A", "C", "V", "P", "U"] | None = None
    temperature_c: Decimal | None = None
    temperature_f: Decimal | None = None


_TYPES: dict[Kind, Any] = {
    Kind.NUMBER: Decimal | None,
    Kind.WORD: Annotated[str, Meta(min_length=1, max_length=40)] | None,
    Kind.STATEMENT: bool | None,
    Kind.UNIT: Annotated[str, Meta(min_length=1, max_length=20)] | None,
}
#: 5.0 and "5.0" both name it.
_VERSION = Annotated[Any, Meta(extra_json_schema={"enum": [each.value for each in Version]})]

CtcaeIn: Any = msgspec.defstruct(
    "CtcaeIn",
    [
        ("version", _VERSION),
        ("term", Name),
        ("temperature_f", Decimal | None, None),
        *((each.name, _TYPES[each.kind], None) for each in INPUTS.values()),
    ],
    bases=(GradeIn,),
    kw_only=True,
    forbid_unknown_fields=True,
    namespace={"__doc__": "A term of CTCAE in a version, and what that term reads; the list says which."},
)

#: Inputs of the scales that are measured as a part of a set is, under another name.
MEASURED_AS = {"peak_temperature_c": "temperature_c"}


def plausible(body: GradeIn) -> dict[str, Any]:
    """What the body says, its temperature in °C.

    Raises: Refused naming each number beyond its hard limits, and two units of one temperature.
    """
    values = msgspec.structs.asdict(body)
    fahrenheit = values.pop("temperature_f", None)
    faults = list(_beyond(values))
    if fahrenheit is not None:
        if values["temperature_c"] is not None:
            detail = _("A temperature in °C or in °F, not both.")
            faults.append(FieldError("/temperature_f", "two_units", detail))
        else:
            celsius = celsius_of_fahrenheit(fahrenheit)
            faults += _judged(
                "temperature_f", celsius, RANGES["temperature_c"], suggest_fahrenheit(fahrenheit)
            )
            values["temperature_c"] = celsius
    if faults:
        raise Refused(faults)
    return values


def _beyond(values: dict[str, Any]) -> Iterator[FieldError]:
    """The fault of each number that its range does not hold."""
    for name, value in values.items():
        limits = RANGES.get(MEASURED_AS.get(name, name))
        if isinstance(value, Decimal) and limits is not None:
            yield from _judged(name, value, limits, suggest(MEASURED_AS.get(name, name), value))


def _judged(name: str, value: Decimal, limits: Range, slip: Any) -> Iterator[FieldError]:
    if limits.judge(value) in (Verdict.IMPLAUSIBLE, Verdict.IMPOSSIBLE):
        code = "did_you_mean" if slip else "beyond_hard_limit"
        detail = implausible(name, value, limits, slip)
        yield FieldError(f"/{name}", code, detail, slip.text if slip else None)
