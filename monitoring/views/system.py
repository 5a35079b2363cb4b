"""System status: whether the watch is watching, what could not be told or taken, and the page's own pulse."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.doors import for_displays
from accounts.permissions import Act, Actor
from config import clock
from monitoring import rota
from monitoring.health import PARTS, SILENCE, behind, lights, readiness
from monitoring.models import Alert, Delivery, Heartbeat
from monitoring.views.rota import sites_of
from tracker.models import KeptMessage
from tracker.views.door import is_fragment, page

SHOWN = 50
#: Of so many sites it is said whom their ladders reach; those of others are on their rota pages.
SITES_SHOWN = 10


@page(Act.READ, Act.MANAGE_PEOPLE)
def status(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Heartbeats, readiness, messages that failed, messages kept because they could not be taken."""
    now = clock.real_now()
    beats = {beat.name: beat for beat in Heartbeat.objects.all()}
    names = sorted({*beats, *SILENCE})
    context = {
        "now": now,
        "reasons": readiness(now),
        "beats": [
            (PARTS.get(name, name), beats.get(name), _stale(beats.get(name), name, now)) for name in names
        ],
        "behind": behind(),
        "owed": Delivery.objects.owed().count(),
        "failed": _failed(actor),
        "kept": KeptMessage.objects.visible_to(actor).select_related("client").order_by("-pk")[:SHOWN],
        "system_alerts": Alert.objects.visible_to(actor)
        .filter(patient__isnull=True)
        .live()
        .order_by("-pk")[:SHOWN],
        "reach": [
            (site, rota.reachability(site.pk, None, clock.now())) for site in sites_of(actor)[:SITES_SHOWN]
        ],
        "sends_email": settings.SENDS_EMAIL,
        "tells_outside": bool(settings.DEADMAN_URL),
        "one_role": settings.APPLICATION_DATABASE.get("USER") == settings.OWNER_DATABASE.get("USER"),
        "simulated": clock.is_simulated(),
        "clinical_now": clock.now(),
    }
    template = "monitoring/_status.html" if is_fragment(request) else "monitoring/status.html"
    return render(request, template, context)


def _stale(beat: Heartbeat | None, name: str, now: datetime) -> bool:
    limit = SILENCE.get(name, timedelta(minutes=5))
    return beat is None or now - beat.at > limit


def _failed(actor: Actor) -> list[Delivery]:
    """Messages given up, about alerts that this actor may see."""
    seen = Alert.objects.visible_to(actor)
    rows = Delivery.objects.filter(failed_at__isnull=False, alert__in=seen)
    return list(rows.select_related("alert__rule_set", "recipient").order_by("-failed_at")[:SHOWN])


@for_displays
@page(Act.READ_BOARD)
def strip(request: HttpRequest, actor: Actor) -> HttpResponse:
    """How the parts of the watch stand, for the head of the board, which asks for it by itself: when they
    stop, nothing else would tell the page.
    """
    return render(request, "monitoring/_lights.html", lit(clock.real_now()))


def lit(real_now: datetime) -> dict[str, Any]:
    """What the strip shows."""
    return {"reasons": readiness(real_now), "lights": lights(real_now)}


@for_displays
@page(Act.READ_BOARD)
def pulse(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Nothing but that the server answers: what a page asks while its stream is quiet."""
    return HttpResponse(status=204)
