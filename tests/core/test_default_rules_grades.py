"""The default rules on scores and grades: NEWS2, CRS, ICANS, blood counts, and what is asked for."""

from decimal import Decimal
from typing import Any

import pytest

from monitoring.core.events import Baseline, Event, Extent
from monitoring.core.findings import Priority

from .builders import a_course, a_full_set, a_set, given, minute, the_episode, watched
from .test_default_rules import HIGH, MEDIUM, highest

LOW = Priority.LOW


@pytest.mark.parametrize(
    ("parts", "priority"),
    [
        pytest.param({"respiratory_rate_per_min": 22, "heart_rate_bpm": 115}, None, id="4 points"),
        pytest.param(
            {"respiratory_rate_per_min": 22, "heart_rate_bpm": 115, "temperature_c": "38.1"},
            MEDIUM,
            id="5 points",
        ),
        pytest.param(
            {"respiratory_rate_per_min": 22, "heart_rate_bpm": 115, "spo2_percent": 93}, MEDIUM, id="6 points"
        ),
        pytest.param(
            {
                "respiratory_rate_per_min": 22,
                "heart_rate_bpm": 115,
                "spo2_percent": 93,
                "temperature_c": "38.1",
            },
            HIGH,
            id="7 points",
        ),
        pytest.param({"respiratory_rate_per_min": 25}, None, id="a single 3 is its own sign's"),
        pytest.param(
            {"respiratory_rate_per_min": 25, "consciousness": "V", "spo2_percent": None},
            MEDIUM,
            id="6 points whatever is missing",
        ),
        pytest.param(
            {"respiratory_rate_per_min": 22, "heart_rate_bpm": 115, "spo2_percent": None},
            None,
            id="4 points and a missing part raise nothing",
        ),
    ],
)
def test_news2(parts: dict[str, Any], priority: Priority | None) -> None:
    assert highest("news2", a_full_set(10, **parts)) == priority


@pytest.mark.parametrize(
    ("events", "priority"),
    [
        pytest.param([a_full_set(10, temperature_c="37.96")], None, id="37.96 is no fever"),
        pytest.param(
            [a_full_set(10, temperature_c="38.0")], None, id="fever alone is grade 1: it rings as fever"
        ),
        pytest.param(
            [a_full_set(10, temperature_c="38.0", systolic_mmhg=95)], HIGH, id="with low pressure: 2"
        ),
        pytest.param([a_full_set(10, temperature_c="38.0", spo2_percent=93)], HIGH, id="with hypoxia: 2"),
        pytest.param(
            [
                given(5, "vasopressor", Extent.START, detail="noradrenaline"),
                a_full_set(10, temperature_c="38.5"),
            ],
            HIGH,
            id="with a vasopressor: 3",
        ),
        pytest.param([a_full_set(10, systolic_mmhg=85)], None, id="low pressure without fever is none"),
        pytest.param([a_set(10, temperature_c="38.5")], None, id="fever and nothing else measured"),
    ],
)
def test_crs(events: list[Event], priority: Priority | None) -> None:
    assert highest("crs", *events) == priority


def test_crs_clears_when_all_but_its_fever_is_over() -> None:
    low = a_full_set(10, temperature_c="38.5", systolic_mmhg=85)
    sets = [a_full_set(at, temperature_c="38.2") for at in (20, 40)]
    found = watched([*a_course(), low, *sets])
    assert the_episode("crs", found).cleared_at == the_episode("hypotension", found).cleared_at == minute(40)
    assert the_episode("fever", found).is_open


@pytest.mark.parametrize(
    ("ice", "priority"),
    [
        pytest.param(10, None, id="10 is none"),
        pytest.param(9, MEDIUM, id="9 is grade 1"),
        pytest.param(7, MEDIUM, id="7 is grade 1"),
        pytest.param(6, HIGH, id="6 is grade 2"),
        pytest.param(0, HIGH, id="0 is grade 3 or more"),
    ],
)
def test_icans(ice: int, priority: Priority | None) -> None:
    assert highest("icans", examined(10, ice)) == priority


def examined(at: float, ice: int) -> Event:
    return a_set(
        at,
        ice=ice,
        arousal="spontaneous",
        seizure="none",
        deep_focal_motor_weakness=False,
        cerebral_edema="none",
        key=f"neuro:{at:g}",
    )


def test_icans_clears_by_examinations_and_not_by_sets() -> None:
    by_sets = watched([*a_course(), examined(10, 8), a_full_set(20), a_full_set(40)])
    assert the_episode("icans", by_sets).is_open
    found = watched([*a_course(), examined(10, 8), examined(60, 10), examined(75, 10)])
    assert the_episode("icans", found).cleared_at == minute(75)


def a_count(at: float, **values: Any) -> Event:
    return a_set(at, key=f"lab:{at:g}", **values)


def a_study(version: str, **at_baseline: str) -> list[Event]:
    """A course in a study that grades by this version of CTCAE."""
    counted = {name: Decimal(value) for name, value in at_baseline.items()}
    values = {"systolic_mmhg": Decimal(120), "oxygen_device": "room_air", "ctcae_version": version, **counted}
    return [*a_course()[:1], Baseline(minute(0), "baseline:1", values)]


V5 = a_study("5.0")
V6 = a_study("6.0")


@pytest.mark.parametrize(
    ("values", "course", "priority"),
    [
        pytest.param({"neutrophils_10e9_l": "1.0"}, V5, None, id="v5.0: neutrophils 1.0 are grade 2"),
        pytest.param({"neutrophils_10e9_l": "0.99"}, V5, MEDIUM, id="v5.0: below 1.0 are grade 3"),
        pytest.param({"neutrophils_10e9_l": "0.5"}, V6, None, id="v6.0: neutrophils 0.5 are grade 2"),
        pytest.param({"neutrophils_10e9_l": "0.49"}, V6, MEDIUM, id="v6.0: below 0.5 are grade 3"),
        pytest.param({"platelets_10e9_l": 50}, V5, None, id="platelets 50 are grade 2"),
        pytest.param({"platelets_10e9_l": 49}, V5, MEDIUM, id="below 50 are grade 3"),
        pytest.param({"leukocytes_10e9_l": "1.9"}, V5, MEDIUM, id="leukocytes below 2.0 are grade 3"),
        pytest.param({"hemoglobin_g_dl": "8.0"}, V5, None, id="haemoglobin 8.0 is grade 2"),
        pytest.param({"hemoglobin_g_dl": "7.9"}, V5, MEDIUM, id="below 8.0 is grade 3"),
        pytest.param({"lymphocytes_10e9_l": "0.4"}, V5, LOW, id="lymphocytes are low only"),
    ],
)
def test_blood_counts(values: dict[str, Any], course: list[Event], priority: Priority | None) -> None:
    assert highest("blood_counts", a_count(10, **values), course=course) == priority


def test_a_count_that_was_as_low_before_the_infusion_is_not_new() -> None:
    course = a_study("5.0", neutrophils_10e9_l="0.8")
    assert highest("blood_counts", a_count(10, neutrophils_10e9_l="0.7"), course=course) is None
    assert highest("blood_counts", a_count(10, neutrophils_10e9_l="0.4"), course=course) == MEDIUM


def test_counts_clear_when_all_of_them_are_known_again() -> None:
    normal = {
        "neutrophils_10e9_l": "3.0",
        "platelets_10e9_l": 200,
        "leukocytes_10e9_l": "6.0",
        "lymphocytes_10e9_l": "2.0",
        "hemoglobin_g_dl": "14.0",
    }
    low = a_count(10, **{**normal, "platelets_10e9_l": 30})
    found = watched([*V5, low, a_full_set(20), a_count(600, **normal)])
    assert the_episode("blood_counts", found).cleared_at == minute(600)


@pytest.mark.parametrize(
    ("temperature", "neutrophils", "priority"),
    [
        pytest.param("38.3", "0.9", None, id="38.3 once is not above it"),
        pytest.param("38.4", "0.9", HIGH, id="above 38.3 with neutrophils below 1.0"),
        pytest.param("38.4", "1.0", None, id="1.0 is not below it"),
        pytest.param("38.4", None, None, id="nobody counted them"),
    ],
)
def test_febrile_neutropenia(temperature: str, neutrophils: str | None, priority: Priority | None) -> None:
    counted = [] if neutrophils is None else [a_count(10, neutrophils_10e9_l=neutrophils)]
    assert (
        highest("febrile_neutropenia", *counted, a_full_set(60, temperature_c=temperature), course=V5)
        == priority
    )


def test_a_fever_of_over_an_hour_is_febrile_neutropenia_too() -> None:
    warm = [a_full_set(at, temperature_c="38.0") for at in (20, 50, 80, 85)]
    assert highest("febrile_neutropenia", a_count(10, neutrophils_10e9_l="0.9"), *warm, course=V5) == HIGH


LACKING = {"respiratory_rate_per_min": None, "consciousness": None, "heart_rate_bpm": None}


def test_parts_that_stay_missing_are_asked_for_until_a_set_brings_them() -> None:
    course = a_course(stop=None, systolic_mmhg=120, frozen_at_start=True)
    sets = [a_full_set(at, temperature_c="38.5", **LACKING) for at in (15, 30)]
    found = watched([*course, *sets])
    assert the_episode("parts_missing", found).priority is LOW
    found = watched([*course, *sets, a_full_set(45)])
    assert the_episode("parts_missing", found).cleared_at == minute(45)


def test_nobody_is_asked_for_the_missing_parts_of_an_imported_infusion() -> None:
    sets = [a_full_set(at, temperature_c="38.5", **LACKING) for at in (15, 30, 45)]
    found = watched([*a_course(stop=None, systolic_mmhg=120), *sets])
    assert not [episode for episode in found.episodes if episode.problem == "parts_missing"]


def test_a_complete_normal_course_asks_for_nothing() -> None:
    sets = [a_full_set(at) for at in range(15, 120, 15)]
    assert watched([*a_course(), *sets]).episodes == ()
