"""The bedside form: what it stores, what it asks, and that it never loses what was typed."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from config import clock
from monitoring.evaluate import Outcome
from monitoring.models import Alert
from tests import builders
from tracker.models import SymptomReport, VitalSigns

from .conftest import Patient, typed

pytestmark = pytest.mark.django_db(transaction=True)


def save(browser: Browser, who: Patient, /, **fields: Any) -> Any:
    return browser.post(who.form, typed(browser, who.form, **fields))


def test_a_fever_is_saved_and_flagged_in_the_same_answer(nurse: Browser, running: Patient) -> None:
    page = save(nurse, running, temperature="39.5")
    assert page.status_code == 200
    assert "Checked against every rule" in page.content.decode()
    assert "fever" in {alert.problem for alert in page.context["alerts"]}
    row = VitalSigns.objects.get()
    assert (row.temperature_c, row.temperature_typed, row.temperature_unit) == (Decimal("39.5"), "39.5", "C")
    assert row.author.username == "nora"


def test_every_part_of_the_form_reaches_the_record(nurse: Browser, running: Patient) -> None:
    page = save(
        nurse, running, temperature="100.4", temperature_unit="F", temperature_site="tympanic",
        systolic_mmhg="121", diastolic_mmhg="72", map_mmhg="88", position="sitting", heart_rate_bpm="82",
        respiratory_rate_per_min="16", spo2_percent="97", oxygen_device="nasal_cannula",
        oxygen_flow_l_min="2",
        rigors="mild", consciousness="A", symptoms=["chills", "nausea"], concerned="on",
        concern="looks grey", note="second try",
    )  # fmt: skip
    assert page.status_code == 200, page.context["form"].errors
    row = VitalSigns.objects.get()
    assert row.temperature_c == 38
    assert (row.temperature_unit, row.temperature_site, row.position) == ("F", "tympanic", "sitting")
    assert (row.systolic_mmhg, row.diastolic_mmhg, row.map_mmhg, row.heart_rate_bpm) == (121, 72, 88, 82)
    assert (row.oxygen_device, row.oxygen_flow_l_min, row.rigors, row.consciousness) == (
        "nasal_cannula", 2, "mild", "A",
    )  # fmt: skip
    assert (row.concern, row.note) == ("looks grey", "second try")
    assert set(SymptomReport.objects.values_list("kind", flat=True)) == {"chills", "nausea"}


def test_sending_the_same_form_twice_stores_one_set(nurse: Browser, running: Patient) -> None:
    data = typed(nurse, running.form, temperature="39.5")
    nurse.post(running.form, data)
    again = nurse.post(running.form, data)
    assert VitalSigns.objects.count() == 1
    assert Alert.objects.filter(problem="fever").count() == 1
    assert "nothing was stored twice" in again.content.decode()


def test_the_same_form_with_other_values_is_asked_about_and_not_lost(
    nurse: Browser, running: Patient
) -> None:
    data = typed(nurse, running.form, temperature="37.5")
    nurse.post(running.form, data)
    page = nurse.post(running.form, data | {"temperature": "38.5"})
    assert page.status_code == 422
    assert VitalSigns.objects.count() == 1
    assert 'value="38.5"' in page.content.decode()


def test_a_decimal_comma_and_120_80_are_understood(nurse: Browser, running: Patient) -> None:
    save(nurse, running, temperature="38,5", systolic_mmhg="120/80")
    row = VitalSigns.objects.get()
    assert (row.temperature_c, row.systolic_mmhg, row.diastolic_mmhg) == (Decimal("38.5"), 120, 80)
    assert row.temperature_typed == "38,5"


def test_fahrenheit_typed_as_celsius_is_suggested_and_nothing_is_stored(
    nurse: Browser, running: Patient
) -> None:
    page = save(nurse, running, temperature="100.4", heart_rate_bpm="82")
    text = page.content.decode()
    assert page.status_code == 422
    assert 'name="use" value="temperature=100.4 °F"' in text
    assert 'value="82"' in text
    assert not VitalSigns.objects.exists()


def test_a_suggestion_taken_fills_the_field_and_keeps_the_rest(nurse: Browser, running: Patient) -> None:
    data = typed(nurse, running.form, temperature="100.4", heart_rate_bpm="82")
    page = nurse.post(running.form, data | {"use": "temperature=100.4 °F"})
    form = page.context["form"]
    assert (form["temperature"].value(), form["temperature_unit"].value()) == ("100.4", "F")
    assert form["heart_rate_bpm"].value() == "82"
    assert not VitalSigns.objects.exists()


def test_a_soft_limit_asks_once_and_then_stores(nurse: Browser, running: Patient) -> None:
    data = typed(nurse, running.form, heart_rate_bpm="185")
    page = nurse.post(running.form, data)
    assert page.status_code == 422
    assert 'name="confirmed" value="heart_rate_bpm=185"' in page.content.decode()
    page = nurse.post(running.form, data | {"confirmed": ["heart_rate_bpm=185"]})
    assert page.status_code == 200
    assert VitalSigns.objects.get().heart_rate_bpm == 185


def test_a_yes_to_one_value_is_no_yes_to_another(nurse: Browser, running: Patient) -> None:
    data = typed(nurse, running.form, heart_rate_bpm="195")
    page = nurse.post(running.form, data | {"confirmed": ["heart_rate_bpm=185"]})
    assert page.status_code == 422
    assert not VitalSigns.objects.exists()


def test_a_hard_limit_refuses_at_its_field_and_offers_verified_on_repeat(
    nurse: Browser, running: Patient
) -> None:
    data = typed(nurse, running.form, systolic_mmhg="25", temperature="37.1")
    page = nurse.post(running.form, data)
    text = page.content.decode()
    assert page.status_code == 422
    assert page.context["form"].errors["systolic_mmhg"]
    assert 'name="verified" value="systolic_mmhg=25"' in text
    assert 'value="37.1"' in text
    page = nurse.post(running.form, data | {"verified": ["systolic_mmhg=25"]})
    assert page.status_code == 200
    row = VitalSigns.objects.get()
    assert (row.systolic_mmhg, row.verified) == (25, ["systolic_mmhg"])
    assert Alert.objects.filter(problem="hypotension").exists()


def test_a_crossed_pressure_asks_once_then_is_kept_and_marked(nurse: Browser, running: Patient) -> None:
    data = typed(nurse, running.form, systolic_mmhg="80", diastolic_mmhg="120")
    page = nurse.post(running.form, data)
    assert page.status_code == 422
    fault = page.context["form"].faults
    names = [f"{name}={data[name]}" for name in fault]
    page = nurse.post(running.form, data | {"confirmed": names})
    assert page.status_code == 200, page.context["form"].errors
    assert VitalSigns.objects.get().crossed


def test_unrecordable_pressure_is_an_answer_that_alerts(nurse: Browser, running: Patient) -> None:
    page = save(nurse, running, bp_unrecordable="on")
    assert page.status_code == 200
    assert VitalSigns.objects.get().bp_unrecordable
    assert page.context["alerts"]


def test_a_reason_for_a_blank_is_stored(nurse: Browser, running: Patient) -> None:
    save(nurse, running, temperature="37.0", absent_heart_rate_bpm="device_fault")
    assert VitalSigns.objects.get().absent == {"heart_rate_bpm": "device_fault"}


def test_nothing_is_no_set(nurse: Browser, running: Patient) -> None:
    page = save(nurse, running)
    assert page.status_code == 422
    assert not VitalSigns.objects.exists()


def test_an_error_is_tied_to_its_field_for_those_who_hear_it(nurse: Browser, running: Patient) -> None:
    text = save(nurse, running, heart_rate_bpm="fast").content.decode()
    assert 'id="id_heart_rate_bpm_error"' in text
    assert 'aria-invalid="true"' in text
    assert 'value="fast"' in text
    assert 'href="#id_heart_rate_bpm"' in text


def test_an_old_time_asks_once_whether_the_entry_is_late(nurse: Browser, running: Patient) -> None:
    data = typed(nurse, running.form, temperature="37.0")
    local = (clock.now() - timedelta(minutes=75)).astimezone(nurse.get(running.form).context["banner"].zone)
    data |= {"measured_at_on": f"{local:%Y-%m-%d}", "measured_at_at": f"{local:%H:%M}"}
    page = nurse.post(running.form, data)
    assert page.status_code == 422
    answer = f"measured_at={local:%Y-%m-%d} {local:%H:%M}"
    assert answer in page.content.decode()
    assert nurse.post(running.form, data | {"confirmed": [answer]}).status_code == 200


def test_a_time_ahead_is_refused_at_its_field(nurse: Browser, running: Patient) -> None:
    ahead = (clock.now() + timedelta(minutes=20)).astimezone(nurse.get(running.form).context["banner"].zone)
    page = save(
        nurse,
        running,
        temperature="37.0",
        measured_at_on=f"{ahead:%Y-%m-%d}",
        measured_at_at=f"{ahead:%H:%M}",
    )
    assert page.context["form"].errors["measured_at"]


def test_a_form_of_another_patient_is_refused(nurse: Browser, running: Patient) -> None:
    other = builders.make_patient(running.infusion.site)
    page = save(nurse, running, temperature="37.0", patient=str(other.uuid))
    assert "another patient" in page.content.decode()
    assert not VitalSigns.objects.exists()


def test_a_watch_that_cannot_look_in_time_says_not_checked(
    nurse: Browser, running: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitoring.bedside.evaluate_infusion", lambda _id, now: Outcome.pending(now))
    page = save(nurse, running, temperature="39.5")
    assert "NOT yet checked" in page.content.decode()
    assert VitalSigns.objects.count() == 1


def test_a_rule_that_failed_is_named(
    nurse: Browser, running: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial = Outcome("partial", clock.now(), rules_failed=("rigors",))
    monkeypatch.setattr("monitoring.bedside.evaluate_infusion", lambda _id, _now: partial)
    text = save(nurse, running, temperature="37.5").content.decode()
    assert "Some rules failed" in text
    assert "rigors" in text


def test_a_reading_outside_the_watch_says_so(nurse: Browser, running: Patient) -> None:
    planned = builders.make_infusion(running.infusion.subject, number=9)
    page = save(nurse, Patient(planned), temperature="37.5")
    assert page.status_code == 200
    assert str(page.context["state"]) in ("unwatched", "evaluated")
