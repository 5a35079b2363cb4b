"""A session left alone is locked, not ended: 423 until the same person is back, nothing typed is lost."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client as Browser
from django.urls import path

from accounts import idle
from accounts.models import User
from config import urls as real_urls
from config.clock import real_now

from .builders import PASSWORD, make_user, minutes


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("the chart")


urlpatterns = [
    path("chart/", page),
    path("api/v1/events/", page),
    path("api/chart/", page),
    *real_urls.urlpatterns,
]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _addresses(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def browser(nurse: User) -> Browser:
    browser = Browser()
    browser.force_login(nurse)
    browser.get("/chart/")
    return browser


def leave_alone(browser: Browser, for_minutes: float) -> None:
    session = browser.session
    session["active_at"] = (real_now() - minutes(for_minutes)).timestamp()
    session.save()


def left_alone_for(browser: Browser) -> float:
    return real_now().timestamp() - browser.session["active_at"]


def test_nine_minutes_are_not_ten(browser: Browser) -> None:
    leave_alone(browser, 9.9)

    assert browser.get("/chart/").content == b"the chart"
    assert left_alone_for(browser) < 5


def test_after_ten_minutes_a_page_is_the_lock_page_and_shows_nothing_else(browser: Browser) -> None:
    leave_alone(browser, 10)

    answer = browser.get("/chart/")

    assert answer.status_code == 423
    assert b"the chart" not in answer.content
    assert 'value="/chart/"' in answer.content.decode()
    assert browser.get("/chart/").status_code == 423


def test_a_locked_program_gets_a_problem_and_htmx_a_bare_423(browser: Browser) -> None:
    leave_alone(browser, 11)

    assert browser.get("/api/chart/").json()["status"] == 423
    htmx = browser.get("/chart/", headers={"HX-Request": "true"})
    assert htmx.status_code == 423
    assert htmx.content == b""


@pytest.mark.parametrize(
    ("address", "headers"), [("/api/v1/events/", {}), ("/chart/", {"X-Febris-Background": "1"})]
)
def test_polls_and_streams_are_nobodys_activity(
    browser: Browser, address: str, headers: dict[str, str]
) -> None:
    leave_alone(browser, 9)

    assert browser.get(address, headers=headers).status_code == 200
    assert left_alone_for(browser) > 500


def test_staying_signed_in_begins_the_wait_anew(browser: Browser) -> None:
    leave_alone(browser, 9)

    locks_at = browser.post("/session/active/").json()["locks_at"]

    assert datetime.fromisoformat(locks_at) - real_now() > minutes(9.9)


def test_saying_that_somebody_is_there_does_not_open_a_lock(browser: Browser) -> None:
    leave_alone(browser, 11)

    assert browser.post("/session/active/", headers={"Accept": "application/json"}).status_code == 423
    assert browser.get("/chart/").status_code == 423


def test_the_same_person_unlocks_by_password_and_goes_on_where_they_were(
    browser: Browser, nurse: User
) -> None:
    leave_alone(browser, 60)

    answer = browser.post("/session/unlock/", {"password": PASSWORD, "next": "/chart/"})

    assert answer.url == "/chart/"
    assert browser.get("/chart/").content == b"the chart"
    assert browser.session["_auth_user_id"] == str(nurse.pk)


def test_a_wrong_password_keeps_it_locked_and_counts_as_a_failed_sign_in(browser: Browser) -> None:
    leave_alone(browser, 60)
    json = {"Accept": "application/json"}

    assert browser.post("/session/unlock/", {"password": "wrong"}, headers=json).status_code == 400
    for _ in range(9):
        last = browser.post("/session/unlock/", {"password": "wrong"}, headers=json)
    assert last.status_code == 429
    assert browser.post("/session/unlock/", {"password": PASSWORD}, headers=json).status_code == 429
    assert browser.get("/chart/").status_code == 423


def test_the_password_of_somebody_else_opens_nothing(browser: Browser) -> None:
    make_user("olaf").set_password("olafs-own-password")
    leave_alone(browser, 60)

    browser.post("/session/unlock/", {"username": "olaf", "password": "olafs-own-password"})

    assert browser.get("/chart/").status_code == 423


@pytest.mark.parametrize("credential", ["", "{}", "[]", "null", '{"id": "x", "response": {}}'])
def test_what_is_no_passkey_opens_nothing(browser: Browser, credential: str) -> None:
    leave_alone(browser, 60)
    browser.get("/session/passkey/")

    assert browser.post("/session/unlock/", {"credential": credential}).status_code == 400
    assert browser.get("/chart/").status_code == 423


def test_a_locked_session_can_still_be_left(browser: Browser) -> None:
    leave_alone(browser, 60)

    assert browser.post("/accounts/logout/").status_code == 302
    assert "_auth_user_id" not in browser.session


def test_a_page_can_be_locked_at_once(browser: Browser) -> None:
    assert browser.post("/session/lock/", headers={"Accept": "application/json"}).status_code == 204
    assert browser.get("/chart/").status_code == 423


def test_unlocking_never_leads_to_another_site(browser: Browser) -> None:
    leave_alone(browser, 60)

    answer = browser.post("/session/unlock/", {"password": PASSWORD, "next": "https://evil.example/"})

    assert answer.url == "/"


def test_a_session_is_written_at_most_every_15_seconds(nurse: User) -> None:
    from django.contrib.sessions.backends.db import SessionStore

    session, now = SessionStore(), datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    idle.note_activity(session, now)
    session.modified = False
    idle.note_activity(session, now + minutes(0.2))
    assert not session.modified
    idle.note_activity(session, now + minutes(0.25))
    assert session.modified


def test_a_page_tells_its_script_whose_it_is_and_when_it_locks(browser: Browser, nurse: User) -> None:
    leave_alone(browser, 60)
    content = browser.get("/chart/").content.decode()

    assert f'data-user="{nurse.uuid}"' in content
    assert 'data-lock-after="600"' in content
    assert 'data-warn-before="120"' in content
    assert "onclick" not in content
