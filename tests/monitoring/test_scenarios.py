"""What happens at a bedside, told as short stories through the real services."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.permissions import Actor, Role
from monitoring import alerts
from monitoring.bedside import amend_and_watch, record_and_watch, void_and_watch, watch_at_once
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Condition, Response
from monitoring.outcome import Outcome
from monitoring.sentences import words
from monitoring.verify import verify_patient
from tests.builders import NOW, make_actor, make_infusion, make_site, minutes
from tracker import services
from tracker.models import Baseline, Infusion, SubjectFacts, Transplant, VitalSigns

pytestmark = pytest.mark.django_db

NORMAL: dict[str, Any] = {
    "temperature_c": "36.8",
    "systolic_mmhg": "120",
    "diastolic_mmhg": "80",
    "spo2_percent": "97",
    "oxygen_device": "room_air",
    "rigors": "none",
}


class Ward:
    """One infusion that runs since minute 0, and the nurse beside it."""

    def __init__(self, *, stopped: float | None = None, **baseline: str) -> None:
        site = make_site()
        stopped_at = None if stopped is None else at(stopped)
        self.infusion: Infusion = make_infusion(started_at=NOW, stopped_at=stopped_at, site=site)
        self.nurse: Actor = make_actor(Role.NURSE, site)
        self.investigator: Actor = make_actor(Role.INVESTIGATOR, site)
        values = {"systolic_mmhg": "120", "diastolic_mmhg": "80", "oxygen_device": "room_air"} | baseline
        Baseline.objects.create(infusion=self.infusion, values=values, recorded_at=NOW)
        evaluate_infusion(self.infusion.pk, NOW)

    def takes(self, minute: float, *, known: float | None = None, **values: Any) -> VitalSigns:
        """Records a set and judges it."""
        given = {"measured_at": at(minute)} | values
        given.setdefault("confirmed", [name for name in values if name != "confirmed"])
        now = at(minute if known is None else known)
        recorded, self.outcome = record_and_watch(self.nurse, self.infusion, given, now)
        return recorded.row

    def amends(self, row: VitalSigns, minute: float, **values: Any) -> VitalSigns:
        recorded, self.outcome = amend_and_watch(self.nurse, row, values, reason="typo", now=at(minute))
        corrected: VitalSigns = recorded.row
        return corrected

    def voids(self, row: VitalSigns, minute: float) -> None:
        _, self.outcome = void_and_watch(self.nurse, row, reason="wrong patient", now=at(minute))

    def notes(self, kind: str, minute: float, *, known: float | None = None, **values: Any) -> Any:
        """Records a symptom and judges it."""
        now = at(minute if known is None else known)
        given = {"kind": kind, "measured_at": at(minute)} | values
        recorded = services.record_symptom(self.nurse, self.infusion, given, now=now)
        self.outcome = watch_at_once(self.infusion.pk, recorded.infusion_ids, now)
        return recorded.row

    def gives(self, kind: str, minute: float, *, known: float | None = None, **values: Any) -> Any:
        now = at(minute if known is None else known)
        given = {"kind": kind, "measured_at": at(minute)} | values
        recorded = services.record_intervention(self.nurse, self.infusion, given, now=now)
        self.outcome = watch_at_once(self.infusion.pk, recorded.infusion_ids, now)
        return recorded.row

    def looks(self, minute: float) -> Outcome:
        self.outcome = evaluate_infusion(self.infusion.pk, at(minute))
        return self.outcome

    def alert(self, problem: str) -> Alert:
        """The only alert of the problem that was not retracted."""
        return Alert.objects.standing().get(infusion=self.infusion, problem=problem)

    def has(self, problem: str) -> bool:
        return Alert.objects.standing().filter(infusion=self.infusion, problem=problem).exists()

    def acknowledges(self, problem: str, minute: float, **more: Any) -> Alert:
        given: dict[str, Any] = {"commitment": "call_investigator", "until": at(minute + 10)} | more
        return alerts.acknowledge(self.nurse, self.alert(problem), now=at(minute), **given)

    def is_reproduced(self) -> list[str]:
        return [str(one) for one in verify_patient(self.infusion.patient_id)]


def at(minute: float) -> datetime:
    return NOW + minutes(minute)


# --- fever ---


@pytest.mark.parametrize(
    ("given", "fever"),
    [
        pytest.param({"temperature_c": "38.0"}, 2, id="38.0 itself"),
        pytest.param({"temperature_c": "37.96"}, 0, id="37.96 is not rounded up"),
        pytest.param({"temperature_f": "100.4"}, 2, id="100.4 F is 38.0"),
        pytest.param({"temperature_f": "102.2"}, 3, id="102.2 F is 39.0"),
        pytest.param({"temperature_f": "100.3"}, 0, id="100.3 F is 37.94"),
        pytest.param({"temperature_c": "38.0", "temperature_site": "axillary"}, 2, id="axillary"),
    ],
)
def test_fever_as_typed(given: dict[str, Any], fever: int) -> None:
    ward = Ward()
    ward.takes(10, **given)
    found = Alert.objects.filter(problem="fever")
    assert [alert.priority for alert in found] == ([fever] if fever else [])


def test_a_dose_against_fever_masks_and_does_not_clear_it() -> None:
    ward = Ward()
    ward.takes(10, temperature_c="38.6")
    ward.gives("antipyretic", 12, mark="given", substance="paracetamol")
    for minute in (60, 120, 180, 240, 300, 360):
        ward.takes(minute, **NORMAL)
    fever = ward.alert("fever")
    assert (fever.condition, fever.masked) == (Condition.ACTIVE, True)
    ward.takes(372, **NORMAL)
    assert ward.alert("fever").condition == Condition.ACTIVE
    ward.takes(388, **NORMAL)
    assert (ward.alert("fever").condition, ward.alert("fever").masked) == (Condition.CLEARED, False)
    assert ward.is_reproduced() == []


def test_a_set_without_a_temperature_never_clears_a_fever() -> None:
    ward = Ward()
    ward.takes(10, temperature_c="38.6")
    without = {name: value for name, value in NORMAL.items() if name != "temperature_c"}
    for minute in (25, 40, 55, 70):
        ward.takes(minute, **without)
    assert ward.alert("fever").condition == Condition.ACTIVE
    assert ward.outcome.signs["temperature_c"] == "unknown"


@pytest.mark.parametrize(("second", "condition"), [(14, "active"), (15, "cleared")])
def test_two_normal_sets_clear_a_quarter_of_an_hour_apart(second: float, condition: str) -> None:
    ward = Ward()
    ward.takes(10, temperature_c="38.6")
    ward.takes(20, **NORMAL)
    ward.takes(20 + second, **NORMAL)
    assert ward.alert("fever").condition == condition


@pytest.mark.parametrize(("second", "condition"), [(239, "active"), (240, "cleared")])
def test_at_home_two_readings_clear_four_hours_apart(second: float, condition: str) -> None:
    ward = Ward(stopped=60)
    ward.takes(70, temperature_c="38.6")
    happened = services.discharge_infusion(ward.nurse, ward.infusion, at=at(80), now=at(80))
    watch_at_once(ward.infusion.pk, happened.infusion_ids, at(80))
    ward.takes(100, temperature_c="36.8")
    ward.takes(100 + second, temperature_c="36.8")
    assert ward.alert("fever").condition == condition


# --- pressure ---


def test_below_90_with_a_low_baseline_is_medium_and_says_why_until_dizziness_is_ticked() -> None:
    ward = Ward(systolic_mmhg="95", diastolic_mmhg="70")
    ward.takes(10, systolic_mmhg="88", diastolic_mmhg="66")
    low = ward.alert("hypotension")
    assert low.priority == 2
    assert "baseline was below 100" in words(low, "en").summary
    assert "el valor basal era inferior a 100" in words(low, "es").summary
    ward.takes(15, systolic_mmhg="88", diastolic_mmhg="66", symptoms=["dizziness"])
    assert ward.alert("hypotension").priority == 3


def test_dizziness_reported_after_a_low_pressure_makes_it_high() -> None:
    ward = Ward(systolic_mmhg="95", diastolic_mmhg="70")
    ward.takes(10, systolic_mmhg="88", diastolic_mmhg="66")
    ward.notes("dizziness", 12, mark="start")
    assert ward.alert("hypotension").priority == 3


def test_89_999_is_below_90() -> None:
    ward = Ward()
    ward.takes(10, systolic_mmhg="89.999", diastolic_mmhg="70")
    assert ward.alert("hypotension").priority == 3


def test_crossed_pressures_leave_the_mean_unknown_and_the_systolic_counting() -> None:
    ward = Ward()
    ward.takes(10, systolic_mmhg="85", diastolic_mmhg="95", confirmed=["systolic_mmhg", "diastolic_mmhg"])
    assert ward.alert("hypotension").priority == 3
    assert ward.outcome.signs["map_mmhg"] == "unknown"
    ward.takes(26, systolic_mmhg="115", diastolic_mmhg="118", confirmed=["systolic_mmhg", "diastolic_mmhg"])
    ward.takes(42, systolic_mmhg="115", diastolic_mmhg="118", confirmed=["systolic_mmhg", "diastolic_mmhg"])
    assert ward.alert("hypotension").condition == Condition.ACTIVE


def test_an_unrecordable_pressure_is_high_and_clears_by_normal_sets() -> None:
    ward = Ward()
    ward.takes(10, temperature_c="36.8", bp_unrecordable=True)
    assert ward.alert("hypotension").priority == 3
    ward.takes(26, **NORMAL)
    ward.takes(42, **NORMAL)
    assert ward.alert("hypotension").condition == Condition.CLEARED


# --- rigors, concern ---


def test_shaking_rigors_last_until_their_stop() -> None:
    ward = Ward()
    ward.notes("rigors", 10, mark="start", severity="severe")
    assert ward.alert("rigors").priority == 3
    ward.takes(15, temperature_c="37.0")
    assert ward.alert("rigors").condition == Condition.ACTIVE
    ward.notes("rigors", 30, mark="stop")
    assert (ward.alert("rigors").condition, ward.alert("rigors").cleared_at) == (Condition.CLEARED, at(30))


def test_a_stop_without_a_start_ends_what_a_set_has_shown() -> None:
    ward = Ward()
    ward.notes("rigors", 5, mark="stop")
    assert not ward.has("rigors")
    ward.takes(10, rigors="shaking")
    ward.notes("rigors", 20, mark="stop")
    assert ward.alert("rigors").condition == Condition.CLEARED


def test_two_starts_end_with_one_stop() -> None:
    ward = Ward()
    ward.notes("rigors", 10, mark="start", severity="mild")
    ward.notes("rigors", 12, mark="start", severity="severe")
    assert ward.alert("rigors").priority == 3
    ward.notes("rigors", 20, mark="stop")
    assert ward.alert("rigors").condition == Condition.CLEARED


def test_a_concern_assessed_is_answered_and_a_second_stands_on_its_own() -> None:
    ward = Ward()
    ward.takes(10, concern="grey")
    first = alerts.assess(ward.nurse, ward.alert("concern"), outcome="actioned", now=at(12))
    ward.looks(12)
    ward.takes(20, concern="greyer")
    rows = list(Alert.objects.filter(problem="concern").order_by("raised_at"))
    assert [(row.raised_at, row.condition) for row in rows] == [
        (at(10), Condition.CLEARED),
        (at(20), Condition.ACTIVE),
    ]
    assert rows[0].pk == first.pk
    assert ward.is_reproduced() == []


# --- what people promise ---


@pytest.mark.parametrize(
    ("problem", "values", "longest"),
    [
        pytest.param("fever", {"temperature_c": "39.5"}, 60, id="high: an hour"),
        pytest.param("fever", {"temperature_c": "38.5"}, 240, id="medium: four hours"),
    ],
)
def test_a_promise_has_its_longest_time(problem: str, values: dict[str, Any], longest: float) -> None:
    ward = Ward()
    ward.takes(10, **values)
    with pytest.raises(alerts.AlertRefused):
        ward.acknowledges(problem, 11, until=at(11 + longest) + timedelta(seconds=1))
    assert ward.acknowledges(problem, 11, until=at(11 + longest)).response == Response.ACKNOWLEDGED


def test_a_promised_repeat_that_is_still_true_opens_again_and_a_normal_one_does_not() -> None:
    ward = Ward()
    ward.takes(10, temperature_c="38.6")
    ward.acknowledges("fever", 11, commitment="repeat_vitals", until=at(60))
    ward.takes(20, **NORMAL)
    assert ward.alert("fever").response == Response.ACKNOWLEDGED
    ward.takes(30, temperature_c="38.6")
    assert ward.alert("fever").response == Response.OPEN


def test_a_snooze_never_hides_a_higher_priority() -> None:
    ward = Ward()
    ward.takes(10, temperature_c="38.6")
    alerts.snooze(ward.investigator, ward.alert("fever"), until=at(200), reason="known", now=at(11))
    ward.takes(20, temperature_c="39.2")
    alert = ward.alert("fever")
    assert (alert.priority, alert.snoozed_until, alert.response) == (3, None, Response.OPEN)
    assert alert.escalates_at is not None
    assert alert.escalates_at <= at(30)


def test_an_artefact_is_a_reading_that_was_voided() -> None:
    ward = Ward()
    row = ward.takes(10, temperature_c="39.5")
    with pytest.raises(alerts.AlertRefused):
        alerts.assess(ward.nurse, ward.alert("fever"), outcome="artefact", now=at(11))
    alert = ward.alert("fever")
    ward.voids(row, 12)
    closed = alerts.close(ward.investigator, alert, outcome="artefact", now=at(13))
    assert (closed.condition, closed.response) == (Condition.RETRACTED, Response.CLOSED)


@pytest.mark.parametrize(("temperature", "after"), [("39.5", 60), ("38.5", 240)])
def test_what_was_assessed_and_is_still_true_opens_again(temperature: str, after: float) -> None:
    ward = Ward()
    ward.takes(10, temperature_c=temperature)
    alerts.assess(ward.nurse, ward.alert("fever"), outcome="actioned", now=at(11))
    alerts.escalate_due(at(11 + after - 1))
    assert ward.alert("fever").response == Response.ASSESSED
    alerts.escalate_due(at(11 + after))
    assert ward.alert("fever").response == Response.OPEN


def test_a_corrected_worst_value_makes_the_next_as_bad_one_ring_again() -> None:
    ward = Ward()
    ward.takes(10, temperature_c="39.1")
    wrong = ward.takes(12, temperature_c="41.0", confirmed=["temperature_c"])
    ward.acknowledges("fever", 13, until=at(60))
    ward.amends(wrong, 14, temperature_c="39.0", confirmed=["temperature_c"])
    assert ward.alert("fever").response == Response.ACKNOWLEDGED
    ward.takes(20, temperature_c="40.2")
    assert ward.alert("fever").response == Response.OPEN


# --- what was given, and what the subject brings along ---


def test_dizziness_asks_for_a_pressure_until_one_comes_with_its_position() -> None:
    ward = Ward()
    ward.notes("dizziness", 10, mark="present")
    ward.looks(20)
    assert ward.alert("dizziness").priority == 2
    ward.takes(21, systolic_mmhg="118", diastolic_mmhg="76")
    assert ward.alert("dizziness").condition == Condition.ACTIVE
    ward.takes(25, systolic_mmhg="118", diastolic_mmhg="76", position="supine")
    assert ward.alert("dizziness").condition == Condition.CLEARED
    assert ward.is_reproduced() == []


def test_after_an_allogeneic_transplant_an_infusion_is_watched_for_graft_versus_host_disease() -> None:
    infusion = make_infusion(started_at=NOW, site=make_site())
    known = {"transplant": Transplant.ALLOGENEIC, "at_start": True, "recorded_at": NOW}
    SubjectFacts.objects.create(infusion=infusion, **known)
    Baseline.objects.create(infusion=infusion, values={"systolic_mmhg": "120"}, recorded_at=NOW)
    evaluate_infusion(infusion.pk, at(2))
    assert [(alert.problem, alert.priority) for alert in Alert.objects.all()] == [("gvhd_watch", 1)]


def test_a_start_without_a_pressure_before_it_says_that_there_is_no_baseline() -> None:
    infusion = make_infusion(started_at=NOW, site=make_site())
    Baseline.objects.create(infusion=infusion, values={"temperature_c": "36.8"}, recorded_at=NOW)
    evaluate_infusion(infusion.pk, at(2))
    assert [(alert.problem, alert.priority) for alert in Alert.objects.all()] == [("missing_baseline", 1)]


def test_a_steroid_asks_for_the_grade_once_and_an_assessment_answers() -> None:
    ward = Ward()
    ward.gives("steroid", 10, mark="start", substance="dexamethasone", indication="premedication")
    ward.takes(20, **NORMAL)
    assert ward.alert("steroid").priority == 2
    alerts.assess(ward.nurse, ward.alert("steroid"), outcome="actioned", now=at(25))
    ward.takes(40, **NORMAL)
    assert ward.alert("steroid").condition == Condition.CLEARED
