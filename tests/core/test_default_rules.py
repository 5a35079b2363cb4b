"""The default rule set against tables of readings, each boundary by name."""

from decimal import Decimal
from typing import Any

import pytest

from monitoring.core.events import Event, Extent
from monitoring.core.findings import Priority, Status
from monitoring.core.sentences import sentence

from .builders import (
    a_course,
    a_full_set,
    a_set,
    default_rules,
    minute,
    symptom,
    the_episode,
    watched,
)

HIGH, MEDIUM = Priority.HIGH, Priority.MEDIUM


def highest(problem: str, *events: Event, course: list[Event] | None = None) -> Priority | None:
    """The priority that this problem reaches in an otherwise normal course."""
    found = watched([*(course if course is not None else a_course()), *events])
    return max((e.priority for e in found.episodes if e.problem == problem), default=None)


@pytest.mark.parametrize(
    ("temperature", "priority"),
    [
        pytest.param("37.96", None, id="37.96 is no fever although it rounds to 38.0"),
        pytest.param("37.999", None, id="37.999 is no fever"),
        pytest.param("38.0", MEDIUM, id="38.0 itself is a fever"),
        pytest.param("38.9", MEDIUM, id="38.9 is medium"),
        pytest.param("38.999", MEDIUM, id="38.999 is still medium"),
        pytest.param("39.0", HIGH, id="39.0 itself is high"),
        pytest.param(None, None, id="no temperature is no fever"),
    ],
)
def test_fever(temperature: str | None, priority: Priority | None) -> None:
    assert highest("fever", a_full_set(10, temperature_c=temperature)) == priority


def test_a_fever_measured_as_100_4_fahrenheit_is_a_fever() -> None:
    celsius = (Decimal("100.4") - 32) * 5 / 9
    assert highest("fever", a_full_set(10, temperature_c=celsius)) == MEDIUM


@pytest.mark.parametrize(
    ("parts", "priority"),
    [
        pytest.param({"systolic_mmhg": 101, "diastolic_mmhg": 70}, None, id="101 is normal"),
        pytest.param({"systolic_mmhg": 100, "diastolic_mmhg": 70}, MEDIUM, id="100 itself is medium"),
        pytest.param({"systolic_mmhg": 90, "diastolic_mmhg": 70}, MEDIUM, id="90 itself is medium"),
        pytest.param({"systolic_mmhg": "89.9", "diastolic_mmhg": 70}, HIGH, id="89.9 is high"),
        pytest.param({"systolic_mmhg": 105, "diastolic_mmhg": 45}, None, id="a mean of 65 itself is normal"),
        pytest.param({"systolic_mmhg": 105, "diastolic_mmhg": 44}, HIGH, id="a mean just under 65 is high"),
        pytest.param({"systolic_mmhg": None, "diastolic_mmhg": None, "map_mmhg": 64}, HIGH, id="mean alone"),
        pytest.param(
            {"systolic_mmhg": None, "diastolic_mmhg": None, "bp_unrecordable": True},
            HIGH,
            id="an unrecordable pressure is high",
        ),
        pytest.param({"systolic_mmhg": None, "diastolic_mmhg": None}, None, id="no pressure raises nothing"),
    ],
)
def test_hypotension_by_absolute_limits(parts: dict[str, Any], priority: Priority | None) -> None:
    low_normal = a_course(systolic_mmhg=110, diastolic_mmhg=70, oxygen_device="room_air")
    assert highest("hypotension", a_full_set(10, **parts), course=low_normal) == priority


@pytest.mark.parametrize(
    ("before", "now", "priority"),
    [
        pytest.param(200, 171, None, id="a fall of 29 mmHg is normal"),
        pytest.param(200, 170, MEDIUM, id="a fall of 30 mmHg itself is medium"),
        pytest.param(130, 105, None, id="a fall of 19.2 % is normal"),
        pytest.param(130, 104, MEDIUM, id="a fall of 20 % itself is medium"),
        pytest.param(200, 140, MEDIUM, id="a fall of 30 % itself is not above 30 %"),
        pytest.param(200, "139.9", HIGH, id="a fall above 30 % is high"),
        pytest.param(120, 150, None, id="a rise is no fall"),
    ],
)
def test_hypotension_by_its_fall_from_baseline(before: int, now: Any, priority: Priority | None) -> None:
    course = a_course(systolic_mmhg=before, diastolic_mmhg=80, oxygen_device="room_air")
    reading = a_full_set(10, systolic_mmhg=now, diastolic_mmhg=80)
    assert highest("hypotension", reading, course=course) == priority


@pytest.mark.parametrize(
    ("at_baseline", "systolic", "others", "priority"),
    [
        pytest.param({"systolic_mmhg": 99}, 85, [], MEDIUM, id="baseline 99, fall 14 %, no symptom: medium"),
        pytest.param({"systolic_mmhg": 100}, 89, [], HIGH, id="baseline 100 itself is not under 100"),
        pytest.param({"systolic_mmhg": 99}, 84, [], HIGH, id="a fall of 15.2 % is high"),
        pytest.param({"systolic_mmhg": 98}, "83.3", [], HIGH, id="a fall of 15 % itself is high"),
        pytest.param({"systolic_mmhg": 99}, 88, [symptom(5, "dizziness")], HIGH, id="dizzy: high"),
        pytest.param(
            {"systolic_mmhg": 99},
            88,
            [symptom(5, "dizziness", Extent.POINT)],
            HIGH,
            id="was dizzy just now: high",
        ),
        pytest.param(
            {"systolic_mmhg": 99}, 88, [symptom(5, "headache")], MEDIUM, id="a headache is none of these"
        ),
        pytest.param(
            {"oxygen_device": "room_air"}, 88, [], HIGH, id="a baseline that was never taken softens nothing"
        ),
    ],
)
def test_below_90_always_raises_and_a_low_baseline_softens_it(
    at_baseline: dict[str, Any], systolic: Any, others: list[Event], priority: Priority
) -> None:
    reading = a_full_set(10, systolic_mmhg=systolic, diastolic_mmhg=70)
    assert highest("hypotension", *others, reading, course=a_course(**at_baseline)) == priority


@pytest.mark.parametrize(
    ("at_baseline", "systolic", "others", "priority"),
    [
        pytest.param("94", "92", [], None, id="92 with a baseline of 94 is the patient's own"),
        pytest.param("99", "90", [], None, id="90 itself with a baseline of 99"),
        pytest.param("99", "89.9", [], MEDIUM, id="below 90 it rings"),
        pytest.param("100", "92", [], MEDIUM, id="a baseline of 100 itself is not under 100"),
        pytest.param("94", "92", [symptom(5, "dizziness")], MEDIUM, id="dizzy before it"),
        pytest.param("94", "92", [symptom(20, "dizziness")], MEDIUM, id="dizzy 10 minutes after it"),
        pytest.param("94", "92", [symptom(25, "dizziness")], None, id="dizzy 15 minutes after it"),
        pytest.param(None, "92", [], MEDIUM, id="a baseline that was never taken softens nothing"),
    ],
)
def test_what_a_patient_had_before_is_no_low_pressure(
    at_baseline: str | None, systolic: str, others: list[Event], priority: Priority | None
) -> None:
    course = a_course(
        **({"oxygen_device": "room_air"} if at_baseline is None else {"systolic_mmhg": at_baseline})
    )
    reading = a_full_set(10, systolic_mmhg=systolic, diastolic_mmhg=70)
    assert highest("hypotension", *others, reading, course=course) == priority


def test_a_fever_with_the_pressure_that_the_patient_had_before_is_no_syndrome_of_grade_2() -> None:
    sick = a_full_set(10, temperature_c="38.4", systolic_mmhg=92, diastolic_mmhg=65)
    usual = a_course(systolic_mmhg=94, oxygen_device="room_air")
    assert highest("crs", sick, course=usual) is None
    assert highest("crs", sick) == HIGH


def test_a_low_pressure_is_over_once_it_is_what_the_patient_had_before() -> None:
    course = a_course(systolic_mmhg=94, diastolic_mmhg=65, oxygen_device="room_air")
    sets = [
        a_full_set(at, systolic_mmhg=mmhg, diastolic_mmhg=65) for at, mmhg in ((10, 75), (20, 92), (35, 93))
    ]
    assert the_episode("hypotension", watched([*course, *sets])).cleared_at == minute(35)


def test_the_alert_says_why_a_pressure_below_90_is_only_medium() -> None:
    course = a_course(systolic_mmhg=95, diastolic_mmhg=70)
    episode = the_episode(
        "hypotension", watched([*course, a_full_set(10, systolic_mmhg=88, diastolic_mmhg=70)])
    )
    rule = default_rules().rules["hypotension"]
    assert episode.priority is MEDIUM
    assert "baseline was below 100" in sentence(rule, episode.priority, episode.evidence, "en")
    assert "el valor basal era inferior a 100" in sentence(rule, episode.priority, episode.evidence, "es")


def test_a_reading_below_90_stands_in_the_evidence_of_an_episode_that_the_mean_opened() -> None:
    found = watched(
        [
            *a_course(),
            a_full_set(10, systolic_mmhg=105, diastolic_mmhg=40),
            a_full_set(20, systolic_mmhg=89, diastolic_mmhg=60),
        ]
    )
    episode = the_episode("hypotension", found)
    (below_90,) = [entry for entry in episode.evidence if entry.condition == "systolic_below_90"]
    assert (episode.raised_at, below_90.first.at) == (minute(10), minute(20))


@pytest.mark.parametrize(
    ("events", "priority"),
    [
        pytest.param([a_full_set(10, rigors="mild")], MEDIUM, id="mild in a set is medium"),
        pytest.param([a_full_set(10, rigors="shaking")], HIGH, id="shaking in a set is high"),
        pytest.param([symptom(10, "rigors", severity="shaking")], HIGH, id="shaking, reported, is high"),
        pytest.param(
            [symptom(10, "rigors", Extent.POINT, "shaking")], HIGH, id="ticked for one moment is high"
        ),
        pytest.param([symptom(10, "rigors")], MEDIUM, id="rigors of unstated severity are medium"),
        pytest.param([a_full_set(10, rigors=None)], None, id="rigors not asked about raise nothing"),
        pytest.param([symptom(10, "chills")], None, id="chills are no rigors"),
    ],
)
def test_rigors(events: list[Event], priority: Priority | None) -> None:
    assert highest("rigors", *events) == priority


def test_a_concern_is_high_whatever_the_numbers() -> None:
    assert highest("concern", a_full_set(10, concern=True)) == HIGH
    assert highest("concern", a_full_set(10)) is None


def test_a_complete_normal_set_raises_nothing() -> None:
    assert watched([*a_course(), a_full_set(10)]).episodes == ()


def test_each_sign_of_a_set_stands_in_one_of_the_states() -> None:
    signs = watched([*a_course(), a_full_set(10, temperature_c="38.4", spo2_percent=None)]).signs
    assert signs["temperature_c"].status is Status.ABNORMAL
    assert signs["temperature_c"].problems == ("fever",)
    assert signs["systolic_mmhg"].status is Status.NORMAL
    assert signs["spo2_percent"].status is Status.UNKNOWN


def test_a_sign_that_no_rule_reads_is_unknown_and_never_normal() -> None:
    signs = watched([*a_course(), a_full_set(10, fio2_percent=40)]).signs
    assert signs["fio2_percent"].status is Status.UNKNOWN


def test_without_a_baseline_nobody_can_say_that_a_pressure_is_normal() -> None:
    signs = watched([*a_course(oxygen_device="room_air"), a_full_set(10)]).signs
    assert signs["systolic_mmhg"].status is Status.UNKNOWN


def test_a_set_outside_the_watch_window_is_not_judged() -> None:
    course = a_course(stop=60)
    last = 60 + 48 * 60
    assert highest("fever", a_set(-1, temperature_c="39.5"), course=course) is None
    assert highest("fever", a_set(0, temperature_c="39.5"), course=course) == HIGH
    assert highest("fever", a_set(last, temperature_c="39.5"), course=course) == HIGH
    assert highest("fever", a_set(last + 1, temperature_c="39.5"), course=course) is None


def test_while_no_stop_is_recorded_the_watch_stays_open() -> None:
    assert highest("fever", a_set(20_000, temperature_c="39.5"), course=a_course(stop=None)) == HIGH
