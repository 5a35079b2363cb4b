"""Ladders and shifts at the REST doors: read by the site, changed by nobody there."""

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta

import pytest

from accounts.models import Membership
from accounts.permissions import Role
from config.clock import now
from monitoring import ladders
from monitoring.core.escalation import DEFAULT_DOCUMENT
from monitoring.models import Duty, Shift
from tests import builders
from tests.api.conftest import Api
from tracker.models import Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(site: Site, by_session: Callable[..., Api]) -> Api:
    return by_session(Role.NURSE, site)


@pytest.fixture
def stranger(by_session: Callable[..., Api]) -> Api:
    return by_session(Role.CHARGE_NURSE, builders.make_site())


def test_a_nurse_reads_the_versions_of_the_ladder_and_a_stranger_none(
    site: Site, reader: Api, stranger: Api
) -> None:
    actor = builders.make_actor(Role.CHARGE_NURSE, site)
    stored = ladders.set_ladder(actor, site, deepcopy(dict(DEFAULT_DOCUMENT)), based_on=0, now=now())
    [shown] = reader.get(f"ladders/?site={site.uuid}").json()["results"]
    assert (shown["version"], shown["document"]["high"]["repeat_every_minutes"]) == (1, 5)
    assert reader.get(f"ladders/{stored.uuid}/").json()["id"] == str(stored.uuid)
    assert stranger.get("ladders/").json()["results"] == []
    assert stranger.get(f"ladders/{stored.uuid}/").status_code == 404
    assert reader.post("ladders/", {}).status_code == 405


def test_who_is_on_duty_at_a_moment(site: Site, reader: Api, stranger: Api) -> None:
    ada = builders.make_user("ada")
    Membership.objects.create(user=ada, role=Role.INVESTIGATOR, site=site)
    at = now()
    for day in (0, 1):
        begins = at + timedelta(days=day)
        Shift.objects.create(
            site=site, duty=Duty.ON_CALL, person=ada, starts_at=begins, ends_at=begins + timedelta(hours=8)
        )
    assert len(reader.get("shifts/?duty=investigator_on_call").json()["results"]) == 2
    moment = (at + timedelta(hours=25)).isoformat().replace("+00:00", "Z")
    [running] = reader.get(f"shifts/?at={moment}").json()["results"]
    assert (running["person"], running["duty"]) == ("ada", "investigator_on_call")
    assert stranger.get("shifts/").json()["results"] == []
    assert reader.get("shifts/?at=noon").status_code == 400
