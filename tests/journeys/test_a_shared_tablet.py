"""Two nurses and one tablet: they change places with a PIN, and what one typed is the other's never."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from accounts import pins
from accounts.models import EmergencyAccess, Membership, Presence, User
from accounts.permissions import Role
from config.clock import real_now
from tests import builders
from tests.journeys.conftest import SERVED, Server, sign_in
from tracker.models import Infusion

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]

NORAS, OLAFS = "471135", "905174"


@pytest.fixture
def olaf(infusion: Infusion) -> User:
    """Nora's colleague; both have PINs."""
    user = builders.make_user("olaf")
    Membership.objects.create(user=user, role=Role.NURSE, site=infusion.site, identified=True)
    pins.set_pin(user, OLAFS, real_now())
    pins.set_pin(User.objects.get(username="nora"), NORAS, real_now())
    return user


@pytest.fixture
def tablet(browser: Any, server: Server, infusion: Infusion, olaf: User) -> Any:
    """Nora has signed in on the tablet and marked it as the ward's."""
    page = browser.new_page()
    sign_in(page, onward="/ward/devices/")
    page.fill("#id_name", "Tablet 2")
    page.select_option("#id_site", str(infusion.site_id))
    page.click("main button.primary")
    page.locator(".message.success").wait_for()
    # From now on a full sign-in here is noted.
    leave(page)
    for name in ("olaf", "nora"):
        page.goto("/accounts/login/?next=/people/me/")
        page.fill("input[name=login]", name)
        page.fill("input[name=password]", "secret")
        page.click("main button.primary")
        page.locator("h1", has_text=str(User.objects.get(username=name))).wait_for()
        if name == "olaf":
            change_user(page)
    return page


def leave(page: Any) -> None:
    page.click("details.person > summary")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")


def change_user(page: Any) -> None:
    page.click("details.person > summary")
    page.get_by_role("button", name="Change user").click()
    page.wait_for_url("**/ward/")


def come_in(page: Any, name: str, pin: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()
    for digit in pin:
        page.locator(f"[data-digit='{digit}']").click()
    page.get_by_role("button", name="Come in").click()


def test_two_nurses_change_places_and_what_was_typed_waits_for_its_owner(
    tablet: Any, infusion: Infusion
) -> None:
    nora, olaf = str(User.objects.get(username="nora")), str(User.objects.get(username="olaf"))
    vitals = f"/infusions/{infusion.uuid}/vitals/new/"
    tablet.goto(vitals)
    tablet.fill("input[name=temperature]", "38.4")

    change_user(tablet)
    assert "38.4" not in tablet.evaluate("JSON.stringify({...sessionStorage})")
    tablet.go_back()
    tablet.wait_for_url("**/ward/**")
    assert "38.4" not in tablet.content()

    come_in(tablet, olaf, OLAFS)
    tablet.locator("details.person > summary", has_text=olaf).wait_for()
    tablet.goto(vitals)
    assert tablet.input_value("input[name=temperature]") == ""
    assert "38.4" not in tablet.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")

    change_user(tablet)
    tablet.get_by_role("link", name=nora, exact=True).click()
    tablet.locator("input.pin").fill(NORAS)  # pasted or typed: the pad is not the only way
    tablet.keyboard.press("Enter")
    tablet.wait_for_url(f"**{vitals}")
    tablet.locator("#idle-restored").wait_for()
    assert tablet.input_value("input[name=temperature]") == "38.4"
    assert Session.objects.count() == 1


def test_a_locked_tablet_opens_by_pin_and_five_wrong_ones_ask_for_the_password(
    tablet: Any, infusion: Infusion
) -> None:
    tablet.goto("/people/me/")
    tablet.get_by_role("button", name="Lock this session now").click()
    tablet.locator("body[data-locked]").wait_for()
    for digit in NORAS:
        tablet.locator(f".lock-page [data-digit='{digit}']").click()
    tablet.locator(".lock-page .pin-form button[type=submit]").click()
    tablet.locator("body:not([data-locked]) nav").wait_for()

    change_user(tablet)
    tablet.get_by_role("link", name=str(User.objects.get(username="nora")), exact=True).click()
    for _ in range(5):
        tablet.locator("input.pin").fill("000000")
        with tablet.expect_navigation():
            tablet.keyboard.press("Enter")
        tablet.locator(".errors:has-text('did not open'), .message").first.wait_for()
    tablet.wait_for_url("**/ward/")
    assert "password" in tablet.inner_text(".message")
    assert Presence.objects.get(user__username="nora", ended_because="wrong_pins").failures == 5


def test_without_scripts_a_pin_is_typed_and_opens(browser: Any, tablet: Any) -> None:
    change_user(tablet)
    plain = browser.browser.new_context(java_script_enabled=False, base_url=tablet.url.split("/ward/")[0])
    plain.add_cookies(browser.cookies())
    page = plain.new_page()

    page.goto("/ward/")
    page.get_by_role("link", name=str(User.objects.get(username="olaf")), exact=True).click()
    page.fill("input.pin", OLAFS)
    assert not page.locator(".pad").is_visible()
    page.get_by_role("button", name="Come in").click()
    page.locator("details.person > summary", has_text=str(User.objects.get(username="olaf"))).wait_for()
    page.goto("/people/me/")
    assert page.inner_text("h1") == str(User.objects.get(username="olaf"))


def test_a_patient_elsewhere_is_reached_in_an_emergency_under_a_banner(
    browser: Any, server: Server, infusion: Infusion
) -> None:
    other = builders.make_site("ELSE")
    Membership.objects.create(user=builders.make_user("stig"), role=Role.NURSE, site=other)
    page = browser.new_page()
    address = f"/infusions/{infusion.uuid}/"
    sign_in(page, "stig")
    page.goto(address)
    page.get_by_role("link", name="Emergency access").click()

    page.select_option("#id_site", label=str(infusion.site))
    page.fill("#id_reason", "Arrest call to bay 4, their nurse is away")
    page.get_by_role("button", name="Open emergency access").click()
    page.locator("aside.emergency").wait_for()
    page.goto(address)
    assert "Emergency access to" in page.inner_text("aside.emergency")

    page.get_by_role("button", name="End it now").click()
    page.locator(".message.success").wait_for()
    assert page.goto(address).status == 404
    assert EmergencyAccess.objects.get().steps.filter(row=infusion.uuid).exists()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_gloves_find_their_targets(
    tablet: Any, infusion: Infusion, scheme: str
) -> None:
    Membership.objects.filter(user__username="nora").update(role=Role.INVESTIGATOR)
    use = EmergencyAccess.objects.create(
        user=User.objects.get(username="olaf"), site=infusion.site, reason="Arrest call to bay 4",
        opened_at=real_now() - timedelta(hours=2), ends_at=real_now() - timedelta(hours=1),
    )  # fmt: skip
    tablet.emulate_media(color_scheme=scheme)
    for address in ("/people/me/", "/people/me/pin/", "/ward/", "/ward/devices/", "/emergency/"):
        tablet.goto(address)
        is_open_to_all(tablet)
    tablet.goto("/emergency/uses/")
    is_open_to_all(tablet)
    tablet.goto(f"/emergency/uses/{use.uuid}/")
    is_open_to_all(tablet)

    tablet.goto("/emergency/")
    tablet.select_option("#id_site", str(infusion.site_id))
    tablet.fill("#id_reason", "Arrest call to bay 4")
    tablet.get_by_role("button", name="Open emergency access").click()
    tablet.locator("aside.emergency").wait_for()
    is_open_to_all(tablet)

    tablet.goto("/people/me/")
    tablet.get_by_role("button", name="Lock this session now").click()
    tablet.locator("body[data-locked]").wait_for()
    is_open_to_all(tablet)
    tablet.locator(".lock-page").get_by_role("button", name="Change user").click()
    tablet.wait_for_url("**/ward/")
    is_open_to_all(tablet)
    assert smallest(tablet, "a.someone") >= 48
    tablet.get_by_role("link", name=str(User.objects.get(username="olaf")), exact=True).click()
    tablet.locator(".pad").wait_for()
    is_open_to_all(tablet)
    assert smallest(tablet, ".pad button, .pin-form .actions > *, input.pin") >= 48


def is_open_to_all(page: Any) -> None:
    """Axe finds nothing, and nothing is wider than the narrowest phone."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
    page.set_viewport_size({"width": 1024, "height": 600})


def smallest(page: Any, selector: str) -> float:
    """The smallest height of all that the selector finds. Units: CSS pixels."""
    heights = page.eval_on_selector_all(
        selector, "all => all.map(each => each.getBoundingClientRect().height)"
    )
    return float(min(heights))


def test_the_last_poll_of_a_page_that_is_left_leads_nobody_elsewhere(tablet: Any) -> None:
    tablet.goto("/alerts/")
    went: list[str] = []
    tablet.on("request", lambda request: request.is_navigation_request() and went.append(request.url))
    Session.objects.all().delete()
    tablet.evaluate("window.dispatchEvent(new Event('beforeunload'))")
    with tablet.expect_response("**/status/strip/") as told:
        tablet.evaluate("() => { htmx.ajax('GET', '/status/strip/', {target: 'body', swap: 'none'}); }")
    assert told.value.headers["hx-redirect"] == "/ward/?next=/alerts/"
    tablet.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert went == []
