"""One alert: what it rests on, what people did, who was told, and the answers to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.permissions import Act, Actor
from config import clock
from monitoring import alerts as service
from monitoring import deliveries, rota, told
from monitoring.alerts.by_people import UNDO_OFFERED
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
from monitoring.models import Alert, AlertLog, Condition, LogKind, Priority, Response
from monitoring.sentences import grade_said, signs_of
from monitoring.views.evidence import evidence_lines
from tracker.views.banner import banner_of, names_of
from tracker.views.door import is_fragment, page, posted

#: The parts of an alert's page.
TABS = {"alert": gettext_lazy("Alert"), "receipts": gettext_lazy("Receipts"), "log": gettext_lazy("Log")}
#: The answers whose words the page shows.
SAID = (LogKind.ACKNOWLEDGED, LogKind.SNOOZED, LogKind.ASSESSED)


def zone_of(alert: Alert) -> ZoneInfo:
    """The time zone of the alert's site."""
    return ZoneInfo(alert.patient.site.time_zone) if alert.patient else ZoneInfo("UTC")


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
    context = _context(actor, row, now, request.GET.get("tab", "alert"))
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


def _context(actor: Actor, row: Alert, now: datetime, tab: str = "alert") -> dict[str, Any]:
    patient, infusion = row.patient, row.infusion
    log = list(AlertLog.objects.filter(alert=row).select_related("actor", "client").order_by("pk"))
    rings, coming = told.told(log), told.next_rung(row)
    receipts = sorted(deliveries.receipts_of(row, log), key=lambda each: str(each.delivery.recipient or ""))
    tab = tab if tab in TABS else "alert"
    counts = {"receipts": len(receipts), "log": len(log)}
    return {
        "tab": tab,
        "tabs": [(key, label, counts.get(key)) for key, label in TABS.items()],
        "undoable": undoable(actor, now),
        "said_by": next((line for line in reversed(log) if line.kind in SAID), None),
        "banner": banner_of(actor, patient, now, infusion=infusion) if patient else None,
        "alert": row,
        "grade": grade_said(row),
        "infusion": infusion,
        "zone": zone_of(row),
        "now": now,
        "log": log,
        "signs": signs_of(row),
        "told": rings,
        "coming": coming,
        "coming_people": _who(row, coming) if coming else [],
        "numbers": _numbers(rings),
        "receipts": receipts,
        "may_send_again": any(_may_here(actor, row, act) for act in again.ACTS),
        "answers": offered(actor, row),
        "evidence": list(evidence_lines(row)),
    }


def _who(row: Alert, coming: told.Next) -> list[rota.Person]:
    """Who would be told by that rung, by the rota as it is entered now."""
    return rota.roster(row.site_id, row.study_id, coming.at, row.infusion_id).told(coming.roles)


def _numbers(rings: Iterable[told.Told]) -> dict[str, str]:
    """On which number each of those who were told is called, by user name; who has none is left out."""
    names = {name for ring in rings for name in ring.people}
    known = User.objects.filter(username__in=names).exclude(phone="")
    return dict(known.values_list("username", "phone"))


def undoable(actor: Actor, now: datetime) -> list[Alert]:
    """What the reader has acknowledged just now and may take back."""
    if actor.user is None:
        return []
    rows = Alert.objects.visible_to(actor).filter(
        acknowledged_by=actor.user,
        response=Response.ACKNOWLEDGED,
        acknowledged_at__gt=now - UNDO_OFFERED * clock.rate(),
    )
    return list(rows.select_related("rule_set", "patient__site").order_by("-priority", "pk"))


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


def offered(actor: Actor, row: Alert) -> list[str]:
    """The answers that this reader may give to the alert now."""
    return [kind for kind in OFFERED if _may(actor, row, kind)]


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
    form = known.form(posted(request), alert=row, now=now, may_expect=_may_expect(actor, row))
    if form.is_valid():
        try:
            known.apply(actor, row, **form.given(), now=now)
        except service.AlertRefused as refusal:
            form.add_error(None, refusal.detail)
        else:
            if is_fragment(request):
                said = {"said": form.said, "undoable": undoable(actor, now)}
                return render(request, "monitoring/_undo.html", said | {"next": onward(request, row)})
            messages.success(request, form.said)
            return redirect(onward(request, row))
    context = {"form": form, "kind": kind, "title": ANSWERS[kind], "alert": row, "now": now}
    context |= {"zone": zone_of(row), "next": onward(request, row)}
    status = 422 if form.is_bound and form.errors else 200
    if is_fragment(request):
        names = names_of(actor, [row.patient_id] if row.patient_id else [])
        context["who"] = names.get(row.patient_id or 0) or subject_of(row)
        return render(request, "monitoring/_answer.html", context, status=status)
    patient = row.patient
    context["banner"] = banner_of(actor, patient, now, infusion=row.infusion) if patient else None
    return render(request, "monitoring/answer.html", context, status=status)


def _may_expect(actor: Actor, row: Alert) -> bool:
    """Whether this reader may call it known and expected."""
    return row.priority != Priority.HIGH or _may_here(actor, row, Act.SNOOZE_HIGH)


def subject_of(row: Alert) -> str:
    """What an alert is about without a name."""
    return row.infusion.subject.subject_number if row.infusion else row.about


def onward(request: HttpRequest, row: Alert | None = None) -> str:
    """Where an answer leads: back to the list that it was asked from, else to the alert itself."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    here = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    if here and wanted.startswith(reverse("monitoring:alerts")):
        return wanted
    return reverse("monitoring:alert", args=[row.uuid]) if row else reverse("monitoring:alerts")
