"""Emergency access: another site's record stays a 404 without it, and nothing is opened without a trace."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client as Browser

from accounts import emergency
from accounts.actors import actor_of_user
from accounts.models import EmergencyAccess, EmergencyStep, Membership, User
from accounts.permissions import EMERGENCY, Act, NotPermitted, Role
from config.clock import real_now
from monitoring.models import Alert, Delivery
from tests import builders
from tests.accounts.builders import minutes
from tests.pages.conftest import SignIn, browser_of
from tracker.models import Infusion, Site, VitalSigns

pytestmark = pytest.mark.django_db

WHY = "Arrest call to bay 4, their nurse is away"


@pytest.fixture
def patient(ward: Site, study: Any) -> Infusion:
    """An infusion of the ward that is being watched."""
    subject = builders.make_subject(site=ward, study=study)
    now = real_now().replace(microsecond=0)
    return builders.make_infusion(subject, started_at=now - minutes(30), planned_start_at=now - minutes(30))


def open_it(browser: Browser, site: Site, reason: str = WHY) -> Any:
    return browser.post("/emergency/", {"site": site.pk, "reason": reason})


def over(access: EmergencyAccess) -> None:
    """As if its hour had passed."""
    EmergencyAccess.objects.filter(pk=access.pk).update(
        opened_at=real_now() - minutes(61), ends_at=real_now() - minutes(1)
    )


def test_another_sites_patient_is_a_404_until_emergency_access_and_after_it(
    stranger: Browser, ward: Site, patient: Infusion
) -> None:
    address = f"/infusions/{patient.uuid}/"
    assert stranger.get(address).status_code == 404

    assert open_it(stranger, ward).status_code == 302
    page = stranger.get(address)
    assert page.status_code == 200
    assert "End it now" in page.content.decode()

    stranger.post("/emergency/end/")
    assert stranger.get(address).status_code == 404


def test_it_ends_by_itself(stranger: Browser, ward: Site, patient: Infusion) -> None:
    open_it(stranger, ward)
    over(EmergencyAccess.objects.get())

    answer = stranger.get(f"/infusions/{patient.uuid}/")

    assert answer.status_code == 404
    assert "End it now" not in answer.content.decode()


def test_it_opens_one_site_and_no_other(stranger: Browser, ward: Site, study: Any, patient: Infusion) -> None:
    third = builders.make_site("THIRD")
    elsewhere = builders.make_infusion(builders.make_subject(site=third, study=builders.make_study(third)))

    open_it(stranger, ward)

    assert stranger.get(f"/infusions/{elsewhere.uuid}/").status_code == 404


def test_it_reads_records_and_answers_and_configures_nothing(stranger: Browser, ward: Site) -> None:
    open_it(stranger, ward)
    actor = stranger.get("/patients/").wsgi_request.actor  # type: ignore[attr-defined]

    assert {act for act in Act if actor.may(act, ward.pk)} == EMERGENCY
    assert actor.is_identified(ward.pk)
    assert not actor.is_identified(ward.pk + 1000)


def test_vital_signs_are_recorded_under_the_persons_own_name(
    stranger: Browser, ward: Site, patient: Infusion
) -> None:
    body = {
        "infusion": str(patient.uuid), "measured_at": real_now().isoformat(), "heart_rate_bpm": 96,
    }  # fmt: skip
    refused = stranger.post("/api/v1/vitals/", body, content_type="application/json")
    open_it(stranger, ward)

    stored = stranger.post("/api/v1/vitals/", body, content_type="application/json")

    assert refused.status_code in (403, 404, 422)
    assert stored.status_code == 201, stored.content
    assert VitalSigns.objects.get().author.username == "stig"  # type: ignore[union-attr]


def test_a_start_a_rota_and_a_study_stay_shut(stranger: Browser, ward: Site, patient: Infusion) -> None:
    open_it(stranger, ward)

    assert stranger.get(f"/infusions/{patient.uuid}/start/").status_code in (403, 404)
    assert stranger.post(f"/rota/{ward.uuid}/week/").status_code in (403, 404)
    assert stranger.get("/rules/").status_code == 200, "rules may be read by everybody who reads patients"
    assert stranger.post(f"/rota/{ward.uuid}/ladder/change/").status_code in (403, 404)


@pytest.mark.parametrize("reason", ["", "urgent", "   urgent      ", "x" * 501])
def test_a_reason_of_ten_characters_is_asked_for(stranger: Browser, ward: Site, reason: str) -> None:
    assert open_it(stranger, ward, reason).status_code == 422
    assert not EmergencyAccess.objects.exists()


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
def test_who_treats_nobody_opens_nothing(sign_in: SignIn, ward: Site, role: Role) -> None:
    browser = sign_in(role, None)

    assert browser.get("/emergency/").status_code == 403
    assert open_it(browser, ward).status_code == 403
    actor = actor_of_user(User.objects.latest("pk"), real_now())
    with pytest.raises(NotPermitted):
        emergency.open_access(actor, browser.session, ward, WHY, real_now())


def test_a_stranger_is_asked_to_sign_in(ward: Site) -> None:
    assert open_it(Browser(), ward).url.startswith("/accounts/login/")


def test_it_holds_in_the_session_where_it_was_opened_and_no_other(
    stranger: Browser, ward: Site, patient: Infusion
) -> None:
    open_it(stranger, ward)
    second = browser_of(User.objects.get(username="stig"))

    assert second.get(f"/infusions/{patient.uuid}/").status_code == 404


def test_signing_out_ends_it(stranger: Browser, ward: Site) -> None:
    open_it(stranger, ward)
    stranger.post("/accounts/logout/")

    assert EmergencyAccess.objects.get().ended_at is not None


def test_the_access_of_another_person_in_ones_session_opens_nothing(
    stranger: Browser, sign_in: SignIn, ward: Site, patient: Infusion
) -> None:
    open_it(stranger, ward)
    other = sign_in(Role.NURSE, builders.make_site("THIRD"))
    session = other.session
    session["emergency"] = str(EmergencyAccess.objects.get().uuid)
    session.save()

    assert other.get(f"/infusions/{patient.uuid}/").status_code == 404


def test_the_site_is_told_at_once_and_until_it_is_reviewed(
    stranger: Browser, sign_in: SignIn, ward: Site, study: Any
) -> None:
    ina = sign_in(Role.INVESTIGATOR, ward, username="ina")
    open_it(stranger, ward)
    alert = Alert.objects.get(problem="emergency_access")
    access = EmergencyAccess.objects.get()

    assert alert.site == ward
    assert "stig" not in str(alert.detail)
    assert Delivery.objects.filter(alert=alert, channel="screen").exists()
    assert "Emergency access was opened" in ina.get(f"/alerts/{alert.uuid}/").content.decode()
    over(access)
    ina.post(f"/emergency/uses/{access.uuid}/", {"justified": "yes", "note": ""})
    alert.refresh_from_db()
    assert alert.condition == "cleared"


def test_every_page_that_is_opened_is_written_down_and_polls_are_not(
    stranger: Browser, ward: Site, patient: Infusion
) -> None:
    stranger.get("/patients/")
    open_it(stranger, ward)
    stranger.get(f"/infusions/{patient.uuid}/")
    stranger.get("/status/strip/", headers={"X-Febris-Background": "1"})
    stranger.get("/patients/?q=Lindqvist")

    steps = EmergencyStep.objects.order_by("pk")
    assert [step.view for step in steps] == ["monitoring:infusion", "monitoring:patients"]
    assert [step.row for step in steps] == [patient.uuid, None]
    assert "Lindqvist" not in "".join(step.path for step in steps)


def test_a_second_person_sees_who_why_and_whose_and_judges_it_once(
    stranger: Browser, sign_in: SignIn, ward: Site, patient: Infusion
) -> None:
    ina = sign_in(Role.INVESTIGATOR, ward, username="ina")
    open_it(stranger, ward)
    stranger.get(f"/infusions/{patient.uuid}/")
    access = EmergencyAccess.objects.get()
    address = f"/emergency/uses/{access.uuid}/"
    assert "1 not reviewed" in ina.get("/people/me/").content.decode()
    ina.post(address, {"justified": "yes"})
    assert EmergencyAccess.objects.unreviewed().exists(), "it lasts still"
    over(access)

    page = ina.get(address).content.decode()
    assert WHY in page
    assert patient.subject.subject_number in page
    assert ina.post(address, {"justified": "no", "note": ""}).status_code == 422
    assert ina.post(address, {"justified": "no", "note": "No call was made."}).status_code == 302
    ina.post(address, {"justified": "yes", "note": "changed my mind"})

    access.refresh_from_db()
    assert (access.justified, access.review_note) == (False, "No call was made.")
    assert "not justified" in ina.get("/emergency/uses/").content.decode()


def test_an_administrator_reviews_without_seeing_whose_record_it_was(
    stranger: Browser, sign_in: SignIn, ward: Site, patient: Infusion
) -> None:
    open_it(stranger, ward)
    stranger.get(f"/infusions/{patient.uuid}/")
    adam = sign_in(Role.ADMINISTRATOR, ward)

    page = adam.get(f"/emergency/uses/{EmergencyAccess.objects.get().uuid}/").content.decode()

    assert "flowsheet" in page
    assert patient.subject.subject_number not in page


def test_nobody_reviews_their_own(sign_in: SignIn, ward: Site, elsewhere: Site) -> None:
    ina = sign_in(Role.INVESTIGATOR, elsewhere, username="ina")
    open_it(ina, ward)
    user, access = User.objects.get(username="ina"), EmergencyAccess.objects.get()
    Membership.objects.create(user=user, role=Role.INVESTIGATOR, site=ward)
    over(access)
    access.refresh_from_db()

    ina.post(f"/emergency/uses/{access.uuid}/", {"justified": "yes"})
    assert EmergencyAccess.objects.unreviewed().exists()
    with pytest.raises(emergency.EmergencyRefused):
        emergency.review(actor_of_user(user, real_now()), access, real_now(), justified=True, note="")
    with pytest.raises(IntegrityError), transaction.atomic():
        EmergencyAccess.objects.update(reviewed_by=user, reviewed_at=real_now(), justified=True)


def test_uses_are_seen_by_their_site_alone(stranger: Browser, sign_in: SignIn, ward: Site) -> None:
    open_it(stranger, ward)
    access = EmergencyAccess.objects.get()
    there = sign_in(Role.INVESTIGATOR, builders.make_site("THIRD"))
    nurse = sign_in(Role.NURSE, ward)

    assert there.get(f"/emergency/uses/{access.uuid}/").status_code == 404
    assert WHY not in there.get("/emergency/uses/").content.decode()
    assert nurse.get("/emergency/uses/").status_code == 403


def test_an_auditor_reads_every_use_and_judges_none(stranger: Browser, sign_in: SignIn, ward: Site) -> None:
    open_it(stranger, ward)
    access = EmergencyAccess.objects.get()
    over(access)
    auditor = sign_in(Role.AUDITOR, None)

    assert WHY in auditor.get("/emergency/uses/").content.decode()
    auditor.post(f"/emergency/uses/{access.uuid}/", {"justified": "yes"})
    assert EmergencyAccess.objects.unreviewed().exists()


def test_a_use_leaves_a_trail_of_its_own(stranger: Browser, ward: Site) -> None:
    open_it(stranger, ward)
    stranger.post("/emergency/end/")
    access = EmergencyAccess.objects.get()

    rows = access.trail_events.order_by("pgh_id")  # type: ignore[attr-defined]
    assert [row.pgh_label for row in rows] == ["insert", "update"]
    assert rows[0].pgh_context.metadata["actor"] == str(access.user.uuid)


def test_the_list_of_uses_asks_the_same_whatever_their_number(
    sign_in: SignIn, ward: Site, django_assert_max_num_queries: Any
) -> None:
    ina = sign_in(Role.INVESTIGATOR, ward)
    for number in range(8):
        EmergencyAccess.objects.create(
            user=builders.make_user(f"n{number}"), site=ward, reason=WHY, opened_at=real_now() - minutes(90),
            ends_at=real_now() - minutes(30),
        )  # fmt: skip

    with django_assert_max_num_queries(14):
        page = ina.get("/emergency/uses/").content.decode()
    assert page.count(WHY) == 8
