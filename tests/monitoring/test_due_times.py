"""Due times as rows: pauses shift none, an alarm brings some forward, and no evaluation reads them all."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actors import system_actor
from monitoring import overlaps, rule_sets, timeline
from monitoring.core.episodes import Episode
from monitoring.core.schedule import TIGHTENED, Due, overdue, standing
from monitoring.core.silence import overdue_episodes
from monitoring.evaluate import evaluate_infusion
from monitoring.gathering import Tables
from monitoring.locking import hold
from monitoring.models import DueObservation, RuleSet, Watch
from monitoring.outcome import Outcome
from monitoring.replay import stored_dues
from monitoring.verify import verify_patient
from tests.builders import NOW, make_infusion, minutes, record_set
from tracker import services
from tracker.models import Infusion

pytestmark = pytest.mark.django_db

CALM = {
    "temperature_c": "36.8",
    "systolic_mmhg": 120,
    "diastolic_mmhg": 75,
    "heart_rate_bpm": 78,
    "respiratory_rate_per_min": 15,
    "spo2_percent": 97,
    "oxygen_device": "room_air",
}
RED = CALM | {"temperature_c": "40.2"}


def looked(infusion: Infusion, at: float, **values: Any) -> Outcome:
    """What the watch says at that minute, after a set where there are values."""
    if values:
        record_set(infusion, NOW + minutes(at), **values)
    return evaluate_infusion(infusion.pk, NOW + minutes(at))


def due_minutes(infusion: Infusion) -> list[float]:
    return [(due.due_at - NOW) / minutes(1) for due in standing(stored_dues(infusion.pk))]


def differences(infusion: Infusion) -> list[str]:
    return [str(difference) for difference in verify_patient(infusion.patient_id)]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 60), max_size=6), st.integers(1, 60), st.booleans())
def test_a_pause_neither_shifts_nor_doubles_a_due_time(steps: list[int], last: int, looks: bool) -> None:
    whole, paused = make_infusion(started_at=NOW), make_infusion(started_at=NOW)
    at = 0
    for number, step in enumerate(steps):
        at += step
        turn = services.resume_infusion if number % 2 else services.pause_infusion
        turn(system_actor("builder"), paused, at=NOW + minutes(at), now=NOW + minutes(at))
        if looks:
            looked(paused, at)
    for infusion in (whole, paused):
        services.stop_infusion(
            system_actor("builder"), infusion, at=NOW + minutes(at + last), now=NOW + minutes(at + last)
        )
        looked(infusion, at + last)
    after = [[each for each in due_minutes(one) if each > at + last] for one in (whole, paused)]
    assert after[0] == after[1]
    assert len(set(due_minutes(paused))) == len(due_minutes(paused))


@pytest.mark.parametrize(
    "night",
    [
        pytest.param(datetime.fromisoformat("2026-03-28T20:00+01:00"), id="Berlin, an hour less"),
        pytest.param(datetime.fromisoformat("2026-10-24T20:00+02:00"), id="Berlin, an hour more"),
        pytest.param(datetime.fromisoformat("2026-11-01T00:30-04:00"), id="New York, an hour more"),
    ],
)
def test_an_infusion_across_a_change_of_the_clocks_is_due_as_on_any_night(night: datetime) -> None:
    usual = make_infusion(started_at=NOW, stopped_at=NOW + minutes(60))
    changed = make_infusion(started_at=night, stopped_at=night + minutes(60))
    changed.site.time_zone = "Europe/Berlin"
    changed.site.save()
    evaluate_infusion(usual.pk, NOW + minutes(60))
    evaluate_infusion(changed.pk, night + minutes(60))
    dues = [(due.due_at - night) / minutes(1) for due in standing(stored_dues(changed.pk))]
    assert dues == due_minutes(usual)


def test_a_stop_between_two_plans_of_a_running_infusion_counts_from_when_it_was_recorded() -> None:
    infusion = make_infusion(started_at=NOW)
    for at in (0, 185):
        looked(infusion, at)
    services.stop_infusion(system_actor("builder"), infusion, at=NOW + minutes(187), now=NOW + minutes(187))
    looked(infusion, 187)
    assert [at for at in due_minutes(infusion) if at > 187][:5] == [202, 217, 232, 247, 277]


def test_an_alarm_brings_the_next_set_forward_and_two_normal_sets_let_go() -> None:
    infusion = make_infusion(started_at=NOW, stopped_at=NOW)
    assert looked(infusion, 300, **CALM).next_due_at == NOW + minutes(480)
    alarmed = looked(infusion, 310, **RED)
    assert (alarmed.next_due_at, alarmed.next_due_reason) == (NOW + minutes(325), TIGHTENED)
    watch = Watch.objects.get(pk=infusion.pk)
    assert (watch.next_set_due_at, watch.next_set_reason) == (NOW + minutes(325), TIGHTENED)
    assert looked(infusion, 325, **CALM).next_due_at == NOW + minutes(340)
    lacking = {name: value for name, value in CALM.items() if name != "spo2_percent"}
    assert looked(infusion, 340, **lacking).next_due_at == NOW + minutes(355)
    over = looked(infusion, 355, **CALM)
    assert (over.next_due_at, over.next_due_reason) == (NOW + minutes(480), "")
    assert differences(infusion) == []


def test_an_alarm_that_nobody_follows_up_is_overdue_after_15_minutes_and_grace() -> None:
    infusion = make_infusion(started_at=NOW, stopped_at=NOW)
    for at in (15, 30, 45, 60, 90, 120, 180, 240):
        looked(infusion, at, **CALM)
    looked(infusion, 310, **RED)
    looked(infusion, 329)
    assert Watch.objects.get(pk=infusion.pk).overdue_since is None
    looked(infusion, 331)
    assert Watch.objects.get(pk=infusion.pk).overdue_since == NOW + minutes(330)


def test_an_alarm_while_it_runs_adds_no_row_because_a_set_is_due_every_15_minutes_anyway() -> None:
    infusion = make_infusion(started_at=NOW)
    looked(infusion, 0)
    before = DueObservation.objects.count()
    assert looked(infusion, 10, **RED).next_due_reason == ""
    assert DueObservation.objects.count() == before


def test_an_alarm_that_lasts_for_hours_goes_on_asking() -> None:
    infusion = make_infusion(started_at=NOW, stopped_at=NOW)
    for at in range(300, 300 + 12 * 60, 15):
        outcome = looked(infusion, at, **RED)
        assert outcome.next_due_at is not None
        assert outcome.next_due_at <= NOW + minutes(at + 15)
    assert differences(infusion) == []


def kept_of(infusion: Infusion) -> list[Due]:
    return msgspec.json.decode(Watch.objects.get(pk=infusion.pk).awaited, type=list[Due])


@pytest.mark.parametrize(
    "every", [pytest.param(60, id="a set an hour"), pytest.param(4320, id="no set at all for three days")]
)
def test_without_a_stop_an_evaluation_in_order_asks_for_no_due_row_and_keeps_few(
    every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(record: Tables, infusion_id: int) -> list[Due]:
        raise AssertionError("every due row of the infusion was read")

    infusion = make_infusion(started_at=NOW)
    for at in range(0, 4320, min(every, 720)):
        looked(infusion, at, **(CALM if every == 60 else {}))
    looked(infusion, 4320)
    assert DueObservation.objects.filter(infusion=infusion).count() > 200
    assert len(kept_of(infusion)) < 120
    monkeypatch.setattr(Tables, "dues", refuse)
    assert looked(infusion, 4325, **CALM).state == "evaluated"
    monkeypatch.undo()
    assert differences(infusion) == []


def test_at_home_a_set_without_a_temperature_leaves_the_temperature_overdue() -> None:
    infusion = make_infusion(started_at=NOW, stopped_at=NOW)
    services.discharge_infusion(
        system_actor("builder"), infusion, at=NOW + minutes(130), now=NOW + minutes(130)
    )
    looked(infusion, 130)
    looked(infusion, 480, systolic_mmhg=120, diastolic_mmhg=75)
    looked(infusion, 541)
    assert Watch.objects.get(pk=infusion.pk).overdue_since == NOW + minutes(540)
    looked(infusion, 542, temperature_c="36.9")
    assert Watch.objects.get(pk=infusion.pk).overdue_since is None


def test_watch_hours_that_are_lengthened_on_the_way_ask_on_to_the_new_end() -> None:
    infusion = make_infusion(started_at=NOW, stopped_at=NOW)
    looked(infusion, 60)
    assert due_minutes(infusion)[-1] == 48 * 60
    services.update_infusion(system_actor("builder"), infusion, now=NOW + minutes(100), watch_hours=72)
    looked(infusion, 101)
    assert due_minutes(infusion)[-4:] == [48 * 60, 56 * 60, 64 * 60, 72 * 60]
    assert differences(infusion) == []


def keyed(episode: Episode) -> tuple[str, datetime, datetime | None]:
    return episode.problem, episode.raised_at, episode.cleared_at


HISTORY = st.lists(
    st.tuples(
        st.sampled_from(["set", "set", "red", "late", "very late", "amend", "void", "stop", "time"]),
        st.sampled_from([4, 15, 40, 240, 700]),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORY)
def test_what_is_kept_finds_what_all_rows_find_and_verify_reproduces_it(history: list[Any]) -> None:
    infusion = make_infusion(started_at=NOW)
    looked(infusion, 0)
    rows: list[Any] = []
    now = NOW
    for kind, step, looks in history:
        now += minutes(step)
        if kind in ("set", "red"):
            rows.append(record_set(infusion, now, **(RED if kind == "red" else CALM)))
        elif kind in ("late", "very late"):
            before = minutes(20) if kind == "late" else timedelta(hours=9)
            rows.append(record_set(infusion, max(NOW, now - before), now=now, **CALM))
        elif kind == "amend" and rows:
            rows[-1] = services.amend(system_actor("builder"), rows[-1], RED, reason="typo", now=now).row
        elif kind == "void" and rows:
            services.void(system_actor("builder"), rows.pop(), reason="wrong patient", now=now)
        elif kind == "stop" and Infusion.objects.get(pk=infusion.pk).stopped_at is None:
            services.stop_infusion(system_actor("builder"), infusion, at=now, now=now)
        if looks:
            evaluate_infusion(infusion.pk, now)
    evaluate_infusion(infusion.pk, now)
    assert differences(infusion) == []
    watch = Watch.objects.get(pk=infusion.pk)
    held = hold(infusion.pk, wait=True)
    taken = timeline.sets_taken(held.scope, None, held.version)
    found = overdue(stored_dues(infusion.pk), taken, now, watch.closes_at)
    all_rows = overdue_episodes(found.gaps, rule_sets.parsed(RuleSet.objects.get().pk))
    kept = overlaps.episodes_of(watch.episodes, *Tables().over([infusion.pk])[infusion.pk])
    about_sets = [each for each in kept if each.problem in ("overdue_vitals", "overdue_temperature")]
    assert {keyed(each) for each in about_sets} == {keyed(each) for each in all_rows}
