"""When watching stops, people are told."""

from datetime import timedelta

import pytest

from monitoring import alerts, health, heartbeat, watchers
from monitoring.models import Alert, Condition, Delivery, WebhookEndpoint
from monitoring.models.webhooks import PLACE
from tests.builders import NOW, make_site

pytestmark = pytest.mark.django_db


def all_alive() -> None:
    for name in health.SILENCE:
        heartbeat.alive(name, NOW)


def test_nothing_is_ready_before_it_has_run() -> None:
    assert {reason.code for reason in health.readiness(NOW)} == {
        "evaluation_stale",
        "delivery_stale",
        "beat_stale",
        "auditor_stale",
        "canary_stale",
    }


def test_all_alive_is_ready_and_three_missed_ticks_are_not() -> None:
    all_alive()
    assert health.readiness(NOW + timedelta(seconds=45)) == []
    assert len(health.readiness(NOW + timedelta(seconds=46))) == 3


def test_one_part_says_that_another_is_silent_and_that_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchers, "_up_since", NOW)
    all_alive()
    later = NOW + timedelta(minutes=2)
    for part in health.SILENCE:
        if part not in (heartbeat.EVALUATION, heartbeat.DELIVERY):
            heartbeat.alive(part, later)
    watchers.watch_the_others(heartbeat.DELIVERY, later, later)
    assert list(Alert.objects.values_list("problem", flat=True)) == ["evaluation_stopped"]
    heartbeat.alive(heartbeat.EVALUATION, later)
    watchers.watch_the_others(heartbeat.DELIVERY, later, later)
    assert Alert.objects.get().condition == Condition.CLEARED


def test_a_part_that_has_just_come_up_does_not_complain_of_a_silence_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watchers, "_up_since", None)
    all_alive()
    assert watchers.watch_the_others(heartbeat.DELIVERY, NOW, NOW + timedelta(hours=8)) == []


@pytest.mark.parametrize(
    ("after", "stale"),
    [pytest.param(80, False, id="the next pass is on its way"), pytest.param(81, True, id="it is too late")],
)
def test_a_pass_of_the_canary_that_does_not_come_is_said_within_90_seconds(after: int, stale: bool) -> None:
    later = NOW + timedelta(seconds=after)
    for part in health.SILENCE:
        heartbeat.alive(part, NOW if part == heartbeat.CANARY else later)
    assert [reason.code for reason in health.readiness(later)] == (["canary_stale"] if stale else [])


@pytest.mark.parametrize(
    ("others", "problems"),
    [
        pytest.param(True, {"canary_stopped"}, id="every other part says that it is well"),
        pytest.param(False, {"auditor_stopped"}, id="another is silent too, and its alert says enough"),
    ],
)
def test_a_canary_that_does_not_come_through_is_an_alert_of_its_own(
    monkeypatch: pytest.MonkeyPatch, others: bool, problems: set[str]
) -> None:
    monkeypatch.setattr(watchers, "_up_since", NOW)
    later = NOW + timedelta(minutes=2)
    for part in health.SILENCE:
        is_silent = part == heartbeat.CANARY or (part == heartbeat.AUDITOR and not others)
        heartbeat.alive(part, NOW if is_silent else later)
    watchers.watch_the_others(heartbeat.DELIVERY, later, later)
    assert set(Alert.objects.values_list("problem", flat=True)) == problems


def test_a_message_that_was_not_taken_yet_is_said_before_it_is_given_up() -> None:
    all_alive()
    alert = alerts.raise_system_alert("delivery_stopped", now=NOW)
    message = Delivery.objects.create(
        alert=alert, channel="email", reason="raised", dedupe_key="one", created_at=NOW, attempts=1
    )
    assert health.readiness(NOW) == []
    Delivery.objects.filter(pk=message.pk).update(error="TimeoutError")
    assert [reason.code for reason in health.readiness(NOW)] == ["deliveries_failing"]
    Delivery.objects.filter(pk=message.pk).update(delivered_at=NOW)
    assert health.readiness(NOW) == []


def test_a_message_that_was_given_up_is_said_until_somebody_answers_its_alert() -> None:
    all_alive()
    alert = alerts.raise_system_alert("delivery_stopped", now=NOW)
    Delivery.objects.create(
        alert=alert, channel="email", reason="raised", dedupe_key="one", created_at=NOW, failed_at=NOW
    )
    assert [reason.code for reason in health.readiness(NOW)] == ["deliveries_failed"]
    Alert.objects.filter(pk=alert.pk).update(response="acknowledged", until=NOW + timedelta(hours=1))
    assert health.readiness(NOW) == []


def test_a_receiving_system_that_takes_nothing_is_said() -> None:
    all_alive()
    endpoint = WebhookEndpoint.objects.create(
        site=make_site(),
        name="hub",
        url="https://hub.example",
        created_at=NOW,
        secret="whsec_",
        **dict.fromkeys(PLACE, 0),
    )
    assert health.readiness(NOW) == []
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failing_since=NOW)
    assert [reason.code for reason in health.readiness(NOW)] == ["webhooks_failing"]
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(enabled=False)
    assert health.readiness(NOW) == []
