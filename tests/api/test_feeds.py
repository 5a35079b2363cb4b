"""Sending systems at the REST doors: how long each may be quiet, and when it was last heard."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts.permissions import Role
from config.clock import now, real_now
from monitoring.models import QuietAgreement
from tests.api.conftest import Api
from tests.builders import make_infusion, make_integration, record_set
from tracker.models import Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(site: Site, by_session: Callable[..., Api]) -> Api:
    return by_session(Role.ADMINISTRATOR, site)


def test_a_time_is_agreed_once_the_row_was_read(site: Site, admin: Api) -> None:
    client = make_integration(site).client
    path = f"feeds/{client.uuid}/"
    body = {"quiet_after_minutes": 15}
    assert admin.patch(path, body).status_code == 428
    read = admin.get(path)
    assert read.json()["quiet_after_minutes"] is None
    changed = admin.patch(path, body, If_Match=read["ETag"])
    assert (changed.json()["quiet_after_minutes"], changed.json()["hears"]) == (15, "readings")
    assert admin.patch(path, body, If_Match=read["ETag"]).status_code == 412
    ended = admin.patch(path, {"quiet_after_minutes": None}, If_Match="*")
    assert ended.json()["quiet_after_minutes"] is None


def test_the_list_says_when_each_was_heard_and_which_is_quiet(site: Site, admin: Api) -> None:
    actor = make_integration(site)
    infusion = make_infusion(site=site, started_at=now() - timedelta(hours=2))
    heard_at = now() - timedelta(minutes=30)
    record_set(infusion, heard_at, actor=actor, temperature_c="36.8")
    QuietAgreement.objects.create(
        client=actor.client, after_minutes=10, agreed_at=real_now() - timedelta(days=1)
    )
    [shown] = admin.get("feeds/").json()["results"]
    assert shown["is_quiet"] is True
    assert shown["last_heard_at"] is not None


@pytest.mark.parametrize("minutes", [0, 10081, 1.5, "10"])
def test_a_time_that_cannot_be_is_refused_at_its_field(site: Site, admin: Api, minutes: object) -> None:
    client = make_integration(site).client
    answer = admin.patch(f"feeds/{client.uuid}/", {"quiet_after_minutes": minutes}, If_Match="*")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/quiet_after_minutes"


def test_three_people_and_the_sending_systems_of_a_site(
    site: Site, admin: Api, nurse: Api, stranger: Api
) -> None:
    client = make_integration(site).client
    path, body = f"feeds/{client.uuid}/", {"quiet_after_minutes": 5}
    assert nurse.get(path).status_code == 200
    assert nurse.patch(path, body, If_Match="*").status_code == 403
    assert stranger.get(path).status_code == 404
    assert admin.patch(path, body, If_Match="*").status_code == 200
