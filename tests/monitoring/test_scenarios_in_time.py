"""What comes late or is corrected, and where a watch begins, pauses and ends."""

import pytest

from monitoring import alerts
from monitoring.bedside import watch_at_once
from monitoring.models import Alert, Condition, Response
from tests.monitoring.test_scenarios import NORMAL, Ward, at
from tracker import services

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("late", "climbs"),
    [
        pytest.param(20, True, id="20 minutes"),
        pytest.param(300, True, id="5 hours"),
        pytest.param(420, False, id="7 hours"),
    ],
)
def test_a_late_high_reading_climbs_for_six_hours_and_is_told_once_after(late: float, climbs: bool) -> None:
    ward = Ward()
    ward.takes(10, known=10 + late, temperature_c="39.5")
    alert = ward.alert("fever")
    assert (alert.late, alert.raised_at) == (True, at(10))
    assert (alert.climbs_from is not None) is climbs


def test_a_corrected_typo_long_after_the_set_makes_nothing_overdue() -> None:
    ward = Ward()
    row = ward.takes(14, **NORMAL)
    for minute in (29, 44, 59):
        ward.takes(minute, **NORMAL)
    ward.amends(row, 60, temperature_c="36.9")
    assert not ward.has("overdue_vitals")
    assert ward.is_reproduced() == []


def test_a_corrected_temperature_keeps_what_people_did() -> None:
    ward = Ward()
    row = ward.takes(10, temperature_c="39.5")
    ward.acknowledges("fever", 11)
    ward.amends(row, 13, temperature_c="39.4")
    assert ward.alert("fever").response == Response.ACKNOWLEDGED


def test_a_corrected_time_keeps_what_people_did() -> None:
    ward = Ward()
    row = ward.takes(10, temperature_c="39.5")
    first = ward.acknowledges("fever", 11)
    ward.amends(row, 13, measured_at=at(8))
    alert = ward.alert("fever")
    assert (alert.pk, alert.raised_at, alert.response) == (first.pk, at(8), Response.ACKNOWLEDGED)
    assert ward.is_reproduced() == []


def test_a_reading_moved_out_of_the_window_and_back() -> None:
    ward = Ward(stopped=60)
    row = ward.takes(100, temperature_c="39.5")
    row = ward.amends(row, 101, measured_at=at(-200))
    assert not ward.has("fever")
    row = ward.amends(row, 102, measured_at=at(100))
    assert ward.alert("fever").raised_at == at(100)
    assert ward.is_reproduced() == []


def test_other_words_in_a_concern_that_was_assessed_stand_on_their_own() -> None:
    ward = Ward()
    row = ward.takes(10, concern="grey", temperature_c="36.8")
    alerts.assess(ward.nurse, ward.alert("concern"), outcome="actioned", now=at(12))
    ward.looks(12)
    ward.amends(row, 14, concern="does not answer")
    assert Alert.objects.filter(problem="concern", condition=Condition.ACTIVE).exists()


def test_a_start_moved_back_watches_what_lay_before_it() -> None:
    ward = Ward()
    ward.takes(10, **NORMAL)
    ward.takes(-10, known=12, temperature_c="39.5")
    assert not ward.has("fever")
    start = ward.infusion.infusionevent_rows.current().get(kind="start")
    recorded = services.amend(ward.investigator, start, {"at": at(-20)}, reason="typo", now=at(13))
    watch_at_once(ward.infusion.pk, recorded.infusion_ids, at(13))
    assert ward.alert("fever").raised_at == at(-10)
    assert ward.is_reproduced() == []


def test_a_stop_moved_back_leaves_what_lies_after_the_window_unwatched() -> None:
    ward = Ward(stopped=60)
    last = 60 + 48 * 60
    ward.takes(last - 1, temperature_c="39.5")
    assert ward.has("fever")
    stop = ward.infusion.infusionevent_rows.current().get(kind="stop")
    recorded = services.amend(ward.investigator, stop, {"at": at(40)}, reason="typo", now=at(last))
    watch_at_once(ward.infusion.pk, recorded.infusion_ids, at(last))
    assert not ward.has("fever")
    assert ward.is_reproduced() == []


# --- course and window ---


def test_the_last_watched_moment_is_48_hours_and_no_second_more() -> None:
    ward = Ward(stopped=60)
    end = 60 + 48 * 60
    ward.takes(end, temperature_c="39.5")
    assert ward.outcome.state == "evaluated"
    assert ward.alert("fever").condition == Condition.ACTIVE
    ward.takes(end + 1 / 60, systolic_mmhg="80", diastolic_mmhg="50")
    assert ward.outcome.state == "unwatched"
    assert not ward.has("hypotension")
    assert ward.alert("fever").condition == Condition.UNWATCHED


def test_a_pause_goes_on_being_watched() -> None:
    ward = Ward()
    happened = services.pause_infusion(ward.nurse, ward.infusion, at=at(10), now=at(10))
    watch_at_once(ward.infusion.pk, happened.infusion_ids, at(10))
    ward.looks(21)
    assert ward.alert("overdue_vitals").raised_at == at(20)
    ward.takes(22, temperature_c="39.5")
    happened = services.resume_infusion(ward.nurse, ward.infusion, at=at(30), now=at(30))
    watch_at_once(ward.infusion.pk, happened.infusion_ids, at(30))
    assert ward.alert("fever").condition == Condition.ACTIVE
    assert ward.is_reproduced() == []


def test_two_sets_that_do_not_come_leave_what_is_true_unwatched() -> None:
    ward = Ward()
    ward.takes(14, temperature_c="39.5")
    ward.looks(36)
    assert ward.alert("overdue_vitals").priority == 2
    assert ward.alert("fever").condition == Condition.ACTIVE
    ward.looks(51)
    assert ward.alert("overdue_vitals").priority == 3
    assert ward.alert("fever").condition == Condition.UNWATCHED
    ward.takes(40, known=52, temperature_c="36.8")
    assert ward.alert("overdue_vitals").condition == Condition.CLEARED
    assert ward.alert("fever").condition == Condition.ACTIVE
    assert ward.is_reproduced() == []
