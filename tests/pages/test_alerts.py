"""The inbox and the answers: two steps each, and what cannot be done says why."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.actors import system_actor
from accounts.models import Membership, User
from accounts.permissions import Role
from config import clock
from monitoring import heartbeat
from monitoring.evaluate import evaluate_infusion
from monitoring.health import SILENCE
from monitoring.models import Alert, Assignment, Delivery
from tests.builders import make_actor, make_user, record_set
from tracker import services
from tracker.models import Site, Study

from .conftest import Patient, SignIn, make_running

pytestmark = pytest.mark.django_db(transaction=True)


COLLAPSE = {
    "temperature_c": "39.5",
    "systolic_mmhg": "78",
    "diastolic_mmhg": "44",
    "heart_rate_bpm": "135",
    "spo2_percent": "88",
    "oxygen_device": "room_air",
}


def takes(patient: Patient, **signs: str) -> None:
    """A set that was taken now, and judged."""
    now = clock.now()
    record_set(patient.infusion, now, **signs)
    evaluate_infusion(patient.infusion.pk, now)


@pytest.fixture
def site_charge(ward: Site) -> User:
    """The charge nurse of the ward, there before anything rings."""
    user = make_user("cara", name="Cara")
    make_actor(Role.CHARGE_NURSE, ward, user=user)
    return user


@pytest.fixture
def fever(running: Patient) -> Alert:
    takes(running, temperature_c="39.5", temperature_site="oral")
    return Alert.objects.get(problem="fever")


def test_the_inbox_shows_what_asks_for_somebody(nurse: Browser, fever: Alert) -> None:
    text = nurse.get("/alerts/").content.decode()
    assert f"/alerts/{fever.uuid}/" in text
    assert "LINDQVIST, Astrid" in text
    assert "(1 HIGH) Alerts" in text  # the overdue set has come: nobody waits for it any more


def test_a_row_says_the_evidence_who_is_next_and_when(nurse: Browser, running: Patient, fever: Alert) -> None:
    given = clock.now() - timedelta(minutes=55)
    values = {"kind": "antipyretic", "mark": "given", "measured_at": given}
    services.record_intervention(system_actor("builder"), running.infusion, values, now=clock.now())
    takes(running, temperature_c="39.7", temperature_site="oral")
    text = " ".join(nurse.get("/alerts/").content.decode().split())
    assert "T 39.7 °C oral, 2 readings ≥ 39.0 in 0 min; antipyretic 55 min ago" in text
    assert re.search(r">2:\d\d</time><span class=\"under\">rings everybody on shift</span>", text)


def test_an_alert_says_on_which_number_those_told_and_those_next_are_called(
    nurse: Browser, site_charge: User, fever: Alert
) -> None:
    User.objects.filter(username="nora").update(phone="4711")
    User.objects.filter(pk=site_charge.pk).update(phone="+1 216 555 0100")
    text = nurse.get(f"/alerts/{fever.uuid}/").content.decode()
    told = text[text.index('<ol class="lines told">') :]
    assert 'href="tel:4711"' in told[: told.index("next-rung")]
    assert {
        'href="tel:4711"' in part and 'href="tel:+12165550100"' in part for part in told.split("next-rung")
    } == {True}
    assert "tel:" not in nurse.get("/alerts/").content.decode()


def test_what_a_cause_explains_is_folded_under_it_with_its_own_state(
    nurse: Browser, running: Patient
) -> None:
    takes(running, **COLLAPSE)
    text = nurse.get("/alerts/").content.decode()
    signs = Alert.objects.filter(explained_by__problem="crs")
    assert f"With it {signs.count()} more signs" in text
    assert f"{signs.count()} open" in text
    assert text.count('class="episode ') == Alert.objects.live().count() - signs.count()
    for sign in signs:
        assert text.count(f'id="a-{sign.uuid}"') == 1


def test_only_a_temperature_says_where_it_was_taken(nurse: Browser, running: Patient) -> None:
    takes(running, **COLLAPSE, temperature_site="tympanic")
    text = nurse.get("/alerts/").content.decode()
    assert "T 39.5 °C tympanic" in text
    assert "HR 135 /min, ≥" in text


def test_a_sign_that_rings_by_itself_is_never_folded(sign_in: SignIn, ward: Site, running: Patient) -> None:
    takes(running, **COLLAPSE)
    charge = sign_in(Role.CHARGE_NURSE, ward)
    crs = Alert.objects.get(problem="crs")
    charge.post(f"/alerts/{crs.uuid}/snooze/", {"minutes": "30", "note": "in theatre"})
    sign = Alert.objects.get(problem="hypotension")
    assert f'data-id="{sign.uuid}"' in charge.get("/alerts/").content.decode()


def test_the_inbox_asks_the_database_as_often_for_two_hundred_alerts_as_for_five(
    nurse: Browser, ward: Site, study: Study
) -> None:
    def queries() -> int:
        nurse.get("/alerts/")
        with CaptureQueriesContext(connection) as captured:
            assert nurse.get("/alerts/").status_code == 200
        return len(captured)

    takes(Patient(make_running(ward, study, "One")), **COLLAPSE)
    few = queries()
    while Alert.objects.live().count() < 200:
        takes(Patient(make_running(ward, study, "Another")), **COLLAPSE)
    assert queries() == few <= 20


def test_filters_are_in_the_address_and_mine_leaves_out_the_patients_of_another_nurse(
    nurse: Browser, ward: Site, running: Patient, fever: Alert
) -> None:
    other = make_user("omar")
    Membership.objects.create(user=other, role=Role.NURSE, site=ward)
    Delivery.objects.all().delete()
    Assignment.objects.create(infusion=running.infusion, nurse=other, starts_at=running.infusion.started_at)
    row = f'data-id="{fever.uuid}"'
    text = nurse.get("/alerts/").content.decode()
    assert row not in text
    assert "1 unanswered high alert is not in this list" in text
    assert row in nurse.get("/alerts/?who=all").content.decode()
    assert row in nurse.get("/alerts/?who=all&show=open&priority=high").content.decode()
    assert row not in nurse.get("/alerts/?who=all&priority=medium").content.decode()
    assert nurse.get("/alerts/?who=x&show=x&priority=x&site=x&page=x").status_code == 200


def test_an_empty_list_says_since_when_and_whether_the_watch_works(nurse: Browser, fever: Alert) -> None:
    nurse.post(f"/alerts/{fever.uuid}/acknowledge/", {"commitment": "at_bedside"})
    text = nurse.get("/alerts/?show=open").content.decode()
    assert "The last one rang" in text
    assert "do not rely on this silence" in text
    for part in SILENCE:
        heartbeat.alive(part, clock.real_now())
    assert "Watching works" in nurse.get("/alerts/?show=open").content.decode()


def low_and_high(running: Patient) -> tuple[Alert, Alert]:
    takes(running, temperature_c="39.5", systolic_mmhg="104", diastolic_mmhg="66", heart_rate_bpm="98")
    alerts = Alert.objects.live().order_by("priority")
    return alerts.filter(priority=1, response="open")[0], alerts.get(problem="fever")


def test_low_alerts_are_taken_on_together_in_two_steps(nurse: Browser, running: Patient) -> None:
    low, _high = low_and_high(running)
    address = "/alerts/low/acknowledge/"
    assert nurse.get(address, {"alert": str(low.uuid)}).status_code == 200
    low.refresh_from_db()
    assert (low.priority, low.response) == (1, "open")
    nurse.post(address, {"alert": [str(low.uuid)], "commitment": "repeat_vitals"})
    low.refresh_from_db()
    assert low.response == "acknowledged"


def test_no_high_alert_is_taken_on_together_with_others(nurse: Browser, running: Patient) -> None:
    low, high = low_and_high(running)
    named = {"alert": [str(low.uuid), str(high.uuid)], "commitment": "repeat_vitals"}
    response = nurse.post("/alerts/low/acknowledge/", named, follow=True)
    assert "Nothing was done" in response.content.decode()
    assert set(Alert.objects.filter(pk__in=[low.pk, high.pk]).values_list("response", flat=True)) == {"open"}
    assert nurse.get("/alerts/low/acknowledge/", {"alert": "no-name"}).status_code == 302


def test_undo_is_offered_to_whoever_acknowledged_and_refused_in_words(
    nurse: Browser, sign_in: SignIn, ward: Site, fever: Alert
) -> None:
    nurse.post(f"/alerts/{fever.uuid}/acknowledge/", {"commitment": "at_bedside"})
    assert 'id="undo"' in nurse.get("/alerts/").content.decode()
    charge = sign_in(Role.CHARGE_NURSE, ward)
    assert 'id="undo"' not in charge.get("/alerts/").content.decode()
    refused = charge.post("/alerts/undo/", {"alert": str(fever.uuid)}, follow=True)
    assert "Somebody else has acknowledged it" in refused.content.decode()
    nurse.post("/alerts/undo/", {"alert": str(fever.uuid)})
    fever.refresh_from_db()
    assert fever.response == "open"


def test_who_snoozed_it_and_why_is_in_the_row(sign_in: SignIn, ward: Site, fever: Alert) -> None:
    charge = sign_in(Role.CHARGE_NURSE, ward, username="cleo")
    charge.post(f"/alerts/{fever.uuid}/snooze/", {"minutes": "30", "note": "seen by Dr. I"})
    text = " ".join(charge.get("/alerts/").content.decode().split())
    assert "snoozed</b> by Cleo" in text
    assert "seen by Dr. I" in text


def test_an_answer_asked_from_a_list_leads_back_to_it_and_nowhere_else(nurse: Browser, fever: Alert) -> None:
    address = f"/alerts/{fever.uuid}/acknowledge/"
    response = nurse.post(address, {"commitment": "at_bedside", "next": "/alerts/?who=all"})
    assert response.headers["Location"] == "/alerts/?who=all"
    nurse.post("/alerts/undo/", {"alert": str(fever.uuid)})
    response = nurse.post(address, {"commitment": "at_bedside", "next": "https://elsewhere.example/alerts/"})
    assert response.headers["Location"] == f"/alerts/{fever.uuid}/"


def test_opening_an_alert_counts_as_seen_and_answers_nothing(nurse: Browser, fever: Alert) -> None:
    nurse.get(f"/alerts/{fever.uuid}/")
    fever.refresh_from_db()
    assert fever.seen_at is not None
    assert fever.response == "open"


def test_a_live_refresh_is_nobodys_look(nurse: Browser, fever: Alert) -> None:
    nurse.get(f"/alerts/{fever.uuid}/", headers={"HX-Request": "true"})
    fever.refresh_from_db()
    assert fever.seen_at is None


def test_acknowledging_takes_a_promise_and_a_time(nurse: Browser, fever: Alert) -> None:
    address = f"/alerts/{fever.uuid}/acknowledge/"
    assert nurse.get(address).status_code == 200
    fever.refresh_from_db()
    assert fever.response == "open"
    response = nurse.post(
        address, {"commitment": "repeat_vitals", "repeat_vitals_minutes": "15", "note": "on my way"}
    )
    assert response.status_code == 302
    fever.refresh_from_db()
    assert (fever.response, fever.commitment) == ("acknowledged", "repeat_vitals")
    assert fever.until is not None
    assert timedelta(minutes=14) < fever.until - clock.now() <= timedelta(minutes=15)
    text = nurse.get(f"/alerts/{fever.uuid}/").content.decode()
    assert "Nora" in text
    assert "on my way" in text


def test_known_and_expected_on_high_is_the_charge_nurses_to_say(
    nurse: Browser, sign_in: SignIn, ward: Site, fever: Alert
) -> None:
    address = f"/alerts/{fever.uuid}/acknowledge/"
    said = {"commitment": "known_expected", "known_expected_minutes": "30", "note": "after each infusion"}
    assert nurse.post(address, said).status_code == 403
    assert sign_in(Role.CHARGE_NURSE, ward).post(address, said).status_code == 302


def test_at_the_bedside_is_ten_minutes_and_asks_for_nothing_more(nurse: Browser, fever: Alert) -> None:
    nurse.post(f"/alerts/{fever.uuid}/acknowledge/", {"commitment": "at_bedside"})
    fever.refresh_from_db()
    assert fever.until is not None
    assert timedelta(minutes=9) < fever.until - clock.now() <= timedelta(minutes=10)


def test_an_assessment_has_an_outcome(nurse: Browser, fever: Alert) -> None:
    address = f"/alerts/{fever.uuid}/assess/"
    assert nurse.post(address, {}).status_code == 422
    assert nurse.post(address, {"outcome": "actioned", "note": "paracetamol"}).status_code == 302
    fever.refresh_from_db()
    assert (fever.response, fever.outcome) == ("assessed", "actioned")


def test_what_is_true_cannot_be_closed_and_the_page_says_so(
    sign_in: SignIn, ward: Site, fever: Alert
) -> None:
    investigator = sign_in(Role.INVESTIGATOR, ward)
    response = investigator.post(f"/alerts/{fever.uuid}/close/", {"outcome": "actioned"})
    assert response.status_code == 422
    assert "still true" in response.content.decode()


def test_a_snooze_needs_a_reason(sign_in: SignIn, ward: Site, fever: Alert) -> None:
    charge = sign_in(Role.CHARGE_NURSE, ward)
    address = f"/alerts/{fever.uuid}/snooze/"
    assert charge.post(address, {"minutes": "30", "note": " "}).status_code == 422
    assert charge.post(address, {"minutes": "30", "note": "seen by Dr. I"}).status_code == 302
    fever.refresh_from_db()
    assert fever.snoozed_until is not None


def test_the_alert_shows_its_evidence_with_the_way_to_the_reading(nurse: Browser, fever: Alert) -> None:
    text = nurse.get(f"/alerts/{fever.uuid}/").content.decode()
    assert "39.5" in text
    assert "/readings/" in text
    assert "Temperature ≥ 38.0" in text


def test_a_worked_out_value_is_shown_to_the_decimals_that_matter(nurse: Browser, running: Patient) -> None:
    takes(running, systolic_mmhg="104", diastolic_mmhg="66", heart_rate_bpm="107")
    alert = Alert.objects.get(problem="shock_index")
    text = nurse.get(f"/alerts/{alert.uuid}/").content.decode()
    assert ">1.03</a>" in text
    assert "≥ 0.9<" in text
    nurse.cookies["django_language"] = "es"
    assert "1,03" in nurse.get(f"/alerts/{alert.uuid}/").content.decode()


def test_the_board_puts_the_unanswered_first_and_names_who_answered(
    nurse: Browser, running: Patient, fever: Alert
) -> None:
    text = nurse.get("/").content.decode()
    assert "Unanswered high <b>1</b>" in text
    nurse.post(f"/alerts/{fever.uuid}/acknowledge/", {"commitment": "at_bedside", "minutes": "10"})
    text = nurse.get("/").content.decode()
    assert "Unanswered high <b>0</b>" in text
    assert "Nora" in text
