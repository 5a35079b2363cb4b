"""Who is told: by the rota where one is kept, else everybody; and a rung that reaches nobody is skipped."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Membership, User
from accounts.permissions import Role
from monitoring import alerts, rota, watchers
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, AlertLog, Assignment, Condition, Delivery, Duty, Shift
from tests.builders import NOW, make_infusion, make_site, make_study, make_user, minutes, record_set
from tracker.models import Infusion, Site

pytestmark = pytest.mark.django_db

AT = NOW + minutes(10)


@pytest.fixture
def site() -> Site:
    return make_site("WARD")


@pytest.fixture
def infusion(site: Site) -> Infusion:
    return make_infusion(started_at=NOW, site=site)


def member(site: Site, role: Role, name: str, *, email: bool = True, **columns: Any) -> User:
    """Somebody of the site."""
    user = make_user(name, email=f"{name}@example.org" if email else "")
    Membership.objects.create(user=user, role=role, site=site, **columns)
    return user


def shift(site: Site, duty: Duty, person: User, begins: datetime, hours: float = 8) -> Shift:
    return Shift.objects.create(
        site=site, duty=duty, person=person, starts_at=begins, ends_at=begins + timedelta(hours=hours)
    )


def fever(infusion: Infusion, at: datetime = AT) -> Alert:
    """The alert of 39.5 °C."""
    record_set(infusion, at, temperature_c="39.5")
    evaluate_infusion(infusion.pk, at)
    return Alert.objects.get(problem="fever")


def mailed(alert: Alert) -> list[str]:
    """Who was sent an e-mail, in order."""
    rows = Delivery.objects.filter(alert=alert, channel="email").order_by("pk")
    return list(rows.values_list("recipient__username", flat=True))


def names(role: str, site: Site, at: datetime = AT, **more: Any) -> list[str]:
    return [user.username for user in rota.people(role, site.pk, more.pop("study", None), at, **more)]


def test_where_no_rota_is_kept_everybody_with_the_membership_holds_the_role(site: Site) -> None:
    member(site, Role.INVESTIGATOR, "ada")
    member(site, Role.INVESTIGATOR, "ben")
    member(make_site(), Role.INVESTIGATOR, "stranger")
    assert names("investigator_on_call", site) == ["ada", "ben"]


def test_where_one_is_kept_only_who_is_on_duty_does(site: Site) -> None:
    ada, ben = member(site, Role.INVESTIGATOR, "ada"), member(site, Role.INVESTIGATOR, "ben")
    shift(site, Duty.ON_CALL, ada, NOW - timedelta(hours=8))
    shift(site, Duty.ON_CALL, ben, NOW)
    assert names("investigator_on_call", site, NOW - minutes(1)) == ["ada"]
    assert names("investigator_on_call", site, NOW) == ["ben"]
    assert names("investigator_on_call", site, NOW + timedelta(hours=8)) == []
    assert names("backup_investigator", site, NOW) == ["ada", "ben"]


def test_a_rota_that_nobody_has_entered_for_two_weeks_is_no_longer_kept(site: Site) -> None:
    ada = member(site, Role.INVESTIGATOR, "ada")
    ended = shift(site, Duty.ON_CALL, ada, NOW).ends_at
    assert names("investigator_on_call", site, ended + rota.KEPT_FOR - minutes(1)) == []
    assert names("investigator_on_call", site, ended + rota.KEPT_FOR) == ["ada"]


def test_a_shift_without_the_membership_reaches_nobody(site: Site) -> None:
    study = make_study(site)
    ada = member(site, Role.INVESTIGATOR, "ada", study=study)
    shift(site, Duty.ON_CALL, ada, NOW)
    assert names("investigator_on_call", site, study=study.pk) == ["ada"]
    assert names("investigator_on_call", site, study=make_study(site).pk) == []
    Membership.objects.update(ends_at=NOW)
    assert names("investigator_on_call", site, study=study.pk) == []


def test_the_nurse_of_the_infusion_is_told_while_on_shift_and_else_whoever_is(infusion: Infusion) -> None:
    site = infusion.site
    nora, otto = member(site, Role.NURSE, "nora"), member(site, Role.NURSE, "otto")
    Assignment.objects.create(infusion=infusion, nurse=nora, starts_at=NOW)
    assert names("assigned_nurse", site, infusion_id=infusion.pk) == ["nora"]
    assert names("assigned_nurse", site) == ["nora", "otto"]
    shift(site, Duty.NURSE, otto, NOW)
    assert names("assigned_nurse", site, infusion_id=infusion.pk) == ["otto"]
    shift(site, Duty.NURSE, nora, NOW, 1)
    assert names("assigned_nurse", site, infusion_id=infusion.pk) == ["nora"]


def test_everyone_on_shift_are_the_nurses_and_the_charge_nurse_of_that_hour(site: Site) -> None:
    nora, otto = member(site, Role.NURSE, "nora"), member(site, Role.NURSE, "otto")
    carl = member(site, Role.CHARGE_NURSE, "carl")
    shift(site, Duty.NURSE, nora, NOW)
    shift(site, Duty.NURSE, otto, NOW + timedelta(hours=8))
    shift(site, Duty.CHARGE_NURSE, carl, NOW)
    assert names("everyone_on_shift", site) == ["nora", "carl"]


def test_nobody_has_two_duties_at_once_but_a_principal_investigator_may_be_on_call(site: Site) -> None:
    ada = member(site, Role.INVESTIGATOR, "ada")
    shift(site, Duty.ON_CALL, ada, NOW)
    shift(site, Duty.PRINCIPAL, ada, NOW)
    with pytest.raises(IntegrityError, match="one_duty_of_a_person_at_a_time"), transaction.atomic():
        shift(site, Duty.BACKUP, ada, NOW + timedelta(hours=7))
    shift(site, Duty.BACKUP, ada, NOW + timedelta(hours=8))


def test_a_rung_that_reaches_nobody_is_skipped_at_once_and_the_log_says_so(infusion: Infusion) -> None:
    member(infusion.site, Role.INVESTIGATOR, "ada")
    alert = fever(infusion)
    assert (alert.rung, mailed(alert)) == (3, ["ada"])
    line = AlertLog.objects.get(alert=alert, kind="raised")
    assert line.detail["told"] == ["ada"]
    assert line.detail["skipped"] == [
        {"rung": 1, "roles": ["assigned_nurse", "charge_nurse"]},
        {"rung": 2, "roles": ["everyone_on_shift"]},
    ]


def test_an_investigator_without_an_address_is_not_reached_and_a_nurse_is_by_the_screens(
    infusion: Infusion,
) -> None:
    member(infusion.site, Role.INVESTIGATOR, "ada", email=False)
    member(infusion.site, Role.NURSE, "nora", email=False)
    alert = fever(infusion)
    assert alert.rung == 1
    alerts.escalate_due(AT + minutes(6))
    line = AlertLog.objects.filter(alert=alert, kind="escalated").get()
    assert line.detail["told"] == ["nora"]
    alerts.escalate_due(AT + minutes(12))
    last = AlertLog.objects.filter(alert=alert, kind="escalated").latest("pk")
    assert last.detail["told"] == ["nora"]
    assert last.detail["skipped"] == [{"rung": 4, "roles": ["backup_investigator", "principal_investigator"]}]


def test_only_who_is_reached_counts_as_told(infusion: Infusion) -> None:
    member(infusion.site, Role.INVESTIGATOR, "ada")
    member(infusion.site, Role.INVESTIGATOR, "ben", email=False)
    assert AlertLog.objects.get(alert=fever(infusion), kind="raised").detail["told"] == ["ada"]


def test_who_is_on_duty_when_a_rung_is_rung_is_told_whoever_was_when_the_climb_began(
    infusion: Infusion,
) -> None:
    site = infusion.site
    nora, ada = member(site, Role.NURSE, "nora"), member(site, Role.INVESTIGATOR, "ada")
    ben = member(site, Role.INVESTIGATOR, "ben")
    shift(site, Duty.NURSE, nora, NOW)
    on_call = shift(site, Duty.ON_CALL, ada, NOW)
    alert = fever(infusion)
    on_call.ends_at = AT + minutes(5)
    on_call.save()
    shift(site, Duty.ON_CALL, ben, AT + minutes(5))
    alerts.escalate_due(AT + minutes(3))
    alerts.escalate_due(AT + minutes(6))
    assert mailed(alert) == ["nora", "nora", "ben"]


def test_when_no_rung_reaches_anybody_a_system_alert_says_so_until_one_does(infusion: Infusion) -> None:
    site = infusion.site
    alert = fever(infusion)
    assert alert.unreached_since == AT
    watchers.escalate(AT + minutes(1), AT)
    said = Alert.objects.get(problem="nobody_reachable")
    assert (said.about, said.site, said.condition) == ("WARD", site, Condition.ACTIVE)
    member(site, Role.NURSE, "nora")
    watchers.escalate(AT + minutes(2), AT)
    alert.refresh_from_db()
    said.refresh_from_db()
    assert (alert.unreached_since, mailed(alert)) == (None, ["nora"])
    assert said.condition == Condition.CLEARED
    watchers.escalate(AT + minutes(2), AT)
    assert mailed(alert) == ["nora"]


def test_when_nobody_is_on_duty_everybody_is_told_that_nobody_is(infusion: Infusion) -> None:
    site = infusion.site
    ada, nora = member(site, Role.INVESTIGATOR, "ada"), member(site, Role.NURSE, "nora")
    for duty in (Duty.ON_CALL, Duty.BACKUP, Duty.PRINCIPAL):
        begins = NOW - timedelta(days=2, hours=8 * list(Duty).index(duty))
        shift(site, duty, ada, begins)
    shift(site, Duty.NURSE, nora, NOW - timedelta(days=2))
    alert = fever(infusion)
    assert (mailed(alert), alert.unreached_since) == ([], AT)
    watchers.escalate(AT, AT)
    assert mailed(Alert.objects.get(problem="nobody_reachable")) == ["nora"]


def test_nobody_is_asked_for_an_alert_that_was_answered_meanwhile(infusion: Infusion) -> None:
    alert = fever(infusion)
    Alert.objects.filter(pk=alert.pk).update(response="acknowledged", until=AT + minutes(10))
    watchers.escalate(AT + minutes(1), AT)
    assert not Alert.objects.filter(problem="nobody_reachable").exists()


def test_reachability_names_each_gap(site: Site) -> None:
    member(site, Role.NURSE, "nora", email=False)
    member(site, Role.INVESTIGATOR, "ada", email=False)
    found = {reach.role: reach for reach in rota.reachability(site.pk, None, NOW)}
    assert (found["everyone_on_shift"].gap, found["everyone_on_shift"].channels) == ("", ("screen",))
    assert found["investigator_on_call"].gap == "no_channel"
    assert found["safety_coordinator"].gap == "nobody"
