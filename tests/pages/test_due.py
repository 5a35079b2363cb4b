"""What is due next and why, and what was due and never taken, where people look."""

from datetime import timedelta

import pytest
from django.test import Client as Browser

from accounts.actors import system_actor
from config import clock
from monitoring.evaluate import evaluate_infusion
from tests import builders
from tracker import services
from tracker.models import Infusion, Site, Study

from .conftest import Patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_home(ward: Site, study: Study) -> Infusion:
    """Stopped 21 hours ago, at home since two hours after that; a temperature at 8 hours, none at 16."""
    stop = clock.now().replace(second=0, microsecond=0) - timedelta(hours=21)
    subject = builders.make_subject(site=ward, study=study, patient=builders.make_patient(ward))
    infusion = builders.make_infusion(subject, started_at=stop - timedelta(hours=1), stopped_at=stop)
    actor, home, at = system_actor("builder"), stop + timedelta(hours=2), stop + timedelta(hours=8)
    services.discharge_infusion(actor, infusion, at=home, now=home)
    evaluate_infusion(infusion.pk, home)
    services.record_temperature(actor, infusion, {"measured_at": at, "temperature_c": "37.6"}, now=at)
    evaluate_infusion(infusion.pk, clock.now())
    return infusion


def test_the_log_of_temperatures_says_what_was_taken_what_was_missed_and_what_is_next(
    nurse: Browser, at_home: Infusion
) -> None:
    page = nurse.get(f"/infusions/{at_home.uuid}/temperatures/")
    text = page.content.decode()
    assert [slot.fate for slot in page.context["log"].slots][:3] == ["taken", "missed", "coming"]
    for words in ("37.6", "MISSED", "1 temperature was due and never taken."):
        assert words in text


def test_a_stranger_sees_no_log(stranger: Browser, at_home: Infusion) -> None:
    assert stranger.get(f"/infusions/{at_home.uuid}/temperatures/").status_code == 404


def test_the_flowsheet_draws_what_was_missed_and_counts_it(nurse: Browser, at_home: Infusion) -> None:
    text = nurse.get(f"/infusions/{at_home.uuid}/").content.decode()
    assert 'class="happening missed"' in text
    assert "1 temperature missed" in text or "temperature missed" in text
    assert "due and never taken" in text


def test_after_an_alarm_the_next_set_is_said_to_be_due_sooner(nurse: Browser, running: Patient) -> None:
    infusion = running.infusion
    assert infusion.stopped_at is not None
    at = infusion.stopped_at + timedelta(minutes=44)
    evaluate_infusion(infusion.pk, infusion.stopped_at)
    builders.record_set(infusion, at, temperature_c="40.3")
    evaluate_infusion(infusion.pk, at)
    assert "sooner, after an alarm" not in nurse.get(running.page).content.decode()
    later = infusion.stopped_at + timedelta(minutes=125)
    builders.record_set(infusion, later, now=later, temperature_c="40.3")
    evaluate_infusion(infusion.pk, later)
    assert "sooner, after an alarm" in nurse.get(running.page).content.decode()
