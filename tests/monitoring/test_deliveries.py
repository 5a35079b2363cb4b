"""The outbox: at least once, each once where nothing dies, and a failed channel rings the next rung."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from accounts.permissions import Role
from monitoring import deliveries
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Delivery
from tests.builders import NOW, make_actor, make_infusion, make_site, make_user, minutes, record_set

pytestmark = pytest.mark.django_db


@pytest.fixture
def alert(settings: Any) -> Alert:
    """A high one, at a site whose nurse has an address."""
    settings.SENDS_EMAIL = True
    site = make_site()
    make_actor(Role.NURSE, site, user=make_user(email="nurse@example.org", language="es"))
    infusion = make_infusion(started_at=NOW, site=site)
    record_set(infusion, NOW + minutes(5), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(5))
    return Alert.objects.get()


def test_a_message_is_sent_once_in_the_readers_language_and_without_a_name(alert: Alert) -> None:
    assert deliveries.deliver_due(NOW, NOW) == 2
    assert deliveries.deliver_due(NOW, NOW) == 0
    [message] = mail.outbox
    assert message.to == ["nurse@example.org"]
    assert "Fiebre" in message.subject
    assert "39" in message.body


def test_a_message_whose_sender_died_is_sent_when_its_lease_has_run_out(alert: Alert) -> None:
    deliveries.claim(NOW)
    assert deliveries.deliver_due(NOW + timedelta(seconds=59), NOW) == 0
    assert deliveries.deliver_due(NOW + timedelta(seconds=60), NOW) == 2


def test_a_channel_that_fails_is_tried_again_and_then_given_up_and_the_next_rung_is_due_at_once(
    alert: Alert,
) -> None:
    def refuse(delivery: Delivery) -> None:
        raise ConnectionError("550")

    senders = {"screen": deliveries.on_screen, "email": refuse}
    now = NOW
    for _ in range(deliveries.ATTEMPTS):
        deliveries.deliver_due(now, NOW + minutes(6), senders=senders)
        now += deliveries.RETRY_AFTER
    row = Delivery.objects.get(channel="email", failed_at__isnull=False)
    assert (row.failed_at is not None, row.attempts, row.error) == (True, 4, "ConnectionError: 550")
    alert.refresh_from_db()
    assert alert.rung == 2


def test_without_a_mail_server_nobody_is_owed_an_e_mail(settings: Any) -> None:
    settings.SENDS_EMAIL = False
    site = make_site()
    make_actor(Role.NURSE, site, user=make_user(email="nurse@example.org"))
    infusion = make_infusion(started_at=NOW, site=site)
    record_set(infusion, NOW + minutes(5), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(5))
    assert [row.channel for row in Delivery.objects.all()] == ["screen"]


def test_what_was_retracted_meanwhile_is_not_sent(alert: Alert) -> None:
    Alert.objects.update(condition="retracted")
    deliveries.deliver_due(NOW, NOW)
    assert mail.outbox == []


def test_raising_twice_owes_nobody_a_second_message(alert: Alert) -> None:
    assert alert.infusion_id is not None
    evaluate_infusion(alert.infusion_id, NOW + minutes(6))
    assert Delivery.objects.count() == 2
