"""The default rules of pressure, pulse, breathing and consciousness."""

from typing import Any

import pytest

from monitoring.core.events import Event, Extent
from monitoring.core.findings import Priority
from monitoring.core.sentences import sentence

from .builders import a_course, a_full_set, a_set, default_rules, minute, symptom, the_episode, watched
from .test_default_rules import HIGH, MEDIUM, highest

LOW = Priority.LOW
LOW_BASELINE = a_course(systolic_mmhg=95, diastolic_mmhg=70, oxygen_device="room_air")


def low_pressure(at: float, systolic: int = 88) -> Event:
    return a_full_set(at, systolic_mmhg=systolic, diastolic_mmhg=70)


@pytest.mark.parametrize(
    ("events", "priority"),
    [
        pytest.param([low_pressure(10), symptom(12, "dizziness")], HIGH, id="dizzy 2 minutes after it"),
        pytest.param([low_pressure(10), symptom(24, "dizziness")], HIGH, id="14 minutes after it"),
        pytest.param([low_pressure(10), symptom(25, "dizziness")], MEDIUM, id="15 minutes after it"),
        pytest.param(
            [low_pressure(10), symptom(12, "dizziness", Extent.POINT)], HIGH, id="dizzy for a moment"
        ),
        pytest.param(
            [low_pressure(10), low_pressure(15, 96), symptom(17, "dizziness")],
            MEDIUM,
            id="the pressure had come back before",
        ),
        pytest.param([low_pressure(10), symptom(12, "headache")], MEDIUM, id="a headache is none of these"),
        pytest.param([low_pressure(10, 90), symptom(12, "dizziness")], MEDIUM, id="90 is not below 90"),
    ],
)
def test_a_symptom_after_a_pressure_below_90_makes_it_high(events: list[Event], priority: Priority) -> None:
    assert highest("hypotension", *events, course=LOW_BASELINE) == priority


def test_a_pressure_that_has_come_back_counts_as_normal_at_once_although_it_was_low_with_a_symptom() -> None:
    dizzy = [symptom(12, "dizziness", Extent.POINT)]
    found = watched([*a_course(), low_pressure(10), *dizzy, a_full_set(15), a_full_set(30)])
    assert the_episode("hypotension", found).cleared_at == minute(30)


@pytest.mark.parametrize(
    ("problem", "parts", "priority"),
    [
        pytest.param("hypertension", {"systolic_mmhg": 179}, None, id="systolic 179 is normal"),
        pytest.param("hypertension", {"systolic_mmhg": 180}, MEDIUM, id="systolic 180 is medium"),
        pytest.param("hypertension", {"systolic_mmhg": 219}, MEDIUM, id="systolic 219 is medium"),
        pytest.param("hypertension", {"systolic_mmhg": 220}, HIGH, id="systolic 220 is high"),
        pytest.param("hypertension", {"diastolic_mmhg": 109}, None, id="diastolic 109 is normal"),
        pytest.param("hypertension", {"diastolic_mmhg": 110}, MEDIUM, id="diastolic 110 is medium"),
        pytest.param("heart_rate", {"heart_rate_bpm": 110}, None, id="pulse 110 is normal"),
        pytest.param("heart_rate", {"heart_rate_bpm": 111}, MEDIUM, id="pulse 111 is medium"),
        pytest.param("heart_rate", {"heart_rate_bpm": 130}, MEDIUM, id="pulse 130 is medium"),
        pytest.param("heart_rate", {"heart_rate_bpm": 131}, HIGH, id="pulse 131 is high"),
        pytest.param("heart_rate", {"heart_rate_bpm": 41}, None, id="pulse 41 is normal"),
        pytest.param("heart_rate", {"heart_rate_bpm": 40}, HIGH, id="pulse 40 is high"),
        pytest.param("respiratory_rate", {"respiratory_rate_per_min": 20}, None, id="20 breaths are normal"),
        pytest.param(
            "respiratory_rate", {"respiratory_rate_per_min": 21}, MEDIUM, id="21 breaths are medium"
        ),
        pytest.param(
            "respiratory_rate", {"respiratory_rate_per_min": 24}, MEDIUM, id="24 breaths are medium"
        ),
        pytest.param("respiratory_rate", {"respiratory_rate_per_min": 25}, HIGH, id="25 breaths are high"),
        pytest.param("respiratory_rate", {"respiratory_rate_per_min": 9}, None, id="9 breaths are normal"),
        pytest.param("respiratory_rate", {"respiratory_rate_per_min": 8}, HIGH, id="8 breaths are high"),
        pytest.param("shock_index", {"heart_rate_bpm": 107}, None, id="107 over 120 is 0.892"),
        pytest.param("shock_index", {"heart_rate_bpm": 108}, LOW, id="108 over 120 is 0.9"),
        pytest.param(
            "shock_index", {"heart_rate_bpm": 104, "systolic_mmhg": 105}, LOW, id="104 over 105 is 0.99"
        ),
        pytest.param(
            "shock_index", {"heart_rate_bpm": 105, "systolic_mmhg": 105}, MEDIUM, id="105 over 105 is 1"
        ),
        pytest.param("shock_index", {"heart_rate_bpm": 120}, LOW, id="a pulse of 120 rings by itself"),
        pytest.param(
            "shock_index", {"heart_rate_bpm": 105, "systolic_mmhg": 100}, LOW, id="so does a pressure of 100"
        ),
        pytest.param("consciousness", {"consciousness": "A"}, None, id="alert"),
        pytest.param("consciousness", {"consciousness": "C"}, HIGH, id="newly confused"),
        pytest.param("consciousness", {"consciousness": "V"}, HIGH, id="to voice"),
        pytest.param("consciousness", {"consciousness": "P"}, HIGH, id="to pain"),
        pytest.param("consciousness", {"consciousness": "U"}, HIGH, id="unresponsive"),
        pytest.param("consciousness", {"consciousness": None}, None, id="not looked at raises nothing"),
        pytest.param("heart_rate", {"heart_rate_bpm": None}, None, id="no pulse taken raises nothing"),
        pytest.param(
            "hypoxia",
            {"oxygen_device": "nasal_cannula", "oxygen_flow_l_min": 6},
            MEDIUM,
            id="6 L/min is low flow",
        ),
        pytest.param(
            "hypoxia",
            {"oxygen_device": "nasal_cannula", "oxygen_flow_l_min": "6.5"},
            HIGH,
            id="above it is high",
        ),
    ],
)
def test_a_sign_by_its_limits(problem: str, parts: dict[str, Any], priority: Priority | None) -> None:
    assert highest(problem, a_full_set(10, **parts)) == priority


@pytest.mark.parametrize(
    ("systolic", "priority"),
    [
        pytest.param(88, LOW, id="below 90 the pressure rings by itself"),
        pytest.param(93, MEDIUM, id="the patient's own pressure does not"),
    ],
)
def test_a_shock_index_of_1_beside_a_low_baseline(systolic: int, priority: Priority) -> None:
    reading = a_full_set(10, systolic_mmhg=systolic, diastolic_mmhg=70, heart_rate_bpm=95)
    assert highest("shock_index", reading, course=LOW_BASELINE) == priority


@pytest.mark.parametrize(
    ("problem", "parts"),
    [
        ("hypertension", {"systolic_mmhg": 190}),
        ("heart_rate", {"heart_rate_bpm": 140}),
        ("respiratory_rate", {"respiratory_rate_per_min": 26}),
        ("shock_index", {"heart_rate_bpm": 125}),
        ("consciousness", {"consciousness": "V"}),
        ("hypoxia", {"spo2_percent": 90}),
        ("hypotension", {"systolic_mmhg": 85}),
    ],
)
def test_a_sign_clears_by_two_normal_sets_a_quarter_of_an_hour_apart(
    problem: str, parts: dict[str, Any]
) -> None:
    sick = a_full_set(10, **parts)
    too_soon = watched([*a_course(), sick, a_full_set(20), a_full_set(34)])
    assert the_episode(problem, too_soon).is_open
    assert the_episode(
        problem, watched([*a_course(), sick, a_full_set(20), a_full_set(35)])
    ).cleared_at == minute(35)
    unmeasured = a_full_set(35, **dict.fromkeys(parts))
    assert the_episode(problem, watched([*a_course(), sick, a_full_set(20), unmeasured])).is_open


@pytest.mark.parametrize("kind", ["confusion", "seizure"])
def test_a_confusion_or_a_seizure_that_is_reported_is_high(kind: str) -> None:
    assert highest("consciousness", symptom(10, kind, Extent.POINT)) == HIGH


def pressure(at: float, **parts: Any) -> Event:
    return a_set(at, **{"systolic_mmhg": 118, "diastolic_mmhg": 75, "position": "supine", **parts})


@pytest.mark.parametrize(
    ("events", "until", "priority"),
    [
        pytest.param([symptom(10, "dizziness")], 19, None, id="9 minutes after the dizziness"),
        pytest.param([symptom(10, "dizziness")], 20, MEDIUM, id="10 minutes after it, by time alone"),
        pytest.param([symptom(10, "dizziness"), pressure(19)], 60, None, id="measured in time"),
        pytest.param([symptom(10, "dizziness"), pressure(10)], 60, None, id="ticked in the very set"),
        pytest.param([symptom(10, "dizziness"), pressure(19, position=None)], 20, MEDIUM, id="no position"),
        pytest.param(
            [symptom(10, "dizziness"), pressure(19, systolic_mmhg=None)], 20, MEDIUM, id="no pressure"
        ),
        pytest.param([pressure(9), symptom(10, "dizziness")], 20, MEDIUM, id="measured before it"),
        pytest.param([symptom(10, "syncope")], 11, HIGH, id="fainted: at once"),
        pytest.param([symptom(10, "syncope"), pressure(10)], 60, None, id="fainted, and measured at once"),
        pytest.param([symptom(10, "nausea")], 60, None, id="nausea is no dizziness"),
    ],
)
def test_dizziness_asks_for_a_pressure_and_a_position(
    events: list[Event], until: float, priority: Priority | None
) -> None:
    found = watched([*a_course(stop=None), *events], until=until)
    assert max((e.priority for e in found.episodes if e.problem == "dizziness"), default=None) == priority


def test_dizziness_clears_by_the_pressure_that_was_asked_for_and_by_nothing_else() -> None:
    dizzy = [*a_course(stop=None), symptom(10, "dizziness", Extent.POINT)]
    assert the_episode("dizziness", watched([*dizzy, a_set(600, temperature_c="36.8")])).is_open
    assert the_episode("dizziness", watched([*dizzy, pressure(40)])).cleared_at == minute(40)


def test_what_a_consciousness_is_called_in_both_languages() -> None:
    episode = the_episode("consciousness", watched([*a_course(), a_full_set(10, consciousness="C")]))
    rule = default_rules().rules["consciousness"]
    said = {code: sentence(rule, episode.priority, episode.evidence, code) for code in ("en", "es")}
    assert "not alert: newly confused" in said["en"]
    assert "no está alerta: confusión nueva" in said["es"]
