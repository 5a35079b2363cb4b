"""The alert inbox: what asks for somebody, worst and longest waiting first; low ones answered together; an
answer taken back.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.permissions import Act, Actor
from config import clock
from monitoring import alerts as service
from monitoring import budget
from monitoring.forms.answers import AcknowledgeForm
from monitoring.models import Alert, Priority, Response
from monitoring.views.alerts import onward, undoable
from monitoring.views.inbox_rows import PRIORITIES, SHOWN, WHO, Asked, gather
from monitoring.views.system import lit
from tracker.views.door import is_fragment, page, posted

#: So many are answered or taken back together.
TOGETHER = 50


@page(Act.READ)
def inbox(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The inbox, as its address asks for it; its rows alone for a live refresh."""
    now = clock.now()
    found = gather(actor, Asked.of(request.GET), now, request.GET.get("page"))
    context: dict[str, Any] = {
        "inbox": found,
        "paged": found.paged,
        "now": now,
        "here": request.get_full_path(),
        "who_choices": WHO.items(),
        "show_choices": SHOWN.items(),
        "priorities": list(PRIORITIES),
        "undoable": undoable(actor, now),
        "next": request.get_full_path(),
        "may_read_budget": actor.may_anywhere(budget.READS),
        "may_acknowledge": actor.may_anywhere(Act.ACKNOWLEDGE),
    }
    if not found.lines:
        context |= lit(clock.real_now())
    template = "monitoring/_alerts.html" if is_fragment(request) else "monitoring/alerts.html"
    return render(request, template, context)


@page(Act.ACKNOWLEDGE)
def acknowledge_low(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Low alerts taken on together: which ones and what is promised, then the list again."""
    now = clock.now()
    query = request.POST if request.method == "POST" else request.GET
    rows = _named(actor, query.getlist("alert"))
    low = [row for row in rows if row.priority == Priority.LOW and row.response == Response.OPEN]
    if len(low) < len(rows) or not rows:
        refused = _("Only low alerts that nobody has answered are taken on together. Nothing was done.")
        messages.error(request, refused if rows else _("Nothing was done: tick the low alerts first."))
        return redirect(onward(request))
    form = AcknowledgeForm(posted(request), alert=low[0], now=now)
    if form.is_valid():
        faults = []
        for row in low:
            try:
                service.acknowledge(actor, row, **form.given(), now=now)
            except service.AlertRefused as refusal:
                faults.append(refusal.detail)
        done = len(low) - len(faults)
        said = ngettext("%(n)d low alert is acknowledged.", "%(n)d low alerts are acknowledged.", done)
        messages.success(request, said % {"n": done})
        for detail in faults:
            messages.error(request, detail)
        return redirect(onward(request))
    context = {"form": form, "alerts": low, "next": onward(request)}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "monitoring/acknowledge_low.html", context, status=status)


@page(Act.ACKNOWLEDGE)
def undo(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What the person acknowledged a moment ago, open again; or a sentence that says why it is not."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    now = clock.now()
    for row in _named(actor, request.POST.getlist("alert")):
        try:
            service.undo(actor, row, now=now, rate=clock.rate())
        except service.AlertRefused as refusal:
            messages.error(request, refusal.detail)
        else:
            messages.success(request, _("Taken back: it is open again and climbs on where it was."))
    return redirect(onward(request))


def _named(actor: Actor, texts: list[str]) -> list[Alert]:
    """The alerts that a form names; what is no name of one is left out."""
    named = []
    for text in texts[:TOGETHER]:
        with suppress(ValueError):
            named.append(UUID(text))
    rows = Alert.objects.visible_to(actor).filter(uuid__in=named)
    return list(rows.select_related("rule_set", "patient__site", "infusion__subject").order_by("raised_at"))
