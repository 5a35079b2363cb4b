"""An acknowledgement taken back: as if nobody had answered, told to nobody twice, never out of the log."""

from datetime import timedelta

import pytest

from accounts.permissions import Actor, Role
from monitoring import alerts, budget, deliveries
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Delivery, Withdrawn
from tests.builders import NOW, make_actor, make_infusion, make_site, make_user, minutes, record_set

pytestmark = pytest.mark.django_db

AT = NOW + minutes(10)


@pytest.fixture
def nora() -> Actor:
    return make_actor(Role.NURSE, make_site(), user=make_user("nora", email="nora@example.org"))


@pytest.fixture
def fever(nora: Actor) -> Alert:
    """A high one, told to Nora at once."""
    site = nora.user.memberships.get().site  # type: ignore[union-attr]
    infusion = make_infusion(started_at=NOW, site=site)
    record_set(infusion, AT, temperature_c="39.5")
    evaluate_infusion(infusion.pk, AT)
    return Alert.objects.get(problem="fever")


def acknowledges(nora: Actor, alert: Alert, seconds: float, promised: float = 10) -> None:
    now = AT + timedelta(seconds=seconds)
    alerts.acknowledge(nora, alert, commitment="at_bedside", until=now + minutes(promised), now=now)


def takes_back(nora: Actor, alert: Alert, seconds: float) -> Alert:
    alerts.undo(nora, alert, now=AT + timedelta(seconds=seconds))
    return Alert.objects.get(pk=alert.pk)


def rang(problem: str = "fever") -> list[str]:
    screens = Delivery.objects.filter(alert__problem=problem, channel="screen").order_by("pk")
    return list(screens.values_list("reason", flat=True))


def test_what_is_taken_back_is_open_and_climbs_on_where_it_was(nora: Actor, fever: Alert) -> None:
    acknowledges(nora, fever, 60)
    after = takes_back(nora, fever, 68)
    assert (after.response, after.acknowledged_by, after.escalates_at) == ("open", None, AT + minutes(3))
    assert rang() == ["raised"]


def test_both_stay_in_the_log(nora: Actor, fever: Alert) -> None:
    acknowledges(nora, fever, 60)
    takes_back(nora, fever, 68)
    kinds = [(line.kind, line.actor) for line in fever.log.order_by("pk")]
    assert kinds[-2:] == [("acknowledged", nora.user), ("undone", nora.user)]


def test_a_rung_that_fell_due_meanwhile_rings_at_once_and_only_once(nora: Actor, fever: Alert) -> None:
    acknowledges(nora, fever, 175)
    takes_back(nora, fever, 184)
    alerts.escalate_due(AT + timedelta(seconds=190))
    assert rang() == ["raised", "escalated"]


def test_a_message_that_the_answer_had_made_needless_goes_out_after_all(nora: Actor, fever: Alert) -> None:
    owed = Delivery.objects.get(channel="email")
    acknowledges(nora, fever, 1)
    Delivery.objects.filter(pk=owed.pk).update(withdrawn_at=AT, withdrawn_because=Withdrawn.ANSWERED)
    takes_back(nora, fever, 3)
    assert Delivery.objects.owed().filter(pk=owed.pk).exists()


def test_it_is_refused_after_some_seconds(nora: Actor, fever: Alert) -> None:
    acknowledges(nora, fever, 60)
    with pytest.raises(alerts.AlertRefused) as refused:
        takes_back(nora, fever, 76)
    assert refused.value.reason == "too_late_to_undo"


def test_it_is_refused_to_somebody_else(nora: Actor, fever: Alert) -> None:
    acknowledges(nora, fever, 60)
    with pytest.raises(alerts.AlertRefused) as refused:
        takes_back(make_actor(Role.CHARGE_NURSE, fever.site), fever, 62)
    assert refused.value.reason == "somebody_else_answered"


def test_it_is_refused_where_nobody_has_acknowledged(nora: Actor, fever: Alert) -> None:
    with pytest.raises(alerts.AlertRefused) as refused:
        takes_back(nora, fever, 62)
    assert refused.value.reason == "not_in_this_state"


def test_a_snooze_that_the_answer_ended_is_there_again(nora: Actor, fever: Alert) -> None:
    until = AT + minutes(30)
    charge = make_actor(Role.CHARGE_NURSE, fever.site)
    alerts.snooze(charge, fever, until=until, reason="in theatre", now=AT + minutes(1))
    acknowledges(nora, fever, 90)
    assert takes_back(nora, fever, 95).snoozed_until == until
    assert rang() == ["raised"]


def test_a_sign_told_with_its_cause_is_told_with_it_again(nora: Actor) -> None:
    site = nora.user.memberships.get().site  # type: ignore[union-attr]
    infusion = make_infusion(started_at=NOW, site=site)
    record_set(infusion, AT, temperature_c="39.5", systolic_mmhg="78", diastolic_mmhg="44", spo2_percent="88")
    evaluate_infusion(infusion.pk, AT)
    sign = Alert.objects.get(problem="hypotension")
    joined = sign.joined_at
    acknowledges(nora, sign, 60)
    assert (takes_back(nora, sign, 62).joined_at, rang("hypotension")) == (joined, [])
    alerts.escalate_due(AT + minutes(2))
    assert rang("hypotension") == []


def test_a_correction_within_the_moment_keeps_what_it_showed(nora: Actor, fever: Alert) -> None:
    acknowledges(nora, fever, 60)
    assert fever.infusion is not None
    record_set(fever.infusion, AT + timedelta(seconds=62), temperature_c="39.7")
    evaluate_infusion(fever.infusion.pk, AT + timedelta(seconds=62))
    after = takes_back(nora, fever, 65)
    assert (after.response, after.evidence[0]["count"]) == ("open", 2)


def test_what_was_taken_back_counts_as_no_answer(nora: Actor, fever: Alert) -> None:
    acknowledges(nora, fever, 1)
    takes_back(nora, fever, 3)
    assert {receipt.acknowledged_at for receipt in deliveries.receipts_of(fever)} == {None}
    asked = budget.Asked(since=AT - minutes(5), until=AT + minutes(5))
    report = budget.budget(make_actor(Role.INVESTIGATOR, fever.site), asked)
    assert report.total.answered["acknowledged"] == 0
    acknowledges(nora, fever, 5)
    report = budget.budget(make_actor(Role.INVESTIGATOR, fever.site), asked)
    assert report.total.answered["acknowledged"] == 1
