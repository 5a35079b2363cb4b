"""Afternoons on the ward, played through the real services: what rings, when, and that nothing else does."""

from typing import Any

import pytest

from accounts.actors import system_actor
from monitoring.models import Alert
from tests.monitoring.test_scenarios import Ward, at
from tracker import services

pytestmark = pytest.mark.django_db

WELL: dict[str, Any] = {
    "temperature_c": "36.8",
    "systolic_mmhg": "120",
    "diastolic_mmhg": "80",
    "heart_rate_bpm": "80",
    "respiratory_rate_per_min": "16",
    "spo2_percent": "97",
    "oxygen_device": "room_air",
    "consciousness": "A",
    "rigors": "none",
    "position": "supine",
}


class Bedside(Ward):
    """A ward whose nurse measures everything each time."""

    def measures(self, minute: float, **values: Any) -> None:
        """Records a complete set; what is not said is well."""
        self.takes(minute, **(WELL | values))

    def told(self) -> dict[str, str]:
        """What rings by itself, by problem with its priority: nothing that another alert explains."""
        rows = Alert.objects.standing().filter(infusion=self.infusion, explained_by=None)
        return {row.problem: row.get_priority_display().lower() for row in rows}

    def explained(self) -> dict[str, str]:
        """What stands below another alert, with the problem that explains it."""
        rows = Alert.objects.standing().filter(infusion=self.infusion).exclude(explained_by=None)
        return {row.problem: row.explained_by.problem for row in rows if row.explained_by is not None}

    def grade(self) -> int | None:
        """The grade proposed for a cytokine release syndrome."""
        return self.alert("crs").grade


def test_an_uneventful_infusion_rings_nobody() -> None:
    ward = Bedside(stopped=30)
    for minute in (15, 30, 45, 60, 75, 90, 120, 150, 210, 270):
        ward.measures(minute)
    ward.looks(280)
    assert (ward.told(), ward.explained()) == ({}, {})


def test_a_fever_after_premedication_rings_once_and_is_not_called_over_while_it_may_be_masked() -> None:
    ward = Bedside()
    ward.gives("antipyretic", -29, known=0, indication="premedication")
    for minute, temperature in ((15, "36.9"), (45, "38.3"), (60, "38.6"), (90, "37.8"), (106, "37.4")):
        ward.measures(minute, temperature_c=temperature)
    assert "fever" in ward.told()
    assert set(ward.told()) <= {"fever", "overdue_vitals"}
    assert ward.alert("fever").masked
    assert ward.alert("fever").condition == "active"


def test_low_pressure_with_fever_is_grade_2_and_a_vasopressor_grade_3_under_one_alert() -> None:
    ward = Bedside()
    ward.measures(30, temperature_c="38.4", heart_rate_bpm="104")
    ward.measures(45, temperature_c="38.6", systolic_mmhg="86", diastolic_mmhg="50", heart_rate_bpm="112")
    ward.gives("fluids", 47, indication="hypotension")
    assert ward.grade() == 2
    ward.gives("antipyretic", 61, indication="fever")
    ward.gives("vasopressor", 63, mark="start", substance="noradrenaline", indication="hypotension")
    assert ward.grade() == 3
    assert ward.told()["crs"] == "high"
    explained = ward.explained()
    assert {"fever", "hypotension", "heart_rate", "news2", "shock_index"} <= set(explained)
    assert {explained["fever"], explained["hypotension"]} == {"crs"}


def test_the_grade_outlives_the_fever_once_the_syndrome_was_treated() -> None:
    ward = Bedside()
    ward.measures(30, temperature_c="38.4")
    ward.measures(45, temperature_c="38.6", systolic_mmhg="86", diastolic_mmhg="50")
    ward.gives("antipyretic", 47, indication="fever")
    ward.gives("vasopressor", 63, mark="start", substance="noradrenaline", indication="hypotension")
    ward.measures(75, temperature_c="37.0", systolic_mmhg="112", diastolic_mmhg="70")
    ward.measures(91, temperature_c="36.8", systolic_mmhg="112", diastolic_mmhg="70")
    assert (ward.grade(), ward.alert("crs").condition) == (3, "active")


def test_premedication_before_the_first_fever_waives_nothing() -> None:
    ward = Bedside()
    ward.gives("antipyretic", -29, known=0, indication="premedication")
    ward.measures(15, systolic_mmhg="86", diastolic_mmhg="50")
    assert ward.told() == {"hypotension": "high"}
    assert not ward.has("crs")


def test_oxygen_for_comfort_is_no_hypoxia_and_raises_no_grade() -> None:
    ward = Bedside()
    ward.gives("oxygen", 10, mark="start", substance="nasal_cannula", indication="comfort")
    ward.measures(15, oxygen_device="nasal_cannula", oxygen_flow_l_min="2")
    ward.measures(30, oxygen_device="nasal_cannula", oxygen_flow_l_min="2", temperature_c="38.2")
    assert ward.told() == {"fever": "medium"}


def test_a_low_baseline_is_medium_until_the_patient_feels_it() -> None:
    ward = Bedside(systolic_mmhg="94", diastolic_mmhg="70")
    ward.measures(15, systolic_mmhg="102", diastolic_mmhg="74")
    ward.measures(30, systolic_mmhg="88", diastolic_mmhg="66")
    assert ward.told() == {"hypotension": "medium"}
    ward.notes("dizziness", 40)
    assert ward.told() == {"hypotension": "high"}


def test_a_rigor_that_meperidine_does_not_stop_asks_at_15_and_at_30_minutes() -> None:
    ward = Bedside()
    ward.measures(15)
    ward.notes("rigors", 20, mark="start", severity="shaking")
    assert ward.told() == {"rigors": "high"}
    ward.gives("meperidine", 25, indication="rigors")
    ward.measures(30, rigors="shaking")
    assert not ward.has("rigors_persisting")
    ward.looks(41)
    assert ward.alert("rigors_persisting").priority == 2
    ward.measures(45, rigors="shaking")
    ward.looks(56)
    assert ward.alert("rigors_persisting").priority == 3
    ward.notes("rigors", 60, mark="stop")
    assert {ward.alert(problem).condition for problem in ("rigors", "rigors_persisting")} == {"cleared"}


def test_a_fever_at_home_on_the_second_night_rings_as_it_does_on_the_ward() -> None:
    ward = Bedside(stopped=30)
    for minute in (15, 30, 45, 60, 75, 90, 120, 150):
        ward.measures(minute)
    febris = system_actor("test")
    services.discharge_infusion(febris, ward.infusion, at=at(160), now=at(160), override_reason="a test")
    for hour in (8, 16, 24, 32, 40):
        given = {"measured_at": at(hour * 60), "temperature_c": "38.4" if hour == 40 else "36.8"}
        services.record_temperature(ward.nurse, ward.infusion, given, now=at(hour * 60))
        ward.looks(hour * 60)
    assert ward.told() == {"fever": "medium"}


def test_parts_that_are_never_measured_are_asked_for_and_what_is_known_still_rings() -> None:
    ward = Bedside()
    seen = {"systolic_mmhg": "106", "diastolic_mmhg": "70", "heart_rate_bpm": "112"}
    for minute in (15, 30, 45):
        ward.takes(minute, temperature_c="39.2", **seen)
    assert ward.alert("fever").priority == 3
    assert ward.told() == {"fever": "high", "parts_missing": "low"}
    ward.measures(60, temperature_c="39.0", heart_rate_bpm="108")
    assert ward.alert("parts_missing").condition == "cleared"


def test_a_count_that_comes_late_turns_the_fever_into_febrile_neutropenia() -> None:
    ward = Bedside()
    ward.measures(15)
    ward.measures(30, temperature_c="38.5")
    assert ward.told() == {"fever": "medium"}
    given = {"measured_at": at(-180), "analyte": "ANC", "value_typed": "0.3", "unit": "10*9/L", "lln": "1.8"}
    services.record_lab(system_actor("test"), ward.infusion.patient, given, now=at(40))
    ward.looks(40)
    assert ward.told() == {"febrile_neutropenia": "high"}
    assert (ward.alert("febrile_neutropenia").raised_at, ward.explained()) == (
        at(30),
        {"fever": "febrile_neutropenia"},
    )


def test_a_steroid_asks_for_its_reason_and_one_for_the_syndrome_asks_more_softly() -> None:
    without, with_reason = Bedside(), Bedside()
    without.gives("steroid", 10, indication="premedication")
    with_reason.gives("steroid", 10, indication="crs")
    assert (without.told(), with_reason.told()) == ({"steroid": "medium"}, {"steroid": "low"})


def test_a_pressure_that_could_not_be_measured_and_then_is_low_stays_one_alert() -> None:
    ward = Bedside()
    ward.measures(15)
    without = {name: value for name, value in WELL.items() if not name.endswith("_mmhg")}
    ward.takes(30, bp_unrecordable=True, **without)
    assert ward.told() == {"hypotension": "high"}
    ward.measures(34, systolic_mmhg="82", diastolic_mmhg="44")
    assert Alert.objects.filter(infusion=ward.infusion, problem="hypotension").count() == 1
    ward.measures(45)
    ward.measures(61)
    assert ward.alert("hypotension").condition == "cleared"


def test_silence_is_one_alert_that_grows_and_ends_with_the_next_set() -> None:
    ward = Bedside()
    ward.measures(15)
    for minute in (36, 51, 66):
        ward.looks(minute)
    assert ward.told() == {"overdue_vitals": "high"}
    ward.measures(70)
    assert ward.alert("overdue_vitals").condition == "cleared"
