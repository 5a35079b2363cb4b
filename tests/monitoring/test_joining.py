"""One collapse rings one ladder: what an alert explains is told with it, and rings by itself otherwise."""

import pytest

from accounts.permissions import Role
from monitoring import alerts
from monitoring.deliveries.words import message_of, with_words
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Delivery
from tests.builders import NOW, make_actor, make_infusion, make_site, make_user, minutes, record_set
from tracker import services
from tracker.models import Infusion, VitalSigns

pytestmark = pytest.mark.django_db

AT = NOW + minutes(10)
COLLAPSE = {
    "temperature_c": "39.5",
    "systolic_mmhg": "78",
    "diastolic_mmhg": "44",
    "heart_rate_bpm": "135",
    "spo2_percent": "88",
    "oxygen_device": "room_air",
    "respiratory_rate_per_min": "26",
}


@pytest.fixture
def infusion() -> Infusion:
    return make_infusion(started_at=NOW, site=make_site())


@pytest.fixture
def collapsed(infusion: Infusion) -> Infusion:
    """Everything at once, ten minutes after the start."""
    record_set(infusion, AT, **COLLAPSE)
    evaluate_infusion(infusion.pk, AT)
    return infusion


def the(problem: str) -> Alert:
    return Alert.objects.get(problem=problem)


def rang(problem: str) -> list[str]:
    """What the messages about a problem told of, each ringing once."""
    screens = Delivery.objects.filter(alert__problem=problem, channel="screen").order_by("pk")
    return list(screens.values_list("reason", flat=True))


def acknowledges(alert: Alert, minute: float, role: Role = Role.NURSE, promised: float = 30) -> None:
    at = NOW + minutes(minute)
    who = make_actor(role, alert.site)
    until = at + minutes(promised)
    alerts.acknowledge(who, alert, commitment="call_investigator", until=until, now=at)


def test_a_collapse_rings_one_ladder_and_shows_every_sign(collapsed: Infusion) -> None:
    signs = Alert.objects.filter(explained_by=the("crs"))
    assert {"fever", "hypotension", "hypoxia"} <= set(signs.values_list("problem", flat=True))
    assert {(sign.response, sign.condition, sign.rung) for sign in signs} == {("open", "active", 0)}
    assert set(Delivery.objects.values_list("alert__problem", flat=True)) == {"crs"}


def test_while_the_cause_climbs_its_signs_stay_silent(collapsed: Infusion) -> None:
    alerts.escalate_due(AT + minutes(13))
    assert rang("crs") == ["raised", "escalated"]
    assert rang("hypotension") == []


def test_an_answer_to_the_cause_answers_for_its_signs_until_it_lapses(collapsed: Infusion) -> None:
    acknowledges(the("crs"), 12)
    alerts.escalate_due(NOW + minutes(41))
    assert rang("hypotension") == []
    alerts.escalate_due(NOW + minutes(42))
    assert (rang("crs"), rang("hypotension")) == (["raised", "lapsed"], [])


def test_a_sign_rings_at_once_when_its_cause_is_snoozed(collapsed: Infusion) -> None:
    charge = make_actor(Role.CHARGE_NURSE, collapsed.site)
    until = AT + minutes(30)
    alerts.snooze(charge, the("crs"), until=until, reason="in theatre", now=AT + minutes(1))
    assert (rang("hypotension"), the("hypotension").climbs_from) == (["escalated"], AT + minutes(1))


def test_a_sign_rings_at_once_when_the_reading_of_its_cause_was_wrong(collapsed: Infusion) -> None:
    first = VitalSigns.objects.get()
    whole = {"temperature_c": "36.8", "systolic_mmhg": "78"}
    services.amend(make_actor(Role.NURSE, collapsed.site), first, whole, reason="typo", now=AT + minutes(2))
    evaluate_infusion(collapsed.pk, AT + minutes(2))
    assert (the("crs").condition, the("hypotension").condition) == ("retracted", "active")
    assert (rang("hypotension"), the("hypotension").explained_by) == (["escalated"], None)


def test_a_sign_rings_at_once_when_its_cause_rings_nobody_any_more(collapsed: Infusion) -> None:
    charge = make_actor(Role.CHARGE_NURSE, collapsed.site)
    alerts.opt_out(charge, the("crs"), reason="comfort care", now=AT + minutes(1))
    assert rang("hypotension") == ["escalated"]


def test_a_sign_that_gets_worse_than_its_answered_cause_rings_by_itself(collapsed: Infusion) -> None:
    acknowledges(the("crs"), 12)
    record_set(collapsed, NOW + minutes(15), **(COLLAPSE | {"systolic_mmhg": "60", "diastolic_mmhg": "35"}))
    evaluate_infusion(collapsed.pk, NOW + minutes(15))
    assert (rang("hypotension"), rang("hypoxia")) == (["worsened"], [])


def test_a_sign_that_a_person_answered_by_itself_lapses_by_itself(collapsed: Infusion) -> None:
    acknowledges(the("hypotension"), 12, promised=10)
    acknowledges(the("crs"), 12)
    alerts.escalate_due(NOW + minutes(22))
    assert (rang("hypotension"), rang("crs")) == (["lapsed"], ["raised"])


def test_a_sign_that_came_first_stops_ringing_when_its_cause_shows(infusion: Infusion) -> None:
    record_set(infusion, AT, temperature_c="38.4", heart_rate_bpm="80")
    evaluate_infusion(infusion.pk, AT)
    assert rang("fever") == ["raised"]
    record_set(infusion, AT + minutes(5), **COLLAPSE)
    evaluate_infusion(infusion.pk, AT + minutes(5))
    told = rang("fever")
    alerts.escalate_due(AT + minutes(40))
    assert (the("fever").explained_by, rang("fever")) == (the("crs"), told)


def test_nothing_explains_what_is_higher_than_itself(infusion: Infusion) -> None:
    record_set(infusion, AT, temperature_c="38.4", heart_rate_bpm="160")
    evaluate_infusion(infusion.pk, AT)
    fever, racing = the("fever"), the("heart_rate")
    assert racing.priority > fever.priority
    assert (racing.explained_by, rang("heart_rate")) == (None, ["raised"])


LOWER = COLLAPSE | {"systolic_mmhg": "60", "diastolic_mmhg": "35"}


def gets_worse(infusion: Infusion, **signs: str) -> None:
    """Another set two minutes after the collapse, before anybody has answered and before the second rung."""
    record_set(infusion, AT + minutes(2), **(LOWER | signs))
    evaluate_infusion(infusion.pk, AT + minutes(2))


def test_a_sign_that_gets_worse_while_its_cause_rings_is_told_in_the_name_of_its_cause(
    collapsed: Infusion,
) -> None:
    gets_worse(collapsed)
    assert (rang("crs"), rang("hypotension")) == (["raised", "worsened"], [])
    assert the("hypotension").joined_at is not None


def test_signs_that_get_worse_together_are_told_once(collapsed: Infusion) -> None:
    gets_worse(collapsed, temperature_c="40.1", spo2_percent="80")
    evaluate_infusion(collapsed.pk, AT + minutes(2))
    assert rang("crs") == ["raised", "worsened"]


def test_each_step_of_a_sign_is_told_once(collapsed: Infusion) -> None:
    gets_worse(collapsed)
    for minute, systolic in ((2.5, "58"), (2.8, "48")):
        at = AT + minutes(minute)
        record_set(collapsed, at, **(LOWER | {"systolic_mmhg": systolic, "diastolic_mmhg": "30"}))
        evaluate_infusion(collapsed.pk, at)
    assert rang("crs") == ["raised", "worsened", "worsened"]


def test_a_cause_that_tells_of_the_same_step_itself_tells_it_once(collapsed: Infusion) -> None:
    gets_worse(collapsed, oxygen_device="high_flow", oxygen_flow_l_min="40")
    crs = the("crs").log.filter(kind="worsened").count()
    assert (crs, the("hypotension").log.filter(kind="worsened").count()) == (1, 1)
    assert rang("crs") == ["raised", "worsened"]


def test_the_message_about_a_sign_says_what_got_worse_with_its_cause(infusion: Infusion) -> None:
    make_actor(Role.NURSE, infusion.site, user=make_user("nora", email="nora@example.org"))
    record_set(infusion, AT, **COLLAPSE)
    evaluate_infusion(infusion.pk, AT)
    gets_worse(infusion)
    [told] = with_words(Delivery.objects.filter(channel="email", reason="worsened"))
    message = message_of([told])
    assert "Cytokine release syndrome" in message.title
    assert message.text.startswith("With it: Hypotension has become worse. Low blood pressure: systolic 60")
