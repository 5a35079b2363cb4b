"""A fever is seen and taken on, the promise lapses and it rings again; and an answer is taken back."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from config import clock
from monitoring import alerts
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Delivery
from tests import builders
from tracker.models import Infusion

from .conftest import SERVED, Server, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]


@pytest.fixture
def fever(infusion: Infusion) -> Alert:
    """A high one, raised now."""
    now = clock.now()
    builders.record_set(infusion, now, temperature_c="39.5", temperature_site="oral")
    evaluate_infusion(infusion.pk, now)
    return Alert.objects.get(problem="fever")


def rang() -> list[str]:
    """What the messages about the fever told of, each ringing once."""
    screens = Delivery.objects.filter(alert__problem="fever", channel="screen").order_by("pk")
    return list(screens.values_list("reason", flat=True))


def test_a_fever_is_seen_and_taken_on_the_promise_lapses_and_it_rings_again(
    browser: Any, server: Server, fever: Alert
) -> None:
    page = browser.new_page()
    sign_in(page, onward="/alerts/")
    expect(page).to_have_title(re.compile(r"^\(1 HIGH\) Alerts"))
    row = page.locator(f"li[data-id='{fever.uuid}']")
    assert "T 39.5 °C oral" in row.inner_text()
    assert "everybody on shift" in row.inner_text()  # who is told next, with the time that is left
    page.locator("#live.on").wait_for()

    page.focus(f"#acknowledge-{fever.uuid}")
    page.keyboard.press("Enter")
    dialog = page.locator("#answer-dialog[open]")
    dialog.wait_for()
    page.keyboard.press("ArrowDown")
    assert page.is_checked("#promise-repeat_vitals")
    page.fill("#answer-dialog textarea", "paracetamol given")
    page.locator("#inbox").evaluate(
        "list => new Promise(done => { list.addEventListener('htmx:afterSettle', done, { once: true });"
        " htmx.trigger(list, 'febris:changed'); })"
    )
    assert page.input_value("#answer-dialog textarea") == "paracetamol given"  # a live update takes no word
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".undo", has_text="Acknowledged").wait_for()
    page.locator("#inbox", has_text="paracetamol given").wait_for()
    page.wait_for_function("document.title.startsWith('Alerts')")
    fever.refresh_from_db()
    assert (fever.response, fever.commitment) == ("acknowledged", "repeat_vitals")

    assert fever.until is not None
    alerts.escalate_due(fever.until + timedelta(seconds=1))
    row.locator(".nobody").wait_for()
    page.wait_for_function("document.title.startsWith('(1 HIGH) Alerts')")
    assert rang() == ["raised", "lapsed"]
    page.click(f"#a-{fever.uuid}")
    page.click("#tab-log")
    expect(page.locator("#alert")).to_contain_text("commitment lapsed")


def test_an_acknowledgement_is_taken_back(browser: Any, server: Server, fever: Alert) -> None:
    page = browser.new_page()
    sign_in(page, onward="/alerts/")
    page.click(f"#acknowledge-{fever.uuid}")
    page.click("#confirm")
    expect(page.locator("#undo")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator(".message", has_text="Taken back").wait_for()
    fever.refresh_from_db()
    assert (fever.response, fever.commitment, fever.rung) == ("open", "", 1)
    assert [line.kind for line in fever.log.order_by("pk")][-2:] == ["acknowledged", "undone"]
    assert rang() == ["raised"]


def test_the_list_is_walked_by_j_and_k_and_only_while_it_has_the_focus(
    browser: Any, server: Server, fever: Alert
) -> None:
    other = builders.make_infusion(site=fever.site, started_at=fever.raised_at - timedelta(minutes=20))
    builders.record_set(other, fever.raised_at, temperature_c="39.1")
    evaluate_infusion(other.pk, fever.raised_at)
    page = browser.new_page()
    sign_in(page, onward="/alerts/")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == ""
    links = page.locator("#inbox [data-row]")
    links.nth(0).focus()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == links.nth(1).get_attribute("id")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts/*-*/")


def test_everything_about_an_alert_works_without_javascript(
    browser: Any, server: Server, fever: Alert
) -> None:
    context = browser.browser.new_context(java_script_enabled=False, base_url=server.url)
    page = context.new_page()
    sign_in(page, onward="/alerts/?who=all")
    page.click(f"#acknowledge-{fever.uuid}")
    page.check("input[value=call_investigator]")
    page.click("#confirm")
    page.wait_for_url("**/alerts/?who=all")
    page.click("#undo")
    page.locator(".message", has_text="Taken back").wait_for()
    fever.refresh_from_db()
    assert fever.response == "open"
    page.click(f"#others-{fever.uuid}")
    page.click(f"#assess-{fever.uuid}")
    page.check("input[value=actioned]")
    page.click("#confirm")
    page.wait_for_url("**/alerts/?who=all")
    fever.refresh_from_db()
    assert fever.response == "assessed"
    context.close()
