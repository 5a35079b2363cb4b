"""A shared tablet: who may come back to it by PIN, for how long, and what opens nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import signing
from django.db import connection
from django.test import Client as Browser

from accounts import pins, ward
from accounts.models import Ended, Membership, Presence, User, WardDevice
from accounts.permissions import Act, Role
from config.clock import real_now

from .builders import PASSWORD, make_user, minutes

pytestmark = pytest.mark.django_db

NORAS, OLAFS = "471135", "905174"
JSON = {"Accept": "application/json"}


@pytest.fixture
def olaf(ward: Any) -> User:
    """Another nurse of the ward, with a PIN."""
    user = make_user("olaf", membership=(Role.NURSE, ward))
    pins.set_pin(user, OLAFS, real_now())
    return user


@pytest.fixture
def nora(nurse: User) -> User:
    """The nurse, with a PIN."""
    pins.set_pin(nurse, NORAS, real_now())
    return nurse


@pytest.fixture
def tablet(nora: User, ward: Any) -> Browser:
    """A browser that Nora has made a shared device of the ward; nobody is signed in there."""
    browser = Browser()
    sign_in(browser, "nora")
    browser.post("/ward/devices/", {"site": ward.pk, "name": "Tablet 2"})
    browser.post("/accounts/logout/")
    return browser


def sign_in(browser: Browser, name: str) -> None:
    assert browser.post("/accounts/login/", {"login": name, "password": PASSWORD}).status_code == 302


def was_here(tablet: Browser, name: str) -> Presence:
    """Somebody signed in fully on the tablet and gave it to the next."""
    sign_in(tablet, name)
    assert tablet.post("/ward/switch/").url == "/ward/"
    return Presence.objects.get(user__username=name, ended_at=None)


def come_back(tablet: Browser, presence: Presence, pin: str, **more: str) -> Any:
    return tablet.post(f"/ward/{presence.uuid}/", {"pin": pin, **more})


def who_is_in(browser: Browser) -> str | None:
    number = browser.session.get("_auth_user_id")
    return User.objects.get(pk=number).username if number else None


def at_another_time(monkeypatch: pytest.MonkeyPatch, later: float) -> None:
    """As if so many minutes had passed."""
    for module in ("accounts.views.ward", "accounts.signin", "accounts.views.session", "accounts.middleware"):
        monkeypatch.setattr(f"{module}.real_now", lambda: real_now() + minutes(later))


# --- The device -------------------------------------------------------------------------------------------


def test_the_devices_key_is_out_of_reach_of_scripts_and_other_sites(tablet: Browser) -> None:
    cookie = tablet.cookies[ward.COOKIE]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["max-age"] == 90 * 24 * 3600
    assert WardDevice.objects.get().key_hash not in cookie.value


def test_behind_tls_the_devices_key_never_travels_in_the_clear(
    tablet: Browser, ward: Any, settings: Any
) -> None:
    settings.SESSION_COOKIE_SECURE = True
    browser = Browser()
    sign_in(browser, "nora")

    browser.post("/ward/devices/", {"site": ward.pk, "name": "Tablet 3"}, secure=True)

    assert browser.cookies["febris_ward"]["secure"]


def test_an_administrator_and_a_nurse_may_share_a_device_of_their_site_and_a_stranger_may_not(
    ward: Any, administrator: User, nora: User, stranger: User
) -> None:
    made = []
    for user in (administrator, nora, stranger):
        browser = Browser()
        sign_in(browser, user.username)
        browser.post("/ward/devices/", {"site": ward.pk, "name": user.username})
        made.append("febris_ward" in browser.cookies)

    assert made == [True, True, False]
    assert set(WardDevice.objects.values_list("name", flat=True)) == {"adam", "nora"}


def test_another_sites_device_cannot_be_seen_or_revoked(tablet: Browser, stranger: User) -> None:
    device = WardDevice.objects.get()
    browser = Browser()
    sign_in(browser, "stig")

    assert "made by" not in browser.get("/ward/devices/").content.decode()
    assert browser.post(f"/ward/devices/{device.uuid}/revoke/").status_code == 404
    device.refresh_from_db()
    assert device.revoked_at is None


@pytest.mark.parametrize(
    "forged",
    [
        "x",
        "key:1abc:notasignature",
        pytest.param(signing.get_cookie_signer(salt="febris_wardother").sign("key"), id="another salt"),
        pytest.param(
            signing.get_cookie_signer(salt="febris_wardaccounts.ward").sign("key"), id="unknown key"
        ),
    ],
)
def test_a_forged_device_is_none(tablet: Browser, nora: User, forged: str) -> None:
    presence = was_here(tablet, "nora")
    thief = Browser()
    thief.cookies[ward.COOKIE] = forged

    assert thief.get("/ward/").status_code == 302
    assert come_back(thief, presence, NORAS).status_code == 302
    assert who_is_in(thief) is None


def test_a_stolen_key_opens_nothing_on_another_browser_after_the_device_was_revoked(
    tablet: Browser, nora: User
) -> None:
    presence = was_here(tablet, "nora")
    thief = Browser(headers={"User-Agent": "another"})
    thief.cookies[ward.COOKIE] = tablet.cookies[ward.COOKIE].value
    keeper = Browser()
    sign_in(keeper, "nora")

    keeper.post(f"/ward/devices/{WardDevice.objects.get().uuid}/revoke/")

    assert thief.get("/ward/").url.startswith("/accounts/login/")
    come_back(thief, presence, NORAS)
    assert who_is_in(thief) is None


def test_revoking_a_device_ends_every_session_that_began_on_it(tablet: Browser, olaf: User) -> None:
    presence = was_here(tablet, "nora")
    come_back(tablet, presence, NORAS)
    assert tablet.get("/people/me/").status_code == 200
    keeper = Browser()
    sign_in(keeper, "olaf")

    keeper.post(f"/ward/devices/{WardDevice.objects.get().uuid}/revoke/")

    assert tablet.get("/people/me/").status_code == 302
    assert keeper.get("/people/me/").status_code == 200


def test_a_device_counts_no_more_when_its_time_is_over(
    tablet: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_another_time(monkeypatch, 90 * 24 * 60)

    assert tablet.get("/ward/").url.startswith("/accounts/login/")


# --- Coming back ------------------------------------------------------------------------------------------


def test_who_signed_in_fully_comes_back_by_pin_and_others_do_not(tablet: Browser, olaf: User) -> None:
    presence = was_here(tablet, "nora")

    page = tablet.get("/ward/").content.decode()
    assert "Nora" in page
    assert "Olaf" not in page
    assert come_back(tablet, presence, NORAS).status_code == 302
    assert who_is_in(tablet) == "nora"


def test_who_has_no_pin_is_not_offered(tablet: Browser, ward: Any) -> None:
    make_user("pia", membership=(Role.NURSE, ward))
    presence = was_here(tablet, "pia")

    assert "Pia" not in tablet.get("/ward/").content.decode()
    come_back(tablet, presence, "")
    assert who_is_in(tablet) is None


def test_the_pin_of_another_person_opens_nothing(tablet: Browser, olaf: User) -> None:
    noras, _olafs = was_here(tablet, "nora"), was_here(tablet, "olaf")

    assert come_back(tablet, noras, OLAFS).status_code == 400
    assert who_is_in(tablet) is None


def test_a_pin_counts_on_the_device_of_the_full_sign_in_alone(tablet: Browser, olaf: User, ward: Any) -> None:
    presence = was_here(tablet, "nora")
    other = Browser()
    sign_in(other, "olaf")
    other.post("/ward/devices/", {"site": ward.pk, "name": "Tablet 3"})
    other.post("/accounts/logout/")

    come_back(other, presence, NORAS)

    assert who_is_in(other) is None


def test_a_person_of_another_site_never_comes_back_by_pin(tablet: Browser, stranger: User) -> None:
    pins.set_pin(stranger, OLAFS, real_now())
    sign_in(tablet, "stig")

    assert not Presence.objects.filter(user=stranger).exists()


def test_five_wrong_pins_end_it_for_that_person_on_that_device_until_a_full_sign_in(
    tablet: Browser, olaf: User
) -> None:
    noras, olafs = was_here(tablet, "nora"), was_here(tablet, "olaf")
    answers = [come_back(tablet, noras, "000000").status_code for _ in range(5)]

    assert answers == [400, 400, 400, 400, 302]
    come_back(tablet, noras, NORAS)
    assert who_is_in(tablet) is None
    noras.refresh_from_db()
    assert noras.ended_because == Ended.WRONG_PINS
    come_back(tablet, olafs, OLAFS)
    assert who_is_in(tablet) == "olaf"
    tablet.post("/ward/switch/")
    come_back(tablet, was_here(tablet, "nora"), NORAS)
    assert who_is_in(tablet) == "nora"


def test_the_right_pin_forgets_four_wrong_ones(tablet: Browser) -> None:
    presence = was_here(tablet, "nora")
    for _ in range(2):
        for _ in range(4):
            come_back(tablet, presence, "000000")
        come_back(tablet, presence, NORAS)
        assert who_is_in(tablet) == "nora"
        tablet.post("/ward/switch/")


def test_wrong_pins_are_counted_whatever_the_address_and_browser(tablet: Browser) -> None:
    presence = was_here(tablet, "nora")
    for number in range(5):
        thief = Browser(REMOTE_ADDR=f"10.0.0.{number}")
        thief.cookies[ward.COOKIE] = tablet.cookies[ward.COOKIE].value
        come_back(thief, presence, "000000")

    come_back(tablet, presence, NORAS)
    assert who_is_in(tablet) is None


@pytest.mark.django_db(transaction=True)
def test_many_pins_at_once_are_still_five(tablet: Browser) -> None:
    presence = was_here(tablet, "nora")
    key = tablet.cookies[ward.COOKIE].value

    def guess(number: int) -> None:
        thief = Browser()
        thief.cookies[ward.COOKIE] = key
        come_back(thief, presence, f"{number:06}")
        connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(guess, range(12)))

    presence.refresh_from_db()
    assert presence.failures == 5
    assert presence.ended_because == Ended.WRONG_PINS


def test_a_wrong_pin_an_unknown_person_and_an_ended_one_are_answered_alike_in_words(tablet: Browser) -> None:
    presence = was_here(tablet, "nora")
    for _ in range(5):
        come_back(tablet, presence, "000000")
    tablet.get("/ward/")

    ended = come_back(tablet, presence, NORAS)
    ended_said = tablet.get("/ward/").content
    unknown = come_back(tablet, Presence(), NORAS)

    assert ended.status_code == unknown.status_code == 302
    assert ended.url == unknown.url == "/ward/"
    assert tablet.get("/ward/").content.count(b"No PIN opens this") == ended_said.count(b"No PIN opens this")


def test_the_shift_ends_it_however_often_somebody_came_back(
    tablet: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    presence = was_here(tablet, "nora")
    come_back(tablet, presence, NORAS)
    until = tablet.session.get_expiry_date()
    assert abs(until - presence.ends_at) < minutes(1)
    tablet.post("/ward/switch/")
    at_another_time(monkeypatch, 12 * 60 - 1)
    come_back(tablet, presence, NORAS)
    assert who_is_in(tablet) == "nora"
    assert tablet.session.get_expiry_date() == until
    tablet.post("/ward/switch/")

    at_another_time(monkeypatch, 12 * 60 + 1)
    come_back(tablet, presence, NORAS)

    assert who_is_in(tablet) is None


def test_a_session_replayed_after_the_shift_opens_nothing(tablet: Browser) -> None:
    come_back(tablet, was_here(tablet, "nora"), NORAS)
    session = tablet.session
    session.set_expiry(real_now() - minutes(1))
    session.save()
    replayed = Browser()
    replayed.cookies[django_settings.SESSION_COOKIE_NAME] = session.session_key

    assert replayed.get("/people/me/").status_code == 302


@pytest.mark.parametrize("how", ["password", "deactivated", "membership", "signed out"])
def test_what_ends_a_persons_rights_ends_their_coming_back(tablet: Browser, nora: User, how: str) -> None:
    presence = was_here(tablet, "nora")
    if how == "password":
        nora.set_password("another-lantern-here")
        nora.save()
    elif how == "deactivated":
        User.objects.filter(pk=nora.pk).update(is_active=False)
    elif how == "membership":
        Membership.objects.filter(user=nora).update(ends_at=real_now())
    else:
        come_back(tablet, presence, NORAS)
        tablet.post("/accounts/logout/")

    assert "Nora" not in tablet.get("/ward/").content.decode()
    come_back(tablet, presence, NORAS)

    assert who_is_in(tablet) is None


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x"]
)
def test_coming_back_never_leads_to_another_site(tablet: Browser, onward: str) -> None:
    sign_in(tablet, "nora")
    tablet.post("/ward/switch/", {"next": onward})
    presence = Presence.objects.get(user__username="nora", ended_at=None)

    page = tablet.get("/ward/", {"next": onward}).content.decode()
    assert f'href="/ward/{presence.uuid}/?next=/"' in page
    assert 'href="/accounts/login/?next=/"' in page
    assert come_back(tablet, presence, NORAS, next=onward).url == "/"


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        pytest.param("/emergency/", "/emergency/", id="an emergency goes before"),
        pytest.param("/patients/", "/alerts/", id="another page does not"),
    ],
)
def test_coming_back_leads_to_where_the_person_was(tablet: Browser, asked: str, led_to: str) -> None:
    sign_in(tablet, "nora")
    tablet.post("/ward/switch/", {"next": "/alerts/"})
    presence = Presence.objects.get(user__username="nora", ended_at=None)

    assert come_back(tablet, presence, NORAS, next=asked).url == led_to


def test_on_a_shared_device_a_stranger_is_asked_who_they_are(tablet: Browser) -> None:
    was_here(tablet, "nora")

    assert tablet.get("/people/me/").url == "/ward/?next=/people/me/"


def test_a_page_of_names_asks_the_database_the_same_whatever_their_number(
    tablet: Browser, ward: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        user = make_user(f"nurse{number}", membership=(Role.NURSE, ward))
        pins.set_pin(user, OLAFS, real_now())
        was_here(tablet, user.username)

    with django_assert_max_num_queries(6):
        page = tablet.get("/ward/").content.decode()
    assert page.count('class="someone"') == 6


# --- What a PIN is not enough for -------------------------------------------------------------------------


def test_a_session_opened_by_a_pin_signs_nothing_approves_nothing_and_manages_nobody(
    tablet: Browser, ward: Any
) -> None:
    ina = make_user("ina", membership=(Role.INVESTIGATOR, ward))
    pins.set_pin(ina, OLAFS, real_now())
    come_back(tablet, was_here(tablet, "ina"), OLAFS)
    actor = tablet.get("/people/me/").wsgi_request.actor  # type: ignore[attr-defined]

    assert actor.may(Act.RECORD_READINGS, ward.pk)
    assert actor.may(Act.CLOSE_HIGH, ward.pk)
    for act in (Act.SIGN_ADVERSE_EVENT, Act.APPROVE_RULES, Act.WRITE_STUDY, Act.REVIEW_EMERGENCY):
        assert not actor.may(act, ward.pk)


def test_a_pin_sets_no_pin_and_shares_no_device(tablet: Browser, nora: User, ward: Any) -> None:
    come_back(tablet, was_here(tablet, "nora"), NORAS)

    tablet.post("/people/me/pin/", {"password": PASSWORD, "pin": OLAFS, "again": OLAFS})
    answer = tablet.post("/ward/devices/", {"site": ward.pk, "name": "Tablet 9"})

    assert answer.status_code == 422
    assert WardDevice.objects.count() == 1
    nora.pin.refresh_from_db()
    come_back(tablet, was_here(tablet, "nora"), NORAS)
    assert who_is_in(tablet) == "nora"


def test_a_full_sign_in_after_a_pin_is_full(tablet: Browser) -> None:
    come_back(tablet, was_here(tablet, "nora"), NORAS)
    tablet.post("/accounts/logout/")
    sign_in(tablet, "nora")

    assert "quick" not in tablet.session
    assert tablet.session.get_expire_at_browser_close() is True or tablet.session.get_expiry_age() > 0


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ({"password": "wrong", "pin": OLAFS, "again": OLAFS}, "not your password"),
        ({"password": PASSWORD, "pin": "123456", "again": "123456"}, "in a row"),
        ({"password": PASSWORD, "pin": OLAFS, "again": "905175"}, "not the same"),
    ],
)
def test_a_pin_is_set_with_the_password_typed_twice_and_not_easy(
    nurse: User, sent: dict[str, str], problem: str
) -> None:
    browser = Browser()
    sign_in(browser, "nora")

    answer = browser.post("/people/me/pin/", sent)

    assert answer.status_code == 422
    assert problem in answer.content.decode()
    assert OLAFS not in answer.content.decode()
    assert not hasattr(User.objects.get(pk=nurse.pk), "pin")


def test_a_pin_is_set_and_removed_by_its_owner(nurse: User) -> None:
    browser = Browser()
    sign_in(browser, "nora")

    browser.post("/people/me/pin/", {"password": PASSWORD, "pin": OLAFS, "again": OLAFS})
    assert hasattr(User.objects.get(pk=nurse.pk), "pin")
    browser.post("/people/me/pin/", {"password": PASSWORD, "remove": "1"})
    assert not hasattr(User.objects.get(pk=nurse.pk), "pin")


# --- The lock ---------------------------------------------------------------------------------------------


@pytest.fixture
def locked(tablet: Browser) -> Browser:
    """Nora's session on the tablet, left alone."""
    come_back(tablet, was_here(tablet, "nora"), NORAS)
    tablet.post("/session/lock/", headers=JSON)
    return tablet


def test_the_lock_opens_by_pin_where_its_owner_signed_in_fully(locked: Browser) -> None:
    assert 'name="pin"' in locked.get("/people/me/").content.decode()

    assert locked.post("/session/unlock/", {"pin": NORAS, "next": "/people/me/"}).url == "/people/me/"
    assert locked.get("/people/me/").status_code == 200


def test_the_lock_opens_by_nobody_elses_pin_and_five_wrong_ones_leave_the_password(
    locked: Browser, olaf: User
) -> None:
    for _ in range(5):
        assert locked.post("/session/unlock/", {"pin": OLAFS}, headers=JSON).status_code == 400

    assert locked.post("/session/unlock/", {"pin": NORAS}, headers=JSON).status_code == 400
    assert locked.get("/people/me/").status_code == 423
    assert locked.post("/session/unlock/", {"password": PASSWORD}, headers=JSON).status_code == 200


def test_where_no_device_is_shared_the_lock_knows_no_pin(nora: User) -> None:
    browser = Browser()
    sign_in(browser, "nora")
    browser.post("/session/lock/", headers=JSON)

    assert 'name="pin"' not in browser.get("/people/me/").content.decode()
    assert browser.post("/session/unlock/", {"pin": NORAS}, headers=JSON).status_code == 400


def test_a_locked_session_gives_the_device_to_the_next_person(locked: Browser, olaf: User) -> None:
    locked.post("/ward/switch/", {"kept": '{"/people/new/": {}}', "next": "/people/new/"})

    assert who_is_in(locked) is None
    was_here(locked, "olaf")


# --- What was typed ---------------------------------------------------------------------------------------


@pytest.fixture
def after_typing(tablet: Browser, olaf: User) -> tuple[Browser, Callable[[str, str], None]]:
    """Nora typed something and gave the tablet away; whoever has a PIN may come back."""
    sign_in(tablet, "nora")
    tablet.post("/ward/switch/", {"kept": '{"/x/": {"f": "38.4"}}', "next": "/people/me/"})

    def back(name: str, pin: str) -> None:
        come_back(tablet, Presence.objects.get(user__username=name, ended_at=None), pin)

    return tablet, back


def test_what_was_typed_comes_back_once_and_to_its_owner_alone(
    after_typing: tuple[Browser, Callable[[str, str], None]],
) -> None:
    tablet, back = after_typing
    was_here(tablet, "olaf")
    back("olaf", OLAFS)
    assert "data-kept" not in tablet.get("/people/me/").content.decode()
    assert tablet.post("/ward/kept/").json() == {}
    tablet.post("/ward/switch/")

    back("nora", NORAS)

    assert "data-kept" in tablet.get("/people/me/").content.decode()
    assert tablet.post("/ward/kept/").json() == {"/x/": {"f": "38.4"}}
    assert tablet.post("/ward/kept/").json() == {}


def test_who_comes_back_stands_where_they_were(
    after_typing: tuple[Browser, Callable[[str, str], None]],
) -> None:
    tablet, _back = after_typing
    presence = Presence.objects.get(user__username="nora", ended_at=None)

    assert come_back(tablet, presence, NORAS, next="/").url == "/people/me/"


def test_what_was_typed_is_in_no_trail_and_gone_with_the_presence(
    after_typing: tuple[Browser, Callable[[str, str], None]],
) -> None:
    tablet, back = after_typing
    trail = Presence.trail_events.field.model  # type: ignore[attr-defined]
    assert not {"kept", "way_back", "auth_hash", "session_key"} & {each.name for each in trail._meta.fields}
    back("nora", NORAS)
    tablet.post("/accounts/logout/")

    assert Presence.objects.get(user__username="nora").kept == ""


def test_no_page_of_somebody_signed_in_is_kept_for_the_next_at_the_screen(tablet: Browser) -> None:
    sign_in(tablet, "nora")

    for address in ("/people/me/", "/people/me/pin/", "/ward/devices/", "/ward/"):
        assert "no-store" in tablet.get(address).headers["Cache-Control"]


def test_every_coming_and_going_leaves_a_trail(tablet: Browser) -> None:
    presence = was_here(tablet, "nora")
    come_back(tablet, presence, "000000")
    come_back(tablet, presence, NORAS)

    rows = presence.trail_events.order_by("pgh_id")  # type: ignore[attr-defined]
    assert [row.failures for row in rows] == [0, 1, 2, 0]
