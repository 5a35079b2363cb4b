"""A nurse at three in the morning enters a whole set without touching the mouse."""

from datetime import timedelta
from typing import Any

import pytest

from config import clock
from tests import builders
from tracker.models import Infusion, VitalSigns
from tracker.plausibility import NotANumber, read_number, suggest, suggest_fahrenheit

from .conftest import SERVED, Server, sign_in, wait_for

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]

KEY_S, THOUGHT_S, AT_MOST_S = 0.150, 1.0, 25.0


class Hands:
    """Types as a nurse does, and counts what it takes at 150 ms a key and a second of thought a field."""

    def __init__(self, page: Any) -> None:
        self.page, self.keys, self.fields = page, 0, set[str]()

    def type(self, text: str) -> None:
        """One key for each sign of the text."""
        self.fields.add(self.page.evaluate("document.activeElement.name || document.activeElement.id"))
        self.page.keyboard.type(text)
        self.keys += len(text)

    def press(self, key: str) -> None:
        """One key, or two held together."""
        self.page.keyboard.press(key)
        self.keys += 1 + key.count("+")

    @property
    def seconds(self) -> float:
        """How long it would take."""
        return self.keys * KEY_S + len(self.fields) * THOUGHT_S


def test_a_whole_set_is_entered_by_keyboard_within_25_seconds(
    browser: Any, server: Server, infusion: Infusion
) -> None:
    now = clock.now()
    builders.record_set(
        infusion, now - timedelta(minutes=2), now=now, temperature_c="37.0", temperature_site="tympanic",
        oxygen_device="room_air",
    )  # fmt: skip
    before = VitalSigns.objects.count()
    page = browser.new_page()
    page.add_init_script(
        "addEventListener('mousedown', () => { window.mouse = (window.mouse || 0) + 1; }, true);"
    )
    sign_in(page, onward=f"/infusions/{infusion.uuid}/vitals/new/")
    page.reload()  # without the greeting of the sign-in
    wait_for(lambda: page.evaluate("document.activeElement.name") == "temperature")
    height = page.evaluate("document.documentElement.scrollHeight")
    assert height <= 600, "the form needs no scrolling at 1024 by 600"

    hands = Hands(page)
    for text in ("38,4", "118/70", "96", "20", "97", "m", "a"):
        hands.type(text)
        if text != "a":
            hands.press("Enter")
    hands.press("Control+Enter")
    page.locator("#saved").wait_for()

    assert hands.seconds <= AT_MOST_S, f"{hands.keys} keys, {len(hands.fields)} fields, {hands.seconds:.1f} s"
    assert page.evaluate("window.mouse || false") is False
    assert page.evaluate("document.activeElement.id") == "saved"
    assert "grade 1 (fever 38.4; pressure fine; no oxygen)" in page.inner_text("#crs")
    row = VitalSigns.objects.order_by("pk").last()
    assert row is not None
    assert VitalSigns.objects.count() == before + 1
    assert (str(row.temperature_c), row.temperature_typed, row.temperature_site) == (
        "38.4",
        "38,4",
        "tympanic",
    )
    assert (row.systolic_mmhg, row.diastolic_mmhg, row.heart_rate_bpm) == (118, 70, 96)
    assert (row.respiratory_rate_per_min, row.spo2_percent, row.oxygen_device) == (20, 97, "room_air")
    assert (row.rigors, row.consciousness) == ("mild", "A")


def test_a_slip_is_asked_about_where_it_happens_and_enter_takes_what_was_meant(
    browser: Any, server: Server, infusion: Infusion
) -> None:
    page = browser.new_page()
    sign_in(page, onward=f"/infusions/{infusion.uuid}/vitals/new/")
    wait_for(lambda: page.evaluate("document.activeElement.name") == "temperature")
    page.keyboard.type("100.4")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Use 100.4 °F = 38.0 °C"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "systolic_mmhg"
    assert page.is_checked("[name=temperature_unit][value=F]")
    assert "MED" in page.inner_text("[data-beside=temperature]")
    page.keyboard.type("118/70")
    page.keyboard.press("Enter")
    page.keyboard.type("185")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Yes, 185 /min is right"
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.mouse.wheel(0, 100)
    assert page.input_value("#id_respiratory_rate_per_min") == ""
    page.keyboard.press("Control+Enter")
    page.locator("#saved").wait_for()
    row = VitalSigns.objects.get(temperature_unit="F")
    assert (row.temperature_c, row.heart_rate_bpm) == (38, 185)


def test_the_page_suggests_what_the_server_suggests(browser: Any, server: Server, infusion: Infusion) -> None:
    tried = [
        (name, text, unit)
        for name, texts, units in (
            ("temperature", ["3,85", "38.5", "385", "100.4", "76.9", "113", "3850", "20", "44"], ["C", "F"]),
            ("systolic_mmhg", ["120", "16", "12.5", "25", "500"], [""]),
            ("spo2_percent", ["0.97", "97", "101", "79", "1"], [""]),
            ("heart_rate_bpm", ["0", "185", "82", "301"], [""]),
        )
        for text in texts
        for unit in units
    ]
    page = browser.new_page()
    sign_in(page, onward=f"/infusions/{infusion.uuid}/vitals/new/")
    said = page.evaluate(
        """(tried) => {
            const { ranges } = JSON.parse(document.getElementById("vitals").dataset.figures);
            const { suggest, number } = window.febrisPlausible;
            return tried.map(([name, text, unit]) =>
                Boolean(suggest(name, ranges[name], number(text), unit)));
        }""",
        tried,
    )
    assert dict(zip(map(str, tried), said, strict=True)) == {
        str(each): _server_suggests(*each) for each in tried
    }


def _server_suggests(name: str, text: str, unit: str) -> bool:
    try:
        value = read_number(text)
    except NotANumber:
        return False
    if unit == "F":
        return suggest_fahrenheit(value) is not None
    return suggest("temperature_c" if name == "temperature" else name, value) is not None
