"""How bodies are read: strictly, and with every fault named."""

import json
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest

from tracker.api.problems import Problem
from tracker.api.wire import encode, number, read
from tracker.ingest import Moment, ReadingIn


class Part(msgspec.Struct, forbid_unknown_fields=True):
    """A part of a body."""

    amount: Decimal | None = None


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """A body of a test."""

    at: Moment
    temperature_c: Decimal | None = None
    infusion: UUID | None = None
    note: str = ""
    parts: list[Part] = []


NOW = "2026-11-22T14:05:00+01:00"


def faults(body: str | bytes, shape: type[msgspec.Struct] = Body) -> dict[str, str]:
    """{pointer: code} of the problem that reading raises."""
    with pytest.raises(Problem) as caught:
        read(body.encode() if isinstance(body, str) else body, shape)
    assert caught.value.status == 400
    return {fault.pointer: fault.code for fault in caught.value.errors} or {"": caught.value.code}


def test_a_number_keeps_the_digits_that_it_came_with() -> None:
    assert str(read(f'{{"at": "{NOW}", "temperature_c": 38.50}}'.encode(), Body).temperature_c) == "38.50"


def test_a_time_keeps_its_offset() -> None:
    assert str(read(f'{{"at": "{NOW}"}}'.encode(), Body).at.utcoffset()) == "1:00:00"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param('{"at": "2026-11-22T14:05:00"}', {"/at": "offset_missing"}, id="a time without offset"),
        pytest.param('{"at": "yesterday"}', {"/at": "time"}, id="a word for a time"),
        pytest.param('{"at": "0001-01-01T00:00:00+14:00"}', {"/at": "time"}, id="a time before all times"),
        pytest.param("{}", {"/at": "required"}, id="nothing where something is needed"),
        pytest.param(f'{{"at": "{NOW}", "temp": 38}}', {"/temp": "unknown"}, id="an unknown field"),
        pytest.param(
            f'{{"at": "{NOW}", "temperature_c": "38.5"}}', {"/temperature_c": "number"}, id="a text"
        ),
        pytest.param(f'{{"at": "{NOW}", "temperature_c": "NaN"}}', {"/temperature_c": "number"}, id="'NaN'"),
        pytest.param(
            f'{{"at": "{NOW}", "temperature\\u005fc": "NaN"}}',
            {"/temperature_c": "number"},
            id="'NaN' hidden",
        ),
        pytest.param(f'{{"at": "{NOW}", "temperature_c": NaN}}', {"/temperature_c": "not_finite"}, id="NaN"),
        pytest.param(
            f'{{"at": "{NOW}", "temperature_c": -Infinity}}', {"/temperature_c": "not_finite"}, id="Infinity"
        ),
        pytest.param(
            f'{{"at": "{NOW}", "temperature_c": 1e999}}',
            {"/temperature_c": "not_finite"},
            id="as good as infinite",
        ),
        pytest.param(
            f'{{"at": "{NOW}", "temperature_c": {"1" * 300}}}', {"/temperature_c": "not_finite"}, id="endless"
        ),
        pytest.param(f'{{"at": "{NOW}", "temperature_c": true}}', {"/temperature_c": "number"}, id="a flag"),
        pytest.param(f'{{"at": "{NOW}", "note": "a\\u0000b"}}', {"/note": "null_character"}, id="a NUL"),
        pytest.param(f'{{"at": "{NOW}", "infusion": "17"}}', {"/infusion": "invalid"}, id="no uuid"),
        pytest.param(
            f'{{"at": "{NOW}", "parts": [{{"amount": 1}}, {{"amount": "2"}}]}}',
            {"/parts/1/amount": "number"},
            id="a text deep down",
        ),
        pytest.param('{"at": 5, "x": 1}', {"/at": "time", "/x": "unknown"}, id="two faults at once"),
        pytest.param("[]", {"": "object"}, id="a list"),
        pytest.param('{"at"', {"": "malformed"}, id="half a body"),
        pytest.param("", {"": "malformed"}, id="nothing"),
        pytest.param(b"\xff\xfe", {"": "malformed"}, id="no text at all"),
        pytest.param("[" * 100_000, {"": "malformed"}, id="bottomless"),
        pytest.param(
            f'{{"at": "{NOW}", "temperature_c": 37, "temperature_c": 39.9}}',
            {"/temperature_c": "twice"},
            id="two temperatures",
        ),
        pytest.param(
            f'{{"at": "{NOW}", "temperature_c": 37, "temperature\\u005fc": 39.9}}',
            {"/temperature_c": "twice"},
            id="two temperatures, one hidden",
        ),
        pytest.param(
            f'{{"at": "{NOW}", "parts": [{{}}, {{"amount": 1, "amount": 2, "at": 3}}], "parts": []}}',
            {"/parts": "twice"},
            id="two lists, the last of which would count",
        ),
    ],
)
def test_a_fault_is_named_at_its_place(body: str | bytes, expected: dict[str, str]) -> None:
    assert faults(body) == expected


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(b"", "it is empty", id="nothing"),
        pytest.param(b" \n", "it is empty", id="blanks"),
        pytest.param(b'{"note": "\xff"}', "byte 10 is not UTF-8", id="another encoding"),
        pytest.param(
            b'{"note": "\\ud800"}', "\\ud800 is half a character", id="the first half of a character"
        ),
        pytest.param(b'{"note": "\\uDC00"}', "\\uDC00 is half a character", id="the second half"),
        pytest.param(b"[" * 100_000, "nested too deeply", id="bottomless"),
    ],
)
def test_what_is_no_json_says_why_in_plain_words(body: bytes, words: str) -> None:
    with pytest.raises(Problem) as caught:
        read(body, Body)
    assert words in caught.value.detail


def test_a_name_in_a_list_beside_its_value_is_not_said_twice() -> None:
    sent = {"measured_at": NOW, "temperature_c": 44, "verified": ["temperature_c"]}
    assert read(json.dumps(sent).encode(), ReadingIn).verified == ["temperature_c"]


def test_a_null_where_nothing_is_needed_is_as_not_sent() -> None:
    sent = {"measured_at": NOW, "position": None, "temperature_c": None, "heart_rate_bpm": 90}
    found = read(json.dumps(sent).encode(), ReadingIn)
    assert (found.position, found.heart_rate_bpm) == ("", Decimal(90))


def test_an_escaped_letter_costs_nothing_but_a_second_look() -> None:
    assert read(f'{{"at": "{NOW}", "note": "\\u00b0C"}}'.encode(), Body).note == "°C"


@pytest.mark.parametrize(
    ("value", "text"), [("39.500", "39.5"), ("100", "100"), ("0.0", "0"), ("36.55556", "36.55556")]
)
def test_a_number_goes_out_as_a_plain_json_number(value: str, text: str) -> None:
    assert encode({"n": number(Decimal(value))}).decode() == f'{{"n":{text}}}'
