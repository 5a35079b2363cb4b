"""The bedside form: what it stores, what it asks, and that it never loses what was typed."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import User
from accounts.permissions import Role
from config import clock
from monitoring.evaluate import Outcome
from monitoring.models import Alert
from tests import builders
from tracker.models import Intervention, Site, Study, SymptomReport, VitalSigns

from .conftest import Patient, SignIn, browser_of, make_running, typed

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


def test_an_old_time_is_asked_why_and_the_answer_is_kept(nurse: Browser, running: Patient) -> None:
    data = typed(nurse, running.form, temperature="37.0")
    local = (clock.now() - timedelta(minutes=75)).astimezone(nurse.get(running.form).context["banner"].zone)
    data |= {"measured_at_on": f"{local:%Y-%m-%d}", "measured_at_at": f"{local:%H:%M}"}
    page = nurse.post(running.form, data)
    assert page.status_code == 422
    assert "Why so late?" in page.content.decode()
    assert nurse.post(running.form, data | {"late_why": "paper"}).status_code == 200
    assert "copied from paper" in VitalSigns.objects.get().note


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


def test_a_form_of_another_patient_is_refused_by_both_names(
    nurse: Browser, running: Patient, ward: Site, study: Study
) -> None:
    other = Patient(make_running(ward, study, "Okafor", "Ben"))
    page = save(nurse, running, temperature="37.0", opened_for=typed(nurse, other.form)["opened_for"])
    assert page.status_code == 422
    assert "opened for OKAFOR, Ben, not for LINDQVIST, Astrid. Nothing was saved" in page.content.decode()
    assert not VitalSigns.objects.exists()


@pytest.mark.parametrize("seal", ["", "forged", "WyJhIl0:1abc:def"])
def test_a_form_without_a_seal_of_ours_is_refused(nurse: Browser, running: Patient, seal: str) -> None:
    assert save(nurse, running, temperature="37.0", opened_for=seal).status_code == 422
    assert not VitalSigns.objects.exists()


def test_a_form_that_somebody_else_opened_is_refused(
    nurse: Browser, running: Patient, sign_in: SignIn, ward: Site
) -> None:
    data = typed(nurse, running.form, temperature="37.0")
    page = sign_in(Role.NURSE, ward, username="nils").post(running.form, data)
    assert "opened by somebody else" in page.content.decode()
    assert not VitalSigns.objects.exists()


def test_the_patient_is_named_again_where_the_set_is_saved(nurse: Browser, running: Patient) -> None:
    button = nurse.get(running.form).content.decode().partition('id="save"')[2].partition("</button>")[0]
    assert "LINDQVIST, Astrid" in button


def test_what_was_given_is_stored_with_the_set(nurse: Browser, running: Patient) -> None:
    page = save(
        nurse, running, temperature="38.4",
        given_fluids="on", given_fluids_amount="500", given_fluids_for="hypotension",
        given_antipyretic="on", given_antipyretic_amount="1000", given_antipyretic_which="paracetamol",
        given_steroid_amount="40",
    )  # fmt: skip
    assert page.status_code == 200
    given = {row.kind: row for row in Intervention.objects.all()}
    assert set(given) == {"fluids", "antipyretic"}
    assert (given["fluids"].amount, given["fluids"].unit, given["fluids"].indication) == (
        500, "mL", "hypotension",
    )  # fmt: skip
    assert given["antipyretic"].substance == "paracetamol"
    assert given["antipyretic"].measured_at == VitalSigns.objects.get().measured_at


def test_a_line_that_cannot_be_read_stores_neither_it_nor_the_set(nurse: Browser, running: Patient) -> None:
    page = save(nurse, running, temperature="38.4", given_fluids="on", given_fluids_amount="much")
    assert page.status_code == 422
    assert not VitalSigns.objects.exists()
    assert not Intervention.objects.exists()


def test_what_was_given_twice_by_the_same_form_is_one(nurse: Browser, running: Patient) -> None:
    data = typed(nurse, running.form, temperature="38.4", given_fluids="on", given_fluids_amount="500")
    nurse.post(running.form, data)
    nurse.post(running.form, data)
    assert Intervention.objects.count() == 1


def test_one_tap_times_a_rigor_and_keeps_what_was_typed(nurse: Browser, running: Patient) -> None:
    data = typed(nurse, running.form, temperature="38.4", rigors="shaking")
    page = nurse.post(running.form, data | {"rigor": "start"})
    assert page.status_code == 200
    assert 'value="38.4"' in page.content.decode()
    start = SymptomReport.objects.get()
    assert (start.kind, start.mark, start.severity) == ("rigors", "start", "shaking")
    nurse.post(running.form, data | {"rigor": "start"})
    assert SymptomReport.objects.count() == 1
    nurse.post(f"{running.page}rigor/", {"rigor": "stop"})
    assert SymptomReport.objects.get(mark="stop").starts == start
    assert not VitalSigns.objects.exists()


def test_the_result_says_the_grade_in_one_line(nurse: Browser, running: Patient) -> None:
    page = save(
        nurse,
        running,
        temperature="38.4",
        systolic_mmhg="118/70",
        spo2_percent="97",
        oxygen_device="room_air",
    )
    assert page.context["crs"] == "ASTCT: grade 1 (fever 38.4; pressure fine; no oxygen)"


def test_a_typing_error_is_put_right_in_the_form_for_two_minutes(nurse: Browser, running: Patient) -> None:
    save(nurse, running, temperature="39.5", heart_rate_bpm="82", symptoms=["nausea"])
    row = VitalSigns.objects.get()
    address = f"{running.page}vitals/{row.uuid}/fix/"
    data = typed(nurse, address)
    assert (data["temperature"], data["heart_rate_bpm"], data["symptoms"]) == ("39.5", "82", ["nausea"])
    page = nurse.post(address, data | {"temperature": "36.5", "heart_rate_bpm": ""})
    assert page.status_code == 200, page.context["form"].errors
    fixed = VitalSigns.objects.get(amends=row)
    assert (fixed.temperature_c, fixed.heart_rate_bpm, fixed.reason) == (Decimal("36.5"), None, "typo")
    assert Alert.objects.get(problem="fever").condition == "retracted"


def test_after_two_minutes_a_correction_takes_the_long_way(
    nurse: Browser, running: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(nurse, running, temperature="39.5")
    row = VitalSigns.objects.get()
    monkeypatch.setattr("monitoring.views.saved.FIX_WITHIN", timedelta(0))
    answer = nurse.get(f"{running.page}vitals/{row.uuid}/fix/")
    assert answer["Location"] == f"/readings/{row.uuid}/"


def test_the_unit_that_a_person_measured_in_is_theirs_next_time(nurse: Browser, running: Patient) -> None:
    save(nurse, running, temperature="100.4", temperature_unit="F")
    assert nurse.get(running.form).context["form"]["temperature_unit"].value() == "F"
    assert nurse.get(f"{running.page}temperatures/new/").context["form"]["temperature_unit"].value() == "F"
    assert nurse.get(f"{running.page}downtime/enter/").context["head"]["temperature_unit"].value() == "F"


def test_the_unit_stays_with_the_person_on_whatever_device_and_is_nobody_elses(
    nurse: Browser, blinded: Browser, running: Patient
) -> None:
    save(nurse, running, temperature="100.4", temperature_unit="F")
    elsewhere = browser_of(User.objects.get(username="nora"))
    assert elsewhere.get(running.form).context["form"]["temperature_unit"].value() == "F"
    assert blinded.get(running.form).context["form"]["temperature_unit"].value() == "C"


def test_a_set_without_a_temperature_says_nothing_of_its_unit(nurse: Browser, running: Patient) -> None:
    save(nurse, running, heart_rate_bpm="88", temperature_unit="F")
    assert nurse.get(running.form).context["form"]["temperature_unit"].value() == "C"


def test_a_set_sent_late_keeps_both_times_and_is_not_asked_why(nurse: Browser, running: Patient) -> None:
    data = typed(nurse, running.form, temperature="37.0")
    measured = clock.now() - timedelta(minutes=80)
    local = measured.astimezone(nurse.get(running.form).context["banner"].zone)
    data |= {"measured_at_on": f"{local:%Y-%m-%d}", "measured_at_at": f"{local:%H:%M}"}
    page = nurse.post(running.form, data | {"saved_at": measured.isoformat()})
    assert page.status_code == 200, page.context["form"].errors
    row = VitalSigns.objects.get()
    assert row.sent_at == measured
    assert row.recorded_at - row.measured_at > timedelta(minutes=79)
    assert "Both times are kept" in page.content.decode()


def test_the_figures_on_the_page_are_those_of_the_rules_in_force(nurse: Browser, running: Patient) -> None:
    save(nurse, running, temperature="37.0")
    limits = json.loads(nurse.get(running.form).context["figures"])["limits"]
    highs = {(one["signal"], one["op"], one["value"]) for one in limits if one["priority"] == "high"}
    assert ("temperature_c", ">=", "39.0") in highs
    assert ("systolic_mmhg", "<", "90") in highs
    assert ("spo2_percent", "<=", "91") in highs
    assert ("spo2_percent", "<=", "83") not in highs, "a figure for those with a target of 88 to 92"


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
