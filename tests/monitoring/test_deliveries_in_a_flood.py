"""After an outage: high alerts first and each at once, the rest as one message for each person."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from accounts.permissions import Role
from monitoring import channels, deliveries
from monitoring.channels import Message
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Delivery
from tests.builders import NOW, make_actor, make_infusion, make_site, make_user, minutes, record_set
from tracker.models import Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    site = make_site()
    make_actor(Role.NURSE, site, user=make_user(email="nurse@example.org"))
    return site


def spike(site: Site, temperature: str) -> None:
    infusion = make_infusion(started_at=NOW, site=site)
    record_set(infusion, NOW + minutes(5), temperature_c=temperature)
    evaluate_infusion(infusion.pk, NOW + minutes(5))


def sent(after: timedelta) -> list[Message]:
    """What goes out in one run, in its order."""
    found = list[Message]()

    @contextmanager
    def opened() -> Iterator[Callable[[Message], None]]:
        yield found.append

    deliveries.deliver_due(NOW + after, NOW, channels=dict.fromkeys(channels.CHANNELS, opened))
    return found


def test_high_alerts_go_first_and_each_at_once_while_the_rest_waits_for_each_other(site: Site) -> None:
    for temperature in ("38.5", "38.6", "39.5", "38.7", "39.6"):
        spike(site, temperature)
    at_once = sent(timedelta())
    assert [message.is_urgent for message in at_once] == [True, True]
    [together] = sent(timedelta(seconds=4))
    assert together.title.startswith("3 alerts wait")
    assert len(together.text.splitlines()) == 3
    assert sent(timedelta(minutes=5)) == []


def test_the_rest_waits_until_nothing_more_has_come_for_three_seconds(site: Site) -> None:
    for _ in range(3):
        spike(site, "38.5")
    assert sent(timedelta()) == []
    spike(site, "38.6")
    assert sent(timedelta(seconds=2)) == []
    assert sent(timedelta(seconds=4)) == []
    [together] = sent(timedelta(seconds=6))
    assert together.title.startswith("4 alerts wait")


def test_two_alerts_are_no_flood_and_go_out_at_once(site: Site) -> None:
    spike(site, "38.5")
    spike(site, "38.6")
    assert len(sent(timedelta())) == 2


def test_what_was_answered_while_it_waited_is_left_out(site: Site) -> None:
    for _ in range(3):
        spike(site, "38.5")
    sent(timedelta())
    Alert.objects.filter(pk=Alert.objects.earliest("pk").pk).update(response="assessed")
    [together] = sent(timedelta(seconds=4))
    assert together.title.startswith("2 alerts wait")
    assert Delivery.objects.filter(withdrawn_because="answered").count() == 1
