"""Everything that is told of one infusion, read once: readings, events, symptoms, doses, alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import ClientKind
from monitoring.core.rule_book import RuleBook
from monitoring.core.slots import Slot
from monitoring.due import slots_of, taken_by
from monitoring.models import Alert, Watch
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
    slots: tuple[Slot, ...]
    #: What judges it; None while nothing has been judged.
    rules: RuleBook | None


def read_story(infusion: Infusion, now: datetime) -> Story:
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

    sets, temperatures = rows(VitalSigns), rows(TemperatureLog)
    return Story(
        infusion=infusion,
        zone=ZoneInfo(infusion.site.time_zone),
        sets=sets,
        temperatures=temperatures,
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
        slots=slots_of(infusion, taken_by([*sets, *temperatures]), now),
        rules=_rules(infusion),
    )


def _rules(infusion: Infusion) -> RuleBook | None:
    identity = Watch.objects.filter(pk=infusion.pk).values_list("rule_book", flat=True).first()
    return book_of(identity).rules if identity else None


def _begin(infusion: Infusion) -> datetime | None:
    start = infusion.started_at or infusion.planned_start_at
    return start - BEFORE if start else None


def kind_of(row: VitalSigns | TemperatureLog) -> str:
    """Who took it: a nurse, a device, or the patient."""
    return {ClientKind.BEDSIDE: "nurse", ClientKind.DIARY: "patient"}.get(
        ClientKind(row.client.kind), "device"
    )


def is_late(row: VitalSigns | TemperatureLog) -> bool:
    """True when it was recorded more than 15 minutes after it was measured."""
    return row.amends_id is None and row.recorded_at - row.measured_at > LATE
