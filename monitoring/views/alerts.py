"""The alert inbox and one alert: what it rests on, what people did, and the four answers to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor
from config import clock
from monitoring import alerts as service
from monitoring import budget, deliveries, rota, told
from monitoring.alert_rows import evidence_of
from monitoring.core.events import Value
from monitoring.core.sentences import beside
from monitoring.deliveries import again
from monitoring.forms.answers import (
    ANSWERS,
    AcknowledgeForm,
    AnswerForm,
    AssessForm,
    CloseForm,
    HandOverForm,
    OptOutForm,
    SnoozeForm,
)
from monitoring.models import Alert, AlertLog, Condition, Priority, Response
from monitoring.sentences import grade_said, signs_of
from monitoring.views.latest import TITLES
from tracker.models import VitalSigns
from tracker.views.banner import banner_of, names_of
from tracker.views.door import is_fragment, page, posted

PER_PAGE = 50
SHOWN = {
    "live": gettext_lazy("Still asking"),
    "open": gettext_lazy("Unanswered"),
    "all": gettext_lazy("All"),
}


@page(Act.READ)
def alerts(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The inbox: one row an episode, worst and longest waiting first; its rows alone for a live refresh."""
    now = clock.now()
    shown = request.GET.get("show", "live")
    rows = Alert.objects.visible_to(actor).select_related(
        "patient__site", "infusion__subject", "acknowledged_by", "rule_set", "explained_by"
    )
    if shown == "open":
        rows = rows.live().filter(response=Response.OPEN)
    elif shown != "all":
        shown, rows = "live", rows.live()
    if (priority := request.GET.get("priority", "")).isdigit():
        rows = rows.filter(priority=int(priority))
    order = ("-raised_at",) if shown == "all" else ("-priority", "raised_at")
    paged = Paginator(rows.order_by(*order), PER_PAGE).get_page(request.GET.get("page"))
    names = names_of(actor, [alert.patient_id for alert in paged if alert.patient_id])
    waiting = Alert.objects.visible_to(actor).live().filter(response=Response.OPEN)
    context = {
        "paged": paged,
        "lines": [Line(alert, names.get(alert.patient_id or 0, ""), zone_of(alert)) for alert in paged],
        "shown": shown,
        "choices": SHOWN.items(),
        "high": waiting.filter(priority=Priority.HIGH).count(),
        "now": now,
        "may_acknowledge": actor.may_anywhere(Act.ACKNOWLEDGE),
        "may_read_budget": actor.may_anywhere(budget.READS),
    }
    template = "monitoring/_alerts.html" if is_fragment(request) else "monitoring/alerts.html"
    return render(request, template, context)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the inbox."""

    alert: Alert
    name: str
    zone: ZoneInfo

    @property
    def grade(self) -> str:
        """Its grade in words, empty where it has none."""
        return grade_said(self.alert)

    @property
    def coming(self) -> told.Next | None:
        """The rung that comes if nobody answers."""
        return told.next_rung(self.alert)

    @property
    def who(self) -> str:
        """The patient as this reader may call them; a system alert is about a thing."""
        if self.name:
            return self.name
        return self.alert.infusion.subject.subject_number if self.alert.infusion else self.alert.about


def zone_of(alert: Alert) -> ZoneInfo:
    """The time zone of the alert's site."""
    return ZoneInfo(alert.patient.site.time_zone) if alert.patient else ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Proof:
    """One reading that an alert rests on, and the page of its history."""

    value: str
    at: datetime
    href: str


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """What one condition showed: first, worst and last."""

    text: str
    readings: list[Proof]
    count: int


OPERATORS = {">=": "≥", "<=": "≤"}
#: The tables whose rows have a page of their own, as evidence names them.
READINGS = ("vitals", "temperature", "symptom", "intervention", "event", "lab", "neuro")


def evidence_lines(row: Alert) -> Iterable[EvidenceLine]:
    """The evidence as people read it, each reading with its way to the record."""
    language = get_language() or "en"
    for entry in map(evidence_of, row.evidence):
        limit = "" if entry.threshold is None else beside(entry.threshold, None, language)
        threshold = f" {OPERATORS.get(entry.op, entry.op)} {limit}" if limit else ""
        yield EvidenceLine(
            text=f"{signal_title(entry.signal)}{threshold}",
            readings=[
                Proof(value_words(reading.value, entry.threshold, language), reading.at, href_of(reading.key))
                for reading in (entry.first, entry.worst, entry.last)
            ],
            count=entry.count,
        )


def signal_title(signal: str) -> str:
    """A signal as the record names its column."""
    if signal in TITLES:
        return str(TITLES[signal][0])
    try:
        return str(getattr(VitalSigns._meta.get_field(signal), "verbose_name", signal)).capitalize()
    except FieldDoesNotExist:
        return signal.replace("_", " ")


def value_words(value: Value, threshold: Value | None, language: str) -> str:
    """A value of evidence: a measured number as it is, a worked-out one to the decimals that tell it from its
    limit, yes and no in words.
    """
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return beside(value, threshold, language)


def href_of(key: str) -> str:
    """The page of a reading that evidence names; other rows have none of their own."""
    table, _colon, uuid = key.partition(":")
    return reverse("monitoring:correct", args=[uuid]) if table in READINGS else ""


@page(Act.READ)
def alert(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """One alert with its evidence, its log and its receipts. Opening it is how it counts as seen."""
    now = clock.now()
    row = _find(actor, uuid)
    looked = not is_fragment(request) and row.seen_at is None and row.response == Response.OPEN
    if looked and _may(actor, row, "acknowledge"):
        service.mark_seen(actor, [row], now=now)
        row = _find(actor, uuid)
    if not is_fragment(request) and actor.user is not None:
        deliveries.mark_seen(actor.user, row, clock.real_now())
    context = _context(actor, row, now)
    template = "monitoring/_alert.html" if is_fragment(request) else "monitoring/alert.html"
    return render(request, template, context)


def _find(actor: Actor, uuid: UUID) -> Alert:
    rows = Alert.objects.select_related(
        "patient__site",
        "infusion__subject",
        "infusion__study",
        "site",
        "acknowledged_by",
        "assessed_by",
        "handed_over_to",
        "rule_set",
        "explained_by",
    )
    row = rows.visible_to(actor).filter(uuid=uuid).first()
    if row is None:
        raise Http404
    return row


def _context(actor: Actor, row: Alert, now: datetime) -> dict[str, Any]:
    patient, infusion = row.patient, row.infusion
    log = list(AlertLog.objects.filter(alert=row).select_related("actor", "client").order_by("pk"))
    coming = told.next_rung(row)
    return {
        "banner": banner_of(actor, patient, now, infusion=infusion) if patient else None,
        "alert": row,
        "grade": grade_said(row),
        "infusion": infusion,
        "zone": zone_of(row),
        "now": now,
        "log": log,
        "signs": signs_of(row),
        "told": told.told(log),
        "coming": coming,
        "coming_people": _who(row, coming) if coming else [],
        "receipts": deliveries.receipts_of(row, log),
        "may_send_again": any(_may_here(actor, row, act) for act in again.ACTS),
        "answers": [kind for kind in OFFERED if _may(actor, row, kind)],
        "evidence": list(evidence_lines(row)),
    }


def _who(row: Alert, coming: told.Next) -> list[rota.Person]:
    """Who would be told by that rung, by the rota as it is entered now."""
    return rota.roster(row.site_id, row.study_id, coming.at, row.infusion_id).told(coming.roles)


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that people do about an alert: its form and its service."""

    form: type[AnswerForm]
    apply: Callable[..., Any]


OFFERED: dict[str, Answer] = {
    "acknowledge": Answer(AcknowledgeForm, service.acknowledge),
    "assess": Answer(AssessForm, service.assess),
    "hand-over": Answer(HandOverForm, service.hand_over),
    "close": Answer(CloseForm, service.close),
    "snooze": Answer(SnoozeForm, service.snooze),
    "opt-out": Answer(OptOutForm, service.opt_out),
}


def _may(actor: Actor, row: Alert, kind: str) -> bool:
    """Whether the answer is offered. The service decides; this spares people a refusal."""
    high = row.priority == Priority.HIGH
    act = {
        "acknowledge": Act.ACKNOWLEDGE,
        "assess": Act.ASSESS,
        "hand-over": Act.ASSESS,
        "opt-out": Act.OPT_OUT,
        "close": Act.CLOSE_HIGH if high else Act.CLOSE,
        "snooze": Act.SNOOZE_HIGH if high else Act.SNOOZE,
    }[kind]
    if row.condition == Condition.RETRACTED or row.response == Response.CLOSED:
        return False
    if kind == "close" and row.condition == Condition.ACTIVE:
        return False
    if kind == "hand-over" and row.condition != Condition.UNWATCHED:
        return False
    if kind in ("acknowledge", "opt-out") and row.response != Response.OPEN:
        return False
    if kind in ("snooze", "opt-out") and row.condition == Condition.CLEARED:
        return False
    return _may_here(actor, row, act)


def _may_here(actor: Actor, row: Alert, act: Act) -> bool:
    if row.site_id is None:
        return actor.may_anywhere(act)
    return actor.may(act, row.site_id, row.study_id)


@page(Act.ACKNOWLEDGE, Act.ASSESS, Act.CLOSE, Act.CLOSE_HIGH, Act.SNOOZE)
def answer(request: HttpRequest, actor: Actor, uuid: UUID, kind: str) -> HttpResponse:
    """The second step of an answer: what is promised or found, until when; then back to the alert."""
    known = OFFERED.get(kind)
    if known is None:
        raise Http404
    now = clock.now()
    row = _find(actor, uuid)
    if not _may(actor, row, kind) and request.method != "POST":
        raise PermissionDenied
    form = known.form(posted(request), alert=row, now=now)
    if form.is_valid():
        try:
            known.apply(actor, row, **form.given(), now=now)
        except service.AlertRefused as refusal:
            form.add_error(None, refusal.detail)
        else:
            messages.success(request, form.said)
            return redirect("monitoring:alert", uuid=row.uuid)
    context = _context(actor, row, now) | {"form": form, "kind": kind, "title": ANSWERS[kind]}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "monitoring/answer.html", context, status=status)
