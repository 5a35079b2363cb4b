"""The set-up pages: from a new patient to a planned infusion, without any admin site."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.permissions import Role
from tracker.models import (
    Arm,
    Bag,
    Cd20Assessment,
    CellProduct,
    Consent,
    Infusion,
    LabResult,
    LeukapheresisEligibility,
    Patient,
    ResponseAssessment,
    Site,
    Study,
    Subject,
)

from .conftest import SignIn, typed

pytestmark = pytest.mark.django_db(transaction=True)


def fill(browser: Browser, address: str, **fields: Any) -> Any:
    response = browser.post(address, typed(browser, address, **fields))
    assert response.status_code == 302, (address, response.context["form"].errors)
    return response


def test_from_a_new_patient_to_a_planned_infusion(nurse: Browser, ward: Site, study: Study) -> None:
    fill(
        nurse, "/setup/patients/new/", site=str(ward.pk), sex="female", birth_date="1961-03-12",
        family_name="Lindqvist", given_name="Astrid", mrn="4711", allergies="penicillin",
    )  # fmt: skip
    patient = Patient.objects.get()
    assert patient.identity.family_name == "Lindqvist"
    fill(
        nurse, f"/setup/subjects/new/?parent={patient.uuid}", study=str(study.pk), subject_number="W-001",
        diagnosis="b_nhl", status="active",
    )  # fmt: skip
    subject = Subject.objects.get()
    under = f"?parent={subject.uuid}"
    fill(nurse, f"/setup/consents/new/{under}", version="3.0")
    fill(nurse, f"/setup/cd20/new/{under}", method="biopsy", specimen_on="2026-01-02", result="positive")
    fill(nurse, f"/setup/leukapheresis/new/{under}", assessed_on="2026-01-03", cd3_per_ul="420", passed="on")
    fill(
        nurse, f"/setup/products/new/{under}", collection_id="C-1", name="CD20Bi-aATC", source="autologous",
        collected_at_on="2026-01-05", collected_at_at="10:00", arming_antibody_ug="500", arming_cells_e9="10",
    )  # fmt: skip
    product = CellProduct.objects.get()
    fill(nurse, f"/setup/bags/new/?parent={product.uuid}", label="B-1", lot="L-1", cells_e9="9,8")
    bag = Bag.objects.get()
    assert bag.cells_e9 == Decimal("9.8")
    fill(
        nurse, f"/setup/infusions/new/{under}", number="1", bag=str(bag.pk), planned_cells_e9="9.8",
        planned_start_at_on="2026-02-01", planned_start_at_at="09:00", route="iv",
    )  # fmt: skip
    infusion = Infusion.objects.get()
    assert infusion.planned_start_at.isoformat() == "2026-02-01T08:00:00+00:00"
    assert (
        Consent.objects.count(),
        Cd20Assessment.objects.count(),
        LeukapheresisEligibility.objects.count(),
    ) == (1, 1, 1)
    text = nurse.get(f"/setup/subjects/{subject.uuid}/").content.decode()
    for words in ("3.0", "biopsy", "C-1", "B-1", "50.0 ng"):
        assert words in text


def test_labs_and_responses_are_recorded(nurse: Browser, running: Any) -> None:
    patient = running.infusion.patient
    address = f"/setup/labs/new/?parent={patient.uuid}"
    fill(nurse, address, analyte="CRP", value_typed="12,5", unit="mg/L", uln="5")
    fill(nurse, address, analyte="IL-6", value_typed="<0.1", unit="pg/mL")
    fill(nurse, f"/setup/responses/new/?parent={patient.uuid}", criteria="Lugano 2014", response="PR")
    assert {(row.analyte, row.comparator, row.value) for row in LabResult.objects.all()} == {
        ("CRP", "", Decimal("12.5")),
        ("IL-6", "<", Decimal("0.1")),
    }
    assert ResponseAssessment.objects.get().response == "PR"
    assert "CRP" in nurse.get(f"/setup/labs/?parent={patient.uuid}").content.decode()


def test_an_investigator_sets_up_a_study_with_its_gates(sign_in: SignIn, ward: Site, study: Study) -> None:
    investigator = sign_in(Role.INVESTIGATOR, ward)
    address = f"/setup/studies/{study.uuid}/change/"
    fill(investigator, address, gate_dose="hard", dose_high_e9="60", gap_hours_min="72")
    study.refresh_from_db()
    assert (study.gates["dose"], study.dose_high_e9, study.gap_hours_min) == ("hard", 60, 72)
    fill(investigator, f"/setup/arms/new/?parent={study.uuid}", code="B", planned_cells_e9="20")
    assert Arm.objects.get().planned_cells_e9 == 20
    assert "72" in investigator.get(f"/setup/studies/{study.uuid}/").content.decode()


def test_an_administrator_makes_a_site(sign_in: SignIn) -> None:
    administrator = sign_in(Role.ADMINISTRATOR, None)
    fill(
        administrator,
        "/setup/sites/new/",
        code="NEW",
        name="New ward",
        time_zone="Europe/Vienna",
        languages=["es"],
    )
    assert Site.objects.get(code="NEW").time_zone == "Europe/Vienna"


def test_a_consent_is_withdrawn(nurse: Browser, running: Any) -> None:
    subject = running.infusion.subject
    fill(nurse, f"/setup/consents/new/?parent={subject.uuid}", version="1.0")
    consent = Consent.objects.get()
    nurse.post(f"/setup/subjects/{subject.uuid}/consents/{consent.uuid}/withdraw/")
    consent.refresh_from_db()
    assert consent.withdrawn_at is not None


def test_an_error_of_the_service_stands_at_its_field_and_the_rest_stays(nurse: Browser, running: Any) -> None:
    subject = running.infusion.subject
    address = f"/setup/infusions/new/?parent={subject.uuid}"
    page = nurse.post(address, typed(nurse, address, number="7", planned_cells_e9="5000000000", route="iv"))
    assert page.status_code == 422
    assert page.context["form"].errors
    assert 'value="7"' in page.content.decode()
    assert Infusion.objects.count() == 1
