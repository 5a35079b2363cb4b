"""Which numbers can be true, which deserve a second look, and what was probably meant instead. Pure.

The ranges are about entry, never about health: they neither raise nor silence anything.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from tracker.units import celsius_of_fahrenheit, fahrenheit_of_celsius, mmhg_of_kpa, plain

_SHEET = "Febris fact sheet, part 7: proposals for entry, no published consensus"


class Verdict(StrEnum):
    """What a range says of a number."""

    FINE = "fine"
    #: Possible, and worth asking once.
    UNUSUAL = "unusual"
    #: Beyond what is kept without a second measurement.
    IMPLAUSIBLE = "implausible"
    #: Not a measurement at all (101 percent); no repeat makes it true.
    IMPOSSIBLE = "impossible"


def is_measurable(value: Decimal) -> bool:
    """True for a number that something could have measured: finite, under 10¹⁰, of at most 30 signs.

    What is longer comes of no device, and would not fit where numbers are multiplied and stored.
    """
    return value.is_finite() and -20 <= value.adjusted() <= 9 and len(str(value)) <= 30


@dataclass(frozen=True)
class Range:
    """Limits of one kind of number, each included. None: no limit on that side."""

    unit: str
    hard_low: Decimal
    hard_high: Decimal
    soft_low: Decimal | None = None
    soft_high: Decimal | None = None
    possible_low: Decimal = Decimal(0)
    possible_high: Decimal | None = None
    source: str = _SHEET

    @property
    def usual(self) -> tuple[Decimal, Decimal]:
        """The lowest and the highest value about which nothing has to be asked."""
        low = self.hard_low if self.soft_low is None else self.soft_low
        high = self.hard_high if self.soft_high is None else self.soft_high
        return low, high

    def judge(self, value: Decimal) -> Verdict:
        """What the range says of the value, compared as it is, unrounded."""
        if not is_measurable(value) or value < self.possible_low:
            return Verdict.IMPOSSIBLE
        if self.possible_high is not None and value > self.possible_high:
            return Verdict.IMPOSSIBLE
        if not self.hard_low <= value <= self.hard_high:
            return Verdict.IMPLAUSIBLE
        if self.soft_low is not None and value < self.soft_low:
            return Verdict.UNUSUAL
        if self.soft_high is not None and value > self.soft_high:
            return Verdict.UNUSUAL
        return Verdict.FINE


def _range(unit: str, hard: str, soft: str = ":", possible: str = "0:", source: str = _SHEET) -> Range:
    low, high = hard.split(":")
    soft_low, soft_high = (Decimal(text) if text else None for text in soft.split(":"))
    possible_low, possible_high = (Decimal(text) if text else None for text in possible.split(":"))
    return Range(
        unit,
        Decimal(low),
        Decimal(high),
        soft_low,
        soft_high,
        possible_low or Decimal(0),
        possible_high,
        source,
    )


RANGES: dict[str, Range] = {
    "temperature_c": _range("°C", "25:45", "34.0:41.5"),
    "heart_rate_bpm": _range("/min", "10:300", "40:180"),
    "respiratory_rate_per_min": _range("/min", "1:80", "8:40"),
    "systolic_mmhg": _range("mmHg", "30:300", "70:220"),
    "diastolic_mmhg": _range("mmHg", "10:200", "40:120"),
    "map_mmhg": _range(
        "mmHg", "10:300", source="the lowest diastolic to the highest systolic: a mean lies between the two"
    ),
    "spo2_percent": _range("%", "30:100", "80:", possible="0:100"),
    "oxygen_flow_l_min": _range("L/min", "0:80"),
    "fio2_percent": _range("%", "21:100", possible="0:100"),
    "weight_kg": _range("kg", "2:400", "35:200"),
}

#: A wider or narrower gap between systolic and diastolic deserves a second look. Source: as the ranges.
PULSE_PRESSURE_LOW = Decimal(15)
PULSE_PRESSURE_HIGH = Decimal(120)
#: More than this through a plain cannula is probably high flow.
CANNULA_MAX_L_MIN = Decimal(6)
#: The signs of which 0 can be true: the heart or the breath has stopped, and somebody says so.
STOPS = frozenset({"heart_rate_bpm", "respiratory_rate_per_min"})


class NotANumber(ValueError):
    """Text that is no number; the message is the text."""


_NUMBER = re.compile(r"[+-]?([0-9]{1,9}([.,][0-9]{0,9})?|[.,][0-9]{1,9})")
_PRESSURE = re.compile(r"\s*([0-9]{1,3})\s*/\s*([0-9]{1,3})\s*")


def read_number(text: str) -> Decimal:
    """The number that was typed, with a point or a comma: `38,5` is 38.5. Its digits are kept.

    Raises: NotANumber for anything else, thousands separators and exponents included.
    """
    slim = text.strip().replace("\u2212", "-")
    if not _NUMBER.fullmatch(slim):
        raise NotANumber(text)
    try:
        return Decimal(slim.replace(",", "."))
    except InvalidOperation as error:
        raise NotANumber(text) from error


def split_pressure(text: str) -> tuple[Decimal, Decimal] | None:
    """Systolic and diastolic of `120/80` typed into one field, or None."""
    match = _PRESSURE.fullmatch(text)
    return (Decimal(match[1]), Decimal(match[2])) if match else None


class Slip(StrEnum):
    """What probably happened to a number that cannot be true."""

    FAHRENHEIT = "fahrenheit"
    CELSIUS = "celsius"
    POINT = "point"
    KILOPASCAL = "kilopascal"
    FRACTION = "fraction"


@dataclass(frozen=True)
class Suggestion:
    """What was probably meant: `text` goes into the field, `value` is what it would mean in its unit."""

    slip: Slip
    text: str
    value: Decimal


def _usual(field: str, value: Decimal) -> bool:
    return RANGES[field].judge(value) is Verdict.FINE


def suggest(field: str, value: Decimal) -> Suggestion | None:
    """What was probably meant by a value that is not usual in this field's unit, or None; never applied.

    Source: Fahrenheit in a Celsius field is the most common slip in real charts (Genes 2013); 77 to 113.
    """
    if not is_measurable(value) or field not in RANGES or _usual(field, value):
        return None
    if field == "temperature_c":
        return _suggest_temperature(value)
    if field in {"systolic_mmhg", "diastolic_mmhg", "map_mmhg"} and _usual(field, mmhg_of_kpa(value)):
        return Suggestion(Slip.KILOPASCAL, f"{value} kPa", mmhg_of_kpa(value))
    if field in {"spo2_percent", "fio2_percent"} and value <= 1 and _usual(field, value * 100):
        return Suggestion(Slip.FRACTION, str(plain(value * 100, 0)), value * 100)
    return None


def _suggest_temperature(value: Decimal) -> Suggestion | None:
    if Decimal(77) <= value <= Decimal(113):
        return Suggestion(Slip.FAHRENHEIT, f"{value} °F", celsius_of_fahrenheit(value))
    for moved in (value / 10, value * 10, value / 100):
        if _usual("temperature_c", moved):
            return Suggestion(Slip.POINT, str(plain(moved)), plain(moved))
    return None


def suggest_fahrenheit(value: Decimal) -> Suggestion | None:
    """What was probably meant by an implausible value in a Fahrenheit field, or None."""
    if not is_measurable(value) or _usual("temperature_c", celsius_of_fahrenheit(value)):
        return None
    if _usual("temperature_c", value):
        return Suggestion(Slip.CELSIUS, f"{value} °C", value)
    for moved in (value / 10, value * 10):
        if _usual("temperature_c", celsius_of_fahrenheit(moved)):
            return Suggestion(Slip.POINT, str(plain(moved)), celsius_of_fahrenheit(moved))
    return None


def is_crossed(systolic: Decimal | None, diastolic: Decimal | None) -> bool:
    """True when the systolic pressure is not above the diastolic."""
    return systolic is not None and diastolic is not None and systolic <= diastolic


def pulse_pressure_is_unusual(systolic: Decimal | None, diastolic: Decimal | None) -> bool:
    """True when the gap between the two pressures deserves a second look."""
    if systolic is None or diastolic is None or systolic <= diastolic:
        return False
    return not PULSE_PRESSURE_LOW <= systolic - diastolic <= PULSE_PRESSURE_HIGH


def in_fahrenheit(celsius: Decimal) -> Decimal:
    """The same temperature for a reader who thinks in Fahrenheit, at 0.1."""
    return fahrenheit_of_celsius(celsius).quantize(Decimal("0.1"))
