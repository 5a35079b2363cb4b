"""Each page for who may, who may in part, and who must see nothing."""

from typing import Any

import pytest
from django.test import Client as Browser

from accounts.permissions import Role
from monitoring.models import Alert
from tests import builders
from tracker.models import Site, VitalSigns

from .conftest import Patient, SignIn, typed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fever(nurse: Browser, running: Patient) -> Alert:
    nurse.post(running.form, typed(nurse, running.form, temperature="39.5", heart_rate_bpm="88"))
    return Alert.objects.get(problem="fever")


def pages_of(running: Patient, alert: Alert) -> list[str]:
    infusion = running.infusion
    reading = VitalSigns.objects.get()
    return [
        running.page,
        running.form,
        f"{running.page}turns/discharge/",
        f"{running.page}symptoms/new/",
        f"{running.page}interventions/new/",
        f"{running.page}temperatures/new/",
        f"{running.page}neuro/new/",
        f"/patients/{infusion.patient.uuid}/",
        f"/alerts/{alert.uuid}/",
        f"/alerts/{alert.uuid}/acknowledge/",
        f"/readings/{reading.uuid}/",
        f"/setup/subjects/{infusion.subject.uuid}/",
        f"/setup/subjects/{infusion.subject.uuid}/change/",
        f"/setup/patients/{infusion.patient.uuid}/change/",
        f"/setup/labs/?parent={infusion.patient.uuid}",
        f"/setup/labs/new/?parent={infusion.patient.uuid}",
        f"/setup/consents/new/?parent={infusion.subject.uuid}",
        f"/setup/infusions/new/?parent={infusion.subject.uuid}",
        f"/setup/products/new/?parent={infusion.subject.uuid}",
    ]


COMMON = [
    "/",
    "/alerts/",
    "/patients/",
    "/status/",
    "/setup/",
    "/setup/subjects/",
    "/setup/studies/",
    "/setup/bags/",
]


def test_a_nurse_opens_every_clinical_page(nurse: Browser, running: Patient, fever: Alert) -> None:
    for address in [*COMMON, *pages_of(running, fever)]:
        assert nurse.get(address).status_code == 200, address


def test_another_sites_records_do_not_exist(stranger: Browser, running: Patient, fever: Alert) -> None:
    for address in pages_of(running, fever):
        assert stranger.get(address).status_code == 404, address
        assert stranger.post(address, {"x": "y"}).status_code == 404, address


def test_another_sites_records_are_in_no_list(stranger: Browser, running: Patient, fever: Alert) -> None:
    number = running.infusion.subject.subject_number
    for address in COMMON:
        text = stranger.get(address).content.decode()
        assert str(running.infusion.uuid) not in text, address
        assert str(fever.uuid) not in text, address
        assert f">{number}<" not in text, address


def test_a_nurse_who_may_not_know_names_sees_none(blinded: Browser, running: Patient, fever: Alert) -> None:
    for address in [*COMMON, *pages_of(running, fever), "/patients/?q=Lindqvist"]:
        response = blinded.get(address)
        text = response.content.decode().replace("q=Lindqvist", "").replace('value="Lindqvist"', "")
        assert response.status_code == 200, address
        assert "lindqvist" not in text.lower(), address
        assert "Astrid" not in text, address


def test_a_nurse_who_may_know_names_finds_them(nurse: Browser, running: Patient) -> None:
    assert "LINDQVIST, Astrid" in nurse.get("/patients/?q=lindq").content.decode()


def test_nobody_gets_in_without_signing_in(running: Patient, fever: Alert) -> None:
    for address in [*COMMON, *pages_of(running, fever)]:
        response = Browser().get(address)
        assert response.status_code == 302, address
        assert "login" in response["Location"], address


def test_an_auditor_reads_and_writes_nothing(
    sign_in: SignIn, ward: Site, running: Patient, fever: Alert
) -> None:
    auditor = sign_in(Role.AUDITOR, ward)
    assert auditor.get(running.page).status_code == 200
    assert auditor.get("/alerts/").status_code == 200
    for address in (running.form, f"{running.page}turns/discharge/", f"/alerts/{fever.uuid}/acknowledge/"):
        assert auditor.get(address).status_code == 403, address
        assert auditor.post(address, {}).status_code == 403, address


def test_an_administrator_sees_no_clinical_data(sign_in: SignIn, running: Patient, fever: Alert) -> None:
    administrator = sign_in(Role.ADMINISTRATOR, None)
    assert administrator.get("/status/").status_code == 200
    for address in ("/", "/alerts/", "/patients/"):
        assert administrator.get(address).status_code == 403, address
    assert administrator.get(running.page).status_code in (403, 404)


def test_a_safety_coordinator_reads_and_assesses_and_enters_nothing(
    sign_in: SignIn, ward: Site, running: Patient, fever: Alert
) -> None:
    coordinator = sign_in(Role.SAFETY_COORDINATOR, ward)
    assert coordinator.get(f"/alerts/{fever.uuid}/assess/").status_code == 200
    assert coordinator.get(f"/alerts/{fever.uuid}/acknowledge/").status_code == 403
    assert coordinator.get(running.form).status_code == 403


def test_only_an_investigator_changes_a_study(
    sign_in: SignIn, nurse: Browser, ward: Site, running: Patient
) -> None:
    address = f"/setup/studies/{running.infusion.study.uuid}/change/"
    assert nurse.get(address).status_code == 403
    assert sign_in(Role.INVESTIGATOR, ward).get(address).status_code == 200


def test_no_page_carries_inline_script_or_style(nurse: Browser, running: Patient, fever: Alert) -> None:
    for address in [*COMMON, *pages_of(running, fever)]:
        response = nurse.get(address)
        text = response.content.decode()
        assert " style=" not in text, address
        assert "<style" not in text, address
        assert " onclick=" not in text, address
        assert "<script>" not in text, address
        assert "'unsafe-inline'" not in response["Content-Security-Policy"], address


def test_a_wrong_address_is_no_error_of_ours(nurse: Browser, running: Patient) -> None:
    addresses: list[Any] = [
        "/setup/nonsense/",
        "/setup/labs/",
        "/setup/labs/new/?parent=nonsense",
        f"{running.page}turns/nonsense/",
        f"{running.page}nonsense/new/",
        "/setup/consents/new/",
    ]
    for address in addresses:
        assert nurse.get(address).status_code == 404, address
    builders.make_patient(running.infusion.site)
    assert nurse.get("/patients/?page=99").status_code == 200
