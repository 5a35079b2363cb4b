"""The lock over a page, as somebody at a ward PC meets it."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connections

from accounts.permissions import Role

from .builders import PASSWORD, make_membership, make_user

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop runs in the test's own thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
        )
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.clock.install()
        page.route("**/api/v1/events/**", lambda route: route.abort())  # its watch has tests of its own
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda message: problems.append(message.text) if "Content Security" in message.text else None,
        )
        yield page
        browser.close()
        # While Playwright's loop runs, this thread counts as another context with a connection of its own.
        connections.close_all()
        assert problems == []


def sign_in(page: Any, address: str, name: str, onward: str) -> None:
    page.goto(f"{address}/accounts/login/?next={onward}")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("button.primary")
    page.wait_for_url(f"{address}{onward}")


def test_a_page_warns_locks_and_opens_again_with_everything_typed(page: Any, live_server: Any) -> None:
    make_membership(make_user("adam"), Role.ADMINISTRATOR, None)
    sign_in(page, live_server.url, "adam", "/people/new/")
    page.fill("#id_name", "Half a na")

    page.clock.run_for("08:05")
    assert page.is_visible("#idle-warning")
    page.click("[data-stay]")
    page.clock.run_for("07:00")
    assert not page.is_visible("#idle-warning")

    page.clock.run_for("03:05")
    assert page.is_visible("#idle-lock")
    page.keyboard.press("Escape")
    page.clock.run_for("00:02")
    assert page.is_visible("#idle-lock")

    page.fill("#dialog-unlock-password", "wrong")
    page.click("#idle-lock button.primary")
    page.locator("#dialog-unlock-error", has_text="stays locked").wait_for()
    assert page.is_visible("#idle-lock")

    page.fill("#dialog-unlock-password", PASSWORD)
    page.click("#idle-lock button.primary")
    page.wait_for_selector("#idle-lock", state="hidden")
    assert page.input_value("#id_name") == "Half a na"
    assert page.input_value("#dialog-unlock-password") == ""


def test_what_was_typed_outlives_the_lock_page_but_not_another_person(page: Any, live_server: Any) -> None:
    for name in ("adam", "berta"):
        make_membership(make_user(name), Role.ADMINISTRATOR, None)
    sign_in(page, live_server.url, "adam", "/people/new/")
    page.locator("#id_name").press_sequentially("Half a na")
    page.clock.run_for("00:01")

    for stored in Session.objects.all():
        session = stored.get_decoded()
        session["active_at"] = 0
        stored.session_data = Session.get_session_store_class()().encode(session)
        stored.save()
    page.reload()
    assert page.is_visible("#page-unlock-password")
    assert not page.is_visible("#id_name")
    page.fill("#page-unlock-password", PASSWORD)
    page.click("form[data-unlock]:visible button.primary")
    page.locator("#idle-restored").wait_for()
    assert page.input_value("#id_name") == "Half a na"

    page.context.clear_cookies()
    sign_in(page, live_server.url, "berta", "/people/new/")
    assert page.input_value("#id_name") == ""
    assert (
        page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('febris:typed')).length")
        == 0
    )


def test_a_form_that_was_saved_leaves_nothing_behind(page: Any, live_server: Any) -> None:
    make_membership(make_user("adam"), Role.ADMINISTRATOR, None)
    sign_in(page, live_server.url, "adam", "/people/new/")
    page.locator("#id_username").press_sequentially("inga")
    page.locator("#id_name").press_sequentially("Inga Vik")
    page.clock.run_for("00:01")
    page.click("main button.primary")
    page.wait_for_selector("#first-password")

    page.goto(f"{live_server.url}/people/new/")
    assert page.input_value("#id_name") == ""


def test_a_passkey_signs_in_and_unlocks(page: Any, live_server: Any) -> None:
    make_membership(make_user("adam"), Role.ADMINISTRATOR, None)
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(page, live_server.url, "adam", "/people/me/")
    page.goto(f"{live_server.url}/accounts/2fa/webauthn/add/")
    page.fill("main input[name=password]", PASSWORD)
    page.click("main form button.primary")
    page.fill("#id_name", "Ward phone")
    page.check("#id_passwordless")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/recovery-codes/**")

    page.click(".person summary")
    page.click(".person form[action*=logout] button")
    page.wait_for_url("**/accounts/login/")
    page.click("#passkey_login")
    page.wait_for_url(f"{live_server.url}/")

    page.goto(f"{live_server.url}/people/new/")
    page.clock.run_for("10:05")
    page.click("#idle-lock [data-passkey]")
    page.wait_for_selector("#idle-lock", state="hidden")
