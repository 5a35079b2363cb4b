"""The door: strangers are sent to sign in, headers are strict, displays see their board alone."""

import re
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver, path

from accounts import doors
from accounts.actors import actor_of
from accounts.identifiers import uuid7
from accounts.models import ClientKind, User
from accounts.permissions import Act, NotPermitted, Role
from accounts.tokens import issue, revoke
from config import urls as real_urls

from .builders import NOW, make_client, make_user

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"


def who(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    return HttpResponse(actor.label if actor else "nobody")


def on_the_wall(request: HttpRequest) -> HttpResponse:
    return who(request)


def in_the_open(request: HttpRequest) -> HttpResponse:
    return who(request)


def forbidden(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    assert actor is not None
    raise NotPermitted(actor, Act.CLOSE_HIGH, 1)


urlpatterns = [
    path("who/", who),
    path("fhir/who/", who),
    path("wall/", doors.for_displays(on_the_wall)),
    path("open/", login_not_required(in_the_open)),
    path("forbidden/", forbidden),
    path("fhir/forbidden/", forbidden),
    *real_urls.urlpatterns,
]


@pytest.fixture(autouse=True)
def _addresses(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


def test_a_stranger_is_sent_to_sign_in_and_back() -> None:
    assert Browser().get("/who/?a=1").url == "/accounts/login/?next=/who/%3Fa%3D1"


def test_a_program_without_a_token_gets_a_401_problem() -> None:
    answer = Browser().get("/fhir/who/")

    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_htmx_without_a_session_is_told_to_go_and_sign_in() -> None:
    answer = Browser().get("/who/", headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=/"


def test_after_signing_in_somebody_comes_back_to_the_page_and_not_to_the_part_that_it_asked_for() -> None:
    page = {"HX-Request": "true", "Referer": "http://testserver/infusions/1/?sets=all"}
    answer = Browser().get("/who/", headers=page)

    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=/infusions/1/%3Fsets%3Dall"


def test_a_token_opens_the_api_and_no_page(ward: Any) -> None:
    client = make_client(site=ward)
    _token, raw = issue(client, NOW)
    bearer = {"Authorization": f"Bearer {raw}"}

    assert Browser().get("/fhir/who/", headers=bearer).content.decode() == f"integration client {client.uuid}"
    assert Browser().get("/who/", headers=bearer).status_code == 302


def test_a_bad_token_is_nobody_even_beside_a_good_session(nurse: User) -> None:
    browser = Browser()
    browser.force_login(nurse)

    assert browser.get("/fhir/who/", headers={"Authorization": "Bearer febris_bad"}).status_code == 401


def test_pages_marked_open_are_open() -> None:
    assert Browser().get("/open/").content == b"nobody"


def test_every_page_asks_for_sign_in_unless_it_says_otherwise() -> None:
    # Deny by default: an address that opens without sign-in is a decision, and is named here.
    allowed = {
        "account_login", "account_logout", "account_inactive", "account_signup", "account_confirm_email",
        "account_reset_password", "account_reset_password_done", "account_reset_password_from_key",
        "account_reset_password_from_key_done", "account_confirm_login_code",
        "account_email_verification_sent",
        "mfa_authenticate", "mfa_login_webauthn", "account_reauthenticate", "mfa_trust",
        "display", "set_language", "set_theme", "ward", "ward_pin",
    }  # fmt: skip
    mine = {
        pattern.name
        for pattern in _patterns(get_resolver("config.urls").url_patterns)
        if not getattr(pattern.callback, "login_required", True)
        and pattern.callback.__module__.startswith(("accounts", "allauth", "django"))
    }
    assert mine <= allowed


def _patterns(found: list[URLPattern | URLResolver]) -> list[Any]:
    flat: list[Any] = []
    for pattern in found:
        flat += _patterns(pattern.url_patterns) if isinstance(pattern, URLResolver) else [pattern]
    return flat


def test_what_is_not_permitted_is_a_plain_403(nurse: User) -> None:
    browser = Browser()
    browser.force_login(nurse)

    assert browser.get("/forbidden/").status_code == 403
    problem = browser.get("/fhir/forbidden/")
    assert problem.status_code == 403
    assert problem.json()["title"] == "Not permitted"


def test_each_answer_carries_the_number_of_its_request() -> None:
    first, second = Browser().get("/open/"), Browser().get("/open/")

    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


def test_headers_allow_nothing_inline_and_no_frame() -> None:
    headers = Browser().get("/accounts/login/").headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    make_user("nora")
    browser = Browser()
    browser.post("/accounts/login/", {"login": "nora", "password": "lantern-under-snow"})

    cookie = browser.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_display_link_opens_the_board_and_nothing_else_until_revoked(ward: Any) -> None:
    display = make_client("Corridor", site=ward, role=Role.WALL_DISPLAY, kind=ClientKind.DISPLAY)
    token, raw = issue(display, NOW)
    browser = Browser()

    assert browser.get(f"/display/{raw}/").status_code == 302
    assert browser.get("/wall/").content.decode() == f"display client {display.uuid}"
    assert browser.get("/who/").status_code == 403
    assert browser.get("/fhir/who/").status_code == 403
    assert browser.cookies["febris_display"]["httponly"]

    revoke(token, NOW)
    assert browser.get("/wall/").status_code == 302


def test_a_display_sees_the_board_of_its_site_without_names_and_does_nothing(
    ward: Any, elsewhere: Any
) -> None:
    from accounts.tokens import authenticate

    display = make_client(
        "Corridor", site=ward, role=Role.WALL_DISPLAY, kind=ClientKind.DISPLAY, identified=True
    )
    _token, raw = issue(display, NOW)
    actor = authenticate(raw, NOW)

    assert {act for act in Act if actor.may(act, ward.pk)} == {Act.READ_BOARD}
    assert not actor.may(Act.READ_BOARD, elsewhere.pk)
    assert not actor.is_identified(ward.pk)


def test_the_key_of_an_integration_is_no_display_link(ward: Any) -> None:
    _token, raw = issue(make_client(site=ward), NOW)

    browser = Browser()
    assert browser.get(f"/display/{raw}/").status_code == 403
    browser.cookies["febris_display"] = raw
    assert browser.get("/wall/").status_code == 302


#: No role opens it, and without its own token in the settings it is not there (tests/ops says so).
CLOSED_TO_EVERYBODY = {"/metrics"}
OPEN_TO_ANYBODY = {
    "/open/",
    "/language/",
    "/theme/",
    "/api/schema/",
    "/api/docs/",
    "/health/live",
    "/health/ready",
}


def _addresses_of(found: list[URLPattern | URLResolver], before: str = "/") -> list[str]:
    flat: list[str] = []
    for pattern in found:
        whole = before + str(pattern.pattern)
        flat += _addresses_of(pattern.url_patterns, whole) if isinstance(pattern, URLResolver) else [whole]
    return flat


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer febris_bogus"}], ids=["stranger", "bad token"]
)
def test_no_address_answers_a_stranger_or_a_bad_token(headers: dict[str, str]) -> None:
    answered = []
    for pattern in _addresses_of(get_resolver("config.urls").url_patterns):
        address = re.sub(r"<uuid:\w+>", str(uuid7()), re.sub(r"<(?!uuid)(\w+:)?\w+>", "1", pattern))
        # A patient's home log has a key of its own (tests/home says what opens it).
        if address.startswith(("/accounts/", "/display/", "/home/", "/^")):
            continue
        if address in OPEN_TO_ANYBODY | CLOSED_TO_EVERYBODY:
            continue
        for ask in (Browser().get, Browser().post):
            answer = ask(address, headers=headers)
            to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith(LOGIN)
            if not to_sign_in and answer.status_code not in (401, 405):
                answered.append((address, answer.status_code))
    assert answered == []
