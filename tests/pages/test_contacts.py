"""How Febris reaches you: nothing counts before its code has come back, and no secret is ever shown again."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client as Browser

from accounts.models import ContactPoint, User
from accounts.permissions import Role
from tests.monitoring.receivers import web_sink
from tracker.models import Site

from .conftest import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mail_server(settings: Any) -> None:
    settings.SENDS_EMAIL = True


def code_in(text: str) -> str:
    found = re.search(r"\b\d{6}\b", text)
    assert found is not None
    return found.group()


def test_an_address_counts_once_the_code_that_came_there_was_typed(nurse: Browser) -> None:
    verify = nurse.post("/reach/add/email/", {"address": "nora@example.org"}).headers["Location"]
    point = ContactPoint.objects.get()
    assert not point.reaches
    [message] = mail.outbox
    assert nurse.post(verify, {"code": code_in(message.subject)}).status_code == 302
    point.refresh_from_db()
    assert (point.reaches, point.verified_how) == (True, "code")
    assert "REACHES YOU" in nurse.get("/reach/").content.decode()


def test_a_link_in_a_message_brings_the_code_along_and_verifies_nothing_by_being_followed(
    nurse: Browser,
) -> None:
    nurse.post("/reach/add/email/", {"address": "nora@example.org"})
    link = re.search(r"/reach/\S+", mail.outbox[0].body)
    assert link is not None
    page = nurse.get(link.group()).content.decode()
    assert f'value="{code_in(mail.outbox[0].subject)}"' in page
    assert not ContactPoint.objects.get().reaches


def test_five_wrong_codes_use_the_code_up(nurse: Browser) -> None:
    verify = nurse.post("/reach/add/email/", {"address": "nora@example.org"}).headers["Location"]
    right = code_in(mail.outbox[0].subject)
    wrong = f"{(int(right) + 1) % 10**6:06}"
    for _ in range(5):
        assert nurse.post(verify, {"code": wrong}).status_code == 422
    assert "no longer counts" in nurse.post(verify, {"code": right}).content.decode()


def test_a_second_code_is_not_sent_within_half_a_minute(nurse: Browser) -> None:
    nurse.post("/reach/add/email/", {"address": "nora@example.org"})
    point = ContactPoint.objects.get()
    nurse.post(f"/reach/{point.uuid}/code/")
    assert len(mail.outbox) == 1


def test_the_points_of_others_do_not_exist(nurse: Browser, stranger: Browser) -> None:
    nurse.post("/reach/add/email/", {"address": "nora@example.org"})
    uuid = ContactPoint.objects.get().uuid
    for address in ("code", "test", "remove"):
        assert stranger.post(f"/reach/{uuid}/{address}/").status_code == 404
    assert stranger.get(f"/reach/{uuid}/verify/").status_code == 404


def test_a_messenger_is_verified_through_itself_and_its_address_is_never_shown(
    nurse: Browser, settings: Any
) -> None:
    settings.APPRISE_ALSO = ["json"]
    with web_sink() as web:
        host = web.url.removeprefix("http://")
        verify = nurse.post(
            "/reach/add/apprise/", {"url": f"json://{host}/very-secret", "label": "Pager"}
        ).headers["Location"]
        said = web.requests[0].body.decode()
    assert nurse.post(verify, {"code": code_in(said)}).status_code == 302
    assert ContactPoint.objects.get().reaches
    assert "very-secret" not in nurse.get("/reach/").content.decode()
    trail: Any = ContactPoint._meta.get_field("trail_events").related_model  # type: ignore[union-attr]
    assert "very-secret" not in str(list(trail._default_manager.values()))


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("json://127.0.0.1/", id="a service that takes any host"),
        pytest.param("syslog://", id="this machine's own log"),
        pytest.param("tgram://", id="an address that is not complete"),
        pytest.param("nonsense", id="no address at all"),
    ],
)
def test_an_address_that_may_not_be_used_is_refused_and_not_shown(nurse: Browser, url: str) -> None:
    response = nurse.post("/reach/add/apprise/", {"url": url, "label": ""})
    assert response.status_code == 422
    assert not ContactPoint.objects.exists()


def test_what_is_no_subscription_of_a_browser_is_refused(nurse: Browser) -> None:
    for text in ("", "{}", "[]", '{"endpoint": 1, "keys": {"p256dh": "x", "auth": "y"}}'):
        assert nurse.post("/reach/add/browser/", {"subscription": text}).status_code == 302
    assert not ContactPoint.objects.exists()


def test_a_test_message_goes_to_a_point_that_counts_and_to_no_other(nurse: Browser) -> None:
    nurse.post("/reach/add/email/", {"address": "nora@example.org"})
    point = ContactPoint.objects.get()
    nurse.post(f"/reach/{point.uuid}/test/")
    assert len(mail.outbox) == 1
    ContactPoint.objects.update(verified_at=point.created_at)
    nurse.post(f"/reach/{point.uuid}/test/")
    assert "a test" in mail.outbox[1].subject


def test_an_administrator_sees_who_is_reached_but_not_where(
    nurse: Browser, sign_in: SignIn, ward: Site
) -> None:
    nurse.post("/reach/add/email/", {"address": "private@example.org"})
    ContactPoint.objects.update(verified_at=ContactPoint.objects.get().created_at)
    admin = sign_in(Role.ADMINISTRATOR, ward)
    nora = User.objects.get(username="nora")
    for address in ("/people/", f"/people/{nora.uuid}/"):
        text = admin.get(address).content.decode()
        assert "E-mail" in text
        assert "private@example.org" not in text


def test_a_new_address_of_an_account_is_to_be_verified_and_the_old_one_is_gone(
    sign_in: SignIn, ward: Site, nurse: Browser
) -> None:
    admin = sign_in(Role.ADMINISTRATOR, ward)
    nora = User.objects.get(username="nora")
    form = {"username": "nora", "name": "Nora", "language": "en", "is_active": "on"}
    for address in ("old@example.org", "new@example.org"):
        admin.post(f"/people/{nora.uuid}/", form | {"email": address})
    kept = ContactPoint.objects.kept().get()
    assert (kept.address, kept.reaches) == ("new@example.org", False)


def test_the_worker_of_push_messages_may_answer_for_every_page(nurse: Browser) -> None:
    response = nurse.get("/push-worker.js")
    assert response.headers["Service-Worker-Allowed"] == "/"
    assert response.headers["Content-Type"] == "text/javascript"
