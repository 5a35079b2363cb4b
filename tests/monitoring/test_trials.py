"""Test messages before an infusion: to everybody on the ladder, tried once, each with its receipt."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ContactPoint
from accounts.permissions import NotPermitted, Role
from monitoring import deliveries, trials
from monitoring.models import Alert, Delivery, TrialMessage
from tests.builders import NOW, make_actor, make_infusion, make_site, make_user
from tracker.errors import Refused
from tracker.models import Infusion, Site

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run ends when nothing is owed, however slow the machine."""
    monkeypatch.setattr(trials, "LONGEST_S", 600)


@pytest.fixture
def site() -> Site:
    site = make_site("W1")
    make_actor(Role.NURSE, site, user=make_user("nora", email="nora@example.org"))
    make_actor(Role.INVESTIGATOR, site, user=make_user("ines", email="ines@example.org"))
    make_actor(Role.CHARGE_NURSE, site, user=make_user("carl"))
    return site


@pytest.fixture
def infusion(site: Site) -> Infusion:
    return make_infusion(site=site)


def ask(infusion: Infusion, after: timedelta = timedelta()) -> int:
    charge = make_actor(Role.CHARGE_NURSE, infusion.site)
    return trials.ask(charge, infusion, now=NOW + after, real_now=NOW + after)


def test_the_chain_says_who_is_reached_as_what_and_by_what(infusion: Infusion) -> None:
    found = {each.person.username: each for each in trials.chain_of(infusion, NOW).people}
    assert set(found) == {"nora", "ines", "carl"}
    assert [way.point.address for way in found["nora"].ways] == ["nora@example.org"]
    assert found["nora"].on_screens
    assert "investigator_on_call" in found["ines"].roles
    assert not found["ines"].on_screens
    assert found["carl"].ways == ()


def test_everybody_on_the_ladder_gets_one_message_and_a_receipt(infusion: Infusion) -> None:
    assert ask(infusion) == 2
    assert trials.chain_of(infusion, NOW).waits
    assert trials.send_owed(NOW) == 2
    assert sorted(message.to[0] for message in mail.outbox) == ["ines@example.org", "nora@example.org"]
    chain = trials.chain_of(infusion, NOW)
    assert not chain.waits
    assert all(way.trial and way.trial.accepted_at for each in chain.people for way in each.ways)


def test_a_test_message_is_no_alert_and_names_no_patient(infusion: Infusion) -> None:
    ask(infusion)
    trials.send_owed(NOW)
    assert not Alert.objects.exists()
    assert not Delivery.objects.exists()
    for message in mail.outbox:
        assert infusion.subject.subject_number not in f"{message.subject} {message.body}"


def test_each_is_tried_once_and_the_receipt_says_why_it_failed(
    infusion: Infusion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(user: Any, point: ContactPoint) -> None:
        raise deliveries.CodeNotSent("mailbox full")

    monkeypatch.setattr(deliveries, "test_message", refuse)
    ask(infusion)
    assert trials.send_owed(NOW) == 2
    assert trials.send_owed(NOW) == 0
    assert set(TrialMessage.objects.values_list("error", flat=True)) == {"mailbox full"}
    assert not trials.chain_of(infusion, NOW).waits


@pytest.mark.parametrize(
    ("after", "refused"), [pytest.param(59, True, id="59 s later"), pytest.param(60, False, id="a minute")]
)
def test_nobody_is_sent_tests_of_one_infusion_more_often_than_each_minute(
    infusion: Infusion, after: int, refused: bool
) -> None:
    ask(infusion)
    if refused:
        with pytest.raises(Refused, match="less than a minute"):
            ask(infusion, timedelta(seconds=after))
    else:
        assert ask(infusion, timedelta(seconds=after)) == 2


def test_who_may_not_start_an_infusion_sends_no_tests(infusion: Infusion) -> None:
    for actor in (make_actor(Role.AUDITOR, infusion.site), make_actor(Role.NURSE, make_site())):
        with pytest.raises(NotPermitted):
            trials.ask(actor, infusion, now=NOW, real_now=NOW)
    assert not TrialMessage.objects.exists()


def test_the_chain_of_many_is_read_in_as_many_queries_as_that_of_few(infusion: Infusion) -> None:
    with CaptureQueriesContext(connection) as few:
        trials.chain_of(infusion, NOW)
    for number in range(6):
        make_actor(Role.NURSE, infusion.site, user=make_user(email=f"n{number}@example.org"))
    with CaptureQueriesContext(connection) as many:
        trials.chain_of(infusion, NOW)
    assert len(many) == len(few)
