"""JSON on the wire: numbers stay as sent (Decimal), times keep their offset, nothing is guessed.

A body is read straight into a struct. Only where that fails, or where its text looks suspicious, it is read a
second time, element by element, to name every fault. Knows no model and no view.
"""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, DecimalException
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_origin

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from rest_framework.renderers import BaseRenderer

from tracker.api.problems import Problem
from tracker.errors import FieldError

MEDIA_TYPE = "application/json"
#: No number of ours has more digits, before and after its point; arithmetic on boundless ones takes forever.
MOST_DIGITS = 24

Shape = TypeVar("Shape", bound=msgspec.Struct)


class _NotANumber:
    """Stands where the sender wrote NaN or Infinity, so that the fault can be named."""


class _Twice:
    """Stands where the sender wrote one name twice in an object, so that the fault can be named."""


def _plain(value: object) -> object:
    if isinstance(value, Promise):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} has no JSON form")


_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=_plain)


def encode(value: object) -> bytes:
    """The value as JSON: Decimals as numbers, times as RFC 3339 with offset."""
    return _encoder.encode(value)


def number(value: Decimal | None) -> Decimal | None:
    """The same number without trailing zeros and without an exponent."""
    if value is None:
        return None
    short = value.normalize()
    exponent = short.as_tuple().exponent
    return short.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else short


def read(body: bytes, shape: type[Shape]) -> Shape:
    """The struct that the body holds.

    Raises: Problem (400) that names every element that cannot be read.
    """
    if not _may_say_twice(body) and (value := reads_at_once(body, shape)) is not None:
        return value
    value, faults = examine(decode(body), shape)
    faults += _said_twice(body)
    if faults:
        value = None
    if value is None:
        raise Problem(400, "invalid", _("The body cannot be read."), errors=faults)
    return value


def reads_at_once(body: bytes, shape: type[Shape]) -> Shape | None:
    """The struct that the body holds, if nothing about it asks for a second look."""
    try:
        value = _typed_decoder(shape).decode(body)
    except (ValueError, RecursionError, DecimalException):
        return None
    return None if _suspicious(shape).search(body) else cast(Shape, value)


def decode(body: bytes) -> Any:
    """What the body says, without a shape; its decimal numbers as Decimal.

    Raises: Problem (400) that names the place, for malformed JSON, NaN and Infinity.
    """
    try:
        return _decoder.decode(body)
    except (ValueError, RecursionError, DecimalException) as error:
        raise _unreadable(body, error) from error


def examine(raw: object, shape: type[Shape], place: str = "") -> tuple[Shape | None, list[FieldError]]:
    """The struct, or every fault that keeps `raw` from being one. An optional null counts as not sent."""
    if not isinstance(raw, Mapping):
        return None, [FieldError(place, "object", _("An object is needed here."))]
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    faults = [
        FieldError(f"{place}/{name}", "unknown", _("There is no such field here."))
        for name in raw
        if name not in fields
    ]
    read: dict[str, object] = {}
    for name, field in fields.items():
        sent = raw.get(name)
        if name not in raw or (sent is None and not field.required):
            if field.required:
                faults.append(FieldError(f"{place}/{name}", "required", _("This is needed.")))
            continue
        part = _part_of(field.type)
        if part is not None and isinstance(sent, list):
            examined = [examine(each, part, f"{place}/{name}/{index}") for index, each in enumerate(sent)]
            found = [fault for _part, inner in examined for fault in inner]
            sent = [value for value, _faults in examined]
        else:
            found = list(_faults_of(sent, field.type, f"{place}/{name}"))
        if found:
            faults += found
        else:
            read[name] = sent
    if faults:
        return None, faults
    try:
        return msgspec.convert(read, shape), []
    except (ValueError, DecimalException) as error:
        return None, [FieldError(place, "invalid", str(error))]


def _part_of(kind: Any) -> type[msgspec.Struct] | None:
    """The struct of which `kind` is a list, if it is one."""
    for part in get_args(kind):
        if isinstance(part, type) and issubclass(part, msgspec.Struct):
            return part if get_origin(kind) is list else None
        if (inner := _part_of(part)) is not None:
            return inner
    return None


def _faults_of(sent: object, kind: Any, place: str) -> Iterator[FieldError]:
    unstorable = list(_unstorable(sent, place))
    if unstorable:
        yield from unstorable
        return
    if _is_numeric(kind) and (isinstance(sent, bool) or not isinstance(sent, int | Decimal)):
        yield FieldError(place, "number", _("A number is needed here."))
        return
    try:
        msgspec.convert(sent, kind)
    except (ValueError, OverflowError, DecimalException) as error:
        reason, _at, path = str(error).partition(" - at `$")
        inner = path.rstrip("`").replace("[...]", "").replace("[", "/").replace("]", "").replace(".", "/")
        if "timezone" in reason:
            detail = _("A time needs its offset from UTC, as in 2026-11-22T14:05:00Z.")
            yield FieldError(place + inner, "offset_missing", detail)
        elif "datetime" in reason:
            detail = _("Not a time as RFC 3339 writes it: 2026-11-22T14:05:00+01:00.")
            yield FieldError(place + inner, "time", detail)
        else:
            yield FieldError(place + inner, "invalid", reason)


def _unstorable(value: object, place: str) -> Iterator[FieldError]:
    """What no column can hold, at whatever depth."""
    match value:
        case _Twice():
            yield FieldError(place, "twice", _("This is said twice."))
        case _NotANumber():
            yield FieldError(place, "not_finite", _("NaN and Infinity are not numbers that can be measured."))
        case str() if "\x00" in value:
            yield FieldError(place, "null_character", _("A text cannot hold a NUL character."))
        case str() if _FAR_YEAR.fullmatch(value):
            yield FieldError(place, "time", _("There is no such time."))
        case bool():
            return
        case int() | Decimal() if not _is_storable(Decimal(value)):
            yield FieldError(place, "not_finite", _("The number is beyond all measure."))
        case Mapping():
            for name, inner in value.items():
                yield from _unstorable(name, place)
                yield from _unstorable(inner, f"{place}/{name}")
        case list():
            for index, inner in enumerate(value):
                yield from _unstorable(inner, f"{place}/{index}")


def _is_storable(value: Decimal) -> bool:
    digits, exponent = value.as_tuple()[1:]
    return isinstance(exponent, int) and len(digits) <= MOST_DIGITS and abs(value.adjusted()) <= MOST_DIGITS


def _unreadable(body: bytes, error: Exception) -> Problem:
    """The problem that names the place of a NaN or Infinity, or else says where the JSON breaks."""
    try:
        value = json.loads(body, parse_constant=lambda name: _NotANumber(), parse_float=Decimal)
        if faults := list(_unstorable(value, "")):
            return Problem(400, "invalid", _("The body cannot be read."), errors=faults)
    except (ValueError, RecursionError, DecimalException):
        pass
    return Problem(400, "malformed", _("The body is not JSON: %(reason)s") % {"reason": _why(body, error)})


def _why(body: bytes, error: Exception) -> str:
    """Why a body is no JSON, where the decoder's own words would lead astray."""
    if not body.strip():
        return _("it is empty.")
    try:
        body.decode()
    except UnicodeDecodeError as odd:
        return _("byte %(place)d is not UTF-8.") % {"place": odd.start}
    if isinstance(error, RecursionError):
        return _("it is nested too deeply.")
    if half := _HALF_A_CHARACTER.search(body):
        return _("%(text)s is half a character.") % {"text": half[0].decode()}
    return str(error)


def _may_say_twice(body: bytes) -> bool:
    """True where a name stands twice in the body; it may be in two objects, or hold escapes that hide it."""
    names = _NAME.findall(body)
    return len(set(names)) < len(names)


def _said_twice(body: bytes) -> list[FieldError]:
    """A fault for each name that an object has twice: which of the two counts must not be guessed."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for name, value in pairs:
            found[name] = _Twice() if name in found else value
        return found

    try:
        return [
            fault
            for fault in _unstorable(json.loads(body, object_pairs_hook=once), "")
            if fault.code == "twice"
        ]
    except (ValueError, RecursionError):
        return []


@cache
def _typed_decoder(shape: type[Shape]) -> "msgspec.json.Decoder[Shape]":
    return msgspec.json.Decoder(shape)


def _is_numeric(kind: Any) -> bool:
    return kind is Decimal or kind is int or any(_is_numeric(part) for part in get_args(kind))


def _numeric_names(shape: type[msgspec.Struct]) -> set[str]:
    names = set()
    for field in msgspec.structs.fields(shape):
        if _is_numeric(field.type):
            names.add(field.encode_name)
        if (part := _part_of(field.type)) is not None:
            names |= _numeric_names(part)
    return names


_NAME = re.compile(rb'"([a-z_0-9]+)"\s*:')
#: One half of a character beyond the first 65,536, without the other.
_HALF_A_CHARACTER = re.compile(
    rb"(?i)\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f][0-9a-f]{2})|(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f][0-9a-f]{2}"
)
#: A time in a year that the record does not know; its sum with an offset may not exist.
_FAR_YEAR = re.compile(r"(?!19|20|21)\d{4}-\d\d-\d\d[Tt ].*")
_ODD = rb"\\u|:\s*-?[0-9.]{20}|:\s*-?[0-9.]+[eE]|\"(?!19|20|21)\d{4}-\d\d-\d\d[Tt ]"


@cache
def _suspicious(shape: type[msgspec.Struct]) -> re.Pattern[bytes]:
    """What a body must not hold to be believed at first reading.

    A text where a number belongs (the struct would take "NaN" for one), an escape, an exponent, many digits.
    """
    names = "|".join(sorted(_numeric_names(shape))).encode()
    text_for_number = rb'"(?:' + names + rb')"\s*:\s*"|' if names else b""
    return re.compile(text_for_number + _ODD)


class JSONRenderer(BaseRenderer):
    """Writes an answer as JSON."""

    media_type = MEDIA_TYPE
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The encoded answer; nothing for an empty one."""
        return b"" if data is None else encode(data)
