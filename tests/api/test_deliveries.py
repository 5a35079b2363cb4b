"""Receipts, messages sent again, and webhooks at the REST doors."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.permissions import Role
from config.clock import now
from monitoring import deliveries, rule_sets
from monitoring.channels import NotDelivered
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Delivery, WebhookEndpoint
from tests import builders
from tests.api.conftest import Api
from tests.monitoring.test_deliveries import refusing
from tracker.models import Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def alert(site: Site, settings: Any) -> Alert:
    """A high one of the site, whose nurse has an address."""
    settings.SENDS_EMAIL = True
    rule_sets.load_shipped()
    builders.make_actor(Role.NURSE, site, user=builders.make_user("nina", email="nina@example.org"))
    at = now()
    infusion = builders.make_infusion(started_at=at - builders.minutes(30), site=site)
    builders.record_set(infusion, at - builders.minutes(1), temperature_c="39.5")
    evaluate_infusion(infusion.pk, at)
    return Alert.objects.get(problem="fever")


def test_the_receipts_of_an_alert(nurse: Api, stranger: Api, alert: Alert) -> None:
    shown = nurse.get(f"deliveries/?alert={alert.uuid}").json()["results"]
    assert [(each["channel"], each["person"], each["state"]) for each in shown] == [
        ("email", "nina", "queued"),
        ("screen", None, "queued"),
    ]
    assert nurse.get(f"deliveries/{shown[0]['id']}/").json()["acknowledged_at"] is None
    assert stranger.get(f"deliveries/?alert={alert.uuid}").json()["results"] == []


def test_a_message_given_up_is_sent_again_and_another_is_not(nurse: Api, alert: Alert) -> None:
    deliveries.deliver_due(now(), now(), channels=refusing(NotDelivered("550 no")))
    failed = nurse.get("deliveries/?failed=true").json()["results"]
    assert {each["error"] for each in failed} == {"550 no"}
    answer = nurse.post(f"deliveries/{failed[0]['id']}/send-again/", {})
    assert (answer.status_code, answer.json()["state"]) == (200, "sent")
    screen = Delivery.objects.filter(channel="screen").earliest("pk")
    assert nurse.post(f"deliveries/{screen.uuid}/send-again/", {}).status_code == 409


def test_a_webhook_is_made_with_a_secret_seen_once(site: Site, by_session: Callable[..., Api]) -> None:
    admin = by_session(Role.ADMINISTRATOR, site)
    body = {"site": str(site.uuid), "name": "EHR", "url": "https://8.8.8.8/in", "events": ["raised"]}
    made = admin.post("webhooks/", body)
    assert made.status_code == 201
    address = f"webhooks/{made.json()['id']}/"
    assert made.json()["secret"].startswith("whsec_")
    assert "secret" not in admin.get(address).json()
    assert admin.post(f"{address}rotate/", {}).json()["secret"] != made.json()["secret"]
    assert WebhookEndpoint.objects.get().previous_secret == made.json()["secret"]


def test_a_webhook_cannot_point_into_a_private_network(site: Site, by_session: Callable[..., Api]) -> None:
    admin = by_session(Role.ADMINISTRATOR, site)
    refused = admin.post("webhooks/", {"site": str(site.uuid), "name": "X", "url": "https://192.168.1.1/"})
    assert refused.status_code == 400
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/url"]


def test_only_who_manages_systems_makes_webhooks(
    site: Site, nurse: Api, by_session: Callable[..., Api]
) -> None:
    body = {"site": str(site.uuid), "name": "EHR", "url": "https://8.8.8.8/in"}
    other = by_session(Role.ADMINISTRATOR, builders.make_site())
    assert nurse.post("webhooks/", body).status_code in (400, 403)
    assert other.post("webhooks/", body).status_code == 400
    assert not WebhookEndpoint.objects.exists()
