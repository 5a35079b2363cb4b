"""A start that is refused because nobody took a baseline, and that two people go past with a reason."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Membership, User
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
    site = Site.objects.filter(code="WARD").first() or builders.make_site("WARD", time_zone="Europe/Berlin")
    for name, role in (("nora", Role.NURSE), ("carl", Role.CHARGE_NURSE)):
        user = User.objects.filter(username=name).first() or builders.make_user(name)
        Membership.objects.get_or_create(user=user, role=role, site=site, identified=True)
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
    page.locator("[name=patient_identifier]:focus").wait_for()
    page.keyboard.type(number)
    page.keyboard.press("Enter")  # the bag is missing: the browser goes there
    page.locator("[name=bag_label]:focus").wait_for()
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


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "es")])
def test_axe_finds_nothing_around_a_start_and_on_paper(
    browser: Any, server: Server, infusion: Infusion, planned: Infusion, scheme: str, language: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    User.objects.filter(username="nora").update(language=language)
    page = browser.new_page()
    page.emulate_media(color_scheme=scheme)
    sign_in(page)
    found: dict[str, Any] = {}
    for address in (
        f"/infusions/{planned.uuid}/start/",
        f"/infusions/{infusion.uuid}/turns/pause/",
        f"/infusions/{infusion.uuid}/downtime/",
        f"/infusions/{infusion.uuid}/downtime/enter/",
    ):
        page.set_viewport_size({"width": 1024, "height": 600})
        page.goto(address)
        for violation in Axe().run(page).response["violations"]:
            found[f"{address} {violation['id']}"] = [node["html"][:200] for node in violation["nodes"]][:3]
        page.set_viewport_size({"width": 320, "height": 640})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found[f"{address} is wider than a phone"] = page.evaluate("document.documentElement.scrollWidth")
    assert found == {}
