"""A whole day at the bedside in a browser that runs no scripts: every action of it works."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts import pins
from accounts.models import Membership, User
from accounts.permissions import Role
from config import clock
from config.clock import real_now
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Priority
from tests import builders
from tracker.gates import Gate
from tracker.models import HomeLink, Infusion, InfusionEvent, Intervention, Phase, Subject, VitalSigns

from .conftest import PATIENCE_S, SERVED, Server, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]

NORAS, CARLS = "471135", "905174"


@pytest.fixture
def subject(server: Server) -> Subject:
    """Astrid Lindqvist, with a bag of her own and no infusion yet; Nora is her nurse, Carl in charge."""
    site = builders.make_site("WARD", time_zone="Europe/Berlin", phone="+49 30 450 5000")
    for name, role in (("nora", Role.NURSE), ("carl", Role.CHARGE_NURSE)):
        user = builders.make_user(name)
        Membership.objects.create(user=user, role=role, site=site, identified=True)
    pins.set_pin(User.objects.get(username="carl"), CARLS, real_now())
    asked = {Gate.IDENTITY_CHECK, Gate.BASELINE, Gate.DRUGS, Gate.CLOSE_WATCH}
    gates = {gate: mode for gate, mode in builders.GATES_OFF.items() if gate not in asked}
    patient = builders.make_patient(
        site, family_name="Lindqvist", given_name="Astrid", birth_date=date(1970, 5, 4), birth_year=None
    )
    subject = builders.make_subject(site=site, study=builders.make_study(site, gates=gates), patient=patient)
    builders.make_bag(subject, label="BAG-7F3", expires_at=clock.now() + timedelta(hours=6))
    return subject


@pytest.fixture
def page(browser: Any, server: Server) -> Iterator[Any]:
    """A tablet whose browser runs no scripts."""
    context = browser.browser.new_context(
        java_script_enabled=False, base_url=server.url, viewport={"width": 1024, "height": 600}
    )
    context.set_default_timeout(PATIENCE_S * 1_000)
    yield context.new_page()
    context.close()


def press(page: Any, name: str, *, within: str = "main") -> None:
    """Presses the button, or follows the link, of this name."""
    place = page.locator(within)
    place.get_by_role("button", name=name, exact=True).or_(
        place.get_by_role("link", name=name, exact=True)
    ).first.click()


def save(page: Any) -> None:
    """Sends the form that the page is about."""
    page.locator("#save").click()


def menu(page: Any, name: str) -> None:
    """Presses what the person's own menu offers."""
    page.locator("details.person > summary").click()
    press(page, name, within="details.person")


def said(page: Any, words: str) -> None:
    """The page says this now."""
    page.locator("main", has_text=words).wait_for()


def share_the_tablet(page: Any) -> None:
    """Nora marks it as the ward's; Carl, then Nora, have signed in on it; Nora has chosen a PIN."""
    sign_in(page, onward="/ward/devices/")
    page.fill("#id_name", "Tablet 2")
    page.select_option("#id_site", index=1)
    page.locator("main button.primary").click()
    page.locator(".message.success").wait_for()
    menu(page, "Sign out")
    sign_in(page, "carl", onward="/people/me/")
    menu(page, "Change user")
    press(page, "Sign in with a password")
    page.fill("input[name=login]", "nora")
    page.fill("input[name=password]", "secret")
    press(page, "Sign in")
    page.locator("details.person > summary", has_text="Nora").wait_for()
    page.goto("/people/me/pin/")
    page.fill("#id_password", "secret")
    page.fill("#id_pin", NORAS)
    page.fill("#id_again", NORAS)
    page.locator("main button.primary").click()
    said(page, "Your PIN is set.")


def change_places(page: Any, name: str, pin: str) -> None:
    """Whoever is here leaves the tablet to somebody who comes in by PIN."""
    menu(page, "Change user")
    press(page, name)
    page.fill("input[name=pin]", pin)
    press(page, "Come in")
    page.locator("details.person > summary", has_text=name).wait_for()


def plan(page: Any, subject: Subject) -> Infusion:
    """Plans her first infusion for now."""
    page.goto(f"/setup/subjects/{subject.uuid}/")
    press(page, "Plan an infusion")
    page.fill("[name=planned_cells_e9]", "10")
    page.select_option("[name=bag]", label="BAG-7F3")
    save(page)
    page.locator("#turn-start").wait_for()
    return Infusion.objects.get(subject=subject)


def enter(page: Any, **signs: str) -> VitalSigns:
    """Enters a set from the infusion's page; gives the row."""
    press(page, "New vital signs")
    for name, text in signs.items():
        page.fill(f"#vitals [name={name}]", text)
    save(page)
    page.locator("#saved").wait_for()
    row = VitalSigns.objects.order_by("pk").last()
    assert row is not None
    return row


def start(page: Any, infusion: Infusion) -> None:
    """Two people compare bracelet and bag, the drugs are at hand; then it starts."""
    press(page, "Start the infusion")
    number = infusion.subject.subject_number
    page.fill("[name=patient_identifier]", number)
    page.fill("form.look [name=bag_label]", "BAG-7F3")
    press(page, "Compare")
    said(page, "looked at by Nora")
    page.fill("[name=patient_identifier]", number)
    page.fill("form.look [name=bag_label]", "bag-7f3")
    page.fill("form.look [name=second_username]", "carl")
    page.fill("form.look [name=second_password]", "secret")
    press(page, "Compare")
    said(page, "looked at by Carl")
    page.locator("#drugs-all").click()
    page.locator("#drugs.ok").wait_for()
    save(page)
    page.locator("#turn-pause").wait_for()
    infusion.refresh_from_db()
    assert infusion.phase == Phase.INFUSING


def answer(page: Any, alert: Alert, kind: str) -> None:
    """Opens the form of an answer from the inbox."""
    page.goto("/alerts/?who=all")
    button = page.locator(f"#{kind}-{alert.uuid}")
    if not button.is_visible():
        page.locator(f"#others-{alert.uuid}").click()
    button.click()


def test_a_day_at_the_bedside_needs_no_script(page: Any, subject: Subject) -> None:
    share_the_tablet(page)
    infusion = plan(page, subject)
    enter(page, temperature="36.9", systolic_mmhg="124", diastolic_mmhg="76", heart_rate_bpm="78",
          respiratory_rate_per_min="16", spo2_percent="98")  # fmt: skip
    press(page, "Infusion")
    start(page, infusion)

    # A fever: asked about where it may be a slip, then stored and judged in the answer itself.
    press(page, "New vital signs")
    page.fill("#vitals [name=temperature]", "3,96")
    page.fill("#vitals [name=heart_rate_bpm]", "112")
    save(page)
    page.locator(".said[data-field=temperature], #line-temperature .fault").first.wait_for()
    page.locator("button[name=use]").first.click()
    assert page.input_value("#vitals [name=temperature]") == "39.6"
    page.check("#vitals [name=symptoms][value=chills]")
    save(page)
    said(page, "Fever")
    fever = Alert.objects.get(problem="fever", infusion=infusion)
    assert (fever.priority, fever.condition) == (Priority.HIGH, "active")

    answer(page, fever, "acknowledge")
    page.check("input[value=repeat_vitals]")
    page.fill("[name=note]", "Paracetamol first")
    page.locator("#confirm").click()
    said(page, "Acknowledged")
    fever.refresh_from_db()
    assert (fever.response, fever.commitment) == ("acknowledged", "repeat_vitals")
    answer(page, fever, "assess")
    page.check("input[value=actioned]")
    page.locator("#confirm").click()
    said(page, "Assessed")

    # Something is given, from its own form.
    page.goto(f"/infusions/{infusion.uuid}/")
    press(page, "Given")
    page.select_option("[name=kind]", "antipyretic")
    page.fill("[name=substance]", "paracetamol")
    page.fill("[name=amount]", "1")
    page.fill("[name=unit]", "g")
    save(page)
    page.locator("#turn-pause").wait_for()
    assert Intervention.objects.get(infusion=infusion).amount == Decimal(1)
    press(page, "Rigors start")
    press(page, "Stopped now")

    # A pressure that the cuff got wrong; it rings.
    enter(page, temperature="37.4", systolic_mmhg="84", diastolic_mmhg="50", heart_rate_bpm="96")
    low = Alert.objects.get(problem="hypotension", infusion=infusion)

    # Carl comes in by PIN; he may silence what Nora may not.
    change_places(page, "Carl", CARLS)
    collapse = Alert.objects.get(
        infusion=infusion, priority=Priority.HIGH, response="open", explained_by=None
    )
    answer(page, collapse, "snooze")
    page.select_option("[name=minutes]", "10")
    page.fill("[name=note]", "A cuff too small; it is taken again")
    page.locator("#confirm").click()
    said(page, "Snoozed")
    collapse.refresh_from_db()
    assert collapse.snoozed_until is not None
    change_places(page, "Nora", NORAS)

    # It is put right from its cell, which says first what that will do.
    page.goto(f"/infusions/{infusion.uuid}/flowsheet/")
    page.locator("table[data-cells] a", has_text="84").first.click()
    page.fill("#id_systolic_mmhg", "114")
    page.select_option("#amend [name=why]", "typo")
    press(page, "Show what it will do")
    said(page, "It will retract")
    low.refresh_from_db()
    assert low.condition == "active"
    save(page)
    said(page, "Checked against every rule")
    low.refresh_from_db()
    assert low.condition == "retracted"

    # Paused, resumed, stopped; then home, past the close watch, with Carl.
    for kind in ("pause", "resume", "stop"):
        page.goto(f"/infusions/{infusion.uuid}/")
        page.locator(f"#turn-{kind}").click()
        if kind != "resume":
            page.check("[name=why][value='0']")
        save(page)
        page.locator("#turn-resume, #turn-stop, #turn-discharge").first.wait_for()
        assert InfusionEvent.objects.filter(infusion=infusion, kind=kind).exists()
    page.locator("#turn-discharge").click()
    page.fill("[name=override_reason]", "Goes to the ward next door, under the same watch")
    page.fill("[name=second_username]", "carl")
    page.fill("[name=second_password]", "secret")
    save(page)
    page.locator("#turn-readmit").wait_for()
    infusion.refresh_from_db()
    assert infusion.phase == Phase.HOME
    press(page, "Temperature log")
    page.locator("main a[href$='/home-log/']").first.click()
    page.check("input[name=language][value=es]")
    press(page, "Make and print")
    page.locator(".home-sheet svg").wait_for()
    assert HomeLink.objects.filter(infusion=infusion, revoked_at=None).count() == 1

    # Another language and a dark screen, and back.
    menu(page, "Español")
    page.locator("html[lang=es]").wait_for()
    page.goto("/")
    page.locator("details.person > summary").click()
    page.locator("details.person [name=theme][value=dark]").click()
    page.locator("html[data-theme=dark]").wait_for()
    menu(page, "English")
    page.locator("html[lang=en]").wait_for()

    # Left alone it is locked; the PIN opens it; then she goes.
    page.goto("/people/me/")
    press(page, "Lock this session now")
    page.locator("body[data-locked]").wait_for()
    page.goto(f"/infusions/{infusion.uuid}/")
    page.locator("body[data-locked]").wait_for()
    page.fill(".lock-page input[name=pin]", NORAS)
    page.locator(".lock-page .pin-form button[type=submit]").click()
    page.locator("#turn-readmit").wait_for()
    menu(page, "Sign out")
    page.goto(f"/infusions/{infusion.uuid}/")
    page.wait_for_url("**/ward/?next=**")
    evaluate_infusion(infusion.pk, clock.now())  # and nothing is left that an evaluation would choke on
