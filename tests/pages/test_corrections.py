"""History and correction: nothing is overwritten, a reason is asked, and the alerts follow."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Browser

from monitoring.models import Alert
from tracker.models import InfusionEvent, Intervention, LabResult, VitalSigns

from .conftest import Patient, typed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def row(nurse: Browser, running: Patient) -> VitalSigns:
    nurse.post(running.form, typed(nurse, running.form, temperature="39.5", heart_rate_bpm="88"))
    return VitalSigns.objects.get()


def look(browser: Browser, row: Any, **fields: Any) -> Any:
    """The page that shows what a correction would do."""
    address = f"/readings/{row.uuid}/"
    return browser.post(address, typed(browser, address) | {"standing": str(row.uuid)} | fields)


def ask(browser: Browser, row: Any, data: dict[str, Any]) -> Any:
    """Sends a change, sees what it would do, and has it done."""
    address = f"/readings/{row.uuid}/"
    page = browser.post(address, data)
    return browser.post(address, data | {"seen": page.context["seen"]}) if page.context["preview"] else page


def correct(browser: Browser, row: VitalSigns, **fields: Any) -> Any:
    data = typed(browser, f"/readings/{row.uuid}/") | {"standing": str(row.uuid)} | fields
    return ask(browser, row, data)


def void(browser: Browser, row: Any, why: str = "wrong_patient") -> Any:
    return ask(browser, row, {"void": "1", "standing": str(row.uuid), "voiding-why": why})


def test_a_correction_retracts_the_alert_and_keeps_the_old_value_in_sight(
    nurse: Browser, row: VitalSigns
) -> None:
    page = correct(nurse, row, temperature="37.5", why="typo")
    assert page.status_code == 200, page.context["form"].errors
    new = VitalSigns.objects.current().get()
    assert (new.temperature_c, new.heart_rate_bpm, new.amends_id, new.reason) == (
        Decimal("37.5"),
        88,
        row.pk,
        "typo",
    )
    assert Alert.objects.get(problem="fever").condition == "retracted"
    text = page.content.decode()
    assert "<del>39.5 °C</del>" in text
    assert "37.5 °C" in text


def test_a_correction_needs_a_reason_and_keeps_what_was_typed(nurse: Browser, row: VitalSigns) -> None:
    page = correct(nurse, row, temperature="37.5")
    assert page.status_code == 422
    assert 'value="37.5"' in page.content.decode()
    assert VitalSigns.objects.count() == 1


def test_a_correction_of_nothing_is_none(nurse: Browser, row: VitalSigns) -> None:
    page = correct(nurse, row, why="typo")
    assert page.status_code == 422
    assert "Nothing was changed" in page.content.decode()


def test_an_implausible_correction_is_refused_at_its_field(nurse: Browser, row: VitalSigns) -> None:
    page = correct(nurse, row, temperature="395", why="typo")
    assert page.status_code == 422
    assert page.context["form"].errors["temperature"]


def test_a_void_takes_the_whole_reading_away_and_keeps_it_readable(nurse: Browser, row: VitalSigns) -> None:
    page = void(nurse, row)
    assert page.status_code == 200
    assert not VitalSigns.objects.current().exists()
    assert Alert.objects.get(problem="fever").condition == "retracted"
    assert "voided" in page.content.decode()
    assert "39.5" in page.content.decode()


def test_two_people_who_correct_at_once_do_not_overwrite_each_other(nurse: Browser, row: VitalSigns) -> None:
    correct(nurse, row, temperature="37.5", why="typo")
    page = nurse.post(f"/readings/{row.uuid}/", typed(nurse, f"/readings/{row.uuid}/") | {
        "standing": str(row.uuid), "temperature": "38.2", "why": "typo",
    })  # fmt: skip
    assert page.status_code == 422
    assert "meanwhile" in page.content.decode()
    assert VitalSigns.objects.count() == 2


def test_the_page_names_the_alerts_that_a_correction_may_retract(nurse: Browser, row: VitalSigns) -> None:
    text = nurse.get(f"/readings/{row.uuid}/").content.decode()
    assert str(Alert.objects.get(problem="fever").uuid) in text
    assert "may be retracted" in text


def test_an_event_is_corrected_and_the_infusion_follows(nurse: Browser, running: Patient) -> None:
    infusion = running.infusion
    event = InfusionEvent.objects.get(infusion=infusion, kind="stop")
    address = f"/readings/{event.uuid}/"
    assert address in nurse.get(running.page).content.decode()
    earlier = event.measured_at - timedelta(minutes=10)
    local = earlier.astimezone(ZoneInfo("Europe/Berlin"))
    data = typed(nurse, address) | {
        "standing": str(event.uuid),
        "why": "wrong_time",
        "measured_at_on": f"{local:%Y-%m-%d}",
        "measured_at_at": f"{local:%H:%M}",
    }
    assert ask(nurse, event, data).status_code == 200
    infusion.refresh_from_db()
    assert infusion.stopped_at == earlier


def test_a_dose_is_voided(nurse: Browser, running: Patient) -> None:
    address = f"{running.page}interventions/new/"
    nurse.post(
        address, typed(nurse, address, kind="antipyretic", substance="Paracetamol", amount="1", unit="g")
    )
    given = Intervention.objects.get()
    page = void(nurse, given)
    assert page.status_code == 200
    assert not Intervention.objects.current().exists()
    assert "Paracetamol" in page.content.decode()


def test_a_laboratory_result_is_corrected(nurse: Browser, running: Patient) -> None:
    address = f"/setup/labs/new/?parent={running.infusion.patient.uuid}"
    nurse.post(address, typed(nurse, address, analyte="CRP", value_typed="125", unit="mg/L"))
    row = LabResult.objects.get()
    listed = nurse.get(f"/setup/labs/?parent={running.infusion.patient.uuid}").content.decode()
    assert f"/readings/{row.uuid}/" in listed
    data = typed(nurse, f"/readings/{row.uuid}/") | {
        "standing": str(row.uuid),
        "why": "typo",
        "value": "12,5",
    }
    assert ask(nurse, row, data).status_code == 200
    assert LabResult.objects.current().get().value == Decimal("12.5")
