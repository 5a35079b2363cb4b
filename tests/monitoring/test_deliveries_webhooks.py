"""Webhooks: signed, in the order of the log, retried with the same id, and never where they must not go."""

import json
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from standardwebhooks import Webhook

from accounts.permissions import Role
from config.clock import real_now
from monitoring import deliveries, log, webhooks
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, WebhookEndpoint
from tests.builders import NOW, make_actor, make_infusion, make_site, minutes, record_set
from tests.monitoring.receivers import Web, web_sink
from tracker.errors import Refused
from tracker.models import Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row counts as settled: the transaction of the test itself would hold it back."""

    def settled(after: log.Cursor, *, limit: int) -> log.Page:
        entries = tuple(log.visible(after, limit=limit, readings=False))
        return log.Page(entries, entries[-1].cursor if entries else after, len(entries) == limit)

    monkeypatch.setattr(log, "settled", settled)


@pytest.fixture
def web(settings: Any) -> Iterator[Web]:
    settings.PRIVATE_TARGETS = [ip_network("127.0.0.0/8")]
    with web_sink() as web:
        yield web


@pytest.fixture
def site() -> Site:
    return make_site()


@pytest.fixture
def endpoint(site: Site, web: Web, settled: None) -> WebhookEndpoint:
    admin = make_actor(Role.ADMINISTRATOR, site)
    endpoint, _secret = webhooks.create(
        admin, site, name="EHR", url=f"{web.url}/in", events=[], now=real_now()
    )
    return endpoint


def raise_alert(site: Site) -> None:
    infusion = make_infusion(started_at=NOW, site=site)
    record_set(infusion, NOW + minutes(5), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(5))


def deliver(later: timedelta = timedelta()) -> int:
    return deliveries.deliver_due(real_now() + later, NOW)


def test_changes_come_signed_in_the_order_of_the_log(endpoint: WebhookEndpoint, site: Site, web: Web) -> None:
    raise_alert(site)
    raise_alert(site)
    deliver()
    said = [Webhook(endpoint.secret).verify(taken.body, taken.headers) for taken in web.requests]
    assert [each["type"] for each in said] == ["alert.raised", "alert.raised"]
    raised = Alert.objects.order_by("pk").values_list("uuid", flat=True)
    assert [each["data"]["id"] for each in said] == [str(uuid) for uuid in raised]
    deliver()
    assert len(web.requests) == 2


def test_what_is_not_settled_is_not_sent(site: Site, web: Web) -> None:
    admin = make_actor(Role.ADMINISTRATOR, site)
    webhooks.create(admin, site, name="EHR", url=f"{web.url}/in", events=[], now=real_now())
    raise_alert(site)
    deliver()
    assert web.requests == []


def test_the_alerts_of_another_site_are_not_sent(endpoint: WebhookEndpoint, web: Web) -> None:
    raise_alert(make_site())
    deliver()
    assert web.requests == []


def test_only_the_kinds_that_were_asked_for_are_sent(endpoint: WebhookEndpoint, site: Site, web: Web) -> None:
    WebhookEndpoint.objects.update(events=["acknowledged"])
    raise_alert(site)
    deliver()
    assert web.requests == []


def test_what_is_refused_comes_again_later_with_the_same_id_and_before_anything_newer(
    endpoint: WebhookEndpoint, site: Site, web: Web
) -> None:
    raise_alert(site)
    web.answers = lambda taken: 500
    deliver()
    raise_alert(site)
    web.answers = lambda taken: 204
    deliver()
    assert len(web.requests) == 1
    deliver(timedelta(seconds=30))
    first, again, newer = [taken.headers["webhook-id"] for taken in web.requests]
    assert first == again != newer
    endpoint.refresh_from_db()
    assert (endpoint.failing_since, endpoint.attempts, endpoint.last_error) == (None, 0, "")


def test_for_a_day_after_a_rotation_both_secrets_are_good(
    endpoint: WebhookEndpoint, site: Site, web: Web
) -> None:
    admin = make_actor(Role.ADMINISTRATOR, site)
    _endpoint, fresh = webhooks.rotate(admin, endpoint, real_now())
    raise_alert(site)
    deliver()
    [taken] = web.requests
    for secret in (endpoint.secret, fresh):
        Webhook(secret).verify(taken.body, taken.headers)


def test_a_redirect_is_not_followed(endpoint: WebhookEndpoint, site: Site, web: Web) -> None:
    web.answers = lambda taken: 302
    raise_alert(site)
    deliver()
    assert [taken.path for taken in web.requests] == ["/in"]
    endpoint.refresh_from_db()
    assert endpoint.last_error == "it answers 302"


def test_an_endpoint_that_says_it_is_gone_is_disabled_and_that_is_an_alert(
    endpoint: WebhookEndpoint, site: Site, web: Web
) -> None:
    web.answers = lambda taken: 410
    raise_alert(site)
    deliver()
    endpoint.refresh_from_db()
    assert not endpoint.enabled
    assert Alert.objects.filter(problem="webhook_disabled", about="EHR", condition="active").exists()


def test_one_that_fails_for_a_day_is_disabled_and_goes_on_where_it_stood_once_enabled(
    endpoint: WebhookEndpoint, site: Site, web: Web
) -> None:
    web.answers = lambda taken: 500
    raise_alert(site)
    deliver()
    deliver(timedelta(hours=25))
    endpoint.refresh_from_db()
    assert not endpoint.enabled
    web.answers = lambda taken: 204
    webhooks.change(make_actor(Role.ADMINISTRATOR, site), endpoint, {"enabled": True}, NOW)
    deliver()
    assert json.loads(web.requests[-1].body)["type"] in {"alert.raised", "alert.cleared"}
    assert not Alert.objects.filter(problem="webhook_disabled", condition="active").exists()


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://127.0.0.1/", id="this machine"),
        pytest.param("https://10.1.2.3/", id="a private network"),
        pytest.param("https://169.254.169.254/latest", id="a cloud's own address"),
        pytest.param("https://[::1]/", id="this machine by IPv6"),
        pytest.param("https://[::ffff:10.0.0.1]/", id="a private network dressed up as IPv6"),
        pytest.param("http://8.8.8.8/", id="without encryption"),
        pytest.param("ftp://8.8.8.8/", id="not the web"),
        pytest.param("https://name:word@8.8.8.8/", id="with a password"),
    ],
)
def test_addresses_that_must_not_be_written_to_are_refused(site: Site, url: str) -> None:
    admin = make_actor(Role.ADMINISTRATOR, site)
    with pytest.raises(Refused):
        webhooks.create(admin, site, name="X", url=url, events=[], now=real_now())


def test_an_address_that_has_become_private_is_not_written_to(
    endpoint: WebhookEndpoint, site: Site, web: Web, settings: Any
) -> None:
    settings.PRIVATE_TARGETS = []
    raise_alert(site)
    deliver()
    assert web.requests == []
