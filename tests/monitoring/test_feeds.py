"""A sending system that has gone quiet for its agreed time is an alert of its site."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts import tokens
from accounts.models import ApiToken
from accounts.permissions import Actor, NotPermitted, Role
from monitoring import feeds
from monitoring.models import Alert, Hears, Priority, QuietAgreement
from tests.builders import NOW, make_actor, make_infusion, make_integration, make_site, minutes, record_set
from tracker.errors import Refused
from tracker.models import Infusion, Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return make_site("W1")


@pytest.fixture
def feed(site: Site) -> Actor:
    return make_integration(site, "monitor gateway")


def agree(feed: Actor, **said: Any) -> QuietAgreement | None:
    admin = make_actor(Role.ADMINISTRATOR, feed.client.site)
    asked = {"after_minutes": 10, "hears": Hears.READINGS, "real_now": NOW - minutes(600)} | said
    return feeds.agree(admin, feed.client, **asked)


def listen(at: datetime) -> int:
    return feeds.listen(at, at)


@pytest.fixture
def infusion(site: Site) -> Infusion:
    return make_infusion(site=site, started_at=NOW)


def test_nothing_is_agreed_of_itself(feed: Actor, infusion: Infusion) -> None:
    record_set(infusion, NOW, actor=feed, temperature_c="36.8")
    assert listen(NOW + minutes(6000)) == 0


@pytest.mark.parametrize(
    ("after", "quiet"),
    [pytest.param(600, 0, id="10 minutes are agreed"), pytest.param(601, 1, id="a second more is not")],
)
def test_a_feed_that_was_heard_and_falls_silent_is_told_of_after_its_time(
    feed: Actor, infusion: Infusion, after: int, quiet: int
) -> None:
    agree(feed)
    record_set(infusion, NOW + minutes(3), actor=feed, temperature_c="36.8")
    assert listen(NOW + minutes(3) + timedelta(seconds=after)) == quiet


def test_the_alert_names_the_feed_climbs_its_sites_ladder_and_clears_when_it_is_heard(
    feed: Actor, infusion: Infusion
) -> None:
    agree(feed)
    assert listen(NOW + minutes(11)) == 1
    alert = Alert.objects.get(problem="feed_quiet")
    assert (alert.site, alert.priority, alert.detail["names"]) == (
        infusion.site,
        Priority.MEDIUM,
        ["monitor gateway"],
    )
    assert alert.escalates_at is not None
    assert listen(NOW + minutes(12)) == 1
    record_set(infusion, NOW + minutes(13), actor=feed, temperature_c="36.8")
    assert listen(NOW + minutes(13)) == 0
    alert.refresh_from_db()
    assert alert.condition == "cleared"


def test_no_reading_is_expected_while_nobody_is_watched(feed: Actor) -> None:
    agree(feed)
    make_infusion(site=feed.client.site)
    assert listen(NOW + minutes(600)) == 0


def test_another_senders_reading_is_not_its_word(feed: Actor, infusion: Infusion) -> None:
    agree(feed)
    record_set(
        infusion, NOW + minutes(10), actor=make_integration(infusion.site, "other"), temperature_c="36.8"
    )
    assert listen(NOW + minutes(11)) == 1


def test_an_agreement_counts_from_when_it_was_made(feed: Actor, infusion: Infusion) -> None:
    agree(feed, real_now=NOW + minutes(60))
    assert listen(NOW + minutes(70)) == 0
    assert listen(NOW + minutes(71)) == 1


def test_of_a_client_that_fetches_any_call_is_a_word(feed: Actor) -> None:
    token, _ = tokens.issue(feed.client, NOW)
    agree(feed, hears=Hears.CALLS)
    assert listen(NOW) == 1
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=NOW)
    assert listen(NOW + minutes(10)) == 0
    assert listen(NOW + minutes(11)) == 1


def test_a_feed_that_is_switched_off_is_not_waited_for(feed: Actor, infusion: Infusion) -> None:
    agree(feed)
    feed.client.is_active = False
    feed.client.save()
    assert listen(NOW + minutes(60)) == 0


def test_an_agreement_that_ends_ends_its_alert(feed: Actor, infusion: Infusion) -> None:
    agree(feed)
    listen(NOW + minutes(11))
    assert agree(feed, after_minutes=None) is None
    assert listen(NOW + minutes(12)) == 0
    assert Alert.objects.get(problem="feed_quiet").condition == "cleared"


@pytest.mark.parametrize(
    ("role", "may"),
    [
        pytest.param(Role.ADMINISTRATOR, True, id="an administrator agrees"),
        pytest.param(Role.CHARGE_NURSE, False, id="a charge nurse reads"),
        pytest.param(Role.WALL_DISPLAY, False, id="a display knows nothing of it"),
    ],
)
def test_who_may_agree_a_time(feed: Actor, role: Role, may: bool) -> None:
    actor = make_actor(role, feed.client.site)
    asked = {"after_minutes": 5, "hears": Hears.CALLS, "real_now": NOW}
    if may:
        assert feeds.agree(actor, feed.client, **asked) is not None  # type: ignore[arg-type]
        return
    with pytest.raises(NotPermitted):
        feeds.agree(actor, feed.client, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("minutes_", [0, 10081])
def test_a_time_that_cannot_be_is_refused_by_name(feed: Actor, minutes_: int) -> None:
    with pytest.raises(Refused, match="from 1 to 10080 minutes"):
        agree(feed, after_minutes=minutes_)


def test_many_feeds_are_heard_in_one_statement(
    feed: Actor, infusion: Infusion, django_assert_num_queries: Any
) -> None:
    for number in range(5):
        agree(make_integration(infusion.site, f"gateway {number}"), after_minutes=60)
    with django_assert_num_queries(3):
        assert listen(NOW + minutes(5)) == 0
