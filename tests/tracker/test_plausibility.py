"""What is refused, what is asked about, and what is suggested instead."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.plausibility import (
    RANGES,
    NotANumber,
    Slip,
    Verdict,
    is_crossed,
    pulse_pressure_is_unusual,
    read_number,
    split_pressure,
    suggest,
    suggest_fahrenheit,
)


@pytest.mark.parametrize(
    ("field", "value", "verdict"),
    [
        pytest.param("temperature_c", "25", Verdict.UNUSUAL, id="25 itself is kept"),
        pytest.param("temperature_c", "24.9", Verdict.IMPLAUSIBLE, id="below 25 is refused"),
        pytest.param("temperature_c", "34.0", Verdict.FINE, id="34.0 is not asked about"),
        pytest.param("temperature_c", "33.9", Verdict.UNUSUAL, id="33.9 is"),
        pytest.param("temperature_c", "41.5", Verdict.FINE, id="41.5 is not asked about"),
        pytest.param("temperature_c", "41.6", Verdict.UNUSUAL, id="41.6 is"),
        pytest.param("temperature_c", "45.0001", Verdict.IMPLAUSIBLE, id="beyond 45, unrounded"),
        pytest.param("systolic_mmhg", "38", Verdict.UNUSUAL, id="a pressure of 38 can be true"),
        pytest.param("systolic_mmhg", "29", Verdict.IMPLAUSIBLE, id="29 is not kept unasked"),
        pytest.param("diastolic_mmhg", "10", Verdict.UNUSUAL, id="diastolic 10"),
        pytest.param("heart_rate_bpm", "0", Verdict.IMPLAUSIBLE, id="a heart rate of 0"),
        pytest.param("respiratory_rate_per_min", "0", Verdict.IMPLAUSIBLE, id="a breath rate of 0"),
        pytest.param("respiratory_rate_per_min", "8", Verdict.FINE, id="8 breaths"),
        pytest.param("spo2_percent", "100", Verdict.FINE, id="100 percent"),
        pytest.param("spo2_percent", "101", Verdict.IMPOSSIBLE, id="101 percent"),
        pytest.param("spo2_percent", "79", Verdict.UNUSUAL, id="79 percent"),
        pytest.param("fio2_percent", "20", Verdict.IMPLAUSIBLE, id="less oxygen than air"),
        pytest.param("oxygen_flow_l_min", "-1", Verdict.IMPOSSIBLE, id="negative flow"),
        pytest.param("weight_kg", "201", Verdict.UNUSUAL, id="201 kg"),
    ],
)
def test_a_range_knows_its_edges(field: str, value: str, verdict: Verdict) -> None:
    assert RANGES[field].judge(Decimal(value)) is verdict


@given(st.sampled_from(sorted(RANGES)), st.decimals(allow_nan=True, allow_infinity=True))
def test_every_number_gets_exactly_one_verdict(field: str, value: Decimal) -> None:
    verdict = RANGES[field].judge(value)
    assert verdict in Verdict
    if not value.is_finite():
        assert verdict is Verdict.IMPOSSIBLE


@pytest.mark.parametrize("field", sorted(RANGES))
def test_soft_limits_lie_within_hard_ones_and_every_range_says_its_source(field: str) -> None:
    limits = RANGES[field]
    assert limits.hard_low < limits.hard_high
    assert limits.soft_low is None or limits.hard_low <= limits.soft_low
    assert limits.soft_high is None or limits.soft_high <= limits.hard_high
    assert limits.source
    assert limits.unit


@pytest.mark.parametrize(
    ("field", "typed", "slip", "text", "value"),
    [
        pytest.param("temperature_c", "100.4", Slip.FAHRENHEIT, "100.4 °F", "38.0", id="°F in a °C field"),
        pytest.param("temperature_c", "77", Slip.FAHRENHEIT, "77 °F", "25.0", id="77 itself"),
        pytest.param("temperature_c", "113", Slip.FAHRENHEIT, "113 °F", "45.0", id="113 itself"),
        pytest.param("temperature_c", "385", Slip.POINT, "38.5", "38.5", id="the point was left out"),
        pytest.param("temperature_c", "3.85", Slip.POINT, "38.5", "38.5", id="the point is one too far left"),
        pytest.param("temperature_c", "3850", Slip.POINT, "38.5", "38.5", id="38.50 without its point"),
        pytest.param("systolic_mmhg", "16", Slip.KILOPASCAL, "16 kPa", "120.00992", id="kPa"),
        pytest.param("spo2_percent", "0.97", Slip.FRACTION, "97", "97", id="a fraction of one"),
        pytest.param("fio2_percent", "0.4", Slip.FRACTION, "40", "40", id="FiO2 as a fraction"),
    ],
)
def test_a_slip_gets_a_suggestion(field: str, typed: str, slip: Slip, text: str, value: str) -> None:
    suggestion = suggest(field, Decimal(typed))
    assert suggestion is not None
    assert (suggestion.slip, suggestion.text, suggestion.value) == (slip, text, Decimal(value))


@pytest.mark.parametrize(
    ("typed", "slip", "text"),
    [("38.5", Slip.CELSIUS, "38.5 °C"), ("1004", Slip.POINT, "100.4"), ("10.04", Slip.POINT, "100.4")],
)
def test_a_slip_in_fahrenheit_gets_a_suggestion(typed: str, slip: Slip, text: str) -> None:
    suggestion = suggest_fahrenheit(Decimal(typed))
    assert suggestion is not None
    assert (suggestion.slip, suggestion.text) == (slip, text)


@given(st.decimals(min_value="34.0", max_value="41.5", places=2))
def test_a_usual_temperature_is_never_second_guessed(value: Decimal) -> None:
    assert suggest("temperature_c", value) is None


@given(st.decimals(allow_nan=True, allow_infinity=True), st.sampled_from(sorted(RANGES)))
def test_what_is_suggested_is_itself_plausible(value: Decimal, field: str) -> None:
    suggestion = suggest(field, value)
    if suggestion is not None:
        assert RANGES[field].judge(suggestion.value) in {Verdict.FINE, Verdict.UNUSUAL}


@pytest.mark.parametrize(
    ("text", "number"),
    [("38,5", "38.5"), (" 38.50 ", "38.50"), ("37", "37"), (".5", "0.5"), ("\u22121", "-1")],
)
def test_a_typed_number_is_read_with_point_or_comma(text: str, number: str) -> None:
    assert str(read_number(text)) == number


@pytest.mark.parametrize(
    "text", ["", "abc", "38.5C", "1e3", "1.234,5", "NaN", "Infinity", "12 3", "--5", ".", "٣٨"]
)
def test_other_text_is_no_number(text: str) -> None:
    with pytest.raises(NotANumber):
        read_number(text)


@given(st.decimals(min_value=0, max_value=10**6, places=3))
def test_every_number_that_we_write_can_be_read_back(value: Decimal) -> None:
    assert read_number(str(value)) == value
    assert read_number(str(value).replace(".", ",")) == value


@pytest.mark.parametrize(
    ("text", "pair"),
    [("120/80", (120, 80)), (" 85 / 50 ", (85, 50)), ("120", None), ("120/", None), ("12/8/3", None)],
)
def test_two_pressures_in_one_field_are_told_apart(text: str, pair: tuple[int, int] | None) -> None:
    assert split_pressure(text) == pair


def test_equal_pressures_are_crossed() -> None:
    assert is_crossed(Decimal(80), Decimal(80))
    assert is_crossed(Decimal(70), Decimal(90))
    assert not is_crossed(Decimal(90), Decimal(70))
    assert not is_crossed(None, Decimal(70))


@pytest.mark.parametrize(("systolic", "unusual"), [(94, True), (95, False), (200, False), (201, True)])
def test_a_narrow_or_wide_pulse_pressure_is_asked_about(systolic: int, unusual: bool) -> None:
    assert pulse_pressure_is_unusual(Decimal(systolic), Decimal(80)) is unusual
