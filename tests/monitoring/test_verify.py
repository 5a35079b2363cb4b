"""`verify` reproduces every stored alert, retracted ones included, and names what was tampered with."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actors import system_actor
from accounts.permissions import Role
from monitoring import alerts
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Watch
from monitoring.verify import verify, verify_patient
from tests.builders import NOW, make_actor, make_infusion, make_subject, minutes, record_set
from tracker import services
from tracker.models import Infusion

pytestmark = pytest.mark.django_db


@pytest.fixture
def infusion() -> Infusion:
    """An eventful one: fever, a late drop of pressure, corrections, silence, people's answers, a stop."""
    actor = system_actor("builder")
    infusion = make_infusion(started_at=NOW)
    evaluate_infusion(infusion.pk, NOW)
    fever = record_set(infusion, NOW + minutes(10), temperature_c="39.5", systolic_mmhg=120)
    evaluate_infusion(infusion.pk, NOW + minutes(10))
    wrong = record_set(infusion, NOW + minutes(20), temperature_c="38.2", systolic_mmhg=70)
    evaluate_infusion(infusion.pk, NOW + minutes(20))
    nurse = make_actor(Role.NURSE, infusion.site)
    for alert in Alert.objects.all():
        alerts.assess(nurse, alert, outcome="actioned", now=NOW + minutes(21))
    services.amend(actor, fever, {"temperature_c": "38.5"}, reason="typo", now=NOW + minutes(22))
    evaluate_infusion(infusion.pk, NOW + minutes(22))
    services.void(actor, wrong, reason="wrong patient", now=NOW + minutes(24))
    record_set(infusion, NOW + minutes(15), now=NOW + minutes(25), systolic_mmhg=80, concern="grey")
    evaluate_infusion(infusion.pk, NOW + minutes(25))
    services.stop_infusion(actor, infusion, at=NOW + minutes(40), now=NOW + minutes(41))
    evaluate_infusion(infusion.pk, NOW + minutes(120))
    for minute in (125, 145, 165):
        record_set(
            infusion, NOW + minutes(minute), temperature_c="36.8", systolic_mmhg=120, diastolic_mmhg=70
        )
        evaluate_infusion(infusion.pk, NOW + minutes(minute))
    return infusion


def test_an_eventful_infusion_is_reproduced_row_by_row(infusion: Infusion) -> None:
    assert Alert.objects.filter(condition="retracted").exists()
    assert [str(difference) for difference in verify()] == []


@pytest.mark.as_owner
@pytest.mark.parametrize(
    ("sql", "named"),
    [
        pytest.param("UPDATE monitoring_alert SET priority = 1", "priority", id="priority"),
        pytest.param(
            "UPDATE monitoring_alert SET raised_at = raised_at + interval '1 min' WHERE problem = 'fever'",
            "raised_at",
            id="a moment",
        ),
        pytest.param(
            "UPDATE monitoring_alert SET response = 'assessed' WHERE response = 'open'",
            "response",
            id="an answer",
        ),
        pytest.param("UPDATE monitoring_watch SET episodes = '[]'", "episodes", id="a summary"),
    ],
)
def test_a_row_that_was_tampered_with_is_named(infusion: Infusion, sql: str, named: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.rowcount
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("verify", stdout=out)
    assert named in out.getvalue()


def test_a_difference_that_only_the_core_explains_is_listed_apart_and_fails_nothing(
    infusion: Infusion, monkeypatch: pytest.MonkeyPatch
) -> None:
    Watch.objects.update(episodes="[]")
    from monitoring import replay

    monkeypatch.setattr(replay, "CORE_VERSION", replay.CORE_VERSION + 1)
    out = StringIO()
    call_command("verify", stdout=out)
    assert "another version of the core" in out.getvalue()


def test_overlapping_watches_are_reproduced() -> None:
    subject = make_subject()
    first = make_infusion(subject, started_at=NOW, stopped_at=NOW + minutes(60), number=1)
    second = make_infusion(subject, started_at=NOW + minutes(24 * 60), number=2)
    for minute, temperature in ((24 * 60 - 30, "39.5"), (24 * 60 + 10, "39.6"), (24 * 60 + 40, "36.8")):
        at = NOW + minutes(minute)
        record_set(second if minute > 24 * 60 else first, at, temperature_c=temperature)
        for infusion in (first, second):
            evaluate_infusion(infusion.pk, at)
    assert [str(difference) for difference in verify_patient(subject.patient_id)] == []


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["set", "late", "amend", "void", "time"]),
        st.integers(1, 90),
        st.sampled_from(["36.8", "38.1", "39.3"]),
        st.sampled_from([82, 118]),
        st.booleans(),
    ),
    min_size=1,
    max_size=10,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_whatever_happens_to_a_record_verify_reproduces_it(actions: list[Any]) -> None:
    actor = system_actor("builder")
    infusion = make_infusion(started_at=NOW)
    rows: list[Any] = []
    now = NOW + minutes(1)
    for kind, step, temperature, systolic, looked in actions:
        now += minutes(step)
        values = {"temperature_c": temperature, "systolic_mmhg": systolic, "diastolic_mmhg": 60}
        if kind == "set" or (kind in ("amend", "void") and not rows):
            rows.append(record_set(infusion, now, **values))
        elif kind == "late":
            rows.append(record_set(infusion, NOW + (now - NOW) / 2, now=now, **values))
        elif kind == "amend":
            rows[-1] = services.amend(actor, rows[-1], values, reason="typo", now=now).row
        elif kind == "void":
            services.void(actor, rows.pop(), reason="wrong patient", now=now)
        if looked or kind == "time":
            evaluate_infusion(infusion.pk, now)
    evaluate_infusion(infusion.pk, now)
    assert [str(difference) for difference in verify_patient(infusion.patient_id)] == []
