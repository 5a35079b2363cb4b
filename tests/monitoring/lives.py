"""A patient's infusion driven at random: everything that arrives, is corrected, is decided or answered."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from accounts.actors import system_actor
from accounts.permissions import NotPermitted, Role
from monitoring import alerts, rule_sets
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, AlertLog, Condition, Priority, Response, RuleSet
from monitoring.verify import verify_patient
from tests.builders import NOW, make_actor, make_infusion, make_site, minutes
from tracker import services
from tracker.errors import Conflict, Refused, Unprocessable
from tracker.models import (
    Infusion,
    InfusionEvent,
    Intervention,
    LabResult,
    NeuroAssessment,
    Observed,
    SymptomReport,
    TemperatureLog,
    VitalSigns,
)

TEMPERATURES = st.sampled_from(["36.8", "37.9", "38.2", "39.4", "40.1"])
PRESSURES = st.sampled_from([120, 98, 88, 74])
OUTCOMES = st.sampled_from(["actioned", "expected", "not_actionable", "other_cause", "artefact"])
COMMITMENTS = st.sampled_from(["at_bedside", "repeat_vitals", "call_investigator", "known_expected"])
#: How long before now something was true: most of what is written is of now.
LATE_BY = st.one_of(st.just(0), st.integers(1, 150))

PARTS = st.fixed_dictionaries(
    {},
    optional={
        "heart_rate_bpm": st.sampled_from([72, 115, 140]),
        "respiratory_rate_per_min": st.sampled_from([16, 22, 28]),
        "spo2_percent": st.sampled_from([98, 93, 90]),
        "oxygen_device": st.sampled_from(["room_air", "nasal_cannula", "non_rebreather"]),
        "consciousness": st.sampled_from(["A", "C"]),
        "rigors": st.sampled_from(["none", "mild", "shaking"]),
        "concern": st.just("grey"),
        "symptoms": st.lists(st.sampled_from(["dizziness", "chills", "confusion"]), max_size=2, unique=True),
    },
)
SYMPTOMS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["rigors", "dizziness", "chills", "rash", "confusion"]),
        "mark": st.sampled_from(["start", "stop", "present"]),
    }
)
GIVEN = st.one_of(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["antipyretic", "meperidine", "steroid", "fluids", "il2", "tocilizumab"]),
            "indication": st.sampled_from(["", "hypotension", "crs", "premedication"]),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["vasopressor", "oxygen"]),
            "mark": st.sampled_from(["start", "stop"]),
            "substance": st.sampled_from(["noradrenaline", "vasopressin"]),
            "indication": st.sampled_from(["", "hypoxia", "comfort"]),
        }
    ),
)
LABS = st.sampled_from(
    [
        {"analyte": "ANC", "value": "0.3", "unit": "10*9/L", "lln": "1.8"},
        {"analyte": "ANC", "value": "2.4", "unit": "10*9/L", "lln": "1.8"},
        {"analyte": "platelets", "value": "18", "unit": "10*9/L", "lln": "150"},
        {"analyte": "hemoglobin", "value": "7.4", "unit": "g/dL", "lln": "12"},
    ]
)
EXAMINED = st.fixed_dictionaries(
    {"ice": st.sampled_from([10, 8, 4, 0]), "consciousness": st.sampled_from(["spontaneous", "voice", ""])}
)
FACTS = st.sampled_from(
    [
        {"spo2_target": "88-92"},
        {"spo2_target": ""},
        {"transplant": "allogeneic"},
        {"transplant": "none"},
        {"prior_lines": 3},
    ]
)
TURNS: Mapping[str, Callable[..., Any]] = {
    "pause": services.pause_infusion,
    "resume": services.resume_infusion,
    "stop": services.stop_infusion,
    "discharge": services.discharge_infusion,
    "readmit": services.readmit_infusion,
    "end": services.end_infusion,
}
#: What a correction may say of each noun, beside another moment.
CORRECTED: Mapping[type[Observed], st.SearchStrategy[dict[str, Any]]] = {
    VitalSigns: st.one_of(
        st.fixed_dictionaries({"temperature_c": TEMPERATURES}),
        st.fixed_dictionaries({"systolic_mmhg": PRESSURES}),
        PARTS,
    ),
    TemperatureLog: st.fixed_dictionaries({"temperature_c": TEMPERATURES}),
    SymptomReport: st.fixed_dictionaries({"severity": st.sampled_from(["", "mild", "severe"])}),
    Intervention: st.fixed_dictionaries(
        {"indication": st.sampled_from(["", "comfort", "hypotension", "crs"])}
    ),
    LabResult: st.fixed_dictionaries({"value": st.sampled_from(["0.3", "0.8", "2.4"])}),
    NeuroAssessment: st.fixed_dictionaries({"ice": st.sampled_from([10, 5, 0])}),
    InfusionEvent: st.just({}),
}


class Life(RuleBasedStateMachine):
    """One infusion, three people, and a clock that only goes forward."""

    @initialize(of_before=st.sampled_from([None, "88-92"]))
    def begin(self, of_before: str | None) -> None:
        site = make_site()
        self.febris = system_actor("test")
        self.nurse = make_actor(Role.NURSE, site)
        self.investigator = make_actor(Role.INVESTIGATOR, site)
        self.second = make_actor(Role.INVESTIGATOR, site).user
        planned = make_infusion(site=site)
        if of_before:
            services.update_subject(self.febris, planned.subject, now=NOW, spo2_target=of_before)
        done = services.start_infusion(self.febris, planned, at=NOW, now=NOW, override_reason="a test")
        self.infusion = done.infusion
        self.now = NOW
        self.logged: dict[int, int] = {}
        self.writes(services.record_vitals, {"temperature_c": "36.8", "systolic_mmhg": 124}, 0)

    def writes(self, service: Callable[..., Any], values: Mapping[str, Any], late_by: int) -> None:
        """Records something of so many minutes ago, never of before the hour before the start."""
        self.now += minutes(1)
        at = max(NOW - minutes(50), self.now - timedelta(minutes=late_by, seconds=7 if late_by else 0))
        # Named, as from a bedside: a result of the laboratory belongs to the patient.
        of = self.infusion.patient if service is services.record_lab else self.infusion
        self.tries(service, self.febris, of, {**values, "measured_at": at})

    def tries(self, service: Callable[..., Any], *given: Any, **more: Any) -> None:
        """Calls a service and looks; what the record refuses has not happened."""
        try:
            service(*given, now=self.now, **more)
        except (Conflict, Refused, Unprocessable):
            return
        evaluate_infusion(self.infusion.pk, self.now)

    def readings(self) -> list[Observed]:
        """Everything that stands and can be corrected."""
        return [
            row
            for noun in CORRECTED
            for row in noun._default_manager.filter(
                patient_id=self.infusion.patient_id, void=False, amended_by__isnull=True
            ).order_by("pk")
        ]

    def rows(self) -> list[Alert]:
        return list(Alert.objects.filter(patient_id=self.infusion.patient_id).order_by("pk"))

    @rule(by=st.integers(1, 70))
    def time_passes(self, by: int) -> None:
        self.now += minutes(by)
        evaluate_infusion(self.infusion.pk, self.now)
        alerts.escalate_due(self.now)

    @rule(temperature=TEMPERATURES, systolic=PRESSURES, parts=PARTS, late_by=LATE_BY)
    def a_set_comes(self, temperature: str, systolic: int, parts: dict[str, Any], late_by: int) -> None:
        whole = {"temperature_c": temperature, "systolic_mmhg": systolic, "diastolic_mmhg": 60, **parts}
        self.writes(services.record_vitals, whole, late_by)

    @rule(temperature=TEMPERATURES, late_by=LATE_BY)
    def a_temperature_comes(self, temperature: str, late_by: int) -> None:
        self.writes(services.record_temperature, {"temperature_c": temperature}, late_by)

    @rule(values=SYMPTOMS, late_by=LATE_BY)
    def a_symptom_is_reported(self, values: dict[str, Any], late_by: int) -> None:
        self.writes(services.record_symptom, values, late_by)

    @rule(values=GIVEN, late_by=LATE_BY)
    def something_is_given(self, values: dict[str, Any], late_by: int) -> None:
        self.writes(services.record_intervention, values, late_by)

    @rule(values=LABS, late_by=LATE_BY)
    def a_result_comes(self, values: dict[str, Any], late_by: int) -> None:
        self.writes(services.record_lab, values, late_by)

    @rule(values=EXAMINED, late_by=LATE_BY)
    def somebody_examines(self, values: dict[str, Any], late_by: int) -> None:
        self.writes(services.record_neuro, values, late_by)

    @precondition(lambda self: self.readings())
    @rule(which=st.integers(0, 200), data=st.data(), moved_by=st.sampled_from([None, None, -40, -3, 5]))
    def a_row_is_corrected(self, which: int, data: st.DataObject, moved_by: int | None) -> None:
        rows = self.readings()
        row = rows[which % len(rows)]
        values = data.draw(CORRECTED[type(row)])
        self.now += minutes(1)
        if moved_by is not None:
            values = values | {"measured_at": min(row.measured_at + minutes(moved_by), self.now)}
        self.tries(services.amend, self.febris, row, values, reason="typo")

    @precondition(lambda self: self.readings())
    @rule(which=st.integers(0, 200))
    def a_row_is_voided(self, which: int) -> None:
        rows = self.readings()
        self.now += minutes(1)
        self.tries(services.void, self.febris, rows[which % len(rows)], reason="wrong patient")

    @rule(kind=st.sampled_from(sorted(TURNS)), late_by=LATE_BY)
    def the_infusion_turns(self, kind: str, late_by: int) -> None:
        self.now += minutes(1)
        fresh = Infusion.objects.get(pk=self.infusion.pk)
        at = max(NOW + minutes(1), self.now - minutes(late_by))
        why = {"override_reason": "a test"} if kind == "discharge" else {}
        self.tries(TURNS[kind], self.febris, fresh, at=at, **why)

    @precondition(lambda self: Infusion.objects.get(pk=self.infusion.pk).stopped_at is not None)
    @rule()
    def the_next_infusion_starts_while_this_one_is_watched(self) -> None:
        """From then on what is written names the newer one; both watches see it."""
        self.now += minutes(1)
        planned = make_infusion(self.infusion.subject, site=self.infusion.site)
        try:
            done = services.start_infusion(
                self.febris, planned, at=self.now, now=self.now, override_reason="a test"
            )
        except (Conflict, Refused, Unprocessable):
            return
        self.infusion = done.infusion
        evaluate_infusion(self.infusion.pk, self.now)

    @rule(facts=FACTS)
    def the_subject_is_known_better(self, facts: dict[str, Any]) -> None:
        self.now += minutes(1)
        self.tries(services.update_subject, self.febris, self.infusion.subject, **facts)

    @rule(systolic=st.sampled_from(["95", "140"]))
    def somebody_states_a_baseline(self, systolic: str) -> None:
        self.now += minutes(1)
        values = {"systolic_mmhg": Decimal(systolic)}
        self.tries(services.override_baseline, self.febris, self.infusion, values, reason="from the clinic")

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
                who, alert, commitment=data.draw(COMMITMENTS), until=until, note="as before", now=now
            ),
            "undo": lambda: alerts.undo(who, alert, now=now),
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
        evaluate_infusion(self.infusion.pk, self.now)

    @invariant()
    def nothing_true_is_closed_and_nothing_closed_is_due(self) -> None:
        for alert in self.rows():
            if alert.response == Response.CLOSED:
                assert alert.condition != Condition.ACTIVE
                assert alert.escalates_at is None

    @invariant()
    def nothing_high_and_true_is_without_a_next_step_or_a_cause_that_has_one(self) -> None:
        for alert in Alert.objects.filter(infusion=self.infusion).select_related("explained_by"):
            asks = alert.response == Response.OPEN and alert.condition in ("active", "unwatched")
            is_out = alert.silent or alert.climbs_from is None or alert.handed_over_to_id is not None
            if alert.priority < Priority.HIGH or not asks or is_out:
                continue
            if alert.joined_at is None:
                assert alert.escalates_at is not None
                continue
            cause = alert.explained_by
            assert cause is not None
            assert (cause.condition, cause.joined_at, cause.snoozed_until) == ("active", None, None)
            assert cause.escalates_at is not None
            assert cause.priority >= alert.priority

    @invariant()
    def no_snooze_covers_a_higher_priority_than_somebody_wanted_silent(self) -> None:
        for alert in self.rows():
            if alert.snoozed_until is not None:
                snoozed = alert.log.filter(kind="snoozed").order_by("pk").last()
                assert snoozed is not None
                assert alert.priority <= Priority[snoozed.snapshot["priority"].upper()]

    @invariant()
    def nobody_is_told_by_message_of_what_its_cause_tells(self) -> None:
        for alert in self.rows():
            if alert.joined_at is not None and alert.condition == Condition.ACTIVE:
                assert not alert.deliveries.filter(created_at__gt=alert.joined_at).exists()

    @invariant()
    def whatever_stands_is_in_the_list_that_people_see(self) -> None:
        seen = set(Alert.objects.visible_to(self.nurse).values_list("pk", flat=True))
        assert {alert.pk for alert in self.rows()} <= seen

    @invariant()
    def no_line_of_a_log_is_lost_and_the_last_shows_the_alert(self) -> None:
        lines: dict[int, int] = {}
        newest: dict[int, Any] = {}
        for number, snapshot in (
            AlertLog.objects.filter(alert__patient_id=self.infusion.patient_id)
            .order_by("pk")
            .values_list("alert_id", "snapshot")
        ):
            lines[number] = lines.get(number, 0) + 1
            newest[number] = snapshot
        for alert in self.rows():
            assert lines[alert.pk] >= self.logged.get(alert.pk, 1)
            assert newest[alert.pk]["response"] == alert.response
            assert newest[alert.pk]["condition"] == alert.condition
        self.logged = lines

    @invariant()
    def the_record_could_be_judged(self) -> None:
        assert not Alert.objects.filter(problem="evaluation_failed").exists()
        assert not Alert.objects.filter(problem__startswith="rule_error.").exists()

    def teardown(self) -> None:
        if hasattr(self, "infusion"):
            assert [str(each) for each in verify_patient(self.infusion.patient_id)] == []
