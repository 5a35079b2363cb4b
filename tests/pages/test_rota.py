"""The rota's pages: who sees and changes what, the week's grid, taking over, and handing over."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Browser

from accounts.models import User
from accounts.permissions import Role
from config import clock
from monitoring import shifts
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Assignment, Duty, HandOver, Shift
from tests import builders
from tracker.models import Site, Study

from .conftest import Patient, SignIn

pytestmark = pytest.mark.django_db


def person(name: str) -> User:
    return User.objects.get(username=name)


@pytest.fixture
def charge(sign_in: SignIn, ward: Site) -> Browser:
    """The charge nurse of the ward."""
    return sign_in(Role.CHARGE_NURSE, ward, username="carl")


def next_monday(ward: Site) -> Any:
    return shifts.monday(clock.now(), ZoneInfo(ward.time_zone)) + timedelta(days=7)


def on_duty(ward: Site, duty: Duty, name: str) -> Shift:
    now = clock.now()
    return Shift.objects.create(
        site=ward,
        duty=duty,
        person=person(name),
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=7),
    )


def test_a_charge_nurse_changes_a_nurse_reads_and_a_stranger_finds_nothing(
    charge: Browser, nurse: Browser, stranger: Browser, ward: Site
) -> None:
    for page in ("", "week/", "ladder/"):
        address = f"/rota/{ward.uuid}/{page}"
        assert (charge.get(address).status_code, nurse.get(address).status_code) == (200, 200), page
        assert stranger.get(address).status_code == 404, page
    assert 'id="save"' in charge.get(f"/rota/{ward.uuid}/week/").content.decode()
    assert 'id="save"' not in nurse.get(f"/rota/{ward.uuid}/week/").content.decode()
    for page in ("week/", "week/copy/"):
        assert nurse.post(f"/rota/{ward.uuid}/{page}", {"seen": ""}).status_code == 403, page
        assert stranger.post(f"/rota/{ward.uuid}/{page}", {"seen": ""}).status_code == 404, page


def test_an_administrator_keeps_the_rota_and_sees_no_patient(
    sign_in: SignIn, ward: Site, running: Patient
) -> None:
    administrator = sign_in(Role.ADMINISTRATOR, None)
    text = administrator.get(f"/rota/{ward.uuid}/").content.decode()
    assert running.infusion.subject.subject_number not in text
    assert administrator.get(f"/rota/{ward.uuid}/week/").status_code == 200
    assert administrator.get(f"/rota/{ward.uuid}/ladder/change/").status_code == 200


def test_whoever_has_one_site_is_led_to_its_rota(nurse: Browser, ward: Site) -> None:
    assert nurse.get("/rota/")["Location"] == f"/rota/{ward.uuid}/"


def test_a_week_is_entered_at_once_and_shown_again_and_copied(
    charge: Browser, nurse: Browser, ward: Site
) -> None:
    first = next_monday(ward)
    address = f"/rota/{ward.uuid}/week/?first={first}"
    nora = person("nora")
    lines = charge.get(address).context["lines"]
    prefix = next(line.prefix for line in lines if line.duty == Duty.NURSE)
    sent: dict[str, Any] = {
        "first": str(first),
        "seen": "",
        f"{prefix}-duty": "nurse_on_shift",
        f"{prefix}-from": "06:30",
        f"{prefix}-until": "14:30",
        f"{prefix}-d0": nora.pk,
        f"{prefix}-d2": nora.pk,
    }
    assert charge.post(address, sent).status_code == 302
    zone = ZoneInfo(ward.time_zone)
    begins = [f"{shift.starts_at.astimezone(zone):%a %H:%M}" for shift in Shift.objects.order_by("starts_at")]
    assert begins == ["Mon 06:30", "Wed 06:30"]
    text = charge.get(address).content.decode()
    assert 'value="06:30"' in text
    assert f'<option value="{nora.pk}" selected>' in text
    copied = charge.post(f"/rota/{ward.uuid}/week/copy/", {"first": str(first + timedelta(days=7))})
    assert copied.status_code == 302
    assert Shift.objects.count() == 4


def test_a_week_that_cannot_be_is_refused_in_words_and_keeps_what_was_typed(
    charge: Browser, nurse: Browser, ward: Site
) -> None:
    first = next_monday(ward)
    address = f"/rota/{ward.uuid}/week/?first={first}"
    lines = [line for line in charge.get(address).context["lines"] if line.duty == Duty.NURSE]
    nora = person("nora")
    sent: dict[str, Any] = {"first": str(first), "seen": ""}
    for line in lines[:2]:
        sent |= {f"{line.prefix}-duty": "nurse_on_shift", f"{line.prefix}-d3": nora.pk}
        sent |= {f"{line.prefix}-from": "07:00", f"{line.prefix}-until": "20:00"}
    sent[f"{lines[1].prefix}-from"] = "19:00"
    response = charge.post(address, sent)
    text = response.content.decode()
    assert response.status_code == 422
    assert "Nora is already: Nurse on shift" in text
    assert text.count(f'<option value="{nora.pk}" selected>') == 2
    assert not Shift.objects.exists()
    sent[f"{lines[1].prefix}-from"] = "noon"
    assert "“noon” is no hour" in charge.post(address, sent).content.decode()


def test_i_take_over_now_is_in_effect_at_once_and_leads_to_the_list(
    charge: Browser, nurse: Browser, sign_in: SignIn, ward: Site, running: Patient
) -> None:
    otto = sign_in(Role.NURSE, ward, username="otto")
    on_duty(ward, Duty.NURSE, "nora")
    at = clock.now()
    builders.record_set(running.infusion, at, temperature_c="39.5")
    evaluate_infusion(running.infusion.pk, at)
    response = otto.post(
        f"/rota/{ward.uuid}/take-over/", {"duty": "nurse_on_shift", "leaving": person("nora").pk}
    )
    made = HandOver.objects.get()
    assert response["Location"] == f"/rota/hand-overs/{made.uuid}/"
    assert Shift.objects.running(clock.now()).get().person == person("otto")
    text = nurse.get(response["Location"]).content.decode()
    assert running.infusion.subject.subject_number in text
    assert "nobody has answered" in text
    nurse.post(response["Location"])
    made.refresh_from_db()
    assert made.leaving_confirmed_at is not None
    assert otto.get(response["Location"]).content.decode().count("CONFIRMED") == 2


def test_who_leaves_hands_over_and_nothing_changes_until_who_comes_confirms(
    nurse: Browser, sign_in: SignIn, stranger: Browser, ward: Site, running: Patient
) -> None:
    otto = sign_in(Role.NURSE, ward, username="otto")
    on_duty(ward, Duty.NURSE, "nora")
    address = f"/rota/{ward.uuid}/hand-over/?duty=nurse_on_shift"
    assert nurse.get(address).status_code == 200
    sent = {"duty": "nurse_on_shift", "coming": person("otto").pk, "note": "bed 4 needs a pump"}
    page = nurse.post(address, sent)["Location"]
    assert Shift.objects.running(clock.now()).get().person == person("nora")
    assert "bed 4 needs a pump" in otto.get(page).content.decode()
    assert stranger.get(page).status_code == 404
    otto.post(page)
    assert Shift.objects.running(clock.now()).get().person == person("otto")
    assert "Somebody" not in otto.get(page).content.decode()


def test_a_nurse_takes_a_patient_and_a_charge_nurse_gives_one(
    charge: Browser, nurse: Browser, stranger: Browser, running: Patient
) -> None:
    address = f"/rota/infusions/{running.infusion.uuid}/nurse/"
    nora, carl = person("nora"), person("carl")
    nurse.post(address, {"nurse": nora.pk})
    assert Assignment.objects.get(ends_at__isnull=True).nurse == nora
    assert nurse.post(address, {"nurse": carl.pk}).status_code == 403
    assert stranger.post(address, {"nurse": nora.pk}).status_code == 404
    charge.post(address, {"nurse": carl.pk})
    assert Assignment.objects.get(ends_at__isnull=True).nurse == carl


def test_the_alert_says_who_was_told_and_who_is_next_at_which_hour(
    charge: Browser, nurse: Browser, running: Patient
) -> None:
    at = clock.now()
    builders.record_set(running.infusion, at, temperature_c="39.5")
    evaluate_infusion(running.infusion.pk, at)
    alert = Alert.objects.get(problem="fever")
    text = nurse.get(f"/alerts/{alert.uuid}/").content.decode()
    assert "nurse of the patient, charge nurse</b> (carl, nora)" in text or "(nora, carl)" in text
    assert "everybody on shift" in text[text.index('id="next-rung"') :]


def test_the_start_warns_of_whom_nobody_reaches_and_blocks_nothing(
    nurse: Browser, ward: Site, study: Study
) -> None:
    subject = builders.make_subject(site=ward, study=study, patient=builders.make_patient(ward))
    planned = builders.make_infusion(subject, planned_start_at=clock.now())
    address = f"/infusions/{planned.uuid}/start/"
    text = nurse.get(address).content.decode()
    assert "Alerts would not reach everybody" in text
    assert "Investigator on call" in text
    assert "NOBODY" in text


def test_the_status_page_says_whom_alerts_reach(nurse: Browser, stranger: Browser, ward: Site) -> None:
    assert "no rota is kept" in nurse.get("/status/").content.decode()
    assert "WARD" not in stranger.get("/status/").content.decode()
