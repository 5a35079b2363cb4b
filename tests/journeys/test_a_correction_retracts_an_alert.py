"""A typing error rang for a fever; the nurse finds it, sees what a correction will do, and corrects it."""

from typing import Any

import pytest
from playwright.sync_api import expect

from monitoring.models import Alert
from tests import builders
from tracker.models import Infusion, VitalSigns

from .conftest import SERVED, Server, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]


def test_a_correction_from_its_cell_retracts_the_alert_that_stays_in_sight_with_its_reason(
    browser: Any, server: Server, infusion: Infusion
) -> None:
    from config import clock
    from monitoring.evaluate import evaluate_infusion

    now = clock.now()
    wrong = builders.record_set(infusion, now, now=now, temperature_c="39.6", heart_rate_bpm="80")
    evaluate_infusion(infusion.pk, now)
    assert Alert.objects.get(problem="fever").condition == "active"

    page = browser.new_page()
    sign_in(page, onward=f"/infusions/{infusion.uuid}/flowsheet/")
    page.locator(".alert.high, .alert.medium").first.wait_for(state="attached")

    # One Tab stop in the table: the newest temperature. Arrows leave it and come back; Enter opens it.
    table = page.locator("table[data-cells]")
    assert table.locator("a[tabindex='0']").inner_text() == "39.6"
    table.locator("a[tabindex='0']").focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.textContent") == "36.9"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**/readings/**")

    # Only what belongs to the temperature stands open.
    assert page.is_visible("#id_temperature")
    assert not page.is_visible("#id_heart_rate_bpm")
    page.fill("#id_temperature", "36.9")
    page.select_option("#id_why", "typo")
    page.keyboard.press("Enter")
    preview = page.locator("#preview-result")
    expect(preview).to_contain_text("It will retract")
    expect(preview).to_contain_text("Fever")
    assert Alert.objects.get(problem="fever").condition == "active"
    assert VitalSigns.objects.count() == 2

    page.click("#save")
    page.locator("text=Checked against every rule").wait_for()
    alert = Alert.objects.get(problem="fever")
    assert alert.condition == "retracted"
    assert VitalSigns.objects.current().filter(measured_at=wrong.measured_at).get().reason == "typo"

    # Retracted, and still to be seen, in the chart and by itself, with why.
    page.goto(f"/infusions/{infusion.uuid}/flowsheet/")
    page.locator(".alert.retracted").first.wait_for(state="attached")
    page.goto(f"/alerts/{alert.uuid}/")
    assert "what it rested on was corrected or voided" in page.inner_text("main")


def test_the_flowsheet_holds_what_it_says_on_a_phone_and_on_paper(
    browser: Any, server: Server, infusion: Infusion
) -> None:
    page = browser.new_page()
    sign_in(page, onward=f"/infusions/{infusion.uuid}/flowsheet/")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    margin = page.locator(".flowsheet .margin")
    assert margin.bounding_box()["x"] >= 0  # the names stay in sight while the newest is shown
    page.goto(f"/infusions/{infusion.uuid}/flowsheet/?paper=1")
    page.emulate_media(media="print")
    assert not page.is_visible(".top")
    assert page.is_visible(".legend")
    assert page.is_visible("table.grid")
