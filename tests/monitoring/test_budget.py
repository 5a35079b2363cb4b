"""The alert budget: each figure, what it leaves out, and that the alerts behind a figure are as many."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.permissions import Actor, NotPermitted, Role
from monitoring import alerts
from monitoring.budget import Asked, Budget, alerts_of, budget
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert
from tests.builders import NOW, make_actor, make_infusion, make_site, minutes, record_set
from tracker.models import Infusion, Site

pytestmark = pytest.mark.django_db

UNTIL = NOW + timedelta(hours=12)


@pytest.fixture
def site() -> Site:
    return make_site("BER", time_zone="Europe/Berlin")


@pytest.fixture
def investigator(site: Site) -> Actor:
    return make_actor(Role.INVESTIGATOR, site)


def a_fever(site: Site, minute: float = 10, celsius: str = "39.5", **columns: Any) -> Infusion:
    infusion = make_infusion(started_at=NOW, site=site, **columns)
    record_set(infusion, NOW + minutes(minute), temperature_c=celsius)
    evaluate_infusion(infusion.pk, NOW + minutes(minute))
    return infusion


def asked(**narrowed: Any) -> Asked:
    return Asked(since=NOW - timedelta(days=7), until=UNTIL, **narrowed)


def report(actor: Actor, **narrowed: Any) -> Budget:
    return budget(actor, asked(**narrowed))


def test_a_period_without_alerts_is_all_noughts(investigator: Actor) -> None:
    empty = report(investigator)
    assert (empty.total.alerts, empty.total.per_hour, empty.total.waited["seen"]) == (0, None, None)


def test_alerts_are_counted_by_rule_priority_site_and_local_hour(site: Site, investigator: Actor) -> None:
    a_fever(site), a_fever(site)
    found = report(investigator)
    groups = {by: [(one.key, one.alerts) for one in groups] for by, groups in found.groups.items()}
    local = (NOW + minutes(10)).astimezone(ZoneInfo(site.time_zone)).hour
    assert groups == {
        "problem": [("fever", 2)],
        "priority": [("3", 2)],
        "site": [(str(site.pk), 2)],
        "hour": [(str(local), 2)],
    }


def test_alerts_are_held_against_the_hours_in_which_patients_were_watched(
    site: Site, investigator: Actor
) -> None:
    a_fever(site), a_fever(site)
    total = report(investigator).total
    assert total.hours == Decimal(24)
    assert total.per_hour == Decimal(2) / 24
    assert report(investigator).groups["hour"][0].hours == Decimal(2)


def test_how_long_it_took_until_somebody_looked_and_answered(site: Site, investigator: Actor) -> None:
    for minute in (1, 3):
        a_fever(site)
        alert = Alert.objects.latest("pk")
        at = alert.detected_at
        alerts.mark_seen(investigator, [alert], now=at + minutes(minute))
        until = at + minutes(40)
        alerts.acknowledge(
            investigator, alert, commitment="call_investigator", until=until, now=at + minutes(2 * minute)
        )
        alerts.assess(investigator, alert, outcome="actioned", now=at + minutes(10 * minute))
    a_fever(site)
    total = report(investigator).total
    assert total.answered == {"seen": 2, "acknowledged": 2, "assessed": 2}
    took = {what: waited and (waited.p50, waited.p90) for what, waited in total.waited.items()}
    assert took == {
        "seen": (minutes(2), minutes(2.8)),
        "acknowledged": (minutes(4), minutes(5.6)),
        "assessed": (minutes(20), minutes(28)),
    }


def test_the_share_not_actionable_is_of_what_was_assessed(site: Site, investigator: Actor) -> None:
    for outcome in ("actioned", "not_actionable", "expected", ""):
        a_fever(site)
        if outcome:
            alerts.assess(investigator, Alert.objects.latest("pk"), outcome=outcome, now=NOW + minutes(30))
    total = report(investigator).total
    assert (total.judged, total.not_actionable) == (3, 1)
    assert total.share_not_actionable == Decimal(1) / 3


def test_a_rule_on_which_nobody_acts_is_named(site: Site, investigator: Actor) -> None:
    for _ in range(4):
        a_fever(site)
    assert report(investigator).unheeded == []
    a_fever(site)
    assert [one.key for one in report(investigator).unheeded] == ["fever"]
    alerts.assess(investigator, Alert.objects.latest("pk"), outcome="actioned", now=NOW + minutes(30))
    assert report(investigator).unheeded == []


def test_a_stopped_escalation_names_the_higher_alert_that_followed(site: Site, investigator: Actor) -> None:
    worse, calm = a_fever(site, celsius="38.4"), a_fever(site, celsius="38.4")
    for alert in Alert.objects.order_by("pk"):
        alerts.opt_out(investigator, alert, reason="comfort care", now=NOW + minutes(12))
    record_set(worse, NOW + minutes(20), temperature_c="39.6")
    evaluate_infusion(worse.pk, NOW + minutes(20))
    record_set(calm, NOW + minutes(20), temperature_c="38.5")
    evaluate_infusion(calm.pk, NOW + minutes(20))
    found = report(investigator)
    followed = {each.alert.uuid: each.followed_by for each in found.opt_outs}
    of = {alert.infusion_id: alert.uuid for alert in Alert.objects.filter(problem="fever")}
    then = followed[of[worse.pk]]
    assert then is not None
    assert (then.problem, then.priority, then.at) == ("fever", 3, NOW + minutes(20))
    assert followed[of[calm.pk]] is None
    assert found.followed == 1


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"historical": True}, id="an import that nobody was watching"),
        pytest.param({"is_canary": True}, id="the canary"),
    ],
)
def test_what_was_of_no_patient_in_anybodys_care_is_left_out(
    site: Site, investigator: Actor, columns: dict[str, Any]
) -> None:
    a_fever(site, **columns)
    found = report(investigator)
    assert (found.total.alerts, found.total.hours) == (0, 0)


def test_only_ones_own_sites_are_counted(site: Site, investigator: Actor) -> None:
    a_fever(site), a_fever(make_site("ELSE"))
    assert report(investigator).total.alerts == 1
    with pytest.raises(NotPermitted):
        report(make_actor(Role.NURSE, site))


@pytest.mark.parametrize(
    ("narrowed", "count"),
    [
        pytest.param({}, 3, id="all"),
        pytest.param({"problem": "fever"}, 3, id="a rule"),
        pytest.param({"problem": "hypotension"}, 0, id="another rule"),
        pytest.param({"priority": 3}, 2, id="a priority"),
        pytest.param({"answered": "acknowledged"}, 1, id="what was acknowledged"),
        pytest.param({"answered": "seen"}, 2, id="what was seen"),
        pytest.param({"answered": "assessed"}, 1, id="what was assessed"),
        pytest.param({"outcome": "assessed"}, 1, id="what has an outcome"),
        pytest.param({"outcome": "none"}, 1, id="what came to nothing"),
        pytest.param({"outcome": "actioned"}, 0, id="another outcome"),
    ],
)
def test_the_alerts_behind_a_figure_are_as_many(
    site: Site, investigator: Actor, narrowed: dict[str, Any], count: int
) -> None:
    for celsius in ("39.5", "39.5", "38.4"):
        a_fever(site, celsius=celsius)
    first, second, _ = Alert.objects.order_by("pk")
    until, at = NOW + minutes(40), NOW + minutes(20)
    alerts.acknowledge(investigator, first, commitment="call_investigator", until=until, now=at)
    alerts.assess(investigator, second, outcome="not_actionable", now=at)
    assert alerts_of(investigator, asked(**narrowed)).count() == count
