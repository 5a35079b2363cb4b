"""Patients: the list, one patient with infusions and alerts, one infusion with everything known of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.permissions import Act, Actor
from config import clock
from monitoring.core.schedule import TIGHTENED
from monitoring.due import temperature_log
from monitoring.models import Alert, Watch
from monitoring.views.flowsheet_page import chart_of
from monitoring.views.lanes import given_text
from monitoring.views.latest import LOOK_BACK, cells, newest_sets, newest_temperatures, value_text
from monitoring.views.story import Story, watch_of
from tracker.models import (
    GateOverride,
    Infusion,
    Intervention,
    Patient,
    PatientIdentity,
    Phase,
    Subject,
    SymptomMark,
    SymptomReport,
)
from tracker.views.banner import banner_of, infusion_time, names_of
from tracker.views.door import find, is_fragment, page

PER_PAGE = 50
#: Which turns of an infusion a phase offers. The service decides; this only spares people a refusal.
TURNS: dict[str, tuple[str, ...]] = {
    Phase.PLANNED: ("start", "cancel"),
    Phase.INFUSING: ("pause", "rate", "stop"),
    Phase.PAUSED: ("resume", "stop"),
    Phase.OBSERVING: ("discharge", "end"),
    Phase.HOME: ("readmit", "end"),
    Phase.ENDED: (),
    Phase.CANCELLED: (),
}


@page(Act.READ)
def patients(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every patient that this actor may see; found by subject number, and by name where names may be seen."""
    sought = request.GET.get("q", "").strip()
    rows = Patient.objects.visible_to(actor).select_related("site").order_by("-pk")
    if sought:
        named = PatientIdentity.objects.visible_to(actor).filter(
            Q(family_name__icontains=sought) | Q(given_name__icontains=sought)
        )
        subjects = Subject.objects.visible_to(actor).filter(subject_number__icontains=sought)
        rows = rows.filter(Q(pk__in=named.values("patient_id")) | Q(pk__in=subjects.values("patient_id")))
    visible = Subject.objects.visible_to(actor).select_related("study")
    rows = rows.prefetch_related(Prefetch("subjects", queryset=visible))
    paged = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    names = names_of(actor, [patient.pk for patient in paged])
    context = {
        "paged": paged,
        "sought": sought,
        "lines": [(patient, names.get(patient.pk, "")) for patient in paged],
        "may_create": actor.may_anywhere(Act.WRITE_PATIENTS),
    }
    return render(request, "monitoring/patients.html", context)


@page(Act.READ)
def patient(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """One patient: where they are a subject, their infusions, their alerts."""
    now = clock.now()
    row = find(Patient.objects.select_related("site"), actor, uuid)
    infusions = Infusion.objects.visible_to(actor).filter(patient=row).select_related("study", "subject")
    subjects = list(
        Subject.objects.visible_to(actor).filter(patient=row).select_related("study", "arm").order_by("pk")
    )
    alerts = Alert.objects.visible_to(actor).filter(patient=row).select_related("acknowledged_by", "rule_set")
    context = {
        "banner": banner_of(actor, row, now, subject=subjects[0] if subjects else None),
        "patient": row,
        "subjects": subjects,
        "infusions": infusions.order_by("subject_id", "number"),
        "alerts": alerts.order_by("-raised_at")[:PER_PAGE],
        "now": now,
        "may_write": actor.may(Act.WRITE_PATIENTS, row.site_id),
        "may_labs": actor.may(Act.WRITE_LABS, row.site_id),
    }
    template = "monitoring/_patient.html" if is_fragment(request) else "monitoring/patient.html"
    return render(request, template, context)


@page(Act.READ)
def infusion(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """One infusion: how the patient is, what must be answered, what can be done, the chart, the log."""
    now = clock.now()
    row = find(
        Infusion.objects.select_related("patient__site", "site", "study", "subject", "bag"), actor, uuid
    )
    watch = watch_of(row)
    part = request.GET.get("part", "")
    context: dict[str, Any] = {
        "infusion": row,
        "now": now,
        "watch": watch,
        "zone": ZoneInfo(row.site.time_zone),
    }
    if part == "chart" and is_fragment(request):
        return render(request, "monitoring/_chart.html", context | chart_of(request, row, watch, now))
    if part == "state" and is_fragment(request):
        return render(request, "monitoring/_state.html", context | _state(actor, row, watch))
    context |= chart_of(request, row, watch, now)
    context |= _state(actor, row, watch, context["story"] if row.watches(now) else None)
    context["banner"] = banner_of(actor, row.patient, now, infusion=row)
    return render(request, "monitoring/infusion.html", context)


@page(Act.READ)
def temperatures(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """The log of temperatures: in sets and alone, what is due next, what was missed."""
    now = clock.now()
    row = find(
        Infusion.objects.select_related("patient__site", "site", "study", "subject", "bag"), actor, uuid
    )
    log = temperature_log(actor, row, now)
    context = {
        "banner": banner_of(actor, row.patient, now, infusion=row),
        "infusion": row,
        "now": now,
        "zone": ZoneInfo(row.site.time_zone),
        "log": log,
        "readings": [
            (one, infusion_time(row, one.measured_at), value_text(one, "temperature_c"))
            for one in log.readings
        ],
        "may_record": actor.may(Act.RECORD_READINGS, row.site_id, row.study_id)
        and row.phase != Phase.CANCELLED,
        "may_send_home": actor.may(Act.RECORD_EVENTS, row.site_id, row.study_id)
        and row.phase not in (Phase.PLANNED, Phase.ENDED, Phase.CANCELLED),
    }
    return render(request, "monitoring/temperatures.html", context)


def _state(actor: Actor, row: Infusion, watch: Watch | None, story: Story | None = None) -> dict[str, Any]:
    """How the patient is and what may be done by this actor. What a story tells is not read again."""
    if story is not None:
        sets, temperatures = story.newest_sets(LOOK_BACK), story.newest_temperatures(1)
    else:
        sets = newest_sets([row.patient_id]).get(row.patient_id, [])
        temperatures = newest_temperatures([row.patient_id]).get(row.patient_id, [])
    last = max((reading.measured_at for reading in [*sets[:1], *temperatures]), default=None)
    due = watch.next_set_due_at if watch else None
    alerts = Alert.objects.visible_to(actor).filter(patient=row.patient_id).live()
    place = (row.site_id, row.study_id)
    return {
        "cells": cells(sets, watch, temperatures[0] if temperatures else None),
        "alerts": alerts.select_related("acknowledged_by", "rule_set").order_by("-priority", "raised_at"),
        "due_at": due,
        "is_tightened": bool(watch and watch.next_set_reason == TIGHTENED),
        "interval": due - last if due and last and due > last else None,
        "running": running(row, *_begun(row, story)),
        "overrides": GateOverride.objects.filter(infusion=row).select_related("author", "second_person"),
        "turns": TURNS.get(row.phase, ()) if actor.may(Act.RECORD_EVENTS, *place) else (),
        "may_record": actor.may(Act.RECORD_READINGS, *place) and row.phase != Phase.CANCELLED,
        "may_events": actor.may(Act.RECORD_EVENTS, *place) and row.phase != Phase.CANCELLED,
        "may_plan": actor.may(Act.RECORD_EVENTS, *place) and row.phase == Phase.PLANNED,
    }


def running(
    row: Infusion, symptoms: Iterable[SymptomReport], given: Iterable[Intervention]
) -> list[tuple[str, Any, str]]:
    """What was started and has no stop: rigors that shake on, a vasopressor that runs; newest first."""
    found: list[tuple[str, Any, str]] = []
    for noun, rows in (("symptoms", list(symptoms)), ("interventions", list(given))):
        ended = {one.starts_id for one in rows}
        for one in rows:
            if one.mark != SymptomMark.START or one.pk in ended:
                continue
            if row.started_at is None or one.measured_at >= row.started_at:
                text = given_text(one) if isinstance(one, Intervention) else str(one.get_kind_display())
                found.append((noun, one, text))
    return sorted(found, key=lambda item: item[1].measured_at, reverse=True)


def _begun(row: Infusion, story: Story | None) -> tuple[Iterable[SymptomReport], Iterable[Intervention]]:
    if story is not None:
        return story.symptoms, story.interventions
    symptoms = SymptomReport.objects.current().filter(patient_id=row.patient_id)
    given = Intervention.objects.current().filter(patient_id=row.patient_id)
    points = (SymptomMark.START, SymptomMark.STOP)
    return symptoms.filter(mark__in=points), given.filter(mark__in=points)
