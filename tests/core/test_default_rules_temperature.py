"""The default rules of temperature: fever that lasts, that returns, that comes, and the cold."""

import pytest

from monitoring.core.events import Event
from monitoring.core.findings import Priority

from .builders import a_course, a_full_set, a_set, given, minute, symptom, the_episode, watched
from .test_default_rules import HIGH, MEDIUM, highest

LOW = Priority.LOW


def warm(at: float, value: str, site: str = "") -> Event:
    return a_set(at, temperature_c=value, site=site)


@pytest.mark.parametrize(
    ("readings", "priority"),
    [
        pytest.param([(10, "38.4"), (69, "38.3")], None, id="59 minutes are too short"),
        pytest.param([(10, "38.0"), (70, "38.0")], LOW, id="an hour is sustained"),
        pytest.param([(10, "38.4"), (40, "37.9"), (70, "38.4")], None, id="interrupted by 37.9"),
        pytest.param([(10, "38.4"), (550, "38.4")], LOW, id="the same 9 hours later, at home"),
        pytest.param([(10, "38.4"), (551, "38.4")], None, id="longer than 9 hours nobody knows"),
        pytest.param([(10, "37.96"), (70, "38.4")], None, id="37.96 is no fever to begin with"),
    ],
)
def test_sustained_fever(readings: list[tuple[float, str]], priority: Priority | None) -> None:
    assert highest("sustained_fever", *[warm(at, value) for at, value in readings]) == priority


@pytest.mark.parametrize(
    ("dose", "readings", "priority"),
    [
        pytest.param(20, [(10, "38.6"), (120, "37.2"), (379, "38.2")], None, id="5 h 59 after the dose"),
        pytest.param(
            20, [(10, "38.6"), (120, "37.2"), (380, "38.2")], MEDIUM, id="6 h after it, to the minute"
        ),
        pytest.param(
            20, [(10, "38.6"), (120, "37.2"), (500, "38.2")], MEDIUM, id="8 h after it, to the minute"
        ),
        pytest.param(20, [(10, "38.6"), (120, "37.2"), (501, "38.2")], None, id="8 h 1 after it"),
        pytest.param(20, [(10, "38.6"), (120, "37.2"), (400, "37.999")], None, id="back, but no fever"),
        pytest.param(20, [(10, "38.6"), (120, "38.1"), (400, "38.4")], None, id="it had never come down"),
        pytest.param(20, [(10, "37.0"), (120, "37.2"), (400, "38.4")], None, id="there was none before"),
        pytest.param(None, [(10, "38.6"), (120, "37.2"), (400, "38.4")], None, id="no antipyretic"),
    ],
)
def test_recurrent_fever(
    dose: float | None, readings: list[tuple[float, str]], priority: Priority | None
) -> None:
    doses: list[Event] = [] if dose is None else [given(dose, "antipyretic")]
    assert highest("recurrent_fever", *doses, *[warm(at, value) for at, value in readings]) == priority


def test_a_second_dose_hides_the_fever_again() -> None:
    doses = [given(20, "antipyretic", key="first"), given(300, "antipyretic", key="second")]
    readings = [warm(10, "38.6"), warm(120, "37.2"), warm(400, "38.4")]
    assert highest("recurrent_fever", *doses, *readings) is None


@pytest.mark.parametrize(
    ("readings", "priority"),
    [
        pytest.param([(0, "36.5", ""), (240, "37.5", "")], LOW, id="1.0 in 4 hours"),
        pytest.param([(0, "36.5", ""), (241, "37.5", "")], None, id="1.0 in 4 hours and a minute"),
        pytest.param([(0, "36.5", ""), (240, "37.49", "")], None, id="0.99 in 4 hours"),
        pytest.param([(0, "36.0", ""), (240, "37.0", "")], LOW, id="a rise to 37.0 itself"),
        pytest.param([(0, "35.9", ""), (240, "36.99", "")], None, id="a rise that ends below 37.0"),
        pytest.param([(0, "35.4", ""), (240, "36.5", "")], None, id="rewarming is no rise towards fever"),
        pytest.param([(0, "36.5", ""), (60, "38.0", "")], None, id="a fever is a fever, not a watch"),
        pytest.param([(0, "36.5", "axillary"), (60, "37.5", "oral")], None, id="another site is no rise"),
        pytest.param([(10, "37.5", "axillary")], LOW, id="the axillary watch line"),
        pytest.param([(10, "37.49", "axillary")], None, id="below the axillary watch line"),
        pytest.param([(10, "37.9", "axillary")], LOW, id="an axilla is never corrected into a fever"),
        pytest.param([(10, "38.0", "axillary")], None, id="38.0 in the axilla is a fever"),
        pytest.param([(10, "37.9", "oral")], None, id="no watch line for a mouth"),
        pytest.param([(10, "37.9", "")], None, id="nor for a site that nobody named"),
    ],
)
def test_the_temperature_watch(readings: list[tuple[float, str, str]], priority: Priority | None) -> None:
    assert highest("temperature_watch", *[warm(*reading) for reading in readings]) == priority


def test_the_temperature_watch_clears_by_readings_hours_apart_too() -> None:
    course = a_course(stop=60, home=90)
    found = watched([*course, warm(100, "37.6", "axillary"), warm(580, "36.8"), warm(1060, "36.7")])
    assert the_episode("temperature_watch", found).cleared_at == minute(1060)


def test_a_first_reading_is_no_trend_and_may_be_normal() -> None:
    found = watched([*a_course(), a_full_set(10, temperature_c="36.8")])
    assert found.signs["temperature_c"].status.value == "normal"


@pytest.mark.parametrize(
    ("value", "priority"),
    [
        pytest.param("35.0", MEDIUM, id="35.0 itself is low"),
        pytest.param("35.01", None, id="35.01 is not"),
        pytest.param("33", MEDIUM, id="a cold reading"),
    ],
)
def test_hypothermia(value: str, priority: Priority | None) -> None:
    assert highest("hypothermia", warm(10, value)) == priority


@pytest.mark.parametrize(
    ("problem", "raising"),
    [
        pytest.param("fever", [warm(10, "38.4")], id="fever"),
        pytest.param("sustained_fever", [warm(10, "38.4"), warm(70, "38.4")], id="sustained fever"),
        pytest.param("hypothermia", [warm(10, "34.8")], id="low temperature"),
    ],
)
def test_two_normal_readings_clear_a_temperature(problem: str, raising: list[Event]) -> None:
    one = watched([*a_course(), *raising, a_full_set(80), a_full_set(94)])
    two = watched([*a_course(), *raising, a_full_set(80), a_full_set(95)])
    assert the_episode(problem, one).is_open
    assert the_episode(problem, two).cleared_at == minute(95)


@pytest.mark.parametrize("problem", ["fever", "sustained_fever", "febrile_neutropenia", "recurrent_fever"])
def test_no_fever_clears_behind_an_antipyretic(problem: str) -> None:
    raising = [
        warm(10, "38.6"),
        given(20, "antipyretic", key="first"),
        a_set(30, neutrophils_10e9_l="0.4"),
        warm(120, "37.0"),
        warm(400, "38.7"),
        warm(460, "38.7"),
    ]
    hidden = [given(470, "antipyretic", key="second"), a_full_set(500), a_full_set(520)]
    episode = the_episode(problem, watched([*a_course(), *raising, *hidden]))
    assert episode.is_open
    assert episode.masked


@pytest.mark.parametrize(
    ("events", "priority"),
    [
        pytest.param([given(5, "il2"), warm(10, "38.0")], LOW, id="IL-2, then fever"),
        pytest.param([given(5, "gm_csf"), warm(10, "38.0")], LOW, id="GM-CSF, then fever"),
        pytest.param([given(5, "il2"), warm(1444, "38.0")], LOW, id="just within 24 hours"),
        pytest.param([given(5, "il2"), warm(1445, "38.0")], None, id="24 hours later"),
        pytest.param([given(5, "il2"), symptom(10, "chills")], LOW, id="IL-2, then chills"),
        pytest.param([given(5, "il2"), warm(10, "37.9")], None, id="nothing to explain"),
        pytest.param([warm(10, "38.0")], None, id="nothing given that could explain it"),
    ],
)
def test_il_2_and_gm_csf_are_shown_as_another_cause(events: list[Event], priority: Priority | None) -> None:
    assert highest("cytokine_support", *events) == priority


def test_a_high_fever_stays_high_beside_another_cause() -> None:
    assert highest("fever", given(5, "il2"), warm(10, "39.0")) == HIGH
