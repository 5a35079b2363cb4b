"""Every error under /api/ and /health is a problem that says what to do, with a trace id."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client as Browser

from accounts import tokens
from accounts.models import ApiToken, Client
from accounts.permissions import Role
from config.clock import real_now
from tests.api.conftest import Api
from tracker.api import asking, throttle
from tracker.models import Site

pytestmark = pytest.mark.django_db


def problem(answer: Any, status: int) -> dict[str, Any]:
    """The problem that the answer is."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert document["trace_id"] == answer.headers["X-Request-Id"]
    assert isinstance(document["errors"], list)
    return document


def test_a_stranger_is_asked_for_a_token() -> None:
    answer = Browser().get("/api/v1/me/")
    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("token", ["nonsense", "febris_nonsense", "febris_" + "ü" * 9])
def test_a_token_that_opens_nothing_is_a_stranger_s(token: str) -> None:
    problem(Browser().get("/api/v1/me/", headers={"Authorization": f"Bearer {token}"}), 401)


def test_a_revoked_token_opens_nothing(nurse: Api) -> None:
    tokens.revoke(ApiToken.objects.get(client=nurse.client), real_now())
    problem(nurse.get("me/"), 401)


def test_an_expired_token_opens_nothing(site: Site) -> None:
    client = Client.objects.create(site=site, name="old", kind="integration", role=Role.NURSE)
    _token, raw = tokens.issue(client, real_now() - timedelta(days=2), days=1)
    problem(Api(token=raw).get("me/"), 401)


def test_a_token_never_falls_back_to_the_session_beside_it(
    by_session: Callable[..., Api], site: Site
) -> None:
    person = by_session(Role.NURSE, site)
    assert person.get("me/").status_code == 200
    problem(person.get("me/", Authorization="Bearer febris_bad"), 401)


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing/", "/api/nothing", "/health/nothing", "/api/v1/me", "/api/v1/"]
)
def test_an_address_that_is_none_is_a_problem_too(nurse: Api, path: str) -> None:
    problem(nurse.get(path), 404)
    problem(Browser().get(path), 404)


def test_an_id_that_is_none_is_not_found(nurse: Api) -> None:
    problem(nurse.get("patients/17/"), 404)
    problem(nurse.get("patients/00000000-0000-0000-0000-000000000000/"), 404)


def test_a_method_that_is_none_says_which_there_are(nurse: Api) -> None:
    answer = nurse.call("DELETE", "patients/")
    problem(answer, 405)
    assert "GET" in answer.headers["Allow"]


def test_a_body_that_is_not_json_is_refused_by_its_type(nurse: Api) -> None:
    answer = nurse.browser.post(
        "/api/v1/patients/", {"site": 1}, headers={"Authorization": f"Bearer {nurse.token}"}
    )
    problem(answer, 415)


def test_a_packed_body_is_refused_by_its_packing(nurse: Api) -> None:
    found = problem(nurse.post("patients/", {"site": "1"}, Content_Encoding="gzip"), 415)
    assert "Content-Encoding" in found["detail"]


@pytest.mark.parametrize(
    "path", ["rule-sets/", "alerts/00000000-0000-0000-0000-000000000000/close/", "vitals/"]
)
def test_options_say_which_methods_there_are_and_where_they_are_described(nurse: Api, path: str) -> None:
    answer = nurse.call("OPTIONS", path)
    assert (answer.status_code, answer.json()["described_in"]) == (200, "/api/schema/"), answer.content
    assert "POST" in answer.json()["methods"]


def test_only_json_is_answered(nurse: Api) -> None:
    problem(nurse.get("me/", Accept="text/html"), 406)


def test_a_large_body_is_refused_before_it_is_read(nurse: Api) -> None:
    found = problem(nurse.post("patients/", b"x" * 10_000_000), 413)
    assert "8388608" in found["detail"]


def test_a_host_that_is_not_ours_is_a_problem(nurse: Api) -> None:
    problem(nurse.get("me/", Host="evil.example"), 400)


def test_an_unknown_filter_is_refused_rather_than_ignored(nurse: Api) -> None:
    found = problem(nurse.get("patients/?sitee=1"), 400)
    assert found["errors"] == [
        {"pointer": "?sitee", "code": "unknown", "detail": "There is no such filter here."}
    ]


def test_a_filter_that_cannot_be_read_is_named(nurse: Api) -> None:
    found = problem(nurse.get("patients/?site=17"), 400)
    assert [each["pointer"] for each in found["errors"]] == ["?site"]


def test_what_a_role_may_not_do_is_forbidden(by_token: Callable[..., Api], site: Site) -> None:
    auditor = by_token(Role.AUDITOR, site)
    problem(auditor.post("patients/", {"site": str(site.uuid)}), 403)


def test_a_scope_that_a_token_lacks_is_forbidden(by_token: Callable[..., Api], site: Site) -> None:
    reader = by_token(Role.NURSE, site, scopes=["read"])
    problem(reader.post("patients/", {"site": str(site.uuid)}), 403)


def test_an_unforeseen_error_says_no_more_than_its_trace(
    nurse: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(asking, "caller", breaks)
    answer = nurse.get("me/")
    found = problem(answer, 500)
    assert b"secret" not in answer.content
    assert b"Traceback" not in answer.content
    assert found["trace_id"] in caplog.text


def test_a_database_that_does_not_answer_is_503_with_a_time_to_come_back(
    nurse: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(asking, "caller", breaks)
    answer = nurse.get("me/")
    problem(answer, 503)
    assert answer.headers["Retry-After"] == "5"


def test_a_caller_who_asks_too_often_is_told_when_to_come_back(
    nurse: Api, feed: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "_bucket", throttle.bucket_of(per_minute=12))
    assert [nurse.get("me/").status_code for _ in range(3)] == [200, 200, 429]
    answer = nurse.get("me/")
    problem(answer, 429)
    assert int(answer.headers["Retry-After"]) >= 1
    assert feed.get("me/").status_code == 200


def test_a_session_writes_only_with_its_csrf_token(by_session: Callable[..., Api], site: Site) -> None:
    person = by_session(Role.NURSE, site, csrf=True)
    problem(person.post("patients/", {"site": str(site.uuid)}), 403)
    person.browser.cookies["csrftoken"] = "a" * 32
    answer = person.post("patients/", {"site": str(site.uuid)}, X_CSRFToken="a" * 32)
    assert answer.status_code == 201, answer.content


def test_a_language_is_spoken_when_asked_for(nurse: Api) -> None:
    answer = nurse.get("patients/?x=1", Accept_Language="es")
    assert problem(answer, 400)["errors"][0]["code"] == "unknown"
