"""Conversions are exact where they end, and never carry a value across a threshold."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.units import celsius_of_fahrenheit, fahrenheit_of_celsius, kg_of_pounds, mmhg_of_kpa

FAHRENHEIT = st.decimals(min_value=70, max_value=120, places=4)


@pytest.mark.parametrize(
    ("fahrenheit", "celsius"),
    [
        pytest.param("100.4", "38.0", id="100.4 °F is a fever exactly"),
        pytest.param("102.2", "39.0", id="102.2 °F is 39.0 exactly"),
        pytest.param("104.0", "40.0", id="104.0 °F is 40.0 exactly"),
        pytest.param("98.6", "37.0", id="98.6 °F is 37.0"),
        pytest.param("100.3", "37.944444", id="100.3 °F is below 38.0"),
        pytest.param("97.8", "36.555556", id="97.8 °F does not end"),
    ],
)
def test_fahrenheit_becomes_celsius(fahrenheit: str, celsius: str) -> None:
    assert str(celsius_of_fahrenheit(Decimal(fahrenheit))) == celsius


@given(FAHRENHEIT, st.decimals(min_value=30, max_value=42, places=1))
def test_a_reading_stays_on_its_side_of_every_threshold(fahrenheit: Decimal, threshold: Decimal) -> None:
    exact = (Fraction(fahrenheit) - 32) * 5 / 9
    stored = celsius_of_fahrenheit(fahrenheit)
    assert (stored >= threshold) == (exact >= Fraction(threshold))
    assert (stored > threshold) == (exact > Fraction(threshold))


@given(st.decimals(min_value=20, max_value=50, places=3))
def test_celsius_comes_back_from_fahrenheit(celsius: Decimal) -> None:
    assert celsius_of_fahrenheit(fahrenheit_of_celsius(celsius)) == celsius


@given(FAHRENHEIT, FAHRENHEIT)
def test_warmer_in_fahrenheit_is_warmer_in_celsius(one: Decimal, other: Decimal) -> None:
    assert (one < other) == (celsius_of_fahrenheit(one) < celsius_of_fahrenheit(other))


def test_pressures_and_weights_convert() -> None:
    assert mmhg_of_kpa(Decimal(16)) == Decimal("120.00992")
    assert kg_of_pounds(Decimal(10)) == Decimal("4.5359237")
