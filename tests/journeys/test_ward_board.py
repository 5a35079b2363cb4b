"""A charge nurse before the ward board: news comes by itself, is heard, and is reached without a mouse."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.actors import system_actor
from accounts.models import Client, ClientKind
from accounts.permissions import Role
from accounts.tokens import issue
from config import clock
from monitoring import alerts
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert
from tests import builders
from tracker.models import Infusion

from .conftest import SERVED, Server, cut_off, sign_in, wait_for

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]

#: A loudspeaker that writes down what it is asked to play, and keeps silent until it is allowed to.
EAR = """
window.heard = [];
window.AudioContext = class extends EventTarget {
  constructor() { super(); this.state = "suspended"; this.currentTime = 0; this.destination = {}; }
  async resume() {
    if (window.mayPlay) { this.state = "running"; this.dispatchEvent(new Event("statechange")); }
  }
  createGain() { return { connect() {}, gain: { setValueAtTime() {}, linearRampToValueAtTime() {} } }; }
  createOscillator() {
    const begins = (at) => window.heard.push(Math.round(at * 100) / 100);
    return { connect() {}, frequency: {}, start: begins, stop() {} };
  }
};
"""
#: When each of the two voices of a burst begins.
THREE_AND_TWO = [0.05, 0.05, 0.3, 0.3, 0.55, 0.55, 1.05, 1.05, 1.3, 1.3]
THREE = [0.05, 0.05, 0.4, 0.4, 0.75, 0.75]


@pytest.fixture
def ward(infusion: Infusion) -> list[Infusion]:
    """Astrid, and two more who are well."""
    now = clock.now()
    found = [infusion]
    for name in ("Berg", "Castro"):
        patient = builders.make_patient(infusion.site, family_name=name, given_name="Kim")
        subject = builders.make_subject(site=infusion.site, study=infusion.study, patient=patient)
        begun = builders.make_infusion(subject, started_at=now - timedelta(minutes=20))
        builders.record_set(
            begun, now - timedelta(minutes=4), now=now, temperature_c="36.8", heart_rate_bpm="70"
        )
        found.append(begun)
    for one in found:
        evaluate_infusion(one.pk, now)
    return found


def measure(infusion: Infusion, **values: Any) -> None:
    now = clock.now()
    builders.record_set(infusion, now, actor=system_actor("monitor"), now=now, **values)
    evaluate_infusion(infusion.pk, now)


def clipped(page: Any) -> list[list[Any]]:
    """The signs that run over their cell: column, and by how many pixels."""
    return list(
        page.eval_on_selector_all(
            "#ward tbody td.sign",
            """cells => cells.filter(cell => cell.checkVisibility()).map(cell => {
                 const right = part => {
                   const range = document.createRange();
                   range.selectNode(part);
                   return range.getBoundingClientRect().right;
                 };
                 const seen = [...cell.querySelector('.value').childNodes];
                 const rights = seen.filter(part => part.className !== 'visually-hidden').map(right);
                 return [cell.dataset.cell, Math.max(...rights) - cell.getBoundingClientRect().right];
               }).filter(([, over]) => over > 1)""",
        )
    )


def row(page: Any, infusion: Infusion) -> Any:
    return page.locator(f"#row-{infusion.uuid}")


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.id"))


def names(page: Any) -> list[str]:
    return [text.split(",")[0] for text in page.locator("#ward .named").all_inner_texts()]


def test_a_fever_appears_by_itself_and_only_its_row_is_touched(
    browser: Any, server: Server, ward: list[Infusion]
) -> None:
    page = browser.new_page()
    sign_in(page)
    page.locator("#live.on", has_text="LIVE").wait_for()
    page.evaluate(
        "window.cells = new Map([...document.querySelectorAll('#ward tr')].map(r => [r.id, [...r.cells]]))"
    )
    ill = ward[2]
    page.focus(f"#row-{ill.uuid}")
    measure(ill, temperature_c="39.4", heart_rate_bpm="71")
    row(page, ill).locator(".alerts", has_text="Fever").wait_for()
    assert row(page, ill).locator(".temperature_c .arrow").inner_text() == "↑"
    touched = page.evaluate(
        """[...document.querySelectorAll('#ward tbody tr')].flatMap(
             row => [...row.cells].filter((cell, at) => cell !== window.cells.get(row.id)[at])
                                  .map(cell => row.id + ' ' + cell.dataset.cell))"""
    )
    assert {text.split()[0] for text in touched} == {f"row-{ill.uuid}"}
    assert f"row-{ill.uuid} whom" not in touched
    assert page.inner_text("#said-high") == "High priority: Fever. CASTRO, Kim."
    expect(page).to_have_title(re.compile(r"^\(1 HIGH\)"))
    assert page.inner_text("[data-count=high] b") == "1"
    wait_for(lambda: names(page)[0] == "CASTRO")  # the order changes on the tick
    assert focused(page) == f"row-{ill.uuid}"
    assert page.inner_text("#said-high") == "High priority: Fever. CASTRO, Kim."


def test_a_board_that_nobody_feeds_says_so_across_its_whole_width(
    browser: Any, server: Server, ward: list[Infusion]
) -> None:
    page = browser.new_page()
    page.clock.install()
    sign_in(page)
    page.locator("#live.on", has_text="LIVE").wait_for()
    assert not page.is_visible("#not-live")
    cut_off(page, server)
    for _ in range(31):
        page.clock.run_for(1_000)
    bar = page.locator("#not-live").bounding_box()
    assert (bar["x"], bar["width"]) == (0, 1024)
    assert "use the bedside monitor" in page.inner_text("#not-live")
    before = row(page, ward[0]).locator(".temperature_c .age").inner_text()
    page.clock.run_for("04:00")
    assert row(page, ward[0]).locator(".temperature_c .age").inner_text() != before


def test_the_board_is_heard_where_somebody_switched_it_on(
    browser: Any, server: Server, ward: list[Infusion]
) -> None:
    page = browser.new_page()
    page.clock.install()
    page.add_init_script(EAR)
    sign_in(page)
    page.locator("#live.on").wait_for()
    assert page.inner_text("#sound") == "Sound off"
    page.click("#sound")
    page.locator("#sound.blocked", has_text="Sound OFF — press to enable").wait_for()
    page.evaluate("window.mayPlay = true")
    page.click("#sound")
    page.locator("#sound[aria-pressed=true]", has_text="Sound on").wait_for()
    assert page.evaluate("window.heard.splice(0)") == THREE_AND_TWO  # the tone that is tested at once
    measure(ward[1], temperature_c="38.2", heart_rate_bpm="71")
    wait_for(lambda: page.evaluate("window.heard.length"))
    assert page.evaluate("window.heard.splice(0)") == THREE
    measure(ward[2], temperature_c="39.4", heart_rate_bpm="71")
    wait_for(lambda: page.evaluate("window.heard.length"))
    page.clock.run_for(9_000)
    assert page.evaluate("window.heard.slice(0, 20)") == 2 * THREE_AND_TWO  # and again
    actor = builders.make_actor(Role.NURSE, ward[0].site)
    now = clock.now()
    for alert in Alert.objects.filter(infusion=ward[2]):
        alerts.acknowledge(actor, alert, commitment="at_bedside", until=now + timedelta(minutes=9), now=now)
    row(page, ward[2]).locator(".owner", has_text="At the bedside").wait_for()
    page.evaluate("window.heard.splice(0)")
    page.clock.run_for(20_000)
    assert page.evaluate("window.heard") == []


def test_rows_are_reached_by_keyboard_and_single_keys_do_nothing_elsewhere(
    browser: Any, server: Server, ward: list[Infusion]
) -> None:
    page = browser.new_page()
    sign_in(page)
    page.locator("#live.on").wait_for()
    rows = page.eval_on_selector_all("#ward tbody tr", "list => list.map(row => row.id)")
    page.keyboard.press("v")
    assert page.url.endswith("/")
    page.keyboard.press("?")
    assert page.locator("#keys[open]").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#keys[open]").count() == 0
    page.focus("#ward tbody tr[tabindex='0']")
    assert focused(page) == rows[0]
    for key, at in (("j", 1), ("ArrowDown", 2), ("ArrowDown", 2), ("k", 1), ("ArrowUp", 0), ("End", 2)):
        page.keyboard.press(key)
        assert focused(page) == rows[at]
    uuid = rows[2].removeprefix("row-")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/infusions/{uuid}/")
    page.go_back()
    page.focus(f"#row-{uuid}")
    page.keyboard.press("v")
    page.wait_for_url(f"**/infusions/{uuid}/vitals/new/")
    page.keyboard.press("Alt+1")
    page.wait_for_url("**/")


@pytest.mark.parametrize("size", [(1920, 1080), (1024, 600)], ids=["a wall", "a small one"])
def test_a_wall_is_read_from_three_metres(
    browser: Any, server: Server, ward: list[Infusion], size: tuple[int, int]
) -> None:
    measure(ward[0], temperature_c="39.4", systolic_mmhg="84", diastolic_mmhg="46", spo2_percent="90")
    measure(ward[2], bp_unrecordable=True, heart_rate_bpm="140")
    client = Client.objects.create(
        name="corridor", kind=ClientKind.DISPLAY, role=Role.WALL_DISPLAY, site=ward[0].site
    )
    page = browser.new_page()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"/display/{issue(client, clock.real_now())[1]}/")
    page.locator("#live.on", has_text="LIVE").wait_for()
    sizes = page.eval_on_selector_all(
        "#ward tbody .sign .value",
        "l => l.filter(e => e.checkVisibility()).map(e => parseFloat(getComputedStyle(e).fontSize))",
    )
    assert min(sizes) >= 28
    root = "document.documentElement"
    assert page.evaluate(f"[{root}.scrollWidth, {root}.scrollHeight]") == list(size)
    assert clipped(page) == []
    assert "LINDQVIST" not in page.content()
    measure(ward[1], temperature_c="39.6", heart_rate_bpm="70")
    row(page, ward[1]).locator(".temperature_c.high").wait_for()


def test_no_column_is_cut_off(browser: Any, server: Server, ward: list[Infusion]) -> None:
    measure(ward[0], temperature_c="39.4", systolic_mmhg="84", diastolic_mmhg="46", spo2_percent="90")
    measure(ward[2], bp_unrecordable=True, heart_rate_bpm="140")
    page = browser.new_page()
    sign_in(page)
    for width in (320, 390, 1024, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 844})
        page.reload()
        page.locator("#live.on").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        last = page.locator("#ward tbody tr:first-child .go .button").bounding_box()
        assert last["x"] + last["width"] <= width
        assert clipped(page) == []
