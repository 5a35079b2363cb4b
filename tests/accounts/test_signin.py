"""Signing in: by name or address, with a second step; locked by name and address together for a while."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from axes.models import AccessAttempt
from django.test import Client as Browser
from django.urls import reverse

from accounts import signin
from accounts.models import User
from config.clock import real_now

from .builders import PASSWORD, make_user, minutes

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"


def sign_in(browser: Browser, login: str, password: str = PASSWORD, address: str = "10.0.0.1") -> Any:
    return browser.post(LOGIN, {"login": login, "password": password}, REMOTE_ADDR=address)


def is_signed_in(browser: Browser) -> bool:
    return "_auth_user_id" in browser.session


@pytest.mark.parametrize("login", ["nora", "NORA", "nora@ward.example"])
def test_a_person_signs_in_by_name_or_address_in_any_case(login: str) -> None:
    make_user("nora", email="nora@ward.example")
    browser = Browser()

    assert sign_in(browser, login).status_code == 302
    assert is_signed_in(browser)


def test_somebody_deactivated_cannot_sign_in_and_is_out_at_once() -> None:
    user = make_user("nora")
    browser = Browser()
    sign_in(browser, "nora")
    User.objects.filter(pk=user.pk).update(is_active=False)

    assert browser.get("/people/me/").status_code == 302
    assert not is_signed_in(Browser()) or sign_in(Browser(), "nora").status_code != 302


@pytest.mark.parametrize(
    "way", ["signup/", "email/", "password/reset/", "password/set/", "login/code/confirm/"]
)
def test_accounts_and_passwords_come_from_an_administrator_alone(way: str, nurse: User) -> None:
    signed_in = Browser()
    signed_in.force_login(nurse)

    assert signed_in.get(f"/accounts/{way}").status_code == 404
    assert Browser().post(f"/accounts/{way}", {"username": "eve"}).url.startswith(LOGIN)
    assert User.objects.count() == 1


def test_ten_failures_lock_the_name_at_that_address_and_say_until_when() -> None:
    make_user("nora")
    for _ in range(9):
        assert sign_in(Browser(), "nora", "wrong").status_code == 200
    before = real_now()
    tenth = sign_in(Browser(), "nora", "wrong")
    right = sign_in(Browser(), "nora")

    assert tenth.status_code == right.status_code == 429
    until = signin.locked_until("nora", "10.0.0.1")
    assert until is not None
    assert minutes(4.9) < until - before < minutes(5.1)
    assert f"{until:%H:%M:%S}" in right.content.decode()


def test_another_person_at_the_same_address_is_not_locked() -> None:
    make_user("nora")
    make_user("olaf")
    for _ in range(10):
        sign_in(Browser(), "nora", "wrong")

    assert sign_in(Browser(), "olaf").status_code == 302


def test_the_same_person_at_another_address_is_not_locked() -> None:
    make_user("nora")
    for _ in range(10):
        sign_in(Browser(), "nora", "wrong")

    assert sign_in(Browser(), "nora", address="10.0.0.2").status_code == 302


def test_name_and_address_of_mail_share_one_count() -> None:
    make_user("nora", email="nora@ward.example")
    for login in ["nora", "NORA", "nora@ward.example"] * 4:
        answer = sign_in(Browser(), login, "wrong")

    assert answer.status_code == 429


def test_failing_while_locked_does_not_lock_longer() -> None:
    make_user("nora")
    for _ in range(10):
        sign_in(Browser(), "nora", "wrong")
    until = signin.locked_until("nora")
    sign_in(Browser(), "nora", "wrong")

    assert signin.locked_until("nora") == until


def test_the_lock_ends_after_five_minutes() -> None:
    make_user("nora")
    for _ in range(10):
        sign_in(Browser(), "nora", "wrong")
    AccessAttempt.objects.update(attempt_time=real_now() - minutes(5.1))

    assert sign_in(Browser(), "nora").status_code == 302


def test_a_success_forgets_the_failures() -> None:
    make_user("nora")
    for _ in range(9):
        sign_in(Browser(), "nora", "wrong")
    sign_in(Browser(), "nora")

    assert sign_in(Browser(), "nora", "wrong").status_code == 200


def test_an_unknown_name_is_answered_like_a_known_one() -> None:
    make_user("nora")

    known, unknown = sign_in(Browser(), "nora", "wrong"), sign_in(Browser(), "nobody", "wrong")

    assert known.status_code == unknown.status_code == 200
    assert list(known.context["form"].errors.values()) == list(unknown.context["form"].errors.values())


def test_only_our_own_proxies_are_believed_about_addresses(rf: Any, settings: Any) -> None:
    request = rf.get("/", REMOTE_ADDR="172.18.0.2", HTTP_X_FORWARDED_FOR="6.6.6.6, 10.1.1.1")
    assert signin.client_address(request) == "172.18.0.2"

    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert signin.client_address(request) == "10.1.1.1"


def test_a_second_step_is_asked_for_and_a_recovery_code_works_once() -> None:
    user = make_user("nora")
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    codes = RecoveryCodes.activate(user).get_unused_codes()
    browser = Browser()

    assert sign_in(browser, "nora").url == reverse("mfa_authenticate")
    assert not is_signed_in(browser)
    browser.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert is_signed_in(browser)

    again = Browser()
    sign_in(again, "nora")
    again.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert not is_signed_in(again)


def test_codes_cannot_be_guessed_without_end() -> None:
    user = make_user("nora")
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    good = RecoveryCodes.activate(user).get_unused_codes()[0]
    browser = Browser()
    sign_in(browser, "nora")
    for _ in range(10):
        browser.post(reverse("mfa_authenticate"), {"code": "000000"})

    browser.post(reverse("mfa_authenticate"), {"code": good})
    assert not is_signed_in(browser)


def test_passkeys_and_codes_are_offered() -> None:
    page = Browser().get(LOGIN).content.decode()

    assert 'id="passkey_login"' in page
    assert set(Authenticator.Type) == {"recovery_codes", "totp", "webauthn"}
    options = Browser().get("/accounts/2fa/webauthn/login/", headers={"X-Requested-With": "XMLHttpRequest"})
    assert options.json()["request_options"]["publicKey"]["userVerification"] == "required"


def test_a_short_or_common_password_is_refused() -> None:
    make_user("nora")
    browser = Browser()
    sign_in(browser, "nora")
    for weak in ("short", "password1234", "123456789012345"):
        browser.post(
            "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": weak, "password2": weak}
        )

    assert User.objects.get().check_password(PASSWORD)


def test_the_pages_after_signing_in_are_in_the_persons_language() -> None:
    make_user("nora", language="es")
    browser = Browser()

    sign_in(browser, "nora")

    assert browser.cookies["django_language"].value == "es"


def test_a_second_person_proves_themselves_without_taking_over_the_session(nurse: User, rf: Any) -> None:
    olaf = make_user("olaf", email="olaf@ward.example")
    request = rf.post("/")

    assert signin.second_person(request, "Olaf", PASSWORD) == olaf
    assert signin.second_person(request, "olaf@ward.example", PASSWORD) == olaf
    assert signin.second_person(request, "olaf", "wrong") is None
    assert signin.second_person(request, "", "") is None
    assert not hasattr(request, "user")
