"""The demo on a real database: set once, fed as devices feed, refused beside real patients."""

import itertools
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import Client, User
from monitoring.demo.cast import COLLEAGUES, PLAYERS
from monitoring.demo.checks import the_clock_is_real_where_a_study_is
from monitoring.demo.feed import Curtain, feed
from monitoring.demo.stage import NEW_ROUND_AFTER, admit_people, newest_infusion, set_stage, token_for
from monitoring.demo.state import new_state, read_state, write_state
from monitoring.demo.stories import TURN, Story
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert
from tracker.models import Infusion, Patient, Study, VitalSigns

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def infusion_of(story: Story) -> Infusion:
    stage = set_stage(NOW)
    (player,) = [each for each in PLAYERS if each.story is story]
    infusion = newest_infusion(stage.site, player)
    assert infusion is not None
    return infusion


def play(since_start: timedelta, rate: float = 1.0) -> int:
    """Everything that the monitors sent up to a moment, looked at every five seconds."""
    curtain = Curtain(NOW, NOW, rate)
    posted, at = 0, timedelta(0)
    while at <= since_start:
        posted += feed(curtain, NOW + at, curtain.clinical(at))
        at += timedelta(seconds=5)
    return posted


def test_every_phase_is_on_the_stage() -> None:
    set_stage(NOW)
    phases = set(Infusion.objects.values_list("phase", flat=True))
    assert phases == {"planned", "infusing", "paused", "observing", "home", "ended"}


def test_setting_the_stage_twice_doubles_nothing() -> None:
    set_stage(NOW)
    before = (Patient.objects.count(), Infusion.objects.count(), VitalSigns.objects.count())
    set_stage(NOW + timedelta(minutes=5))
    assert (Patient.objects.count(), Infusion.objects.count(), VitalSigns.objects.count()) == before


def test_the_past_of_the_demo_raises_no_alert() -> None:
    set_stage(NOW)
    for infusion in Infusion.objects.all():
        evaluate_infusion(infusion.pk, NOW)
    assert list(Alert.objects.values_list("problem", "patient__identifiers__value")) == []


@pytest.mark.parametrize(("story", "problem"), [(Story.FEVER, "fever"), (Story.PRESSURE, "hypotension")])
def test_the_turn_raises_its_alert_at_the_turn(story: Story, problem: str) -> None:
    infusion = infusion_of(story)
    play(TURN)
    evaluate_infusion(infusion.pk, NOW + TURN)
    (alert,) = Alert.objects.filter(patient=infusion.patient, problem=problem)
    assert alert.raised_at == NOW + TURN


def test_the_quiet_patient_becomes_overdue() -> None:
    infusion = infusion_of(Story.QUIET)
    play(timedelta(minutes=3))
    later = NOW + timedelta(minutes=25)
    evaluate_infusion(infusion.pk, later)
    assert Alert.objects.filter(patient=infusion.patient, problem__startswith="overdue").exists()


def test_looking_again_posts_nothing_twice() -> None:
    set_stage(NOW)
    assert play(timedelta(minutes=1)) > 0
    assert play(timedelta(minutes=1)) == 0


def test_a_fast_clock_still_sends_every_five_minutes_of_its_own_time() -> None:
    set_stage(NOW)
    play(timedelta(minutes=1), rate=60)
    (player,) = [each for each in PLAYERS if each.number == 4]
    rows = VitalSigns.objects.filter(patient__identifiers__value=player.record_number, measured_at__gt=NOW)
    times = sorted(rows.values_list("measured_at", flat=True))
    assert max(b - a for a, b in itertools.pairwise(times)) <= timedelta(minutes=5)


def test_a_start_on_another_day_gives_the_live_patients_their_next_infusion() -> None:
    first = infusion_of(Story.FEVER)
    set_stage(NOW + NEW_ROUND_AFTER + timedelta(hours=12))
    first.refresh_from_db()
    assert first.phase == "ended"
    assert Infusion.objects.get(subject=first.subject, number=2).phase == "infusing"


def test_everybody_can_sign_in_and_the_token_stays_the_same() -> None:
    stage = set_stage(NOW)
    admit_people(stage, "a password")
    token = token_for(stage, "", NOW)
    admit_people(stage, "a password")
    assert token_for(stage, token, NOW) == token
    assert User.objects.count() == len(COLLEAGUES)
    assert all(user.check_password("a password") for user in User.objects.all())
    assert Client.objects.get(name="demo-monitor").tokens.count() == 1


def test_the_demo_is_refused_beside_a_study_of_real_patients(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    Study.objects.create(protocol_number="REAL-1", version="1", product="BATs")
    with pytest.raises(CommandError, match="REAL-1 is not a synthetic study"):
        call_command("demo", "--seed", stdout=StringIO())


def test_the_simulated_clock_is_refused_beside_a_study_of_real_patients(monkeypatch) -> None:
    Study.objects.create(protocol_number="REAL-1", version="1", product="BATs")
    assert the_clock_is_real_where_a_study_is(databases=["default"]) == []
    monkeypatch.setenv("CLOCK_ANCHOR", NOW.isoformat())
    (error,) = the_clock_is_real_where_a_study_is(databases=["default"])
    assert "REAL-1" in error.msg


def test_the_simulated_clock_is_welcome_beside_synthetic_studies(monkeypatch) -> None:
    set_stage(NOW)
    monkeypatch.setenv("CLOCK_ANCHOR", NOW.isoformat())
    assert the_clock_is_real_where_a_study_is(databases=["default"]) == []


@pytest.mark.parametrize("speed", ["fast", "0", "-1", "601", "nan"])
def test_a_speed_that_cannot_be_is_named(monkeypatch, settings, tmp_path: Path, speed: str) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SPEED", speed)
    with pytest.raises(CommandError, match=f"not {speed}"):
        call_command("demo")


def test_another_speed_needs_another_folder(monkeypatch, settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    write_state(tmp_path, new_state(60.0, NOW.isoformat()))
    monkeypatch.setenv("SPEED", "1")
    with pytest.raises(CommandError, match="SPEED=60"):
        call_command("demo")


def test_the_sign_ins_are_printed_at_each_start_and_stay_the_same(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    first, second = StringIO(), StringIO()
    call_command("demo", "--seed", stdout=first)
    call_command("demo", "--seed", stdout=second)
    assert first.getvalue() == second.getvalue()
    state = read_state(tmp_path)
    assert state is not None
    assert state.password in first.getvalue()
    assert state.token in first.getvalue()
    assert (tmp_path / "demo.json").stat().st_mode & 0o077 == 0
