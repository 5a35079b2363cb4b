"""A passkey, registered once, opens the lock and signs in on the ward's tablet, for its owner alone."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator

from accounts.models import Membership, Presence, User
from accounts.permissions import Role
from tests import builders
from tracker.models import Infusion

from .conftest import PATIENCE_S, SERVED, Server, sign_in, wait_for

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]

FINGER = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(browser: Any, server: Server, infusion: Infusion) -> Iterator[Any]:
    """A tablet with a reader for fingers, at an address with a name: a passkey needs one."""
    address = server.url.replace("127.0.0.1", "localhost")
    context = browser.browser.new_context(base_url=address, viewport={"width": 1024, "height": 600})
    context.set_default_timeout(PATIENCE_S * 1_000)
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on(
        "console",
        lambda message: problems.append(message.text) if "Content Security" in message.text else None,
    )
    opened = context.new_page()
    reader = context.new_cdp_session(opened)
    reader.send("WebAuthn.enable")
    reader.send("WebAuthn.addVirtualAuthenticator", {"options": FINGER})
    yield opened
    context.close()
    assert problems == []


def register(page: Any) -> None:
    """Adds a passkey from the account's page."""
    page.goto("/people/me/")
    page.get_by_role("link", name="Second factor, recovery codes and passkeys").click()
    page.locator("main a[href*='webauthn']").first.click()
    if "reauthenticate" in page.url:
        page.fill("input[name=password]", "secret")
        page.locator("main button[type=submit]").first.click()
    page.fill("#id_name", "Tablet")
    page.check("#id_passwordless")
    page.click("#mfa_webauthn_add")
    wait_for(lambda: Authenticator.objects.filter(type="webauthn").exists())
    page.wait_for_load_state()


def lock(page: Any) -> None:
    """Leaves the session locked, on its own page."""
    page.goto("/people/me/")
    page.get_by_role("button", name="Lock this session now").click()
    page.locator("body[data-locked]").wait_for()


def leave(page: Any) -> None:
    page.click("details.person > summary")
    page.locator("details.person").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")


def test_a_passkey_opens_the_lock_and_signs_in_on_the_ward(page: Any, infusion: Infusion) -> None:
    sign_in(page, onward="/ward/devices/")
    page.fill("#id_name", "Tablet 2")
    page.select_option("#id_site", str(infusion.site_id))
    page.click("main button.primary")
    page.locator(".message.success").wait_for()
    register(page)

    # The page of the lock, and the lock that lies over a page in which something was typed.
    lock(page)
    page.locator(".lock-page").get_by_role("button", name="Unlock with a passkey").click()
    page.locator("nav").wait_for()
    page.goto(f"/infusions/{infusion.uuid}/vitals/new/")
    page.fill("#id_temperature", "38.4")
    page.evaluate("document.querySelector('[data-lock-now]').click()")
    page.locator("#idle-lock[open]").get_by_role("button", name="Unlock with a passkey").click()
    page.locator("#idle-lock[open]").wait_for(state="hidden")
    assert page.input_value("#id_temperature") == "38.4"

    # On the ward's tablet one touch is a full sign-in: the time in which a PIN is enough begins.
    leave(page)
    page.goto("/ward/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.locator("details.person > summary", has_text="Nora").wait_for()
    assert Presence.objects.filter(user__username="nora", ended_at=None).count() == 1


def test_somebody_elses_passkey_opens_nothing(page: Any, infusion: Infusion) -> None:
    sign_in(page)
    register(page)
    leave(page)
    olaf = builders.make_user("olaf")
    Membership.objects.create(user=olaf, role=Role.NURSE, site=infusion.site, identified=True)
    sign_in(page, "olaf")
    lock(page)

    page.locator(".lock-page").get_by_role("button", name="Unlock with a passkey").click()

    page.locator(".lock-page .errors", has_text="The page stays locked").wait_for()
    assert page.goto("/").status == 423
    assert not Authenticator.objects.filter(user=User.objects.get(username="olaf")).exists()
