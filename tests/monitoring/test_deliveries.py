"""The outbox: at least once, each once where nothing dies, and a failed channel rings the next rung."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from accounts.models import ContactPoint
from accounts.permissions import Role
from monitoring import alerts, channels, deliveries
from monitoring.channels import Gone, Message, NotDelivered
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, AlertLog, Delivery
from tests.builders import NOW, make_actor, make_infusion, make_site, make_user, minutes, record_set

pytestmark = pytest.mark.django_db


@pytest.fixture
def alert(settings: Any) -> Alert:
    """A high one, at a site whose nurse has an address."""
    settings.PUBLIC_URL = "https://febris.example"
    site = make_site()
    make_actor(Role.NURSE, site, user=make_user(email="nurse@example.org", language="es", name="Nora Nadie"))
    infusion = make_infusion(started_at=NOW, site=site)
    record_set(infusion, NOW + minutes(5), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(5))
    return Alert.objects.get()


def by(send: Callable[[Message], None]) -> dict[str, channels.Opener]:
    """Every channel, sending by this function."""

    @contextmanager
    def opened() -> Iterator[Callable[[Message], None]]:
        yield send

    return dict.fromkeys(channels.CHANNELS, opened)


def refusing(error: Exception) -> dict[str, channels.Opener]:
    def refuse(message: Message) -> None:
        raise error

    return by(refuse)


def the_email() -> Delivery:
    return Delivery.objects.filter(channel="email").earliest("pk")


def test_a_message_is_sent_once_in_the_readers_language_with_a_number_and_no_name(alert: Alert) -> None:
    assert deliveries.deliver_due(NOW, NOW) == 2
    assert deliveries.deliver_due(NOW, NOW) == 0
    [message] = mail.outbox
    assert message.to == ["nurse@example.org"]
    assert "Fiebre" in message.subject
    assert alert.infusion is not None
    assert alert.infusion.subject.subject_number in message.subject
    assert "39" in message.body
    assert f"https://febris.example/alerts/{alert.uuid}/" in message.body


def test_a_message_whose_sender_died_is_sent_when_its_lease_has_run_out(alert: Alert) -> None:
    deliveries.claim(NOW, {"email": 4})
    assert deliveries.deliver_due(NOW + timedelta(seconds=59), NOW) == 1  # the screens' alone
    assert deliveries.deliver_due(NOW + timedelta(seconds=60), NOW) == 1


def test_a_channel_that_fails_is_tried_again_after_ever_longer_and_then_given_up(alert: Alert) -> None:
    Alert.objects.update(rung=9)
    pauses, now = list[timedelta](), NOW
    while (row := the_email()).failed_at is None:
        if row.lease_until is not None:
            pauses.append(row.lease_until - now)
            now = row.lease_until
        deliveries.deliver_due(now, NOW + minutes(6), channels=refusing(ConnectionError("421 busy")))
    assert [round(pause.total_seconds()) for pause in pauses] == [5, 15, 45, 120, 300]
    assert (row.attempts, row.error) == (deliveries.ATTEMPTS, "421 busy")


def test_the_second_failure_in_a_row_lets_the_alert_climb_at_once(alert: Alert) -> None:
    refuse = refusing(ConnectionError("421 busy"))
    deliveries.deliver_due(NOW, NOW + minutes(6), channels=refuse)
    alert.refresh_from_db()
    assert alert.rung == 1
    deliveries.deliver_due(NOW + timedelta(seconds=6), NOW + minutes(6), channels=refuse)
    alert.refresh_from_db()
    assert alert.rung == 2
    assert AlertLog.objects.filter(alert=alert, detail__reason="channel_failed").count() == 1


def test_a_refusal_for_good_is_given_up_and_climbs_at_once(alert: Alert) -> None:
    deliveries.deliver_due(NOW, NOW + minutes(6), channels=refusing(NotDelivered("550 no")))
    alert.refresh_from_db()
    assert the_email().failed_at is not None
    assert alert.rung > 1


def test_an_alert_does_not_climb_while_another_point_of_the_same_person_took_the_message() -> None:
    site = make_site()
    nurse = make_user(email="nurse@example.org")
    make_actor(Role.NURSE, site, user=nurse)
    ContactPoint.objects.create(
        user=nurse, kind="apprise", label="Pager", secret="x", created_at=NOW, verified_at=NOW
    )
    infusion = make_infusion(started_at=NOW, site=site)
    record_set(infusion, NOW + minutes(5), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(5))

    def send(message: Message) -> None:
        if message.channel == "email":
            raise NotDelivered("550 no")

    deliveries.deliver_due(NOW, NOW + minutes(6), channels=by(send))
    assert Alert.objects.get().rung == 1
    assert Delivery.objects.get(channel="apprise").delivered_at is not None


def test_an_address_that_does_not_exist_counts_no_longer_as_verified(alert: Alert) -> None:
    deliveries.deliver_due(NOW, NOW, channels=refusing(Gone("550 5.1.1 no such user")))
    point = ContactPoint.objects.get()
    assert (point.reaches, point.failed_because) == (False, "550 5.1.1 no such user")


def test_a_server_that_refuses_everybody_for_a_while_costs_nobody_their_address(alert: Alert) -> None:
    deliveries.deliver_due(NOW, NOW, channels=refusing(NotDelivered("550 go away")))
    assert ContactPoint.objects.get().reaches


def test_without_a_mail_server_nobody_is_owed_an_e_mail(settings: Any) -> None:
    settings.SENDS_EMAIL = False
    site = make_site()
    make_actor(Role.NURSE, site, user=make_user(email="nurse@example.org"))
    infusion = make_infusion(started_at=NOW, site=site)
    record_set(infusion, NOW + minutes(5), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(5))
    assert [row.channel for row in Delivery.objects.all()] == ["screen"]


def test_nobody_is_written_to_at_an_address_that_is_not_verified() -> None:
    site = make_site()
    make_actor(Role.NURSE, site, user=make_user(email="nurse@example.org"))
    ContactPoint.objects.update(verified_at=None)
    infusion = make_infusion(started_at=NOW, site=site)
    record_set(infusion, NOW + minutes(5), temperature_c="39.5")
    evaluate_infusion(infusion.pk, NOW + minutes(5))
    assert [row.channel for row in Delivery.objects.all()] == ["screen"]


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        pytest.param({"condition": "retracted"}, "retracted", id="retracted"),
        pytest.param({"response": "assessed"}, "answered", id="assessed"),
        pytest.param({"snoozed_until": NOW + minutes(60)}, "snoozed", id="snoozed"),
    ],
)
def test_what_is_settled_meanwhile_is_not_sent(alert: Alert, columns: dict[str, Any], why: str) -> None:
    Alert.objects.update(**columns)
    deliveries.deliver_due(NOW, NOW)
    assert mail.outbox == []
    assert the_email().withdrawn_because == why


def test_nothing_goes_out_after_somebody_has_acknowledged(alert: Alert) -> None:
    nurse = make_actor(Role.NURSE, alert.site)
    alerts.acknowledge(nurse, alert, commitment="at_bedside", until=NOW + minutes(15), now=NOW + minutes(6))
    deliveries.deliver_due(NOW, NOW)
    assert (mail.outbox, the_email().withdrawn_because) == ([], "answered")


def test_a_short_excursion_that_has_cleared_meanwhile_is_told_all_the_same(alert: Alert) -> None:
    Alert.objects.update(condition="cleared")
    deliveries.deliver_due(NOW, NOW)
    assert len(mail.outbox) == 1


def test_of_two_messages_owed_about_one_alert_the_newer_goes_out_alone(alert: Alert) -> None:
    alerts.escalate_due(NOW + minutes(9))
    deliveries.deliver_due(NOW + minutes(9), NOW + minutes(9))
    assert len(mail.outbox) == 1
    assert the_email().withdrawn_because == "newer"


def test_raising_twice_owes_nobody_a_second_message(alert: Alert) -> None:
    assert alert.infusion_id is not None
    evaluate_infusion(alert.infusion_id, NOW + minutes(6))
    assert Delivery.objects.count() == 2


def test_a_channel_that_hangs_does_not_hold_back_another(alert: Alert) -> None:
    import threading

    released = threading.Event()
    nurse = ContactPoint.objects.get().user
    ContactPoint.objects.create(
        user=nurse, kind="apprise", label="Pager", secret="x", created_at=NOW, verified_at=NOW
    )
    alerts.escalate_due(NOW + minutes(9))

    def send(message: Message) -> None:
        if message.channel == "email":
            released.wait(5)

    deliveries.deliver_due(NOW, NOW, channels=by(send))
    arrived = Delivery.objects.filter(delivered_at__isnull=False)
    assert set(arrived.values_list("channel", flat=True)) == {"screen", "apprise"}
    released.set()
    deliveries.deliver_due(NOW + timedelta(seconds=30), NOW, channels=by(send))
    assert arrived.filter(channel="email").exists()
