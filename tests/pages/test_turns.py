"""What happens to an infusion: the start through its gates, and everything told beside the vitals."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Browser

from accounts import pins
from accounts.models import Presence
from accounts.permissions import Role
from config import clock
from tests import builders
from tracker.models import (
    GateOverride,
    Infusion,
    Intervention,
    NeuroAssessment,
    Site,
    Study,
    SymptomReport,
    TemperatureLog,
)

from .conftest import Patient, typed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def planned(ward: Site, study: Study) -> Infusion:
    study.gates = {**study.gates, "dose": "warn", "baseline": "hard"}
    study.save()
    subject = builders.make_subject(site=ward, study=study, patient=builders.make_patient(ward))
    now = clock.now()
    return builders.make_infusion(
        subject, bag=builders.make_bag(subject, cells_e9=80), planned_cells_e9=80, planned_start_at=now
    )


def start(browser: Browser, infusion: Infusion, **fields: Any) -> Any:
    address = f"/infusions/{infusion.uuid}/start/"
    return browser.post(address, typed(browser, address, **fields))


def test_closed_gates_are_named_and_nothing_starts(nurse: Browser, planned: Infusion) -> None:
    page = start(nurse, planned)
    assert page.status_code == 422
    assert {str(gate.gate) for gate in page.context["checklist"].findings} >= {"dose", "baseline"}
    planned.refresh_from_db()
    assert planned.started_at is None


def test_the_checklist_costs_at_most_twenty_queries(
    nurse: Browser, planned: Infusion, django_assert_max_num_queries: Any
) -> None:
    address = f"/infusions/{planned.uuid}/start/"
    nurse.get(address)
    with django_assert_max_num_queries(20):
        assert nurse.get(address).status_code == 200


def test_bracelet_and_bag_are_compared_and_what_differs_is_said(
    nurse: Browser, planned: Infusion, study: Study
) -> None:
    study.gates = {**study.gates, "identity_check": "hard"}
    study.save()
    address = f"/infusions/{planned.uuid}/checks/identity/"
    assert planned.bag is not None
    right = {"patient_identifier": planned.subject.subject_number, "bag_label": planned.bag.label}
    page = nurse.post(address, right | {"patient_identifier": "other"}, follow=True)
    assert "not a number of this patient" in page.content.decode()
    page = nurse.post(address, right, follow=True)
    assert [str(look.checked_by) for look in page.context["checklist"].looks] == ["Nora"]
    assert page.context["asks_colleague"]
    wrong = {**right, "second_username": "nora", "second_password": "secret"}
    page = nurse.post(address, wrong)
    assert page.status_code == 422
    assert page.context["identity"].errors["second_username"]


@pytest.fixture
def tablet(nurse: Browser, ward: Site) -> Browser:
    """Nora's browser, a shared device of the ward, to which Olaf may come back by his PIN."""
    olaf = builders.make_user("olaf")
    builders.make_actor(Role.NURSE, ward, user=olaf, identified=True)
    pins.set_pin(olaf, "905174", clock.real_now())
    nurse.post("/ward/devices/", {"site": ward.pk, "name": "Tablet 2"})
    for name in ("olaf", "nora"):
        nurse.post("/ward/switch/")
        nurse.post("/accounts/logout/")
        nurse.post("/accounts/login/", {"login": name, "password": "secret"})
    return nurse


def test_a_colleague_looks_by_their_pin_on_a_shared_device(
    tablet: Browser, planned: Infusion, study: Study
) -> None:
    study.gates = {**study.gates, "identity_check": "hard"}
    study.save()
    assert planned.bag is not None
    address = f"/infusions/{planned.uuid}/checks/identity/"
    right = {"patient_identifier": planned.subject.subject_number, "bag_label": planned.bag.label}
    page = tablet.post(address, right, follow=True).content.decode()
    assert 'id="colleague-by-pin"' in page
    start_page = f"/infusions/{planned.uuid}/start/"
    called = tablet.post("/ward/switch/", {"next": start_page, "colleague": "yes"}, follow=True)
    olaf = Presence.objects.get(user__username="olaf", ended_at=None)
    Presence.objects.filter(pk=olaf.pk).update(way_back="/alerts/")
    assert called.context["next"] == f"{start_page}?colleague=yes"
    came = tablet.post(f"/ward/{olaf.uuid}/", {"pin": "905174", "next": called.context["next"]})
    assert came["Location"] == f"{start_page}?colleague=yes"
    page = tablet.post(address, right, follow=True)
    assert [str(look.checked_by) for look in page.context["checklist"].looks] == ["Nora", "Olaf"]
    assert 'id="colleague-by-pin"' not in page.content.decode()


def test_on_a_device_of_ones_own_nobody_is_called_by_pin(
    nurse: Browser, planned: Infusion, study: Study
) -> None:
    study.gates = {**study.gates, "identity_check": "hard"}
    study.save()
    assert planned.bag is not None
    right = {"patient_identifier": planned.subject.subject_number, "bag_label": planned.bag.label}
    page = nurse.post(f"/infusions/{planned.uuid}/checks/identity/", right, follow=True)
    assert page.context["asks_colleague"]
    assert 'id="colleague-by-pin"' not in page.content.decode()


def test_what_was_pressed_by_mistake_is_taken_back_with_a_reason(
    nurse: Browser, ward: Site, study: Study
) -> None:
    subject = builders.make_subject(site=ward, study=study, patient=builders.make_patient(ward))
    infusion = builders.make_infusion(subject, started_at=clock.now() - timedelta(minutes=20))
    address = f"/infusions/{infusion.uuid}/turns/pause/"
    page = nurse.post(address, typed(nurse, address, why="1"), follow=True)
    event = infusion.infusionevent_rows.get(kind="pause")
    assert event.note == "Access or line"
    undo = f"/infusions/{infusion.uuid}/events/{event.uuid}/undo/"
    assert undo in page.content.decode()
    assert nurse.post(undo, {"why": "other"}).status_code == 422
    assert nurse.post(undo, {"why": "mistake"}).status_code == 302
    infusion.refresh_from_db()
    assert infusion.phase == "infusing"
    assert infusion.infusionevent_rows.get(void=True).reason == "Pressed by mistake"


def test_two_people_with_a_reason_go_past_the_studys_limits(
    nurse: Browser, planned: Infusion, ward: Site
) -> None:
    builders.make_actor("charge_nurse", ward, user=builders.make_user("carl"))
    said = {"override_reason": "agreed with the sponsor", "second_username": "carl"}
    assert start(nurse, planned, **said, second_password="wrong").status_code == 422
    page = start(nurse, planned, **said, second_password="secret", bag_label=planned.bag.label)
    assert page.status_code == 302, (page.context["form"].errors, page.context["checklist"].findings)
    planned.refresh_from_db()
    assert planned.phase == "infusing"
    override = GateOverride.objects.filter(gate="dose").get()
    assert override.author is not None
    assert override.second_person is not None
    assert (override.author.username, override.second_person.username) == ("nora", "carl")
    assert "agreed with the sponsor" in nurse.get(f"/infusions/{planned.uuid}/").content.decode()


def test_one_person_twice_is_not_two_people(nurse: Browser, planned: Infusion) -> None:
    page = start(nurse, planned, override_reason="x", second_username="nora", second_password="secret")
    assert page.status_code == 422
    planned.refresh_from_db()
    assert planned.started_at is None


def test_a_running_infusion_is_paused_resumed_and_stopped(nurse: Browser, ward: Site, study: Study) -> None:
    subject = builders.make_subject(site=ward, study=study, patient=builders.make_patient(ward))
    infusion = builders.make_infusion(subject, started_at=clock.now() - timedelta(minutes=20))
    page = f"/infusions/{infusion.uuid}/"
    for kind, phase, fields in (
        ("rate", "infusing", {"rate_ml_per_h": "30,5"}),
        ("pause", "paused", {"why": "0"}),
        ("resume", "infusing", {"rate_ml_per_h": "20"}),
        ("stop", "observing", {"actual_cells_e9": "9.5"}),
        ("discharge", "home", {}),
    ):
        address = f"{page}turns/{kind}/"
        response = nurse.post(address, typed(nurse, address, **fields))
        assert response.status_code == 302, (kind, response.context["form"].errors)
        infusion.refresh_from_db()
        assert infusion.phase == phase
    assert nurse.get(page).status_code == 200


def test_who_would_go_home_too_early_is_named_a_time_and_goes_with_two_people(
    nurse: Browser, ward: Site, study: Study
) -> None:
    study.gates = {**study.gates, "close_watch": "hard"}
    study.save()
    subject = builders.make_subject(site=ward, study=study, patient=builders.make_patient(ward))
    stopped_at = clock.now() - timedelta(minutes=30)
    infusion = builders.make_infusion(subject, started_at=stopped_at, stopped_at=stopped_at)
    address = f"/infusions/{infusion.uuid}/turns/discharge/"
    until = (stopped_at + timedelta(hours=2)).astimezone(ZoneInfo(ward.time_zone))
    assert f"{until:%H:%M}" in nurse.get(address).content.decode()
    assert nurse.post(address, typed(nurse, address)).status_code == 422
    builders.make_actor("charge_nurse", ward, user=builders.make_user("carl"))
    said = {"override_reason": "transfer", "second_username": "carl", "second_password": "secret"}
    assert nurse.post(address, typed(nurse, address, **said)).status_code == 302
    infusion.refresh_from_db()
    assert infusion.phase == "home"
    assert "transfer" in nurse.get(f"/infusions/{infusion.uuid}/").content.decode()


def test_a_way_home_without_a_gate_asks_for_a_moment_only(nurse: Browser, ward: Site, study: Study) -> None:
    subject = builders.make_subject(site=ward, study=study, patient=builders.make_patient(ward))
    stopped_at = clock.now() - timedelta(minutes=130)
    infusion = builders.make_infusion(subject, started_at=stopped_at, stopped_at=stopped_at)
    page = nurse.get(f"/infusions/{infusion.uuid}/turns/discharge/")
    assert "second_username" not in page.context["form"].fields


@pytest.fixture
def goes_home(ward: Site, study: Study) -> str:
    """The page of the way home of somebody whose close watch is over."""
    subject = builders.make_subject(site=ward, study=study, patient=builders.make_patient(ward))
    stopped_at = clock.now() - timedelta(minutes=130)
    infusion = builders.make_infusion(subject, started_at=stopped_at, stopped_at=stopped_at)
    return f"/infusions/{infusion.uuid}/turns/discharge/"


def test_the_way_home_offers_the_home_log_and_its_sheet_leads_back(nurse: Browser, goes_home: str) -> None:
    page = nurse.get(goes_home).content.decode()
    assert 'id="make-home-log"' in page
    home_log = goes_home.replace("turns/discharge", "home-log")
    assert f'action="{home_log}"' in page
    sheet = nurse.post(home_log, {"do": "make", "language": "es", "goes_home": "yes"}).content.decode()
    assert "<svg" in sheet
    assert f'id="done" href="{goes_home}"' in sheet
    again = nurse.get(goes_home).content.decode()
    assert 'id="make-home-log"' not in again
    assert "NOT OPENED YET" in again


def test_who_goes_home_without_a_home_log_is_said_so_with_the_way_to_one(
    nurse: Browser, goes_home: str
) -> None:
    page = nurse.post(goes_home, typed(nurse, goes_home), follow=True).content.decode()
    assert f'href="{goes_home.replace("turns/discharge", "home-log")}" id="home-log"' in page


def test_who_goes_home_with_one_hears_nothing_of_it(nurse: Browser, goes_home: str) -> None:
    nurse.post(goes_home.replace("turns/discharge", "home-log"), {"do": "make", "language": "en"})
    page = nurse.post(goes_home, typed(nurse, goes_home), follow=True).content.decode()
    assert 'id="home-log"' not in page


def test_a_link_that_has_ended_is_none(nurse: Browser, goes_home: str) -> None:
    home_log = goes_home.replace("turns/discharge", "home-log")
    nurse.post(home_log, {"do": "make", "language": "en"})
    nurse.post(home_log, {"do": "revoke"})
    assert 'id="make-home-log"' in nurse.get(goes_home).content.decode()


def test_what_may_not_follow_is_refused_in_words(nurse: Browser, running: Patient) -> None:
    address = f"{running.page}turns/pause/"
    response = nurse.post(address, typed(nurse, address, why="0"))
    assert response.status_code == 422
    assert response.context["form"].non_field_errors()


def test_a_rigor_starts_and_is_stopped_with_one_press(nurse: Browser, running: Patient) -> None:
    address = f"{running.page}symptoms/new/"
    data = typed(nurse, address, kind="rigors", mark="start", severity="shaking")
    assert nurse.post(address, data).status_code == 302
    begun = SymptomReport.objects.get()
    assert f"symptoms/{begun.uuid}/stop/" in nurse.get(running.page).content.decode()
    assert nurse.post(f"{running.page}symptoms/{begun.uuid}/stop/").status_code == 302
    assert SymptomReport.objects.get(mark="stop").starts == begun
    assert f"symptoms/{begun.uuid}/stop/" not in nurse.get(running.page).content.decode()


@pytest.mark.parametrize(
    ("noun", "fields", "model"),
    [
        ("interventions", {"kind": "antipyretic", "amount": "1", "unit": "g"}, Intervention),
        ("temperatures", {"temperature": "38,4", "temperature_unit": "C"}, TemperatureLog),
        ("neuro", {"orientation": "4", "naming": "3", "attention": "0"}, NeuroAssessment),
    ],
)
def test_sent_twice_it_is_stored_once(
    nurse: Browser, running: Patient, noun: str, fields: dict[str, str], model: Any
) -> None:
    address = f"{running.page}{noun}/new/"
    data = typed(nurse, address, **fields)
    assert nurse.post(address, data).status_code == 302
    assert nurse.post(address, data).status_code == 302
    assert model.objects.count() == 1


def test_a_wrong_value_beside_the_vitals_keeps_what_was_typed(nurse: Browser, running: Patient) -> None:
    address = f"{running.page}temperatures/new/"
    page = nurse.post(address, typed(nurse, address, temperature="100.4", note="at home"))
    assert page.status_code == 422
    assert page.context["form"].errors["temperature"]
    assert 'value="at home"' in page.content.decode()
