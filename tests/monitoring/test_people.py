"""What people may do to an alert, who may, and what time does when nobody does."""

from datetime import datetime, timedelta

import pytest

from accounts.permissions import NotPermitted, Role
from monitoring import alerts
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, AlertLog, Condition, Delivery, LogKind, Response
from tests.builders import (
    NOW,
    make_actor,
    make_infusion,
    make_integration,
    make_site,
    make_user,
    minutes,
    record_set,
)
from tracker.models import Infusion

pytestmark = pytest.mark.django_db

AT = NOW + minutes(10)


@pytest.fixture
def infusion() -> Infusion:
    return make_infusion(started_at=NOW, site=make_site())


@pytest.fixture
def alert(infusion: Infusion) -> Alert:
    """A high one: 39.5 °C."""
    record_set(infusion, AT, temperature_c="39.5")
    evaluate_infusion(infusion.pk, AT)
    return Alert.objects.get()


def acknowledge(actor: object, alert: Alert, at: datetime = AT, **more: object) -> Alert:
    given = {"commitment": "repeat_vitals", "until": at + minutes(10), "now": at} | more
    return alerts.acknowledge(actor, alert, **given)  # type: ignore[arg-type]


def test_a_nurse_takes_an_alert_on_and_the_log_says_who_and_what(alert: Alert) -> None:
    nurse = make_actor(Role.NURSE, alert.site)
    taken = acknowledge(nurse, alert)
    assert (taken.response, taken.acknowledged_by, taken.until) == (
        Response.ACKNOWLEDGED,
        nurse.user,
        AT + minutes(10),
    )
    line = AlertLog.objects.filter(kind=LogKind.ACKNOWLEDGED).get()
    assert (line.actor, line.snapshot["response"]) == (nurse.user, "acknowledged")


@pytest.mark.parametrize(
    ("role", "may"),
    [
        pytest.param(Role.NURSE, {"acknowledge", "assess"}, id="a nurse answers"),
        pytest.param(Role.CHARGE_NURSE, {"acknowledge", "assess", "snooze"}, id="a charge nurse snoozes"),
        pytest.param(Role.INVESTIGATOR, {"acknowledge", "assess", "snooze", "close"}, id="an investigator"),
        pytest.param(Role.SAFETY_COORDINATOR, {"assess", "close"}, id="a coordinator judges and closes"),
        pytest.param(Role.AUDITOR, set(), id="an auditor only reads"),
        pytest.param(Role.ADMINISTRATOR, set(), id="an administrator writes nothing clinical"),
    ],
)
def test_who_may_do_what_to_a_high_alert(alert: Alert, role: Role, may: set[str]) -> None:
    actor = make_actor(role, alert.site)
    Alert.objects.filter(pk=alert.pk).update(condition=Condition.CLEARED, cleared_at=AT)
    done = {
        "acknowledge": lambda: acknowledge(actor, alert),
        "assess": lambda: alerts.assess(actor, alert, outcome="actioned", now=AT),
        "snooze": lambda: alerts.snooze(actor, alert, until=AT + minutes(30), reason="procedure", now=AT),
        "close": lambda: alerts.close(actor, alert, outcome="actioned", now=AT),
    }
    permitted = set()
    for name, act in done.items():
        try:
            act()
        except alerts.AlertRefused:
            permitted.add(name)
        except NotPermitted:
            continue
        permitted.add(name)
    assert permitted == may


def test_somebody_of_another_site_may_nothing_and_sees_nothing(alert: Alert) -> None:
    stranger = make_actor(Role.INVESTIGATOR, make_site())
    assert not Alert.objects.visible_to(stranger).exists()
    with pytest.raises(NotPermitted):
        acknowledge(stranger, alert)


def test_a_sending_system_acknowledges_only_for_a_practitioner_of_the_site(alert: Alert) -> None:
    assert alert.site is not None
    feed = make_integration(alert.site)
    nurse = make_actor(Role.NURSE, alert.site).user
    with pytest.raises(NotPermitted):
        acknowledge(feed, alert)
    with pytest.raises(NotPermitted):
        acknowledge(feed, alert, practitioner=make_user())
    assert acknowledge(feed, alert, practitioner=nurse).acknowledged_by == nurse


def test_nothing_is_closed_while_it_is_true(alert: Alert) -> None:
    with pytest.raises(alerts.AlertRefused, match="still_active"):
        alerts.close(make_actor(Role.INVESTIGATOR, alert.site), alert, outcome="actioned", now=AT)


def test_a_promise_longer_than_an_hour_is_refused_for_a_high_alert(alert: Alert) -> None:
    with pytest.raises(alerts.AlertRefused, match="until_is_too_late"):
        acknowledge(make_actor(Role.NURSE, alert.site), alert, until=AT + minutes(61))


def test_worse_than_acknowledged_rings_again(infusion: Infusion, alert: Alert) -> None:
    acknowledge(make_actor(Role.NURSE, alert.site), alert, commitment="call_investigator")
    record_set(infusion, AT + minutes(2), temperature_c="40.1")
    evaluate_infusion(infusion.pk, AT + minutes(2))
    alert.refresh_from_db()
    assert (alert.response, alert.rung) == (Response.OPEN, 1)


def test_a_commitment_that_lapses_opens_again_on_the_next_rung(alert: Alert) -> None:
    acknowledge(make_actor(Role.NURSE, alert.site), alert)
    assert alerts.escalate_due(AT + minutes(9)) == 0
    assert alerts.escalate_due(AT + minutes(10)) == 1
    alert.refresh_from_db()
    assert (alert.response, alert.rung) == (Response.OPEN, 2)


def test_an_alert_that_nobody_answers_climbs_rung_by_rung_and_each_rung_is_told_once(alert: Alert) -> None:
    make_user("unrelated", email="nobody@example.org")
    nurse, investigator = make_user(email="n@example.org"), make_user(email="i@example.org")
    make_actor(Role.NURSE, alert.site, user=nurse)
    make_actor(Role.INVESTIGATOR, alert.site, user=investigator)
    for minute in (3, 3, 6, 6):
        alerts.escalate_due(AT + minutes(minute))
    told = Delivery.objects.filter(channel="email").order_by("pk").values_list("recipient__email", flat=True)
    assert list(told) == ["n@example.org", "i@example.org"]


def test_after_a_long_silence_every_role_is_told_once_and_not_for_each_missed_moment(alert: Alert) -> None:
    make_actor(Role.INVESTIGATOR, alert.site, user=make_user(email="i@example.org"))
    alerts.escalate_due(AT + timedelta(hours=10))
    assert Delivery.objects.filter(channel="email").count() == 1
    alert.refresh_from_db()
    assert alert.escalates_at is not None
    assert alert.escalates_at > AT + timedelta(hours=10)


def test_an_assessment_of_what_is_still_true_opens_again_after_an_hour(alert: Alert) -> None:
    alerts.assess(make_actor(Role.NURSE, alert.site), alert, outcome="actioned", now=AT)
    alerts.escalate_due(AT + minutes(59))
    alert.refresh_from_db()
    assert alert.response == Response.ASSESSED
    alerts.escalate_due(AT + minutes(60))
    alert.refresh_from_db()
    assert alert.response == Response.OPEN


def test_an_assessment_answers_for_the_evidence_that_it_saw_and_later_concern_stands_on_its_own(
    infusion: Infusion,
) -> None:
    record_set(infusion, AT, concern="looks grey")
    evaluate_infusion(infusion.pk, AT)
    first = Alert.objects.get(problem="concern")
    investigator = make_actor(Role.INVESTIGATOR, infusion.site)
    alerts.assess(investigator, first, outcome="actioned", now=AT + minutes(5))
    evaluate_infusion(infusion.pk, AT + minutes(5))
    first.refresh_from_db()
    assert (first.condition, first.cleared_at) == (Condition.CLEARED, AT + minutes(5))
    record_set(infusion, AT + minutes(6), concern="still grey")
    evaluate_infusion(infusion.pk, AT + minutes(6))
    second = Alert.objects.get(problem="concern", condition=Condition.ACTIVE)
    assert second.raised_at == AT + minutes(6)


def test_a_system_alert_stands_once_and_clears_when_the_fault_is_over() -> None:
    one = alerts.raise_system_alert("delivery_stopped", now=NOW)
    two = alerts.raise_system_alert("delivery_stopped", now=NOW + minutes(1))
    assert one.pk == two.pk
    assert alerts.clear_system_alert("delivery_stopped", now=NOW + minutes(2)) == 1
    again = alerts.raise_system_alert("delivery_stopped", now=NOW + minutes(3))
    assert (again.pk, again.condition, again.response) == (one.pk, Condition.ACTIVE, Response.OPEN)


def test_opting_out_stops_the_climb_and_keeps_the_alert_in_sight(alert: Alert) -> None:
    charge = make_actor(Role.CHARGE_NURSE, alert.site)
    with pytest.raises(alerts.AlertRefused, match="needs_a_reason"):
        alerts.opt_out(charge, alert, reason=" ", now=AT)
    out = alerts.opt_out(charge, alert, reason="palliative", now=AT)
    assert (out.escalates_at, out.condition, out.response) == (None, Condition.ACTIVE, Response.OPEN)


def test_seeing_is_no_answer(alert: Alert) -> None:
    nurse = make_actor(Role.NURSE, alert.site)
    assert alerts.mark_seen(nurse, [alert], now=AT) == 1
    alert.refresh_from_db()
    assert (alert.seen_at, alert.response) == (AT, Response.OPEN)
    assert alerts.mark_seen(nurse, [alert], now=AT) == 0


def test_what_nobody_watches_any_more_climbs_until_a_named_person_takes_it_over(
    infusion: Infusion, alert: Alert
) -> None:
    evaluate_infusion(infusion.pk, AT + minutes(60))
    alert.refresh_from_db()
    assert alert.condition == Condition.UNWATCHED
    investigator = make_actor(Role.INVESTIGATOR, alert.site)
    with pytest.raises(alerts.AlertRefused, match="not_handed_over"):
        alerts.close(investigator, alert, outcome="actioned", now=AT + minutes(61))
    heir = make_actor(Role.INVESTIGATOR, alert.site).user
    assert heir is not None
    taken = alerts.hand_over(investigator, alert, to=heir, now=AT + minutes(62))
    assert (taken.handed_over_to, taken.escalates_at) == (heir, None)
    closed = alerts.close(investigator, alert, outcome="actioned", now=AT + minutes(63))
    assert closed.response == Response.CLOSED
