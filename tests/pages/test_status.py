"""The status page, the strip at the head of the board, and the sending systems that are waited for."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.permissions import Role
from config.clock import real_now
from monitoring import health, heartbeat
from monitoring.models import Hears, QuietAgreement
from tests.builders import make_infusion, make_integration
from tracker.models import Site

from .conftest import SignIn

pytestmark = pytest.mark.django_db

IMPAIRED = "The watch is not complete"


def beats(**ages: float) -> None:
    """Every part is alive; those named have been silent for so many seconds."""
    for part in health.SILENCE:
        heartbeat.alive(part, real_now() - timedelta(seconds=ages.get(part, 1)))


@pytest.mark.parametrize(
    ("ages", "said"),
    [
        pytest.param({}, False, id="every part is alive"),
        pytest.param({"canary": 70}, False, id="the next pass of the canary is on its way"),
        pytest.param({"canary": 81}, True, id="the canary has not come through"),
        pytest.param({"evaluation": 46}, True, id="nobody evaluates"),
        pytest.param({"auditor": 91}, True, id="nobody audits"),
    ],
)
def test_the_boards_strip_says_when_the_watch_is_impaired(
    nurse: Browser, ages: dict[str, float], said: bool
) -> None:
    beats(**ages)
    for address in ("/", "/status/strip/"):
        assert (IMPAIRED in nurse.get(address).content.decode()) == said, address


def test_the_board_asks_for_the_strip_by_itself_within_ten_seconds(nurse: Browser) -> None:
    text = nurse.get("/").content.decode()
    assert 'hx-get="/status/strip/"' in text
    assert 'hx-trigger="every 10s' in text


def test_a_stranger_gets_no_strip(client: Browser) -> None:
    assert client.get("/status/strip/").status_code == 302


@pytest.fixture
def admin(sign_in: SignIn, ward: Site) -> Browser:
    return sign_in(Role.ADMINISTRATOR, ward, username="ada")


@pytest.fixture
def feed(ward: Site) -> Any:
    return make_integration(ward, "monitor gateway").client


def test_an_administrator_agrees_a_time_and_takes_it_back(admin: Browser, feed: Any) -> None:
    address = f"/status/feeds/{feed.uuid}/"
    assert admin.post(address, {"after_minutes": "10", "hears": "calls"}).status_code == 302
    agreed = QuietAgreement.objects.get(client=feed)
    assert (agreed.after_minutes, agreed.hears) == (10, Hears.CALLS)
    assert 'value="10"' in admin.get(address).content.decode()
    admin.post(address, {"after_minutes": "", "hears": "calls"})
    assert not QuietAgreement.objects.exists()


@pytest.mark.parametrize("typed", ["0", "10081", "soon", "1.5"])
def test_a_time_that_cannot_be_is_named_at_its_field(admin: Browser, feed: Any, typed: str) -> None:
    answer = admin.post(f"/status/feeds/{feed.uuid}/", {"after_minutes": typed, "hears": "readings"})
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.content.decode()
    assert "Quiet at most, minutes</a>:" in answer.content.decode()


def test_the_list_says_who_is_silent(nurse: Browser, ward: Site, feed: Any) -> None:
    hour = timedelta(hours=1)
    QuietAgreement.objects.create(client=feed, after_minutes=10, agreed_at=real_now() - hour)
    assert "nobody is watched" in nurse.get("/status/feeds/").content.decode()
    make_infusion(site=ward, started_at=real_now() - hour)
    text = nurse.get("/status/feeds/").content.decode()
    assert "monitor gateway" in text
    assert "SILENT" in text
    assert f"/status/feeds/{feed.uuid}/" not in text


def test_others_neither_see_nor_change_the_sending_systems_of_the_ward(
    sign_in: SignIn, elsewhere: Site, nurse: Browser, feed: Any
) -> None:
    other = sign_in(Role.ADMINISTRATOR, elsewhere)
    assert "monitor gateway" not in other.get("/status/feeds/").content.decode()
    assert other.get(f"/status/feeds/{feed.uuid}/").status_code == 404
    assert nurse.get(f"/status/feeds/{feed.uuid}/").status_code == 403
