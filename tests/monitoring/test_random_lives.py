"""The life of alerts driven at random: readings, corrections, answers and time in any order, on PostgreSQL.

Whatever people and time do: nothing true is closed, nothing closed is due, nothing standing is hidden, no
line of a log is lost, and replaying the record gives the very alerts that are stored.
"""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from accounts.actors import system_actor
from accounts.permissions import NotPermitted, Role
from monitoring import alerts, rule_sets
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, AlertLog, Condition, Response, RuleSet
from monitoring.verify import verify_patient
from tests.builders import NOW, make_actor, make_infusion, make_site, minutes, record_set
from tracker import services
from tracker.models import VitalSigns

pytestmark = pytest.mark.django_db

TEMPERATURES = st.sampled_from(["36.8", "37.9", "38.2", "39.4", "40.1"])
PRESSURES = st.sampled_from([120, 98, 88, 74])
OUTCOMES = st.sampled_from(["actioned", "expected", "not_actionable", "artefact"])
COMMITMENTS = st.sampled_from(["at_bedside", "repeat_vitals", "call_investigator", "known_expected"])


class Life(RuleBasedStateMachine):
    """One infusion, two people, and a clock that only goes forward."""

    @initialize()
    def begin(self) -> None:
        site = make_site()
        self.nurse = make_actor(Role.NURSE, site)
        self.investigator = make_actor(Role.INVESTIGATOR, site)
        self.second = make_actor(Role.INVESTIGATOR, site).user
        self.infusion = make_infusion(started_at=NOW, site=site)
        self.now = NOW
        self.logged: dict[int, int] = {}
        self.record(temperature_c="36.8", systolic_mmhg=124, diastolic_mmhg=80)

    def record(self, at: datetime | None = None, **values: Any) -> None:
        record_set(self.infusion, at or self.now, now=self.now, **values)
        evaluate_infusion(self.infusion.pk, self.now)

    def readings(self) -> list[VitalSigns]:
        return list(VitalSigns.objects.current().filter(infusion=self.infusion, void=False).order_by("pk"))

    def rows(self) -> list[Alert]:
        return list(Alert.objects.filter(infusion=self.infusion).order_by("pk"))

    @rule(by=st.integers(1, 70))
    def time_passes(self, by: int) -> None:
        self.now += minutes(by)
        evaluate_infusion(self.infusion.pk, self.now)
        alerts.escalate_due(self.now)

    @rule(temperature=TEMPERATURES, systolic=PRESSURES)
    def a_set_comes(self, temperature: str, systolic: int) -> None:
        self.now += minutes(1)
        self.record(temperature_c=temperature, systolic_mmhg=systolic, diastolic_mmhg=60)

    @rule(temperature=TEMPERATURES)
    def a_part_comes(self, temperature: str) -> None:
        self.now += minutes(1)
        self.record(temperature_c=temperature)

    @rule(temperature=TEMPERATURES, late_by=st.integers(1, 120))
    def a_set_comes_late(self, temperature: str, late_by: int) -> None:
        self.now += minutes(1)
        at = max(NOW, self.now - timedelta(minutes=late_by, seconds=7))
        self.record(at, temperature_c=temperature)

    @rule(which=st.integers(0, 50), temperature=TEMPERATURES)
    def a_set_is_corrected(self, which: int, temperature: str) -> None:
        rows = self.readings()
        self.now += minutes(1)
        values = {"temperature_c": temperature}
        services.amend(system_actor("test"), rows[which % len(rows)], values, reason="typo", now=self.now)
        evaluate_infusion(self.infusion.pk, self.now)

    @precondition(lambda self: len(self.readings()) > 1)
    @rule(which=st.integers(0, 50))
    def a_set_is_voided(self, which: int) -> None:
        rows = self.readings()
        self.now += minutes(1)
        services.void(system_actor("test"), rows[which % len(rows)], reason="wrong patient", now=self.now)
        evaluate_infusion(self.infusion.pk, self.now)

    @rule(limit=st.sampled_from(["37.5", "38.0", "38.5"]), lasts=st.sampled_from([None, 30, 240]))
    def somebody_overrides_a_threshold(self, limit: str, lasts: int | None) -> None:
        self.now += minutes(1)
        rule_sets.override_threshold(
            self.investigator,
            self.infusion.subject,
            threshold="temperature_38",
            value=Decimal(limit),
            starts_at=self.now,
            ends_at=None if lasts is None else self.now + minutes(lasts),
            second_person=self.second,
            reason="chronic low fever",
            now=self.now,
        )

    @rule(limit=st.sampled_from(["38.0", "38.3"]))
    def a_second_person_activates_other_rules(self, limit: str) -> None:
        self.now += minutes(1)
        newest = RuleSet.objects.order_by("-version").first()
        assert newest is not None
        text = json.dumps(newest.document, default=str).replace('"38.0"', f'"{limit}"')
        document = json.loads(text) | {"version": newest.version + 1}
        row = RuleSet.objects.create(
            study=self.infusion.study, name=newest.name, version=newest.version + 1, document=document
        )
        rule_sets.approve(self.investigator, row, effective_from=self.now, now=self.now)

    @precondition(lambda self: self.rows())
    @rule(which=st.integers(0, 50), data=st.data())
    def somebody_answers(self, which: int, data: st.DataObject) -> None:
        rows = self.rows()
        alert = rows[which % len(rows)]
        who, now = data.draw(st.sampled_from([self.nurse, self.investigator])), self.now
        until = now + minutes(data.draw(st.integers(-5, 300)))
        answers: dict[str, Any] = {
            "see": lambda: alerts.mark_seen(who, [alert], now=now),
            "acknowledge": lambda: alerts.acknowledge(
                who, alert, commitment=data.draw(COMMITMENTS), until=until, now=now
            ),
            "assess": lambda: alerts.assess(who, alert, outcome=data.draw(OUTCOMES), now=now),
            "close": lambda: alerts.close(who, alert, outcome=data.draw(OUTCOMES), now=now),
            "snooze": lambda: alerts.snooze(who, alert, until=until, reason="asleep", now=now),
            "opt out": lambda: alerts.opt_out(who, alert, reason="comfort care", now=now),
            "hand over": lambda: alerts.hand_over(who, alert, to=self.nurse.user, now=now),
        }
        try:
            answers[data.draw(st.sampled_from(sorted(answers)))]()
        except (alerts.AlertRefused, NotPermitted):
            return

    @invariant()
    def nothing_true_is_closed_and_nothing_closed_is_due(self) -> None:
        for alert in self.rows():
            if alert.response == Response.CLOSED:
                assert alert.condition != Condition.ACTIVE
                assert alert.escalates_at is None

    @invariant()
    def whatever_stands_is_in_the_list_that_people_see(self) -> None:
        seen = set(Alert.objects.visible_to(self.nurse).values_list("pk", flat=True))
        assert {alert.pk for alert in self.rows()} <= seen

    @invariant()
    def no_line_of_a_log_is_lost_and_the_last_shows_the_alert(self) -> None:
        for alert in self.rows():
            lines = AlertLog.objects.filter(alert=alert).order_by("pk")
            assert len(lines) >= self.logged.get(alert.pk, 1)
            self.logged[alert.pk] = len(lines)
            assert lines.last().snapshot["response"] == alert.response
            assert lines.last().snapshot["condition"] == alert.condition

    def teardown(self) -> None:
        if hasattr(self, "infusion"):
            assert [str(each) for each in verify_patient(self.infusion.patient_id)] == []


def test_no_life_of_an_alert_breaks_a_promise() -> None:
    run(
        Life,
        settings=settings(
            max_examples=10, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
