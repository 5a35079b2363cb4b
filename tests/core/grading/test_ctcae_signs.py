"""CTCAE terms of vital signs against the printed tables of both versions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from monitoring.core.grading import ctcae
from tests.core.grading.test_ctcae_tables import BOTH, graded, steps


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(
    ("temperature", "hours", "wanted"),
    [
        pytest.param("37.96", None, 0, id="37.96 is no fever, unrounded"),
        pytest.param("38.0", None, 1, id="38.0 itself is one"),
        pytest.param("39.0", None, 1, id="39.0 is still grade 1"),
        pytest.param("39.01", None, 2, id="above 39.0"),
        pytest.param("40.0", None, 2, id="40.0 is still grade 2"),
        pytest.param("40.1", 0, 3, id="above 40.0"),
        pytest.param("40.1", 24, 3, id="above 40.0 for 24 h"),
        pytest.param("40.1", Decimal("24.01"), 4, id="above 40.0 for more than 24 h"),
    ],
)
def test_a_fever_is_graded_by_its_height_and_its_time(
    version: str, temperature: str, hours: Any, wanted: int
) -> None:
    assert graded(version, "fever", temperature_c=temperature, hours_above_40c=hours) == wanted


def test_above_40_without_its_duration_is_grade_3_or_4() -> None:
    found = ctcae.grade("5.0", "fever", temperature_c="40.5")
    assert (found.lowest, found.highest, found.missing) == (3, 4, ("hours_above_40c",))


def test_hours_above_40_contradict_a_peak_of_40() -> None:
    with pytest.raises(ctcae.BadInput, match="hours_above_40c contradicts temperature_c"):
        ctcae.grade("5.0", "fever", temperature_c="40.0", hours_above_40c=3)


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(
    ("inputs", "wanted"),
    [
        pytest.param(("0.99", "38.31", None), (3, 3), id="one temperature above 38.3"),
        pytest.param(("0.99", "38.3", None), (0, 3), id="38.3 itself, for an unknown time"),
        pytest.param(("0.99", "38.3", 60), (0, 0), id="38.3 for one hour exactly"),
        pytest.param(("0.99", "38.3", 61), (3, 3), id="38.3 for more than one hour"),
        pytest.param(("0.99", "38.0", 61), (3, 3), id="38.0 for more than one hour"),
        pytest.param(("0.99", "37.99", None), (0, 0), id="37.99 was never 38.0"),
        pytest.param(("1.0", "39.5", 300), (0, 0), id="1.0 itself is no neutropenia"),
        pytest.param((None, "39.5", 300), (0, 3), id="neutrophils unknown"),
        pytest.param(("0.4", None, None), (0, 3), id="temperature unknown"),
        pytest.param(("0.4", None, 61), (3, 3), id="only its duration known"),
        pytest.param(("<0.1", "38.4", None), (3, 3), id="neutrophils below what can be counted"),
    ],
)
def test_febrile_neutropenia_has_two_arms_of_fever(
    version: str, inputs: tuple[Any, Any, Any], wanted: tuple[int, int]
) -> None:
    names = ("anc_10e9_l", "peak_temperature_c", "minutes_at_or_above_38c")
    found = ctcae.grade(version, "febrile_neutropenia", **dict(zip(names, inputs, strict=True)))
    assert (found.lowest, found.highest) == wanted


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(
    ("temperature", "wanted"), steps("36:0 35.01:0 35.0:2 32.01:2 32.0:3 28.01:3 28.0:4 25:4")
)
def test_each_printed_lower_end_of_hypothermia_belongs_to_the_next_grade(
    version: str, temperature: str, wanted: int
) -> None:
    assert graded(version, "hypothermia", temperature_c=temperature) == wanted


@pytest.mark.parametrize(
    ("pressure", "wanted"),
    [
        ("119/79", 0),
        ("120/70", 1),
        ("110/80", 1),
        ("139/89", 1),
        ("140/70", 2),
        ("130/90", 2),
        ("159/99", 2),
        ("160/90", 3),
        ("150/100", 3),
        ("250/130", 3),
    ],
)
def test_hypertension_in_version_5_begins_at_120_over_80(pressure: str, wanted: int) -> None:
    systolic, diastolic = pressure.split("/")
    assert graded("5.0", "hypertension", systolic_mmhg=systolic, diastolic_mmhg=diastolic) == wanted


@pytest.mark.parametrize(
    ("pressure", "lasting", "wanted"),
    [
        pytest.param("139/89", True, (0, 0), id="139/89: there is no grade 1"),
        pytest.param("140/89", True, (2, 2), id="140"),
        pytest.param("159/99", True, (2, 2), id="159/99"),
        pytest.param("160/99", True, (3, 3), id="160 lasting"),
        pytest.param("160/99", False, (2, 2), id="160 passing"),
        pytest.param("160/99", None, (2, 3), id="160 for an unknown time"),
        pytest.param("150/100", True, (3, 3), id="100 diastolic lasting"),
        pytest.param("179/109", True, (3, 3), id="179/109 lasting"),
        pytest.param("180/99", True, (4, 4), id="180 lasting"),
        pytest.param("150/110", True, (4, 4), id="110 diastolic lasting"),
        pytest.param("180/99", False, (2, 2), id="180 passing"),
        pytest.param("180/99", None, (2, 4), id="180 for an unknown time"),
    ],
)
def test_hypertension_in_version_6_asks_whether_it_lasts(
    pressure: str, lasting: bool | None, wanted: tuple[int, int]
) -> None:
    systolic, diastolic = pressure.split("/")
    found = ctcae.grade(
        "6.0",
        "hypertension",
        systolic_mmhg=systolic,
        diastolic_mmhg=diastolic,
        persisting_over_1h=lasting,
    )
    assert (found.lowest, found.highest) == wanted
    assert found.missing == (("persisting_over_1h",) if lasting is None else ())


@pytest.mark.parametrize(
    ("systolic", "rise", "wanted"),
    [
        pytest.param("141", {"systolic_rise_mmhg": 21}, 3, id="141, risen by 21"),
        pytest.param("141", {"systolic_rise_mmhg": 20}, 2, id="141, risen by 20"),
        pytest.param("140", {"systolic_rise_mmhg": 40}, 2, id="140 is not above 140"),
        pytest.param("141", {"map_rise_mmhg": 16}, 3, id="141, the mean risen by 16"),
        pytest.param("141", {"map_rise_mmhg": 15}, 2, id="141, the mean risen by 15"),
    ],
)
def test_a_rise_over_baseline_is_grade_3_in_version_6_above_140(
    systolic: str, rise: dict[str, int], wanted: int
) -> None:
    inputs: dict[str, Any] = {"systolic_mmhg": systolic, "diastolic_mmhg": 80, "persisting_over_1h": False}
    assert graded("6.0", "hypertension", **inputs, **rise) == wanted


@pytest.mark.parametrize(
    ("version", "inputs", "wanted"),
    [
        pytest.param("5.0", {"spo2_percent": 88, "oxygen_need": "none"}, (0, 0), id="88 at rest"),
        pytest.param("5.0", {"spo2_percent": 87, "oxygen_need": "none"}, (3, 3), id="87 at rest"),
        pytest.param("5.0", {"spo2_percent": 90}, (0, 2), id="5.0: 90, oxygen unknown"),
        pytest.param("5.0", {"spo2_percent": 90, "oxygen_need": "intermittent"}, (2, 2), id="now and then"),
        pytest.param(
            "5.0", {"spo2_percent": 90, "oxygen_need": "continuous"}, (2, 2), id="5.0: all the time"
        ),
        pytest.param(
            "6.0", {"spo2_percent": 95, "lower_limit_percent": 95, "oxygen_need": "none"}, (0, 0), id="95"
        ),
        pytest.param(
            "6.0", {"spo2_percent": 94, "lower_limit_percent": 95, "oxygen_need": "none"}, (1, 1), id="94"
        ),
        pytest.param(
            "6.0", {"spo2_percent": 94, "oxygen_need": "none"}, (0, 1), id="the site's limit unknown"
        ),
        pytest.param(
            "6.0", {"spo2_percent": 94, "oxygen_need": "continuous"}, (3, 3), id="6.0: all the time"
        ),
        pytest.param("6.0", {"spo2_percent": 90}, (0, 3), id="6.0: 90, oxygen unknown"),
    ],
)
def test_hypoxia_begins_at_grade_2_in_version_5_and_at_grade_1_in_version_6(
    version: str, inputs: dict[str, Any], wanted: tuple[int, int]
) -> None:
    found = ctcae.grade(version, "hypoxia", **inputs)
    assert (found.lowest, found.highest) == wanted


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(("pressure", "wanted"), [(55, 3), ("55.1", 0)])
def test_an_arterial_oxygen_pressure_counts_where_it_was_taken(
    version: str, pressure: Any, wanted: int
) -> None:
    inputs = {"spo2_percent": 96, "lower_limit_percent": 94, "oxygen_need": "none"}
    assert graded(version, "hypoxia", **inputs, pao2_mmhg=pressure) == wanted


@pytest.mark.parametrize("version", BOTH)
def test_a_fast_heart_alone_only_suggests_a_grade(version: str) -> None:
    found = ctcae.grade(version, "sinus_tachycardia", heart_rate_bpm=101)
    assert (found.lowest, found.highest, found.missing) == (1, 3, ("intervention",))
    assert graded(version, "sinus_tachycardia", heart_rate_bpm=100) == 0
    words = ("not_indicated", "non_urgent", "urgent")
    given = [graded(version, "sinus_tachycardia", heart_rate_bpm=130, intervention=word) for word in words]
    assert given == [1, 2, 3]
