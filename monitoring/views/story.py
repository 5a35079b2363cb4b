"""Everything that is told of one infusion, read once: readings, events, symptoms, doses, alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import ClientKind
from monitoring.core.rule_book import RuleBook
from monitoring.models import Alert, DueObservation, Watch
from monitoring.rule_sets import book_of
from tracker.models import (
    Baseline,
    Infusion,
    InfusionEvent,
    Intervention,
    NeuroAssessment,
    SymptomReport,
    TemperatureLog,
    VitalSigns,
)

BEFORE = timedelta(minutes=60)
LATE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that the flowsheet of one infusion shows, read once."""

    infusion: Infusion
    zone: ZoneInfo
    sets: list[VitalSigns]
    temperatures: list[TemperatureLog]
    symptoms: list[SymptomReport]
    interventions: list[Intervention]
    neuro: list[NeuroAssessment]
    events: list[InfusionEvent]
    alerts: list[Alert]
    baseline: Baseline | None
    dues: list[datetime]
    #: What judges it; None while nothing has been judged.
    rules: RuleBook | None


def read_story(infusion: Infusion) -> Story:
    """The standing rows of the infusion's patient, from an hour before the start to the watch's end."""
    begin = _begin(infusion)
    end = infusion.watch_ends_at

    def rows(model: Any) -> list[Any]:
        found = model.objects.current().filter(patient_id=infusion.patient_id)
        if begin is not None:
            found = found.filter(measured_at__gte=begin)
        if end is not None:
            found = found.filter(measured_at__lte=end)
        return list(found.select_related("author", "client").order_by("measured_at", "pk"))

    return Story(
        infusion=infusion,
        zone=ZoneInfo(infusion.site.time_zone),
        sets=rows(VitalSigns),
        temperatures=rows(TemperatureLog),
        symptoms=rows(SymptomReport),
        interventions=rows(Intervention),
        neuro=rows(NeuroAssessment),
        events=list(
            InfusionEvent.objects.current()
            .filter(infusion=infusion)
            .select_related("author", "client")
            .order_by("measured_at", "pk")
        ),
        alerts=list(Alert.objects.filter(infusion=infusion).select_related("rule_set").order_by("raised_at")),
        baseline=Baseline.objects.filter(infusion=infusion).order_by("-pk").first(),
        dues=_dues(infusion),
        rules=_rules(infusion),
    )


def _rules(infusion: Infusion) -> RuleBook | None:
    identity = Watch.objects.filter(pk=infusion.pk).values_list("rule_book", flat=True).first()
    return book_of(identity).rules if identity else None


def _begin(infusion: Infusion) -> datetime | None:
    start = infusion.started_at or infusion.planned_start_at
    return start - BEFORE if start else None


def _dues(infusion: Infusion) -> list[datetime]:
    """When readings were due: each plan replaces only what lay after it was recorded."""
    rows = DueObservation.objects.filter(infusion=infusion).order_by("recorded_at", "due_at")
    dues: list[datetime] = []
    for recorded_at, plan in groupby(rows.values_list("recorded_at", "due_at"), key=lambda row: row[0]):
        dues = [due for due in dues if due <= recorded_at] + [due for _at, due in plan if due > recorded_at]
    return sorted(set(dues))


def kind_of(row: VitalSigns | TemperatureLog) -> str:
    """Who took it: a nurse, a device, or the patient."""
    return {ClientKind.BEDSIDE: "nurse", ClientKind.DIARY: "patient"}.get(
        ClientKind(row.client.kind), "device"
    )


def is_late(row: VitalSigns | TemperatureLog) -> bool:
    """True when it was recorded more than 15 minutes after it was measured."""
    return row.amends_id is None and row.recorded_at - row.measured_at > LATE
