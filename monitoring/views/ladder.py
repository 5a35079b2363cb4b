"""The ladder of a site: read in sentences, changed line by line."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor
from config import clock
from monitoring import ladders, rota
from monitoring.core.document import RuleSetError
from monitoring.forms import ladders as forms
from monitoring.models import Ladder
from monitoring.views.rota import site_of
from tracker.views.door import page, require

SHOWN = 10


@page(Act.READ, Act.WRITE_ROTA)
def ladder(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """Who is told after how many minutes, by priority and hours; whom that reaches now; earlier versions."""
    site, now = site_of(actor, uuid), clock.now()
    newest = ladders.newest(site.pk)
    versions = Ladder.objects.filter(site=site).select_related("author").order_by("-pk")
    context = {
        "site": site,
        "zone": ZoneInfo(site.time_zone),
        "ladder": newest,
        "said": forms.said(ladders.document_of(newest)),
        "versions": versions[:SHOWN],
        "reach": rota.reachability(site.pk, None, now),
        "may_change": actor.may(Act.WRITE_ROTA, site.pk),
    }
    return render(request, "monitoring/ladder.html", context)


@page(Act.WRITE_ROTA)
def change(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """The form of the site's ladder; what would not do is named by its line and nothing is lost."""
    site = site_of(actor, uuid)
    require(actor, Act.WRITE_ROTA, site.pk)
    newest = ladders.newest(site.pk)
    said: Any = ladders.document_of(newest)
    context: dict[str, Any] = {"site": site, "based_on": newest.version if newest else 0}
    status = 200
    if request.method == "POST":
        said = forms.document(request.POST, name=site.code)
        based_on = request.POST.get("based_on", "")
        try:
            stored = ladders.set_ladder(
                actor, site, said, based_on=int(based_on) if based_on.isdecimal() else -1, now=clock.now()
            )
        except ladders.LadderRefused as refusal:
            context["based_on"] = based_on
            context["fault"], status = _fault(refusal), 422
        else:
            text = _("Version %(n)d holds for every climb that begins from now on.")
            messages.success(request, text % {"n": stored.version})
            return redirect("monitoring:ladder", uuid=site.uuid)
    context["sections"] = forms.sections(said, more="more" in request.GET)
    return render(request, "monitoring/ladder_change.html", context, status=status)


def _fault(refusal: ladders.LadderRefused) -> str:
    """The refusal as the form says it: the line, then what is wrong there."""
    cause = refusal.__cause__
    if not isinstance(cause, RuleSetError):
        return str(refusal)
    place = forms.where(cause.pointer)
    return f"{place}: {cause.reason}" if place else str(cause)
