"""What happens to an infusion and what is seen and given beside it: stored, and looked at at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.identifiers import uuid7
from accounts.permissions import Act, Actor
from config import clock
from monitoring import doorbell
from monitoring.bedside import void_and_watch, watch_at_once
from monitoring.views.entry import unit_of
from monitoring.views.home_links import link_now
from monitoring.views.second_person import second_person
from tracker import services
from tracker.errors import Conflict, GatesClosed, Refused, Unprocessable
from tracker.forms.turns import (
    DischargeForm,
    InterventionForm,
    MomentForm,
    NeuroForm,
    StartForm,
    SymptomForm,
    TemperatureForm,
    TurnForm,
    UndoForm,
)
from tracker.models import EventKind, Infusion, InfusionEvent, Intervention, SymptomReport
from tracker.views.banner import banner_of, infusion_time
from tracker.views.door import at_bedside, find, page, posted, require

TURNS: Mapping[str, tuple[Any, Callable[..., services.Happened]]] = {
    EventKind.PAUSE: (gettext_lazy("Pause the infusion"), services.pause_infusion),
    EventKind.RESUME: (gettext_lazy("Resume the infusion"), services.resume_infusion),
    EventKind.RATE: (gettext_lazy("Change the rate"), services.set_rate),
    EventKind.STOP: (gettext_lazy("Stop the infusion"), services.stop_infusion),
    EventKind.CANCEL: (gettext_lazy("Cancel the infusion"), services.cancel_infusion),
    EventKind.DISCHARGE: (gettext_lazy("The patient goes home"), services.discharge_infusion),
    EventKind.READMIT: (gettext_lazy("The patient comes back"), services.readmit_infusion),
    EventKind.END: (gettext_lazy("End the watch"), services.end_infusion),
}


@dataclass(frozen=True, slots=True)
class Noun:
    """Something recorded beside the vitals: its words, its form, its service."""

    title: Any
    form: type[MomentForm]
    record: Callable[..., services.Recorded[Any]]


NOUNS: Mapping[str, Noun] = {
    "symptoms": Noun(gettext_lazy("Symptom"), SymptomForm, services.record_symptom),
    "interventions": Noun(gettext_lazy("Given"), InterventionForm, services.record_intervention),
    "temperatures": Noun(gettext_lazy("Temperature alone"), TemperatureForm, services.record_temperature),
    "neuro": Noun(gettext_lazy("Neurological assessment (ICE)"), NeuroForm, services.record_neuro),
}


def _infusion(actor: Actor, uuid: UUID, act: Act) -> Infusion:
    row = find(
        Infusion.objects.select_related("patient__site", "site", "study", "subject", "bag"), actor, uuid
    )
    require(actor, act, row.site_id, row.study_id)
    return row


@page(Act.RECORD_EVENTS)
def turn(request: HttpRequest, actor: Actor, uuid: UUID, kind: str) -> HttpResponse:
    """Pause, resume, rate, stop, cancel, discharge, readmit or end: one moment, one press."""
    if kind not in TURNS:
        raise Http404
    row = _infusion(actor, uuid, Act.RECORD_EVENTS)
    if kind == EventKind.DISCHARGE:
        return _go_home(request, actor, row)
    title, service = TURNS[kind]
    now, zone = clock.now(), ZoneInfo(row.site.time_zone)
    form = TurnForm(posted(request), kind=kind, zone=zone, initial={"at": now, "form_token": uuid7()})
    if form.is_valid():
        extra = {
            name: form.cleaned_data[name]
            for name in ("rate_ml_per_h", "actual_cells_e9")
            if name in form.fields
        }
        extra = {name: value for name, value in extra.items() if value is not None}
        try:
            with doorbell.silenced():
                happened = service(
                    at_bedside(actor, row.site_id),
                    row,
                    at=form.cleaned_data["at"],
                    now=now,
                    source_id=str(form.cleaned_data["form_token"]),
                    note=form.words,
                    **extra,
                )
        except Refused as refusal:
            form.refuse(refusal.errors)
        except (Conflict, Unprocessable) as refusal:
            form.add_error(None, refusal.detail)
        else:
            return done(request, row, happened)
    return _ask(request, actor, row, form, title, kind=kind)


def _go_home(request: HttpRequest, actor: Actor, row: Infusion) -> HttpResponse:
    """The way home; while the close watch lasts it says until when."""
    now, zone = clock.now(), ZoneInfo(row.site.time_zone)
    form = DischargeForm(posted(request), zone=zone, initial={"at": now, "form_token": uuid7()})
    gates, home = services.before_discharge(row, at=now), link_now(row, now)
    if form.is_valid():
        happened, gates = through_gates(request, actor, row, form, services.discharge_infusion, now)
        if happened is not None:
            if not home["opens"]:
                _offer_home_log(request, row)
            return done(request, row, happened)
    if not gates:
        form.ask_for_a_moment_only()
    title = TURNS[EventKind.DISCHARGE][0]
    more = {"gates": gates, "kind": EventKind.DISCHARGE.value, "zone": zone, **home}
    return _ask(request, actor, row, form, title, template="monitoring/discharge.html", **more)


def _offer_home_log(request: HttpRequest, row: Infusion) -> None:
    """Says that the patient has gone without a way to send temperatures, and where to make one."""
    address = reverse("monitoring:home_link", args=[row.uuid])
    words = _("The patient has no home log: nothing can be sent from home.")
    link = format_html(
        '{} <a href="{}" id="home-log">{}</a>', words, address, _("Make the link and print it")
    )
    messages.warning(request, link)


def through_gates(
    request: HttpRequest,
    actor: Actor,
    row: Infusion,
    form: StartForm | DischargeForm,
    act: Callable[..., services.Happened],
    now: datetime,
    **said: Any,
) -> tuple[services.Happened | None, tuple[Any, ...]]:
    """What happened, or nothing and the gates that did not open; the form then says why."""
    cleaned = form.cleaned_data
    second = second_person(request, form)
    if form.errors:
        return None, ()
    try:
        with doorbell.silenced():
            happened = act(
                at_bedside(actor, row.site_id),
                row,
                at=cleaned["at"],
                now=now,
                override_reason=cleaned["override_reason"],
                second_person=second,
                source_id=str(cleaned["form_token"]),
                note=cleaned["note"],
                **said,
            )
    except GatesClosed as closed:
        form.add_error(None, _("Gates did not open. Nothing was stored."))
        return None, closed.gates
    except Refused as refusal:
        form.refuse(refusal.errors)
    except (Conflict, Unprocessable) as refusal:
        form.add_error(None, refusal.detail)
    else:
        return happened, ()
    return None, ()


@page(Act.RECORD_READINGS)
def observe(request: HttpRequest, actor: Actor, uuid: UUID, noun: str) -> HttpResponse:
    """A symptom, something given, a temperature alone, an examination: one form each."""
    known = NOUNS.get(noun)
    if known is None:
        raise Http404
    row = _infusion(actor, uuid, Act.RECORD_READINGS)
    now, zone = clock.now(), ZoneInfo(row.site.time_zone)
    initial: dict[str, Any] = {"at": now, "form_token": uuid7(), "temperature_unit": unit_of(actor)}
    initial |= {name: value for name, value in request.GET.items() if name in known.form.base_fields}
    form = known.form(posted(request), zone=zone, initial=initial)
    if form.is_valid():
        try:
            with doorbell.silenced():
                recorded = known.record(at_bedside(actor, row.site_id), row, form.given(), now=now)
        except Refused as refusal:
            form.refuse(refusal.errors)
        except (Conflict, Unprocessable) as refusal:
            form.add_error(None, refusal.detail)
        else:
            return _done(request, row, recorded.infusion_ids, recorded.warnings)
    return _ask(request, actor, row, form, str(known.title))


@page(Act.RECORD_READINGS)
def stop_running(request: HttpRequest, actor: Actor, uuid: UUID, noun: str, started: UUID) -> HttpResponse:
    """Ends what runs, now: a rigor, a vasopressor. One press."""
    row = _infusion(actor, uuid, Act.RECORD_READINGS)
    model: Any = {"symptoms": SymptomReport, "interventions": Intervention}.get(noun)
    if model is None or request.method != "POST":
        raise Http404
    begun = find(model.objects.filter(patient=row.patient_id), actor, started)
    now = clock.now()
    values = {"kind": begun.kind, "mark": "stop", "starts": str(begun.uuid), "measured_at": now}
    try:
        with doorbell.silenced():
            recorded = NOUNS[noun].record(at_bedside(actor, row.site_id), row, values, now=now)
    except (Refused, Conflict, Unprocessable) as refusal:
        messages.error(request, str(refusal))
        return redirect("monitoring:infusion", uuid=row.uuid)
    return _done(request, row, recorded.infusion_ids, recorded.warnings)


def done(request: HttpRequest, row: Infusion, happened: services.Happened) -> HttpResponse:
    """Back to the infusion, with what happened by both clocks, and the way to take it back."""
    event, zone = happened.event, ZoneInfo(row.site.time_zone)
    words = _("%(event)s %(at)s (%(elapsed)s), recorded %(recorded)s.") % {
        "event": str(event.get_kind_display()).capitalize(),
        "at": event.measured_at.astimezone(zone).strftime("%H:%M"),
        "elapsed": infusion_time(happened.infusion, event.measured_at) or "T+0:00",
        "recorded": event.recorded_at.astimezone(zone).strftime("%H:%M:%S"),
    }
    undo = reverse("monitoring:undo_event", args=[row.uuid, event.uuid])
    messages.info(request, format_html('{} <a href="{}" id="undo">{}</a>', words, undo, _("Undo")))
    return _done(request, row, happened.infusion_ids, happened.warnings)


@page(Act.RECORD_EVENTS)
def undo(request: HttpRequest, actor: Actor, uuid: UUID, event: UUID) -> HttpResponse:
    """Takes back what happened: a row that says so and why; what was there stays readable."""
    row = _infusion(actor, uuid, Act.RECORD_EVENTS)
    begun = find(InfusionEvent.objects.filter(infusion=row).select_related("infusion"), actor, event)
    now, zone = clock.now(), ZoneInfo(row.site.time_zone)
    form = UndoForm(posted(request))
    if form.is_valid():
        try:
            _recorded, outcome = void_and_watch(
                at_bedside(actor, row.site_id), begun, reason=form.reason(), now=now
            )
        except (Refused, Conflict, Unprocessable) as refusal:
            form.add_error(None, getattr(refusal, "detail", str(refusal)))
        else:
            messages.success(request, _("Taken back: %s.") % begun.get_kind_display())
            if str(outcome.state) == "pending":
                messages.warning(
                    request, _("NOT yet checked. Judge it yourself; the rules will be tried again.")
                )
            return redirect("monitoring:infusion", uuid=row.uuid)
    context = {
        "banner": banner_of(actor, row.patient, now, infusion=row),
        "infusion": row,
        "form": form,
        "event": begun,
        "zone": zone,
        "elapsed": infusion_time(row, begun.measured_at),
        "title": _("Take back: %s") % begun.get_kind_display(),
    }
    return render(request, "monitoring/undo.html", context, status=422 if form.errors else 200)


def _done(
    request: HttpRequest, row: Infusion, infusion_ids: tuple[int, ...], warnings: tuple[services.Warning, ...]
) -> HttpResponse:
    """Back to the infusion, with words on what the watch made of it."""
    outcome = watch_at_once(row.pk, infusion_ids, clock.now())
    state = str(outcome.state)
    if state == "pending":
        messages.warning(
            request, _("Saved, NOT yet checked. Judge it yourself; the rules will be tried again.")
        )
    elif state == "partial":
        messages.warning(request, _("Saved. Some rules failed: %s.") % ", ".join(outcome.rules_failed))
    else:
        messages.success(request, _("Saved."))
    for warning in warnings:
        messages.warning(request, warning.detail)
    return redirect("monitoring:infusion", uuid=row.uuid)


def _ask(
    request: HttpRequest,
    actor: Actor,
    row: Infusion,
    form: MomentForm,
    title: str,
    *,
    template: str = "monitoring/turn.html",
    **more: Any,
) -> HttpResponse:
    now = clock.now()
    context = {
        "banner": banner_of(actor, row.patient, now, infusion=row),
        "infusion": row,
        "form": form,
        "title": title,
        "now": now,
        **more,
    }
    return render(request, template, context, status=422 if form.is_bound and form.errors else 200)
