"""One reading travels from the bedside to an answered alert, before the eyes of somebody else."""

from typing import Any

import pytest
from playwright.sync_api import expect

from monitoring.models import Alert
from tracker.models import Infusion, VitalSigns

from .conftest import SERVED, Server, cut_off, sign_in, wait_for

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]


def test_a_fever_typed_by_keyboard_reaches_the_board_and_is_answered(
    browser: Any, server: Server, infusion: Infusion
) -> None:
    board = browser.new_page()
    sign_in(board)
    assert "LINDQVIST, Astrid" in board.inner_text("#board")
    board.locator("#live.on", has_text="LIVE").wait_for()
    assert "Fever" not in board.inner_text("#board")

    bedside = browser.new_page()
    bedside.goto(f"/infusions/{infusion.uuid}/vitals/new/")
    wait_for(lambda: bedside.evaluate("document.activeElement.name") == "temperature")
    bedside.keyboard.type("39.5")
    bedside.keyboard.press("Enter")
    assert bedside.evaluate("document.activeElement.name") == "systolic_mmhg"
    bedside.keyboard.type("118/70")
    bedside.keyboard.press("Enter")
    assert bedside.input_value("#id_diastolic_mmhg") == "70"
    assert bedside.evaluate("document.activeElement.name") == "heart_rate_bpm"
    bedside.keyboard.press("Control+Enter")
    bedside.locator("#saved").wait_for()
    assert "Checked against every rule" in bedside.inner_text("main")
    assert "Fever" in bedside.inner_text("main")
    assert VitalSigns.objects.filter(temperature_c="39.5", systolic_mmhg=118).count() == 1

    board.locator("#board a", has_text="Fever").wait_for()
    expect(board.locator("#board")).to_contain_text("39.5")

    bedside.click("main a:has-text('Fever') >> nth=0")
    bedside.click("#answer-acknowledge")
    bedside.check("input[value=repeat_vitals]")
    bedside.click("#confirm")
    bedside.locator("#alert", has_text="acknowledged").wait_for()
    board.locator("#board .owner", has_text="Nora").wait_for()

    bedside.click("#answer-assess")
    bedside.check("input[value=actioned]")
    bedside.fill("#id_note", "Paracetamol, cultures taken")
    bedside.click("#confirm")
    bedside.locator("#alert", has_text="assessed").wait_for()
    wait_for(lambda: Alert.objects.filter(problem="fever", response="assessed").exists())
    alert = Alert.objects.get(problem="fever")
    assert (alert.response, alert.outcome) == ("assessed", "actioned")


def test_pressing_save_twice_stores_one_set(browser: Any, server: Server, infusion: Infusion) -> None:
    page = browser.new_page()
    sign_in(page, onward=f"/infusions/{infusion.uuid}/vitals/new/")
    before = VitalSigns.objects.count()
    page.fill("#id_temperature", "38.4")
    page.dblclick("#save")
    page.locator("#saved").wait_for()
    assert VitalSigns.objects.count() == before + 1


def test_a_page_that_nobody_feeds_says_so_within_thirty_seconds(
    browser: Any, server: Server, infusion: Infusion
) -> None:
    page = browser.new_page()
    page.clock.install()
    sign_in(page)
    page.locator("#live.on", has_text="LIVE").wait_for()
    assert not page.is_visible("#not-live")
    cut_off(page, server)
    for _ in range(31):
        page.clock.run_for(1_000)
    assert page.is_visible("#not-live")
    assert "NOT LIVE since" in page.inner_text("#not-live")
    age = page.inner_text("#board tbody tr:first-child .age >> nth=2")
    page.clock.run_for("03:00")
    assert page.inner_text("#board tbody tr:first-child .age >> nth=2") != age


def test_everything_works_without_javascript(browser: Any, server: Server, infusion: Infusion) -> None:
    context = browser.browser.new_context(java_script_enabled=False, base_url=server.url)
    page = context.new_page()
    sign_in(page, onward=f"/infusions/{infusion.uuid}/vitals/new/")
    page.fill("#id_temperature", "100.4")
    page.click("#save")
    page.click("button[name=use]")
    expect(page.locator("[name=temperature_unit][value=F]")).to_be_checked()
    assert page.input_value("#id_temperature") == "100.4"
    page.click("#save")
    page.locator("#saved").wait_for()
    assert VitalSigns.objects.get(temperature_unit="F").temperature_c == 38
    page.click("main a:has-text('Fever') >> nth=0")
    page.click("#answer-acknowledge")
    page.click("#confirm")
    wait_for(lambda: Alert.objects.get(problem="fever").response == "acknowledged")
    context.close()
