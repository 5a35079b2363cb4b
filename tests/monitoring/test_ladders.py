"""A site's own ladder: who may set it, whom it binds, and what it costs to know it."""

from copy import deepcopy
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.permissions import NotPermitted, Role
from monitoring import alerts, ladders
from monitoring.core.escalation import DEFAULT_DOCUMENT
from monitoring.core.findings import Priority
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Delivery, Ladder
from tests.builders import NOW, make_actor, make_infusion, make_site, make_user, minutes, record_set
from tracker.models import Infusion, Site

pytestmark = pytest.mark.django_db

AT = NOW + minutes(10)


@pytest.fixture
def site() -> Site:
    """A ward in Berlin with a nurse and a charge nurse."""
    site = make_site(time_zone="Europe/Berlin")
    make_actor(Role.NURSE, site)
    make_actor(Role.CHARGE_NURSE, site)
    return site


@pytest.fixture
def infusion(site: Site) -> Infusion:
    return make_infusion(started_at=NOW, site=site)


def quick(after_minutes: int, **more: Any) -> dict[str, Any]:
    """The default, but for a high alert everybody is told after so many minutes."""
    document = deepcopy(dict(DEFAULT_DOCUMENT))
    document["high"]["rungs"][1]["after_minutes"] = after_minutes
    return document | more


def fever(infusion: Infusion) -> Alert:
    """The alert of 39.5 °C."""
    record_set(infusion, AT, temperature_c="39.5")
    evaluate_infusion(infusion.pk, AT)
    return Alert.objects.get(problem="fever")


@pytest.mark.parametrize(
    ("role", "may"),
    [
        pytest.param(Role.CHARGE_NURSE, True, id="a charge nurse may"),
        pytest.param(Role.INVESTIGATOR, True, id="an investigator may"),
        pytest.param(Role.ADMINISTRATOR, True, id="an administrator may"),
        pytest.param(Role.NURSE, False, id="a nurse may not"),
        pytest.param(Role.SAFETY_COORDINATOR, False, id="a coordinator may not"),
    ],
)
def test_who_may_set_the_ladder_of_a_site(site: Site, role: Role, may: bool) -> None:
    actor = make_actor(role, None if role == Role.ADMINISTRATOR else site)
    if may:
        stored = ladders.set_ladder(actor, site, quick(2), based_on=0, now=NOW)
        assert (stored.version, stored.author, stored.document["zone"]) == (1, actor.user, "Europe/Berlin")
    else:
        with pytest.raises(NotPermitted):
            ladders.set_ladder(actor, site, quick(2), based_on=0, now=NOW)


def test_a_charge_nurse_of_another_site_may_not(site: Site) -> None:
    with pytest.raises(NotPermitted):
        ladders.set_ladder(make_actor(Role.CHARGE_NURSE, make_site()), site, quick(2), based_on=0, now=NOW)


def test_a_ladder_that_would_not_do_is_refused_with_its_place(site: Site) -> None:
    actor = make_actor(Role.CHARGE_NURSE, site)
    with pytest.raises(ladders.LadderRefused, match="/high/rungs/1/after_minutes: must be later"):
        ladders.set_ladder(actor, site, quick(0), based_on=0, now=NOW)


def test_nobody_overwrites_a_ladder_that_they_have_not_seen(site: Site) -> None:
    actor = make_actor(Role.CHARGE_NURSE, site)
    ladders.set_ladder(actor, site, quick(2), based_on=0, now=NOW)
    with pytest.raises(ladders.LadderRefused, match="meanwhile"):
        ladders.set_ladder(actor, site, quick(1), based_on=0, now=NOW)
    ladders.set_ladder(actor, site, quick(1), based_on=1, now=NOW)
    assert list(Ladder.objects.order_by("pk").values_list("version", flat=True)) == [1, 2]


def test_an_alert_climbs_the_ladder_of_its_site_and_keeps_it_when_another_is_set(infusion: Infusion) -> None:
    actor = make_actor(Role.CHARGE_NURSE, infusion.site)
    first = ladders.set_ladder(actor, infusion.site, quick(1), based_on=0, now=NOW)
    alert = fever(infusion)
    assert (alert.ladder, alert.escalates_at) == (first, AT + minutes(1))
    second = ladders.set_ladder(actor, infusion.site, quick(5), based_on=1, now=AT)
    alerts.escalate_due(AT + minutes(1))
    alert.refresh_from_db()
    assert (alert.ladder, alert.rung, alert.escalates_at) == (first, 2, AT + minutes(6))
    alerts.acknowledge(actor, alert, commitment="repeat_vitals", until=AT + minutes(10), now=AT + minutes(2))
    alerts.escalate_due(AT + minutes(10))
    alert.refresh_from_db()
    assert alert.ladder == second


def test_the_hours_of_the_ward_decide_and_not_those_of_greenwich(infusion: Infusion) -> None:
    night = {
        "from": "15:00",
        "until": "16:00",
        "high": {
            "rungs": [
                {"after_minutes": 0, "roles": ["charge_nurse"]},
                {"after_minutes": 9, "roles": ["everyone_on_shift"]},
            ],
            "repeat_every_minutes": 5,
        },
    }
    actor = make_actor(Role.CHARGE_NURSE, infusion.site)
    ladders.set_ladder(actor, infusion.site, quick(1, at_hours=[night]), based_on=0, now=NOW)
    assert fever(infusion).escalates_at == AT + minutes(9)  # 14:10 UTC is 15:10 in Berlin


def test_another_sites_ladder_binds_nobody_here(infusion: Infusion) -> None:
    there = make_site()
    actor = make_actor(Role.CHARGE_NURSE, there)
    ladders.set_ladder(actor, there, quick(1), based_on=0, now=NOW)
    assert fever(infusion).escalates_at == AT + minutes(3)


def test_a_low_alert_climbs_where_the_site_wants_it_to(site: Site) -> None:
    low = {"rungs": [{"after_minutes": 0, "roles": ["charge_nurse"]}]}
    actor = make_actor(Role.CHARGE_NURSE, site)
    ladders.set_ladder(actor, site, quick(3, low=low), based_on=0, now=NOW)
    assert ladders.of(site.pk, Priority.LOW, AT) is not None
    assert ladders.of(None, Priority.LOW, AT) is None


def test_what_cleared_before_its_first_rung_tells_that_rung_and_later_the_coordinator(
    infusion: Infusion,
) -> None:
    site = infusion.site
    make_actor(Role.SAFETY_COORDINATOR, site, user=make_user(email="s@example.org"))
    make_actor(Role.NURSE, site, user=make_user(email="n@example.org"))
    medium = {"rungs": [{"after_minutes": 5, "roles": ["assigned_nurse"]}]}
    ladders.set_ladder(
        make_actor(Role.CHARGE_NURSE, site), site, quick(3, medium=medium), based_on=0, now=NOW
    )
    record_set(infusion, AT, temperature_c="38.2")
    evaluate_infusion(infusion.pk, AT)
    alert = Alert.objects.get(problem="fever")
    assert (alert.rung, alert.escalates_at) == (0, AT + minutes(5))
    Alert.objects.filter(pk=alert.pk).update(condition="cleared", cleared_at=AT + minutes(1))
    alerts.escalate_due(AT + minutes(300))
    told = Delivery.objects.filter(alert=alert, channel="email").values_list("recipient__email", flat=True)
    assert sorted(told) == ["n@example.org", "s@example.org"]


def test_raising_asks_once_for_people_rota_and_ladder_together(infusion: Infusion) -> None:
    ladders.set_ladder(
        make_actor(Role.CHARGE_NURSE, infusion.site), infusion.site, quick(1), based_on=0, now=NOW
    )
    fever(infusion)
    record_set(infusion, AT + minutes(1), systolic_mmhg="80", diastolic_mmhg="50")
    with CaptureQueriesContext(connection) as captured:
        evaluate_infusion(infusion.pk, AT + minutes(1))
    asked = [query["sql"] for query in captured]
    assert Alert.objects.exclude(problem="fever").count() > 1
    assert sum("FROM accounts_membership" in sql for sql in asked) == 1
    assert sum("accounts_membership" in sql for sql in asked) == 1
    assert not any('FROM "monitoring_ladder"' in sql for sql in asked)
