"""Ways that people look for in a hurry: the account and emergency access, each by an address of its own."""

from collections import Counter

import pytest
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.permissions import Role
from tests.pages.conftest import SignIn
from tracker.models import Site

pytestmark = pytest.mark.django_db


def names(resolver: URLResolver, space: str = "") -> Counter[str]:
    """How many addresses have each name, those of each namespace by themselves."""
    found: Counter[str] = Counter()
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            found.update([f"{space}:{entry.name}"] if entry.name else [])
        else:
            found += names(entry, f"{space}{entry.namespace or ''}")
    return found


def test_a_name_leads_to_one_address() -> None:
    ours = {name: count for name, count in names(get_resolver()).items() if "mfa" not in name}

    assert {name for name, count in ours.items() if count > 1} == set()


def test_the_menu_leads_to_the_account_and_not_to_the_programs_door(nurse: Browser) -> None:
    assert reverse("me") == "/people/me/"
    assert 'href="/people/me/"' in nurse.get("/").content.decode()


@pytest.mark.parametrize("role", [Role.NURSE, Role.CHARGE_NURSE, Role.INVESTIGATOR])
def test_who_treats_patients_finds_emergency_access_in_their_menu_on_every_page(
    sign_in: SignIn, ward: Site, role: Role
) -> None:
    browser = sign_in(role, ward)

    for address in ("/", "/alerts/", "/people/me/"):
        assert 'id="emergency-access" href="/emergency/"' in browser.get(address).content.decode()


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
def test_who_treats_nobody_is_not_shown_it(sign_in: SignIn, role: Role) -> None:
    assert "emergency-access" not in sign_in(role, None).get("/people/me/").content.decode()


def test_the_sign_in_page_leads_to_emergency_access_through_a_full_sign_in(ward: Site) -> None:
    page = Browser().get("/accounts/login/").content.decode()

    assert 'href="/accounts/login/?next=/emergency/"' in page
    asked = Browser().get("/accounts/login/?next=/emergency/").content.decode()
    assert "After signing in you give the reason" in asked
    assert 'name="next" value="/emergency/"' in asked
