"""The network goes in the middle of a set and comes back: one row, at the time it was measured."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from accounts.models import Membership
from accounts.permissions import Role
from config import clock
from monitoring.models import Alert
from tests import builders
from tracker.models import Infusion, VitalSigns

from .conftest import SERVED, Server, sign_in, wait_for

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]


def opened_form(browser: Any, infusion: Infusion) -> Any:
    """The form, after the browser has its key and has kept the page for a reload without a network."""
    page = browser.new_page()
    sign_in(page, onward=f"/infusions/{infusion.uuid}/vitals/new/")
    kept = "caches.open('febris-entry').then((kept) => kept.keys()).then((all) => all.length > 4)"
    keys = """new Promise((done) => { const open = indexedDB.open('febris-unsent', 1);
        open.onsuccess = () => { const keys = open.result.transaction('keys').objectStore('keys').count();
        keys.onsuccess = () => done(keys.result === 1); }; })"""
    wait_for(lambda: page.evaluate(kept) and page.evaluate(keys))
    return page


def raw_store(page: Any) -> str:
    """Everything that is readable in this browser's stores of unsent sets, as text."""
    text: str = page.evaluate(
        """() => new Promise((done) => { const open = indexedDB.open('febris-unsent', 1);
        open.onsuccess = () => { const all = open.result.transaction('sets').objectStore('sets').getAll();
        all.onsuccess = () => done(all.result.map((row) => JSON.stringify(row)
            + new TextDecoder('latin1').decode(row.sealed)).join()); }; })"""
    )
    return text


def test_a_set_typed_without_a_network_survives_a_reload_and_is_stored_once(
    browser: Any, server: Server, infusion: Infusion
) -> None:
    before = VitalSigns.objects.count()
    page = opened_form(browser, infusion)
    page.keyboard.type("39.6")
    browser.set_offline(True)
    page.keyboard.press("Enter")
    page.keyboard.type("84/50")
    page.locator("#unsent", has_text="No network. Not saved").wait_for()
    page.keyboard.press("Control+Enter")
    page.locator("#unsent li", has_text="39.6").wait_for()
    assert "not yet sent to the team" in page.inner_text("#unsent")
    assert "HIGH" in page.inner_text("#unsent") or "▲" in page.inner_text("#unsent")
    assert "39.6" not in raw_store(page), "what waits is sealed"
    assert VitalSigns.objects.count() == before
    measured_from = clock.now() - timedelta(minutes=2)

    page.reload()
    page.locator("#unsent li", has_text="39.6").wait_for()
    assert page.input_value("#id_temperature") == ""
    page.close()  # the tab is closed, the tablet put away

    browser.set_offline(False)
    later = browser.new_page()
    later.goto("/")
    wait_for(lambda: VitalSigns.objects.count() == before + 1)
    later.locator("#unsent", has_text="Sent, received late").wait_for()
    row = VitalSigns.objects.get(temperature_c="39.6")
    assert (row.systolic_mmhg, row.author.username if row.author else "") == (84, "nora")
    assert measured_from <= row.measured_at <= clock.now()
    assert row.sent_at is not None
    assert row.sent_at < row.recorded_at, "both clocks are kept"
    assert Alert.objects.filter(problem="fever", infusion=infusion).exists()
    assert raw_store(later) == ""


def test_an_answer_that_is_lost_after_the_server_stored_the_set_stores_nothing_twice(
    browser: Any, server: Server, infusion: Infusion
) -> None:
    before = VitalSigns.objects.count()
    page = opened_form(browser, infusion)
    lost: list[str] = []

    def lose(route: Any) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.request.url)
            route.fetch()  # the server stores it, and nobody hears of it
            route.abort("connectionreset")
            return
        route.continue_()

    page.route("**/vitals/new/", lose)
    page.keyboard.type("38.7")
    page.keyboard.press("Control+Enter")
    page.locator("#unsent", has_text="Sent, received late").wait_for()
    assert len(lost) == 1
    assert VitalSigns.objects.count() == before + 1
    assert raw_store(page) == ""


def test_a_set_that_the_server_refuses_is_shown_with_its_reason_and_put_right(
    browser: Any, server: Server, infusion: Infusion
) -> None:
    before = VitalSigns.objects.count()
    page = opened_form(browser, infusion)
    browser.set_offline(True)
    page.keyboard.type("38.7")
    page.fill("[name=measured_at_at]", "99:99")
    page.keyboard.press("Control+Enter")
    page.locator("#unsent li", has_text="38.7").wait_for()
    browser.set_offline(False)
    page.locator("#unsent .refused", has_text="REFUSED").wait_for()
    assert VitalSigns.objects.count() == before
    page.click("#unsent li a")
    expect(page.locator("#id_temperature")).to_have_value("38.7")
    now = clock.now().astimezone(ZoneInfo("Europe/Berlin"))
    page.fill("[name=measured_at_on]", f"{now:%Y-%m-%d}")
    page.fill("[name=measured_at_at]", f"{now:%H:%M}")
    page.keyboard.press("Control+Enter")
    page.locator("#saved").wait_for()
    assert VitalSigns.objects.count() == before + 1
    wait_for(lambda: raw_store(page) == "")


def test_the_next_person_at_the_tablet_is_told_whose_set_waits_and_neither_reads_nor_sends_it(
    browser: Any, server: Server, infusion: Infusion
) -> None:
    nils = builders.make_user("nils")
    Membership.objects.create(user=nils, role=Role.NURSE, site=infusion.site, identified=True)
    before = VitalSigns.objects.count()
    page = opened_form(browser, infusion)
    browser.set_offline(True)
    page.keyboard.type("39.6")
    page.keyboard.press("Control+Enter")
    page.locator("#unsent li", has_text="39.6").wait_for()
    page.close()
    browser.clear_cookies()  # the session ended
    browser.set_offline(False)

    other = browser.new_page()
    sign_in(other, "nils")
    wait_for(lambda: not other.evaluate("caches.has('febris-entry')"))
    other.locator("#unsent", has_text="Typed by Nora on this device and not sent yet: 1").wait_for()
    assert "39.6" not in other.content()
    assert "39.6" not in raw_store(other)
    assert raw_store(other) != ""
    assert VitalSigns.objects.count() == before

    browser.clear_cookies()
    back = browser.new_page()
    sign_in(back)
    wait_for(lambda: VitalSigns.objects.count() == before + 1)
    row = VitalSigns.objects.get(temperature_c="39.6")
    assert row.author is not None
    assert row.author.username == "nora"
