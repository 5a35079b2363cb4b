"""The flowsheet as a page: on screen with its ranges, and on paper."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.permissions import Act, Actor
from config import clock
from monitoring.core.slots import Fate
from monitoring.models import Watch
from monitoring.views.flowsheet import chart, window
from monitoring.views.grid import grid
from monitoring.views.lanes import given_text
from monitoring.views.story import read_story, watch_of
from tracker.models import Infusion, Intervention, NeuroAssessment, Phase, SymptomReport
from tracker.views.banner import banner_of, infusion_time
from tracker.views.door import find, is_fragment, page

HOURS = (2, 6, 24, 48)
#: More of the log than this is a link away.
LOG_LINES = 60


@page(Act.READ)
def flowsheet(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """The flowsheet of one infusion alone, widest first; `?paper=1` is laid out for A4 in landscape."""
    now = clock.now()
    infusions = Infusion.objects.select_related("patient__site", "site", "study", "subject", "bag")
    row = find(infusions, actor, uuid)
    watch = watch_of(row)
    context = chart_of(request, row, watch, now)
    if request.GET.get("part") == "chart" and is_fragment(request):
        return render(request, "monitoring/_chart.html", context)
    context |= {
        "banner": banner_of(actor, row.patient, now, infusion=row),
        "may_record": actor.may(Act.RECORD_READINGS, row.site_id, row.study_id)
        and row.phase != Phase.CANCELLED,
    }
    return render(request, f"monitoring/{'paper' if context['paper'] else 'flowsheet'}.html", context)


def chart_of(request: HttpRequest, row: Infusion, watch: Watch | None, now: datetime) -> dict[str, Any]:
    """Everything that the chart, its table and its log show, within the range that was asked for."""
    asked = request.GET
    hours = _number(asked.get("hours", ""))
    hours = hours if hours in HOURS else None
    by_clock, paper = asked.get("axis") == "clock", asked.get("paper") == "1"
    story = read_story(row, now, watch)
    shown = window(story, now, hours=hours, back=_number(asked.get("back", "")) or 0)
    table = grid(
        story,
        shown,
        everything=asked.get("sets") == "all",
        pages_back=_number(asked.get("page", "")) or 0,
        paper=paper,
    )
    told: list[Any] = [*story.events, *story.symptoms, *story.interventions, *story.neuro]
    told = sorted(
        (one for one in told if shown.holds(one.measured_at)), key=lambda one: one.measured_at, reverse=True
    )
    lines = told if paper or asked.get("log") == "all" else told[:LOG_LINES]
    return {
        "infusion": row,
        "now": now,
        "zone": ZoneInfo(row.site.time_zone),
        "story": story,
        "chart": chart(story, now, shown, by_clock=by_clock, paper=paper),
        "shown": shown,
        "grid": table,
        "missed": sum(slot.fate is Fate.MISSED for slot in story.slots),
        "log": [(one, _words(one), infusion_time(row, one.measured_at)) for one in lines],
        "log_total": len(told),
        "hours": hours,
        "ranges": HOURS,
        "by_clock": by_clock,
        "paper": paper,
    }


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _words(one: Any) -> str:
    if isinstance(one, NeuroAssessment):
        items = (one.orientation, one.naming, one.commands, one.writing, one.attention)
        known = [points for points in items if points is not None]
        total = one.ice if one.ice is not None else sum(known) if len(known) == len(items) else "?"
        return f"ICE {total}/10"
    if isinstance(one, Intervention):
        parts = [str(one.get_mark_display()), given_text(one), str(one.get_indication_display())]
        return " · ".join(part for part in parts if part)
    if isinstance(one, SymptomReport):
        parts = [str(one.get_kind_display()), str(one.get_mark_display()), str(one.get_severity_display())]
        return " · ".join(part for part in parts if part)
    return str(one.get_kind_display())
