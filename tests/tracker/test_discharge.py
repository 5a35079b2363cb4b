"""Nobody goes home before the close watch has ended, but with a reason and a second person."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.permissions import Role
from tests.builders import (
    GATES_OFF,
    NOW,
    make_actor,
    make_infusion,
    make_site,
    make_study,
    make_subject,
    make_user,
    minutes,
)
from tracker import services
from tracker.errors import GatesClosed
from tracker.models import GateOverride, Infusion, InfusionEvent, Phase, Study

pytestmark = pytest.mark.django_db


def stopped(mode: str = "hard", **study: Any) -> Infusion:
    """An infusion in Berlin that stopped at 15:00 there, in a study whose close watch has this mode."""
    site = make_site(time_zone="Europe/Berlin")
    made = make_study(site, gates=GATES_OFF | {"close_watch": mode}, **study)
    return make_infusion(make_subject(site=site, study=made), started_at=NOW - minutes(60), stopped_at=NOW)


def go_home(infusion: Infusion, after: float, **options: Any) -> services.Happened:
    nurse = make_actor(Role.NURSE, infusion.site)
    at = NOW + minutes(after)
    return services.discharge_infusion(nurse, infusion, at=at, now=at, **options)


@pytest.mark.parametrize(
    ("after", "study", "opens"),
    [
        pytest.param(119, {}, False, id="a minute too early"),
        pytest.param(120, {}, True, id="two hours after the stop"),
        pytest.param(60, {"close_watch_minutes": 60}, True, id="an hour where the study asks for one"),
        pytest.param(59, {"close_watch_minutes": 60}, False, id="a minute less than that"),
    ],
)
def test_the_close_watch_lasts_for_as_long_as_the_study_says(after: float, study: Any, opens: bool) -> None:
    infusion = stopped(**study)
    if opens:
        assert go_home(infusion, after).infusion.phase == Phase.HOME
    else:
        with pytest.raises(GatesClosed):
            go_home(infusion, after)
        assert Infusion.objects.get(pk=infusion.pk).phase == Phase.OBSERVING


def test_the_refusal_says_until_when_in_the_sites_own_time() -> None:
    with pytest.raises(GatesClosed) as refusal:
        go_home(stopped(), 20)
    (gate,) = refusal.value.gates
    assert "2026-03-03 17:00" in gate.detail
    assert "120 minutes" in gate.detail
    assert (gate.needs_second_person, gate.absolute) == (True, False)


def test_a_reason_and_a_second_person_let_a_patient_go_and_both_are_kept() -> None:
    infusion = stopped()
    charge = make_actor(Role.CHARGE_NURSE, infusion.site)
    with pytest.raises(GatesClosed):
        go_home(infusion, 20, override_reason="transfer to intensive care")
    happened = go_home(infusion, 20, override_reason="transfer to intensive care", second_person=charge.user)
    override = GateOverride.objects.get()
    assert (override.gate, override.second_person) == ("close_watch", charge.user)
    assert override.reason == "transfer to intensive care"
    assert happened.event.override_reason == "transfer to intensive care"
    assert [each.gate for each in happened.overridden] == ["close_watch"]


def test_somebody_who_may_not_is_no_second_person() -> None:
    infusion = stopped()
    coordinator = make_actor(Role.SAFETY_COORDINATOR, infusion.site)
    for person in (coordinator.user, make_user()):
        with pytest.raises(Exception, match="second person"):
            go_home(infusion, 20, override_reason="x", second_person=person)
    assert not InfusionEvent.objects.filter(kind="discharge").exists()


def test_a_study_may_leave_it_to_a_reason_or_ask_nothing() -> None:
    assert go_home(stopped("warn"), 20, override_reason="lives next door").infusion.phase == Phase.HOME
    with pytest.raises(GatesClosed):
        go_home(stopped("warn"), 20)
    assert go_home(stopped("off"), 20).infusion.phase == Phase.HOME


def test_no_study_has_a_close_watch_of_less_than_an_hour() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Study.objects.update_or_create(pk=make_study().pk, defaults={"close_watch_minutes": 59})


def test_who_came_back_goes_home_again_without_being_asked() -> None:
    infusion = stopped()
    back = go_home(infusion, 130).infusion
    nurse = make_actor(Role.NURSE, infusion.site)
    services.readmit_infusion(nurse, back, at=NOW + minutes(140), now=NOW + minutes(140))
    assert go_home(infusion, 150).infusion.phase == Phase.HOME


@pytest.mark.parametrize(
    ("after", "opens"),
    [pytest.param(119, False, id="a minute too early"), pytest.param(120, True, id="once it is over")],
)
def test_nobody_ends_the_watch_while_the_patient_is_to_be_watched_closely(after: float, opens: bool) -> None:
    infusion = stopped()
    nurse = make_actor(Role.NURSE, infusion.site)
    at = NOW + minutes(after)
    if opens:
        assert services.end_infusion(nurse, infusion, at=at, now=at).infusion.phase == Phase.ENDED
    else:
        with pytest.raises(GatesClosed):
            services.end_infusion(nurse, infusion, at=at, now=at)
        assert Infusion.objects.get(pk=infusion.pk).phase == Phase.OBSERVING


def test_a_discharge_is_not_corrected_into_the_close_watch() -> None:
    infusion = stopped()
    event = go_home(infusion, 130).event
    nurse = make_actor(Role.NURSE, infusion.site)
    for at, opens in ((NOW + minutes(119), False), (NOW + minutes(120), True)):
        if opens:
            services.amend(nurse, event, {"at": at}, reason="the clock", now=NOW + minutes(140))
        else:
            with pytest.raises(GatesClosed):
                services.amend(nurse, event, {"at": at}, reason="the clock", now=NOW + minutes(140))
    assert InfusionEvent.objects.current().get(kind="discharge").measured_at == NOW + minutes(120)


def test_a_discharge_that_two_people_let_pass_may_be_corrected_to_a_later_moment() -> None:
    infusion = stopped()
    charge = make_actor(Role.CHARGE_NURSE, infusion.site)
    event = go_home(infusion, 20, override_reason="transfer", second_person=charge.user).event
    later = NOW + minutes(30)
    services.amend(charge, event, {"at": later}, reason="the clock", now=NOW + minutes(40))
    assert InfusionEvent.objects.current().get(kind="discharge").measured_at == later
