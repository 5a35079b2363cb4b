"""What comes in at a door, as frozen values: one struct per observed noun, with Decimal numbers.

The structs read JSON straight (`msgspec.json.decode(body, type=ReadingIn)`) and mappings (`read`). Names and
units are those of the columns. Ranges are not judged here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from tracker.errors import FieldError, Refused
from tracker.plausibility import NotANumber, read_number, split_pressure

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Text = Annotated[str, msgspec.Meta(max_length=2000)]
Key = Annotated[str, msgspec.Meta(max_length=200)]
#: As long as their columns.
Name = Annotated[str, msgspec.Meta(max_length=100)]
Code = Annotated[str, msgspec.Meta(max_length=20)]
Term = Annotated[str, msgspec.Meta(max_length=30)]
Typed = Annotated[str, msgspec.Meta(max_length=32)]
Version = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Site = Literal["", "oral", "axillary", "tympanic", "temporal", "rectal", "core", "unknown"]


class ObservedIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every observed row comes with."""

    measured_at: Moment
    infusion: UUID | None = None
    source_id: Key | None = None
    source_version: Version | None = None
    #: The sender says that this replaces what it sent before under the same key.
    corrected: bool = False
    #: When the sender wrote its message: orders versions of a sender that numbers none.
    sent_at: Moment | None = None
    reason: Text = ""
    note: Text = ""


class TemperatureIn(ObservedIn, kw_only=True):
    """A temperature taken alone: `temperature_c` or `temperature_f`; the text typed may come along."""

    temperature_c: Decimal | None = None
    temperature_f: Decimal | None = None
    temperature_typed: Typed = ""
    temperature_site: Site = ""
    antipyretic: Name = ""
    antipyretic_at: Moment | None = None
    absent: dict[str, str] = {}
    verified: list[str] = []
    #: Fields whose question (a soft limit, a crossed pressure) was answered with yes.
    confirmed: list[str] = []


class ReadingIn(ObservedIn, kw_only=True, gc=False):
    """One set of vital signs."""

    temperature_c: Decimal | None = None
    temperature_f: Decimal | None = None
    temperature_typed: Typed = ""
    temperature_site: Site = ""
    systolic_mmhg: Decimal | None = None
    diastolic_mmhg: Decimal | None = None
    map_mmhg: Decimal | None = None
    position: Literal["", "supine", "semi_recumbent", "sitting", "standing"] = ""
    heart_rate_bpm: Decimal | None = None
    respiratory_rate_per_min: Decimal | None = None
    spo2_percent: Decimal | None = None
    oxygen_device: Literal[
        "", "room_air", "nasal_cannula", "simple_mask", "venturi", "non_rebreather", "blow_by", "high_flow",
        "cpap", "bipap", "ventilator",
    ] = ""  # fmt: skip
    oxygen_flow_l_min: Decimal | None = None
    fio2_percent: Decimal | None = None
    consciousness: Literal["", "A", "C", "V", "P", "U"] = ""
    rigors: Literal["", "none", "mild", "shaking"] = ""
    symptoms: list[str] = []
    concern: Text | None = None
    bp_unrecordable: bool = False
    #: The patient's heart or breath has stopped: the one case in which a rate of 0 is a measurement.
    arrest: bool = False
    absent: dict[str, str] = {}
    verified: list[str] = []
    confirmed: list[str] = []


class SymptomIn(ObservedIn, kw_only=True):
    """A symptom: present, or the start or stop of one."""

    kind: Name
    mark: Literal["present", "start", "stop"] = "present"
    severity: Literal["", "mild", "moderate", "severe", "shaking"] = ""
    response: Text = ""
    #: The uuid of the start that a stop ends; without it, the newest running one of the kind.
    starts: UUID | None = None


class InterventionIn(ObservedIn, kw_only=True):
    """Something given, or its start or stop."""

    kind: Name
    mark: Literal["given", "start", "stop"] = "given"
    substance: Name = ""
    amount: Decimal | None = None
    unit: Code = ""
    indication: Name = ""
    authoriser: Key = ""
    prednisone_equivalent_mg: Decimal | None = None
    starts: UUID | None = None


class NeuroIn(ObservedIn, kw_only=True):
    """The items of ICE and the other parts of ICANS."""

    ice: Annotated[int, msgspec.Meta(ge=0, le=10)] | None = None
    orientation: Annotated[int, msgspec.Meta(ge=0, le=4)] | None = None
    naming: Annotated[int, msgspec.Meta(ge=0, le=3)] | None = None
    commands: Annotated[int, msgspec.Meta(ge=0, le=1)] | None = None
    writing: Annotated[int, msgspec.Meta(ge=0, le=1)] | None = None
    attention: Annotated[int, msgspec.Meta(ge=0, le=1)] | None = None
    consciousness: Literal["", "spontaneous", "voice", "tactile", "unarousable"] = ""
    seizure: Literal["", "none", "resolves_rapidly", "prolonged_or_repetitive"] = ""
    deep_focal_motor_weakness: bool | None = None
    cerebral_edema: Literal["", "none", "focal", "diffuse_or_herniation_signs"] = ""


class LabIn(ObservedIn, kw_only=True):
    """One laboratory result; `value` or a typed `<0.1`."""

    patient: UUID | None = None
    analyte: Term
    value: Decimal | None = None
    value_typed: Typed = ""
    unit: Term
    lln: Decimal | None = None
    uln: Decimal | None = None
    laboratory: Key = ""


class ResponseIn(ObservedIn, kw_only=True):
    """How the disease answered."""

    patient: UUID | None = None
    criteria: Typed
    response: Code
    method: Typed = ""


In = TypeVar("In", bound=ObservedIn)
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Taken(Generic[In]):
    """Values taken in: the struct, what was typed where that is not the number itself, what was no number."""

    values: In
    typed: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)


@cache
def numbers_of(shape: type[msgspec.Struct]) -> frozenset[str]:
    """The names of the fields that hold a measured number."""
    return frozenset(each.name for each in msgspec.structs.fields(shape) if each.type == Decimal | None)


def take(values: Values | In, shape: type[In]) -> Taken[In]:
    """The values as the struct `shape`. In a mapping, numbers may be text (`38,5`; `120/80` as systolic).

    Raises: Refused naming the field that cannot be read; text that is no number is left in `unread`.
    """
    if isinstance(values, msgspec.Struct):
        return Taken(values)
    plain: dict[str, Any] = {}
    typed: dict[str, str] = {}
    unread: dict[str, str] = {}
    numbers = numbers_of(shape)
    for name, value in dict(values).items():
        if isinstance(value, str) and "\x00" in value:
            value = value.replace("\x00", "")
        if name not in numbers:
            if value is not None:
                plain[name] = value
            continue
        pair = split_pressure(value) if name == "systolic_mmhg" and isinstance(value, str) else None
        if pair is not None and not values.get("diastolic_mmhg"):
            plain["systolic_mmhg"], plain["diastolic_mmhg"] = pair
            typed["systolic_mmhg"] = value
            continue
        _take_number(name, value, plain, typed, unread)
    for name in unread:
        plain.pop(name, None)
    try:
        return Taken(msgspec.convert(plain, shape, strict=False), typed, unread)
    except msgspec.ValidationError as error:
        raise Refused([fault(error)]) from error


def _take_number(
    name: str, value: object, plain: dict[str, Any], typed: dict[str, str], unread: dict[str, str]
) -> None:
    if isinstance(value, str):
        if not value.strip():
            return
        try:
            plain[name] = read_number(value)
        except NotANumber:
            unread[name] = value
            return
        if str(plain[name]) != value:
            typed[name] = value
    elif isinstance(value, Decimal):
        plain[name] = value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        plain[name] = Decimal(str(value))
    elif value is not None:
        unread[name] = str(value)


def read(values: Values | In, shape: type[In]) -> In:
    """The values as the struct `shape`, every part readable.

    Raises: Refused naming each field that cannot be read.
    """
    taken = take(values, shape)
    if taken.unread:
        raise Refused(not_a_number(name, text) for name, text in taken.unread.items())
    return taken.values


def not_a_number(name: str, text: str) -> FieldError:
    """The fault of a part that is no number."""
    return FieldError(f"/{name}", "not_a_number", _("“%s” is not a number.") % text[:60])


_PATH = re.compile(r" - at `(?:key in )?\$\.?(?P<path>.*)`$")
_NAMED = re.compile(r"(?P<kind>missing required|contains unknown) field `(?P<name>[^`]*)`")


def fault(error: msgspec.ValidationError) -> FieldError:
    """A msgspec error as a fault: which element, and what is wrong with it."""
    text = str(error)
    at = _PATH.search(text)
    path = at["path"] if at else ""
    pointer = "".join(f"/{part}" for part in re.split(r"[.\[\]]+", path) if part and part != "...")
    named = _NAMED.search(text)
    if named:
        code = "required" if named["kind"].startswith("missing") else "unknown_field"
        detail = _("This is needed.") if code == "required" else _("There is no such field.")
        return FieldError(f"{pointer}/{named['name']}", code, detail)
    if "timezone" in text:
        return FieldError(
            pointer, "offset_missing", _("A time needs its offset from UTC, as in +01:00 or Z.")
        )
    return FieldError(pointer, "invalid", text[: at.start()] if at else text)
