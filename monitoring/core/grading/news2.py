"""NEWS2, the National Early Warning Score of the Royal College of Physicians: points, risk and monitoring.

For adults from 16 years who are not pregnant. Temperature is read at 0.1 °C, the resolution of its chart, and
nothing else is rounded. NEWS2 has no rule for a missing part: the answer is the range that is left.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

from monitoring.core.events import Value
from monitoring.core.grading.answer import Graded, Reason, Span

Agreed = TypeVar("Agreed")

SOURCE = (
    "Royal College of Physicians. National Early Warning Score (NEWS) 2: standardising the assessment of "
    "acute-illness severity in the NHS. London: RCP, 2017. Charts 1, 2 and 4"
)
CHART_C = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Steps:
    """The points of a number: those below the first step, and those that begin at each."""

    begins: tuple[Decimal, ...]
    points: tuple[int, ...]

    @classmethod
    def of(cls, below: int, *steps: tuple[str, int]) -> Steps:
        """The steps, each with where it begins."""
        return cls(tuple(Decimal(begin) for begin, _ in steps), (below, *(points for _, points in steps)))

    def at(self, value: Decimal) -> int:
        """The points of that value."""
        return self.points[bisect_right(self.begins, value)]


MOST = 3
RESPIRATORY_RATE = Steps.of(3, ("9", 1), ("12", 0), ("21", 2), ("25", 3))
SPO2_SCALE_1 = Steps.of(3, ("92", 2), ("94", 1), ("96", 0))
SPO2_SCALE_2_ON_AIR = Steps.of(3, ("84", 2), ("86", 1), ("88", 0))
SPO2_SCALE_2_ON_OXYGEN = Steps.of(3, ("84", 2), ("86", 1), ("88", 0), ("93", 1), ("95", 2), ("97", 3))
OXYGEN: Mapping[bool, int] = {False: 0, True: 2}
SYSTOLIC = Steps.of(3, ("91", 2), ("101", 1), ("111", 0), ("220", 3))
PULSE = Steps.of(3, ("41", 1), ("51", 0), ("91", 1), ("111", 2), ("131", 3))
CONSCIOUSNESS: Mapping[str, int] = {"A": 0, "C": 3, "V": 3, "P": 3, "U": 3}
TEMPERATURE = Steps.of(3, ("35.1", 1), ("36.1", 0), ("38.1", 1), ("39.1", 2))

RISK: tuple[tuple[int, str], ...] = ((7, "high"), (5, "medium"), (0, "low"))
"""The least total of each risk. A single parameter of 3 lifts low to low_medium. Source: chart 2."""

MONITORING: tuple[tuple[int, str], ...] = (
    (7, "continuous"),
    (5, "at_least_hourly"),
    (1, "at_least_every_4_to_6_hours"),
    (0, "at_least_every_12_hours"),
)
"""The least total of each frequency. A single parameter of 3 makes it hourly at least. Source: chart 4."""


@dataclass(frozen=True, slots=True)
class News2:
    """The total as a range, the points of each part, and what the charts ask for; None: not known yet."""

    total: Graded
    parts: Mapping[str, int | None]
    single_parameter_3: bool | None
    risk: str | None
    monitoring: str | None


def score_news2(
    *,
    respiratory_rate_per_min: Decimal | None = None,
    spo2_percent: Decimal | None = None,
    spo2_scale: int = 1,
    on_oxygen: bool | None = None,
    systolic_mmhg: Decimal | None = None,
    heart_rate_bpm: Decimal | None = None,
    consciousness: str | None = None,
    temperature_c: Decimal | None = None,
) -> News2:
    """The score of one set. None is unknown. Scale 2 is for a documented SpO2 target of 88 to 92 % alone.

    Raises: KeyError naming a word that is not in the tables.
    """
    read: Mapping[str, Value | None] = {
        "respiratory_rate_per_min": respiratory_rate_per_min,
        "spo2_percent": spo2_percent,
        "on_oxygen": on_oxygen,
        "systolic_mmhg": systolic_mmhg,
        "heart_rate_bpm": heart_rate_bpm,
        "consciousness": consciousness,
        "temperature_c": temperature_c,
    }
    spans = points_of(
        respiratory_rate_per_min,
        spo2_percent,
        spo2_scale,
        on_oxygen,
        systolic_mmhg,
        heart_rate_bpm,
        consciousness,
        temperature_c,
    )
    missing = tuple(name for name, value in read.items() if value is None)
    lowest = sum(low for low, _ in spans.values())
    highest = sum(high for _, high in spans.values())
    single = (
        any(low == MOST for low, _ in spans.values()),
        any(high == MOST for _, high in spans.values()),
    )
    return News2(
        Graded(lowest, highest, missing, tuple(_reasons(read, spans, single[0], missing)), SOURCE),
        {name: low if low == high else None for name, (low, high) in spans.items()},
        _agreed(*single),
        _agreed(risk_of(lowest, single[0]), risk_of(highest, single[1])),
        _agreed(monitoring_of(lowest, single[0]), monitoring_of(highest, single[1])),
    )


def points_of(
    respiratory_rate_per_min: Decimal | None,
    spo2_percent: Decimal | None,
    spo2_scale: int,
    on_oxygen: bool | None,
    systolic_mmhg: Decimal | None,
    heart_rate_bpm: Decimal | None,
    consciousness: str | None,
    temperature_c: Decimal | None,
) -> Mapping[str, Span]:
    """The fewest and the most points that each part may give."""
    return {
        "respiratory_rate_per_min": _steps(RESPIRATORY_RATE, respiratory_rate_per_min),
        "spo2_percent": _saturation(spo2_percent, spo2_scale, on_oxygen),
        "on_oxygen": (0, OXYGEN[True]) if on_oxygen is None else (OXYGEN[on_oxygen],) * 2,
        "systolic_mmhg": _steps(SYSTOLIC, systolic_mmhg),
        "heart_rate_bpm": _steps(PULSE, heart_rate_bpm),
        "consciousness": (0, MOST) if consciousness is None else (CONSCIOUSNESS[consciousness],) * 2,
        "temperature_c": _steps(TEMPERATURE, at_chart_resolution(temperature_c)),
    }


def at_chart_resolution(temperature_c: Decimal | None) -> Decimal | None:
    """The temperature as NEWS2 reads it: at 0.1 °C, a half upwards (38.05 is 38.1)."""
    return None if temperature_c is None else temperature_c.quantize(CHART_C, ROUND_HALF_UP)


def risk_of(total: int, single_parameter_3: bool) -> str:
    """The clinical risk of a total."""
    risk = next(word for least, word in RISK if total >= least)
    return "low_medium" if risk == "low" and single_parameter_3 else risk


def monitoring_of(total: int, single_parameter_3: bool) -> str:
    """How often the chart asks for the next set."""
    least = max(total, 5) if single_parameter_3 else total
    return next(word for begins, word in MONITORING if least >= begins)


def _steps(steps: Steps, value: Decimal | None) -> Span:
    if value is None:
        return 0, max(steps.points)
    points = steps.at(value)
    return points, points


def _saturation(spo2_percent: Decimal | None, scale: int, on_oxygen: bool | None) -> Span:
    """The points of the saturation; on scale 2 a good one costs points where oxygen is given."""
    if spo2_percent is None:
        return 0, MOST
    if scale == 1:
        return _steps(SPO2_SCALE_1, spo2_percent)
    on_air, on_more = SPO2_SCALE_2_ON_AIR.at(spo2_percent), SPO2_SCALE_2_ON_OXYGEN.at(spo2_percent)
    return (on_air, on_more) if on_oxygen is None else ((on_more,) * 2 if on_oxygen else (on_air,) * 2)


def _agreed(one: Agreed, other: Agreed) -> Agreed | None:
    return one if one == other else None


def _reasons(
    read: Mapping[str, Value | None], spans: Mapping[str, Span], single_3: bool, missing: tuple[str, ...]
) -> list[Reason]:
    """Each part that scores, whether one alone gives 3, and each part that is missing."""
    reasons = [
        Reason(f"{name}_scores", {"value": value, "points": Decimal(low)})
        for name, value in read.items()
        for low, high in (spans[name],)
        if value is not None and low == high and low > 0
    ]
    if single_3:
        reasons.append(Reason("single_parameter_3"))
    return reasons + [Reason(f"{name}_missing") for name in missing]
