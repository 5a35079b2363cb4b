"""A nurse wants to be reminded of the next set: on their own device, without a name, and until they look."""

import json
from typing import Any

import pytest

from tracker.models import Infusion

from .conftest import SERVED, Server, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]

KEPT = "() => localStorage.getItem('febris:reminders')"
#: As if the time had passed: the device's clock is left alone, because the idle lock goes by it too.
DUE = """() => {
  const kept = JSON.parse(localStorage.getItem('febris:reminders'));
  Object.values(kept).flat().forEach((each) => { each.at = Date.now() - 1000; });
  localStorage.setItem('febris:reminders', JSON.stringify(kept));
}"""


def saves(page: Any, infusion: Infusion) -> None:
    """A set of one sign, saved."""
    page.goto(f"/infusions/{infusion.uuid}/vitals/new/")
    page.fill("#id_temperature", "37.0")
    page.keyboard.press("Control+Enter")
    page.locator("#saved").wait_for()


def test_the_next_set_is_reminded_of_on_any_page_until_its_form_is_open(
    browser: Any, server: Server, infusion: Infusion
) -> None:
    page = browser.new_page()
    sign_in(page, onward="/alerts/")
    saves(page, infusion)
    page.click("#remind")
    page.locator("#remind[aria-pressed=true]").wait_for()
    assert page.locator(".reminder").count() == 0
    kept = page.evaluate(KEPT)
    assert infusion.subject.subject_number in kept
    assert "Lindqvist" not in kept
    assert "LINDQVIST" not in kept

    page.goto("/alerts/")
    page.evaluate(DUE)
    page.locator(".reminder a", has_text=infusion.subject.subject_number).click()
    page.locator("#id_temperature").wait_for()
    assert page.locator(".reminder").count() == 0
    assert list(json.loads(page.evaluate(KEPT)).values()) == [[]]


def test_it_is_ended_by_a_second_press_by_dismissing_it_and_by_the_next_set(
    browser: Any, server: Server, infusion: Infusion
) -> None:
    page = browser.new_page()
    sign_in(page, onward="/alerts/")
    saves(page, infusion)
    page.click("#remind")
    page.click("#remind[aria-pressed=true]")
    page.locator("#remind[aria-pressed=false]").wait_for()

    page.click("#remind")
    page.goto("/alerts/")
    page.evaluate(DUE)
    page.click(".reminder button")
    page.locator(".reminder").wait_for(state="detached")

    saves(page, infusion)
    page.click("#remind")
    saves(page, infusion)
    page.locator("#remind[aria-pressed=false]").wait_for()
    assert list(json.loads(page.evaluate(KEPT)).values()) == [[]]
