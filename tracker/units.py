"""Conversions between units, exact in Decimal. Pure: knows no table and no range."""

from decimal import Decimal

#: Source: 1 lb is 0.45359237 kg by definition; 1 kPa is 7.50062 mmHg.
KG_PER_POUND = Decimal("0.45359237")
MMHG_PER_KPA = Decimal("7.50062")

_FREEZING_F = Decimal(32)
_PLACES = 6


def _decimals(value: Decimal) -> int:
    """How many digits stand behind the point."""
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def plain(value: Decimal, at_least: int = 1) -> Decimal:
    """The same number without trailing zeros, but with `at_least` digits behind the point."""
    slim = value.normalize()
    return slim.quantize(Decimal(1).scaleb(-max(at_least, _decimals(slim))))


def celsius_of_fahrenheit(fahrenheit: Decimal) -> Decimal:
    """(°F - 32) · 5/9, exact where it ends: 100.4 °F is 38.0, 102.2 is 39.0 and 104.0 is 40.0.

    A result that never ends is cut two digits finer than what was typed, so that rounding cannot carry it
    onto a threshold that the reading did not reach.
    """
    exact = (fahrenheit - _FREEZING_F) * 5 / 9
    places = max(_PLACES, _decimals(fahrenheit) + 2)
    if _decimals(exact) > places:
        exact = exact.quantize(Decimal(1).scaleb(-places))
    return plain(exact)


def fahrenheit_of_celsius(celsius: Decimal) -> Decimal:
    """°C · 9/5 + 32, always exact."""
    return plain(celsius * 9 / 5 + _FREEZING_F)


def mmhg_of_kpa(kilopascal: Decimal) -> Decimal:
    """Millimetres of mercury."""
    return kilopascal * MMHG_PER_KPA


def kg_of_pounds(pounds: Decimal) -> Decimal:
    """Kilograms."""
    return pounds * KG_PER_POUND
