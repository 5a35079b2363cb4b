"""Comparing findings with an answer key: equal, explained, unexplained."""

from decimal import Decimal
from io import StringIO

import pytest

from monitoring.imports.answer_key import First, KeyedFinding, UnreadableKey, differences, read_key

WHO = ("icu", "7")
HEADER = "source,patient,first_temp_ge_38_min,first_sbp_lt_90_min\n"


def compare(line: str, temperature: First | None, dropped: tuple[int, ...] = ()) -> list[str]:
    found = {WHO: {KeyedFinding.TEMPERATURE: temperature} if temperature else {}}
    blanked = {(WHO, KeyedFinding.TEMPERATURE): [Decimal(minute) for minute in dropped]}
    return [each.reason for each in differences(read_key(StringIO(HEADER + line)), found, blanked)]


def test_a_blank_minute_in_the_key_means_never() -> None:
    key = read_key(StringIO(HEADER + "icu,7,19,\n"))
    assert key == {WHO: {KeyedFinding.TEMPERATURE: Decimal(19), KeyedFinding.SYSTOLIC: None}}


def test_the_same_minute_is_no_difference() -> None:
    assert compare("icu,7,19,\n", First(Decimal(19), Decimal("38.0"))) == []


def test_another_minute_is_a_difference_without_a_reason() -> None:
    assert compare("icu,7,19,\n", First(Decimal(34), Decimal("38.4"))) == [""]


def test_a_finding_that_is_missing_is_a_difference() -> None:
    assert compare("icu,7,19,\n", None) == [""]


def test_a_patient_never_imported_is_a_difference() -> None:
    key = read_key(StringIO(HEADER + "icu,8,19,\n"))
    assert [each.patient for each in differences(key, {}, {})] == [("icu", "8")]


def test_a_value_that_the_key_does_not_count_explains_an_earlier_finding() -> None:
    (reason,) = compare("icu,7,19,\n", First(Decimal(5), Decimal("43.5")))
    assert reason.startswith("43.5 is outside the 30 to 43")


def test_a_later_value_that_the_key_does_not_count_explains_nothing() -> None:
    assert compare("icu,7,19,\n", First(Decimal(50), Decimal("43.5"))) == [""]


def test_a_part_stored_blank_explains_that_nothing_was_found_there() -> None:
    (reason,) = compare("icu,7,19,\n", None, dropped=(19,))
    assert "implausible" in reason


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("source,patient\n", "line 1: column missing: first_temp_ge_38_min"),
        (HEADER + "icu,7,soon,\n", "line 2, first_temp_ge_38_min: 'soon'"),
    ],
)
def test_a_key_that_cannot_be_read_names_line_and_column(text: str, says: str) -> None:
    with pytest.raises(UnreadableKey, match=says):
        read_key(StringIO(text))
