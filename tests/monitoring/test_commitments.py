"""What people promise and ask for, and who is told when it ends: lapses, snoozes, worsenings, once each."""

import pytest

from accounts.permissions import Role
from monitoring import alerts
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Delivery, Response
from tests.builders import NOW, make_actor, make_infusion, make_site, minutes, record_set
from tracker.models import Infusion

pytestmark = pytest.mark.django_db

AT = NOW + minutes(10)


@pytest.fixture
def infusion() -> Infusion:
    return make_infusion(started_at=NOW, site=make_site())


def takes(infusion: Infusion, minute: float, celsius: str) -> Alert:
    """The fever once a temperature has come."""
    at = AT + minutes(minute)
    record_set(infusion, at, temperature_c=celsius)
    evaluate_infusion(infusion.pk, at)
    return Alert.objects.get(problem="fever")


def promises(alert: Alert, minute: float, commitment: str, within: float) -> None:
    now = AT + minutes(minute)
    who = make_actor(Role.NURSE, alert.site)
    alerts.acknowledge(who, alert, commitment=commitment, until=now + minutes(within), now=now)


def rang() -> list[str]:
    screens = Delivery.objects.filter(alert__problem="fever", channel="screen").order_by("pk")
    return list(screens.values_list("reason", flat=True))


def test_a_promised_reading_that_is_normal_keeps_the_promise(infusion: Infusion) -> None:
    promises(takes(infusion, 0, "38.4"), 1, "repeat_vitals", within=10)
    assert takes(infusion, 6, "36.9").until == AT + minutes(1 + 240)
    alerts.escalate_due(AT + minutes(12))
    assert rang() == ["raised"]


def test_a_promised_reading_that_is_still_high_opens_the_alert_and_rings(infusion: Infusion) -> None:
    promises(takes(infusion, 0, "38.4"), 1, "repeat_vitals", within=10)
    assert takes(infusion, 6, "38.5").response == Response.OPEN
    assert rang() == ["raised", "still_true"]


def test_a_promise_without_a_reading_lapses_and_rings_once(infusion: Infusion) -> None:
    promises(takes(infusion, 0, "38.4"), 1, "repeat_vitals", within=10)
    for minute in (11, 11.5, 12):
        alerts.escalate_due(AT + minutes(minute))
    assert rang() == ["raised", "lapsed"]


def test_a_lapse_after_the_last_rung_rings_that_rung_again(infusion: Infusion) -> None:
    alert = takes(infusion, 0, "38.4")
    alerts.escalate_due(AT + minutes(10))
    alerts.escalate_due(AT + minutes(20))
    promises(alert, 25, "call_investigator", within=10)
    alerts.escalate_due(AT + minutes(35))
    assert rang() == ["raised", "escalated", "escalated", "lapsed"]


def test_worse_is_told_to_those_who_know_once_for_each_step(infusion: Infusion) -> None:
    takes(infusion, 0, "38.0")
    takes(infusion, 1, "38.2")
    takes(infusion, 2, "38.6")
    alert = takes(infusion, 3, "38.7")
    assert rang() == ["raised", "worsened"]
    assert (alert.rung, alert.climbs_from) == (1, AT)


def test_the_end_of_a_snooze_rings_and_says_so(infusion: Infusion) -> None:
    alert = takes(infusion, 0, "38.4")
    charge = make_actor(Role.CHARGE_NURSE, alert.site)
    alerts.snooze(charge, alert, until=AT + minutes(30), reason="asleep", now=AT + minutes(1))
    alerts.escalate_due(AT + minutes(29))
    assert rang() == ["raised"]
    alerts.escalate_due(AT + minutes(30))
    assert rang() == ["raised", "woken"]


def test_a_snooze_never_covers_what_is_higher(infusion: Infusion) -> None:
    alert = takes(infusion, 0, "38.4")
    charge = make_actor(Role.CHARGE_NURSE, alert.site)
    alerts.snooze(charge, alert, until=AT + minutes(30), reason="asleep", now=AT + minutes(1))
    assert takes(infusion, 5, "39.2").snoozed_until is None
    assert rang() == ["raised", "worsened"]


def test_the_end_of_a_low_snooze_is_told_though_nothing_climbs(infusion: Infusion) -> None:
    record_set(infusion, AT, temperature_c="37.6", temperature_site="axillary")
    evaluate_infusion(infusion.pk, AT)
    alert = Alert.objects.get(problem="temperature_watch")
    charge = make_actor(Role.CHARGE_NURSE, alert.site)
    alerts.snooze(charge, alert, until=AT + minutes(30), reason="asleep", now=AT + minutes(1))
    alerts.escalate_due(AT + minutes(30))
    alerts.escalate_due(AT + minutes(31))
    assert list(Delivery.objects.filter(alert=alert).values_list("reason", flat=True)) == ["woken"]
