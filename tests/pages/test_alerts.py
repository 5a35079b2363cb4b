"""The inbox and the answers: two steps each, and what cannot be done says why."""

from datetime import timedelta

import pytest
from django.test import Client as Browser

from accounts.permissions import Role
from config import clock
from monitoring.models import Alert
from tracker.models import Site

from .conftest import Patient, SignIn, typed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fever(nurse: Browser, running: Patient) -> Alert:
    nurse.post(running.form, typed(nurse, running.form, temperature="39.5"))
    return Alert.objects.get(problem="fever")


def test_the_inbox_shows_what_asks_for_somebody(nurse: Browser, fever: Alert) -> None:
    text = nurse.get("/alerts/").content.decode()
    assert f"/alerts/{fever.uuid}/" in text
    assert "LINDQVIST, Astrid" in text
    high = Alert.objects.live().filter(priority=3).count()
    assert f"({high} HIGH) Alerts" in text


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
    response = nurse.post(address, {"commitment": "repeat_vitals", "minutes": "15", "note": "on my way"})
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
    said = {"commitment": "known_expected", "minutes": "30", "note": "after each infusion"}
    assert nurse.post(address, said).status_code == 403
    assert sign_in(Role.CHARGE_NURSE, ward).post(address, said).status_code == 302


def test_at_the_bedside_is_now(nurse: Browser, fever: Alert) -> None:
    response = nurse.post(f"/alerts/{fever.uuid}/acknowledge/", {"commitment": "at_bedside", "minutes": "30"})
    assert response.status_code == 422
    assert response.context["form"].errors["minutes"]


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
    nurse.post(running.form, typed(nurse, running.form, systolic_mmhg="104/66", heart_rate_bpm="107"))
    alert = Alert.objects.get(problem="shock_index")
    text = nurse.get(f"/alerts/{alert.uuid}/").content.decode()
    assert ">1.03</a>" in text
    assert "≥ 0.9<" in text
    nurse.cookies["django_language"] = "es"
    assert "1,03" in nurse.get(f"/alerts/{alert.uuid}/").content.decode()


def test_the_board_puts_the_unanswered_first_and_names_who_answered(
    nurse: Browser, running: Patient, fever: Alert
) -> None:
    high = Alert.objects.live().filter(priority=3).count()
    text = nurse.get("/").content.decode()
    assert f"Unanswered high <b>{high}</b>" in text
    nurse.post(f"/alerts/{fever.uuid}/acknowledge/", {"commitment": "at_bedside", "minutes": "10"})
    text = nurse.get("/").content.decode()
    assert f"Unanswered high <b>{high - 1}</b>" in text
    assert "acknowledged · Nora" in text
