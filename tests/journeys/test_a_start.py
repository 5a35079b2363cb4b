"""A start that is refused because nobody took a baseline, and that two people go past with a reason."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Membership
from accounts.permissions import Role
from config import clock
from tests import builders
from tracker import services
from tracker.models import GateOverride, Infusion, Site, StartCheck

from .conftest import SERVED, Server, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]


@pytest.fixture
def planned(server: Server) -> Infusion:
    """An infusion of which nothing is missing but a baseline, and what people look at by the bed."""
    site = builders.make_site("WARD", time_zone="Europe/Berlin")
    for name, role in (("nora", Role.NURSE), ("carl", Role.CHARGE_NURSE)):
        Membership.objects.create(user=builders.make_user(name), role=role, site=site, identified=True)
    return ready_but_for_a_baseline(site)


def ready_but_for_a_baseline(site: Site) -> Infusion:
    """Astrid Lindqvist's first infusion, in a study whose gates are as they come."""
    now = clock.now().replace(second=0, microsecond=0)
    actor = builders.make_actor(Role.INVESTIGATOR, site)
    patient = builders.make_patient(site, family_name="Lindqvist", given_name="Astrid")
    subject = builders.make_subject(site=site, study=builders.make_study(site, gates={}), patient=patient)
    services.record_consent(actor, subject, version="2", signed_at=now - timedelta(days=40), now=now)
    services.record_cd20(
        actor,
        subject,
        method="flow",
        specimen_on=(now - timedelta(days=30)).date(),
        result="positive",
        now=now,
    )
    services.record_leukapheresis_eligibility(
        actor, subject, assessed_on=(now - timedelta(days=35)).date(), passed=True, now=now
    )
    collected = now - timedelta(days=28)
    chain = {
        "collected_at": collected,
        "activation_started_at": collected + timedelta(days=1),
        "activation_ended_at": collected + timedelta(days=11),
        "armed_at": collected + timedelta(days=11),
    }
    return services.plan_infusion(
        actor,
        subject,
        now=now,
        bag=builders.make_bag(subject, product=chain, label="BAG-7F3", expires_at=now + timedelta(hours=6)),
        planned_cells_e9=Decimal(10),
        planned_start_at=now,
        planned_end_at=now + timedelta(minutes=30),
    )


def scan(page: Any, number: str, label: str) -> None:
    """Scans the bracelet, then the bag: each scan ends with Enter."""
    page.keyboard.type(number)
    page.keyboard.press("Enter")  # the bag is missing: the browser goes there
    page.keyboard.type(label)


def test_a_start_without_a_baseline_is_refused_and_two_people_go_past(
    browser: Any, server: Server, planned: Infusion
) -> None:
    page = browser.new_page()
    sign_in(page, onward=f"/infusions/{planned.uuid}/start/")
    assert "No set of vital signs was taken in the last 30 minutes." in page.inner_text("#baseline")
    number = planned.subject.subject_number

    # Nora scans the bracelet and the bag; the next look is a colleague's.
    scan(page, number, "BAG-7F3")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=looked at by Nora")
    scan(page, number, "bag-7f3")
    page.fill("#id_second_username_look", "carl")
    page.fill("#id_second_password_look", "secret")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=looked at by Carl")
    page.click("#drugs-all")
    page.wait_for_selector("#drugs.ok")

    # The button says what is not settled; pressed alone it stores nothing.
    assert "Baseline" in page.inner_text("#why")
    page.click("#save")
    page.wait_for_selector("#errors")
    planned.refresh_from_db()
    assert planned.started_at is None

    page.fill("#id_override_reason", "The monitor is broken; the last set was 40 minutes ago")
    page.fill("#id_second_username", "carl")
    page.fill("#id_second_password", "secret")
    page.click("#save")
    page.wait_for_url(f"**/infusions/{planned.uuid}/")
    planned.refresh_from_db()
    assert planned.phase == "infusing"
    override = GateOverride.objects.get()
    assert (override.gate, str(override.author), str(override.second_person)) == ("baseline", "Nora", "Carl")
    looks = StartCheck.objects.filter(kind="identity").order_by("pk")
    assert [str(look.checked_by) for look in looks] == ["Nora", "Carl"]
    assert "The monitor is broken" in page.inner_text("main")
