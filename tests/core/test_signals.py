from decimal import Decimal
from typing import Any

import pytest

from monitoring.core import signals

from .builders import a_set


@pytest.mark.parametrize(
    ("parts", "crossed", "expected"),
    [
        pytest.param(
            {"systolic_mmhg": 95, "diastolic_mmhg": 50}, False, Decimal(65), id="worked out exactly"
        ),
        pytest.param(
            {"systolic_mmhg": 95, "diastolic_mmhg": 50, "map_mmhg": 70},
            False,
            Decimal(70),
            id="measured wins",
        ),
        pytest.param({"systolic_mmhg": 95}, False, None, id="without a diastolic it is unknown"),
        pytest.param({"systolic_mmhg": 60, "diastolic_mmhg": 80}, True, None, id="crossed, it is unknown"),
        pytest.param({"map_mmhg": 60}, False, Decimal(60), id="measured alone"),
        pytest.param(
            {"systolic_mmhg": 108, "diastolic_mmhg": 72, "map_mmhg": 129},
            False,
            Decimal(84),
            id="above the systolic it is impossible, and worked out",
        ),
        pytest.param(
            {"systolic_mmhg": 108, "diastolic_mmhg": 72, "map_mmhg": 71},
            False,
            Decimal(84),
            id="below the diastolic too",
        ),
        pytest.param(
            {"systolic_mmhg": 108, "diastolic_mmhg": 72, "map_mmhg": 72},
            False,
            Decimal(72),
            id="the diastolic itself is possible",
        ),
        pytest.param(
            {"systolic_mmhg": 108, "map_mmhg": 108}, False, Decimal(108), id="so is the systolic itself"
        ),
        pytest.param({"systolic_mmhg": 108, "map_mmhg": 129}, False, None, id="impossible and unknown"),
        pytest.param({"diastolic_mmhg": 71, "map_mmhg": 64}, False, None, id="impossible below a diastolic"),
    ],
)
def test_mean_arterial_pressure(parts: dict[str, Any], crossed: bool, expected: Decimal | None) -> None:
    assert signals.read(a_set(0, crossed=crossed, **parts), "map_mmhg") == expected


def test_a_crossed_systolic_still_counts() -> None:
    crossed = a_set(0, systolic_mmhg=60, diastolic_mmhg=80, crossed=True)
    assert signals.read(crossed, "systolic_mmhg") == 60
    assert signals.read(crossed, "pulse_pressure_mmhg") is None


def test_the_shock_index_needs_both_parts() -> None:
    assert signals.read(a_set(0, heart_rate_bpm=90, systolic_mmhg=100), "shock_index") == Decimal("0.9")
    assert signals.read(a_set(0, heart_rate_bpm=90), "shock_index") is None


def test_what_is_said_only_when_it_is_so_is_false_when_left_out() -> None:
    assert signals.read(a_set(0), "concern") is False
    assert signals.read(a_set(0), "temperature_c") is None
