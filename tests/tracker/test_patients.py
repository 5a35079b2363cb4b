"""Patients, subjects, cells and studies: who may write them, and who sees a name."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.permissions import NotPermitted, Role
from tests.builders import (
    NOW,
    make_actor,
    make_arm,
    make_infusion,
    make_integration,
    make_patient,
    make_site,
    make_study,
    make_subject,
    record_set,
)
from tracker import services
from tracker.errors import Refused
from tracker.models import Patient, PatientIdentity, Record, Site, Study, Subject

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Any:
    return make_site()


@pytest.fixture
def nurse(site: Any) -> Any:
    return make_actor(Role.NURSE, site)


def fields(refusal: Any) -> set[str]:
    return {error.field for error in refusal.value.errors}


def test_a_patients_name_is_kept_apart(nurse: Any, site: Any) -> None:
    patient = services.create_patient(
        nurse, site, now=NOW, family_name="Okafor", given_name="Ada", identifiers={"MRN": "7"}
    )
    assert not any("Okafor" in str(value) for value in vars(patient).values())
    assert PatientIdentity.objects.get(patient=patient).family_name == "Okafor"


def test_a_name_is_seen_only_by_identified_members_of_the_site(site: Any) -> None:
    make_patient(site, family_name="Okafor")
    identified = make_actor(Role.NURSE, site, identified=True)
    blinded = make_actor(Role.SAFETY_COORDINATOR, site)
    elsewhere = make_actor(Role.NURSE, make_site(), identified=True)
    seen = [PatientIdentity.objects.visible_to(actor).count() for actor in (identified, blinded, elsewhere)]
    assert seen == [1, 0, 0]
    assert [Patient.objects.visible_to(actor).count() for actor in (identified, blinded, elsewhere)] == [
        1,
        1,
        0,
    ]


def test_a_member_of_one_study_sees_its_patients_once(site: Any) -> None:
    study, other = make_study(site), make_study(site)
    patient = make_patient(site)
    make_subject(patient=patient, study=study)
    make_subject(patient=patient, study=other)
    make_subject(site=site, study=other)
    member = make_actor(Role.INVESTIGATOR, site, study=study)
    assert list(Patient.objects.visible_to(member)) == [patient]
    assert list(Study.objects.visible_to(member)) == [study]
    assert list(Site.objects.visible_to(member)) == [site]
    assert Subject.objects.visible_to(member).count() == 1


def test_an_identifier_names_one_patient_of_a_site(nurse: Any, site: Any) -> None:
    services.create_patient(nurse, site, now=NOW, identifiers={"MRN": "7"})
    with pytest.raises(Refused):
        services.create_patient(nurse, site, now=NOW, identifiers={"MRN": "7"})
    assert Patient.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"birth_date": (NOW + timedelta(days=1)).date()}, "birth_date"),
        ({"birth_year": 1850}, "birth_year"),
        ({"birth_year": 1970, "birth_date": NOW.date()}, "birth_year"),
        ({"sex": "x"}, "sex"),
    ],
)
def test_a_patient_that_cannot_be_is_refused_at_the_field(
    nurse: Any, site: Any, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        services.create_patient(nurse, site, now=NOW, **values)
    assert fields(refusal) == {field}


def test_who_may_write_patients_and_subjects(site: Any) -> None:
    study = make_study(site)
    integration = make_integration(site)
    patient = services.create_patient(integration, site, now=NOW)
    with pytest.raises(NotPermitted):
        services.enrol_subject(integration, study, patient, "001", now=NOW)
    for outsider in (make_actor(Role.NURSE, make_site()), make_actor(Role.ADMINISTRATOR, site)):
        with pytest.raises(NotPermitted):
            services.create_patient(outsider, site, now=NOW)


def test_a_subject_is_enrolled_once_in_a_study_that_runs_at_the_site(nurse: Any, site: Any) -> None:
    study, patient = make_study(site), make_patient(site)
    subject = services.enrol_subject(nurse, study, patient, "001", now=NOW, arm=make_arm(study))
    assert (subject.site, subject.patient) == (site, patient)
    with pytest.raises(Refused):
        services.enrol_subject(nurse, study, patient, "002", now=NOW)
    for values in ({"study": make_study()}, {"study": make_study(site), "arm": make_arm(study, "B")}):
        with pytest.raises(Refused) as refusal:
            services.enrol_subject(nurse, patient=patient, subject_number="003", now=NOW, **values)
        assert fields(refusal) <= {"study", "arm"}


def test_a_changed_subject_is_looked_at_anew(nurse: Any, site: Any) -> None:
    infusion = make_infusion(site=site, started_at=NOW - timedelta(hours=1))
    services.update_subject(nurse, infusion.subject, now=NOW, spo2_target="88-92")
    assert Record.objects.get(infusion=infusion).version == 1
    with pytest.raises(Refused):
        services.update_subject(nurse, infusion.subject, now=NOW, patient=make_patient(site))


def test_cells_of_a_donor_name_the_donor(nurse: Any, site: Any) -> None:
    subject = make_subject(site=site)
    with pytest.raises(Refused):
        services.create_product(nurse, subject, now=NOW, collection_id="C1", source="donor")
    product = services.create_product(
        nurse, subject, now=NOW, collection_id="C1", source="donor", donor_id="D9"
    )
    assert product.patient == subject.patient


def test_the_arming_ratio_is_computed(nurse: Any, site: Any) -> None:
    product = services.create_product(
        nurse, make_subject(site=site), now=NOW, collection_id="C1",
        arming_antibody_ug=Decimal(2000), arming_cells_e9=Decimal(40),
    )  # fmt: skip
    assert product.arming_ng_per_e6 == 50


def test_a_bag_holds_cells_in_units_of_a_billion(nurse: Any, site: Any) -> None:
    product = services.create_product(nurse, make_subject(site=site), now=NOW, collection_id="C1")
    with pytest.raises(Refused) as refusal:
        services.add_bag(nurse, product, now=NOW, label="B1", lot="L1", cells_e9=Decimal("5E+9"))
    assert fields(refusal) == {"cells_e9"}
    bag = services.add_bag(nurse, product, now=NOW, label="B1", lot="L1", cells_e9=Decimal(5))
    make_infusion(product.subject, bag=bag, started_at=NOW)
    with pytest.raises(Refused):
        services.update_bag(nurse, bag, now=NOW, cells_e9=Decimal(6))


def test_sites_and_studies(site: Any) -> None:
    administrator = make_actor(Role.ADMINISTRATOR, None)
    investigator = make_actor(Role.INVESTIGATOR, site)
    new = services.create_site(administrator, now=NOW, code="MUC", name="Munich", time_zone="Europe/Berlin")
    with pytest.raises(NotPermitted):
        services.create_site(investigator, now=NOW, code="X", name="X")
    with pytest.raises(Refused):
        services.create_site(administrator, now=NOW, code="X", name="X", time_zone="Mars/Base")
    study = services.create_study(investigator, now=NOW, protocol_number="P1", version="1", product="BATs")
    with pytest.raises(NotPermitted):
        services.create_study(administrator, now=NOW, protocol_number="P2", version="1", product="BATs")
    services.join_study(administrator, study, new, now=NOW)
    with pytest.raises(NotPermitted):
        services.update_study(investigator, study, now=NOW, watch_hours=72)
    services.join_study(investigator, study, site, now=NOW)
    assert services.update_study(investigator, study, now=NOW, watch_hours=72).watch_hours == 72
    with pytest.raises(Refused):
        services.update_study(investigator, study, now=NOW, watch_hours=73)


class TestOtherNouns:
    @pytest.fixture
    def infusion(self, site: Any) -> Any:
        return make_infusion(site=site, started_at=NOW - timedelta(hours=2))

    def test_a_rigors_stop_is_tied_to_its_start(self, nurse: Any, infusion: Any) -> None:
        begun = services.record_symptom(
            nurse,
            infusion,
            {"measured_at": NOW - timedelta(minutes=20), "kind": "rigors", "mark": "start"},
            now=NOW,
        ).row
        ended = services.record_symptom(
            nurse, infusion, {"measured_at": NOW, "kind": "rigors", "mark": "stop"}, now=NOW
        ).row
        assert ended.starts == begun
        again = services.record_symptom(
            nurse, infusion, {"measured_at": NOW, "kind": "rigors", "mark": "stop", "note": "b"}, now=NOW
        ).row
        assert again.starts is None

    def test_a_corrected_stop_still_ends_its_start(self, nurse: Any, infusion: Any) -> None:
        given = {"measured_at": NOW - timedelta(minutes=9), "kind": "oxygen", "mark": "start"}
        begun = services.record_intervention(nurse, infusion, given, now=NOW).row
        ended = services.record_intervention(nurse, infusion, given | {"mark": "stop"}, now=NOW).row
        moved = services.amend(nurse, ended, {"measured_at": NOW}, reason="wrong time", now=NOW).row
        assert moved.starts == begun

    def test_a_steroid_asks_what_for(self, nurse: Any, infusion: Any) -> None:
        given = {
            "measured_at": NOW,
            "kind": "steroid",
            "substance": "dexamethasone",
            "amount": "10",
            "unit": "mg",
        }
        with pytest.raises(Refused) as refusal:
            services.record_intervention(nurse, infusion, given, now=NOW)
        assert fields(refusal) == {"indication"}
        row = services.record_intervention(nurse, infusion, given | {"indication": "crs"}, now=NOW).row
        assert (row.amount, row.indication) == (10, "crs")

    def test_the_items_of_ice_are_added_up(self, nurse: Any, infusion: Any) -> None:
        items = {"orientation": 4, "naming": 3, "commands": 1, "writing": 0, "attention": 1}
        row = services.record_neuro(nurse, infusion, {"measured_at": NOW} | items, now=NOW).row
        assert row.ice == 9
        with pytest.raises(Refused):
            services.record_neuro(nurse, infusion, {"measured_at": NOW, "ice": 10} | items, now=NOW)

    def test_a_result_below_what_can_be_counted_keeps_its_sign(self, site: Any, infusion: Any) -> None:
        laboratory = make_integration(site)
        row = services.record_lab(
            laboratory, infusion.patient,
            {"measured_at": NOW, "analyte": "ANC", "value_typed": "<0.1", "unit": "10*9/L"}, now=NOW,
        ).row  # fmt: skip
        assert (row.comparator, row.value, row.value_typed) == ("<", Decimal("0.1"), "<0.1")
        assert Record.objects.get(infusion=infusion).version == 1

    @pytest.mark.parametrize(
        ("change", "wanted"),
        [
            pytest.param({"lln": "1.8"}, ("<", Decimal("0.1"), "<0.1"), id="beside it: it stays below"),
            pytest.param({"value": "0.3"}, ("", Decimal("0.3"), "0.3"), id="its number: it is that"),
            pytest.param({"value": None, "value_typed": ">9"}, (">", Decimal(9), ">9"), id="as typed"),
        ],
    )
    def test_a_corrected_result_keeps_its_sign_with_its_number(
        self, nurse: Any, infusion: Any, change: Any, wanted: Any
    ) -> None:
        result = {"measured_at": NOW, "analyte": "ANC", "value_typed": "<0.1", "unit": "10*9/L"}
        row = services.record_lab(nurse, infusion.patient, result, now=NOW).row
        amended = services.amend(nurse, row, change, reason="typing error", now=NOW).row
        assert (amended.comparator, amended.value, amended.value_typed) == wanted

    def test_a_corrected_item_of_ice_corrects_its_sum(self, nurse: Any, infusion: Any) -> None:
        items = {"orientation": 4, "naming": 3, "commands": 1, "writing": 0, "attention": 1}
        row = services.record_neuro(nurse, infusion, {"measured_at": NOW} | items, now=NOW).row
        amended = services.amend(nurse, row, {"writing": 1}, reason="typing error", now=NOW).row
        assert (row.ice, amended.ice) == (9, 10)

    def test_every_noun_can_be_amended_and_voided(self, nurse: Any, infusion: Any) -> None:
        def given(record: Any, whose: Any, **values: Any) -> Any:
            return record(nurse, whose, {"measured_at": NOW} | values, now=NOW).row

        patient = infusion.patient
        crp = {"analyte": "CRP", "value": 5, "unit": "mg/L"}
        response = {"criteria": "Lugano", "response": "PR"}
        rows = [
            (record_set(infusion, NOW, heart_rate_bpm=80), {"heart_rate_bpm": 81}),
            (given(services.record_temperature, infusion, temperature_c="37.1"), {"temperature_c": "38.1"}),
            (given(services.record_symptom, infusion, kind="rash"), {"severity": "mild"}),
            (given(services.record_intervention, infusion, kind="fluids"), {"amount": 500}),
            (given(services.record_neuro, infusion, ice=10), {"ice": 9}),
            (given(services.record_lab, patient, **crp), {"value": 50, "value_typed": "50"}),
            (given(services.record_response, patient, **response), {"response": "CR"}),
        ]
        for row, values in rows:
            amended = services.amend(nurse, row, values, reason="typing error", now=NOW).row
            assert amended.amends == row
            for name, value in values.items():
                assert str(getattr(amended, name)) == str(value)
            voided = services.void(nurse, amended, reason="wrong patient", now=NOW).row
            assert (voided.void, voided.first_id) == (True, row.pk)
            assert not type(row).objects.current().exists()
