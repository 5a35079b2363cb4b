"""A shared tablet without a network: what one nurse typed waits for her, whoever takes the tablet next."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts import pins
from accounts.actors import actor_of_user
from accounts.models import Membership, User
from accounts.permissions import Role
from config import clock
from config.clock import real_now
from tests import builders
from tracker import services
from tracker.models import Infusion, KeptMessage, Phase, VitalSigns

from .conftest import SERVED, Server, sign_in, wait_for
from .test_no_network import opened_form, raw_store

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]

PINS = {"nora": "471135", "olaf": "905174", "carl": "628413"}


@pytest.fixture
def tablet(browser: Any, server: Server, infusion: Infusion) -> Any:
    """The ward's tablet: Olaf and Carl, who is in charge, may come back to it, and Nora has the form open."""
    for name, role in (("olaf", Role.NURSE), ("carl", Role.CHARGE_NURSE)):
        user = builders.make_user(name)
        Membership.objects.create(user=user, role=role, site=infusion.site, identified=True)
    for name, pin in PINS.items():
        pins.set_pin(User.objects.get(username=name), pin, real_now())
    page = browser.new_page()
    sign_in(page, onward="/ward/devices/")
    page.fill("#id_name", "Tablet 2")
    page.select_option("#id_site", str(infusion.site_id))
    page.click("main button.primary")
    page.locator(".message.success").wait_for()
    menu(page, "Sign out")
    page.wait_for_url("**/accounts/login/**")
    for name in ("olaf", "carl"):
        sign_in(page, name, onward="/people/me/")
        menu(page, "Change user")
        page.wait_for_url("**/ward/")
    page.close()
    return opened_form(browser, infusion)


def menu(page: Any, name: str) -> None:
    page.click("details.person > summary")
    page.locator("details.person").get_by_role("button", name=name).click()


def come_in(page: Any, name: str) -> None:
    """By PIN, from the page that asks who is here."""
    page.get_by_role("link", name=name.title(), exact=True).click()
    page.locator("input.pin").fill(PINS[name])
    page.get_by_role("button", name="Come in").click()
    page.locator("details.person > summary", has_text=name.title()).wait_for()


def type_a_set(page: Any, temperature: str) -> None:
    """Types and saves a set while there is no network."""
    page.fill("#id_temperature", temperature)
    page.keyboard.press("Control+Enter")
    page.locator("#unsent li", has_text=temperature).wait_for()


def lose_the_answers(page: Any) -> None:
    """Everything works but storing a set: so sets still wait when the tablet changes hands."""
    page.context.route(
        "**/vitals/new/",
        lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
    )


def test_sets_wait_for_their_author_while_another_nurse_works_at_the_tablet(
    tablet: Any, infusion: Infusion
) -> None:
    before = VitalSigns.objects.count()
    lose_the_answers(tablet)
    type_a_set(tablet, "39.6")
    type_a_set(tablet, "39.8")

    menu(tablet, "Change user")
    tablet.wait_for_url("**/ward/")
    keys = """() => new Promise((done) => { const open = indexedDB.open('febris-unsent', 1);
        open.onsuccess = () => { const keys = open.result.transaction('keys').objectStore('keys').count();
        keys.onsuccess = () => done(keys.result); }; })"""
    assert tablet.evaluate(keys) == 0, "whoever leaves takes the key along"
    assert not tablet.evaluate("caches.has('febris-entry')")
    come_in(tablet, "olaf")
    said = tablet.locator("#unsent")
    said.get_by_text("Typed by Nora on this device and not sent yet: 2").wait_for()
    assert "Only Nora can send it, by signing in here" in said.inner_text()
    assert said.get_by_role("button").count() == 0, "a colleague cannot discard them"
    assert "39." not in tablet.content()
    assert "39." not in raw_store(tablet)

    tablet.context.unroute("**/vitals/new/")
    tablet.goto(f"/infusions/{infusion.uuid}/vitals/new/")
    tablet.fill("#id_temperature", "37.1")
    tablet.keyboard.press("Control+Enter")
    tablet.locator("#saved").wait_for()
    assert VitalSigns.objects.count() == before + 1, "Olaf's own set, and none of Nora's"

    menu(tablet, "Change user")
    tablet.wait_for_url("**/ward/")
    come_in(tablet, "nora")
    wait_for(lambda: VitalSigns.objects.count() == before + 3)
    authors = {str(row.temperature_c): str(row.author) for row in VitalSigns.objects.exclude(author=None)}
    assert authors["39.6"] == authors["39.8"] == "Nora"
    assert authors["37.1"] == "Olaf"
    wait_for(lambda: raw_store(tablet) == "")


def test_nobody_leaves_a_tablet_that_has_no_network_and_what_is_typed_stays(
    tablet: Any, infusion: Infusion, browser: Any
) -> None:
    tablet.fill("#id_temperature", "38.4")
    browser.set_offline(True)
    menu(tablet, "Change user")
    tablet.locator("details.person .errors", has_text="nobody else can sign in now").wait_for()
    assert tablet.input_value("#id_temperature") == "38.4"
    tablet.keyboard.press("Escape")
    type_a_set(tablet, "38.5")
    browser.set_offline(False)
    wait_for(lambda: VitalSigns.objects.filter(temperature_c="38.5").exists())


def test_a_set_of_a_cancelled_infusion_is_discarded_with_a_reason_and_kept(
    tablet: Any, infusion: Infusion
) -> None:
    now = clock.now()
    planned = builders.make_infusion(infusion.subject, planned_start_at=now)
    tablet.goto(f"/infusions/{planned.uuid}/vitals/new/")
    lose_the_answers(tablet)
    type_a_set(tablet, "38.7")
    nora = actor_of_user(User.objects.get(username="nora"), real_now())
    services.cancel_infusion(nora, planned, at=now, now=now, source_id="gone")
    planned.refresh_from_db()
    assert planned.phase == Phase.CANCELLED
    tablet.context.unroute("**/vitals/new/")

    line = tablet.locator("#unsent li", has_text="REFUSED")
    line.wait_for()
    assert "cancel" in line.inner_text().lower(), "the reason, in words"
    line.get_by_role("button", name="Discard …").click()
    form = line.locator("form.discard")
    assert "LINDQVIST, Astrid" in form.inner_text()
    form.get_by_role("button", name="Keep it").click()
    form.wait_for(state="detached")
    line.get_by_role("button", name="Discard …").click()
    form.get_by_role("button", name="Discard this set").click()
    assert not KeptMessage.objects.exists(), "a reason is asked for"
    form.locator("input").fill("The infusion was cancelled; it is on paper")
    form.get_by_role("button", name="Discard this set").click()
    tablet.locator("#unsent", has_text="Discarded, not stored").wait_for()
    assert raw_store(tablet) == ""
    kept = KeptMessage.objects.get()
    assert ["temperature", "38.7"] in json.loads(kept.body)["fields"]
    assert (kept.infusion, "on paper" in kept.reason) == (planned, True)
    assert not VitalSigns.objects.filter(infusion=planned).exists()


def test_a_set_that_may_not_be_entered_any_more_is_sent_again_when_it_may(
    tablet: Any, infusion: Infusion
) -> None:
    mine = Membership.objects.filter(user__username="nora")
    lose_the_answers(tablet)
    type_a_set(tablet, "38.7")
    mine.update(site=builders.make_site("OTHER"))
    tablet.context.unroute("**/vitals/new/")
    line = tablet.locator("#unsent li", has_text="REFUSED")
    line.wait_for()
    assert "you may not enter anything for this infusion any more" in line.inner_text()
    assert line.get_by_role("link").count() == 0, "there is no form to put it right in"

    mine.update(site=infusion.site)
    line.get_by_role("button", name="Send again").click()
    wait_for(lambda: VitalSigns.objects.filter(temperature_c="38.7").exists())


def test_a_set_put_right_without_a_network_is_not_the_place_of_the_next_one(
    tablet: Any, infusion: Infusion, browser: Any
) -> None:
    before = VitalSigns.objects.count()
    browser.set_offline(True)
    tablet.fill("[name=measured_at_at]", "99:99")
    type_a_set(tablet, "38.7")
    browser.set_offline(False)
    tablet.locator("#unsent .refused").wait_for()
    tablet.click("#unsent li a")
    wait_for(lambda: tablet.input_value("#id_temperature") == "38.7")
    hour = clock.now().astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M")
    browser.set_offline(True)
    tablet.fill("[name=measured_at_at]", hour)
    type_a_set(tablet, "38.8")
    type_a_set(tablet, "39.1")
    assert tablet.locator("#unsent li").count() == 2, "each is a set of its own"
    browser.set_offline(False)
    wait_for(lambda: VitalSigns.objects.count() == before + 2)
    assert {"38.8", "39.1"} <= {str(row.temperature_c) for row in VitalSigns.objects.all()}


def test_who_is_in_charge_gives_up_what_somebody_left_who_does_not_come_back(
    tablet: Any, infusion: Infusion
) -> None:
    lose_the_answers(tablet)
    type_a_set(tablet, "39.6")
    menu(tablet, "Change user")
    tablet.wait_for_url("**/ward/")
    come_in(tablet, "carl")
    line = tablet.locator("#unsent li", has_text="Typed by Nora")
    line.get_by_role("button", name="Discard …").click()
    line.locator("form.discard input").fill("Nora is on leave; her paper notes were entered")
    line.get_by_role("button", name="Discard this set").click()
    tablet.locator("#unsent", has_text="Discarded, not stored").wait_for()
    kept = KeptMessage.objects.get()
    assert "Carl" in kept.reason
    assert ["temperature", "39.6"] in json.loads(kept.body)["fields"]
    assert raw_store(tablet) == ""
