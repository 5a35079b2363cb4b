"""The nurse's side of the home log: make the patient's link, print its sheet, renew it, revoke it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor
from config import clock
from monitoring.home import asked_every, call_from_c, home_log, in_unit
from tracker import services
from tracker.errors import Refused, Unprocessable
from tracker.models import HomeLink, Infusion
from tracker.views.banner import banner_of
from tracker.views.door import find, page, require


def link_now(infusion: Infusion, now: datetime) -> dict[str, Any]:
    """How the patient's link stands, and the languages in which a new one can be made."""
    link = HomeLink.objects.filter(infusion=infusion, revoked_at__isnull=True).first()
    if link is not None:
        link.infusion = infusion
    return {
        "link": link,
        "opens": link is not None and link.opens(now),
        "languages": settings.LANGUAGES,
        "language": next(iter(infusion.site.languages), settings.LANGUAGE_CODE),
    }


@page(Act.RECORD_EVENTS)
def home_link(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """How the link stands and what can be done; on POST a new sheet, shown this once, or the link's end."""
    now = clock.now()
    rows = Infusion.objects.select_related("patient__site", "site", "study", "subject", "bag")
    infusion = find(rows, actor, uuid)
    require(actor, Act.RECORD_EVENTS, infusion.site_id, infusion.study_id)
    if request.method == "POST" and request.POST.get("do") == "revoke":
        if services.revoke_links(actor, infusion, now=now):
            messages.success(request, _("The link opens nothing any more."))
        return redirect("monitoring:home_link", uuid)
    if request.method == "POST":
        try:
            language = request.POST.get("language", "")
            link, code = services.issue_link(actor, infusion, language=language, now=now)
        except Refused as refusal:
            messages.error(request, refusal.errors[0].detail)
        except Unprocessable as refusal:
            messages.error(request, refusal.detail)
        else:
            return _sheet(request, actor, infusion, link, code, now)
    context = {
        "banner": banner_of(actor, infusion.patient, now, infusion=infusion),
        "infusion": infusion,
        "zone": ZoneInfo(infusion.site.time_zone),
        "now": now,
        **link_now(infusion, now),
    }
    return render(request, "home/link.html", context)


def _sheet(
    request: HttpRequest, actor: Actor, infusion: Infusion, link: HomeLink, code: str, now: datetime
) -> HttpResponse:
    """The sheet to print, in the patient's language; the code is not kept, so this is the only time."""
    begins_at = call_from_c(infusion, now)
    address = f"{settings.PUBLIC_URL}{reverse('monitoring:home_enter')}"
    context = {
        "banner": banner_of(actor, infusion.patient, now, infusion=infusion),
        "infusion": infusion,
        "goes_home": "goes_home" in request.POST,
        "zone": ZoneInfo(infusion.site.time_zone),
        "link": link,
        "qr": qr_code(f"{address}#{code}"),
        "address": address.split("://", 1)[1],
        "code": services.printed_code(code),
        "phone": infusion.site.phone,
        "site": infusion.site.name,
        "coming": home_log(infusion, now).coming,
        "until": infusion.watch_ends_at,
        "every_hours": asked_every(infusion, now) // timedelta(hours=1),
        "watch_hours": infusion.watch_hours,
        "limit_c": begins_at,
        "limit_f": in_unit(begins_at, "F"),
    }
    with translation.override(link.language):
        sheet = render_to_string("home/_sheet.html", context, request)
    return render(request, "home/sheet.html", context | {"sheet": sheet})


def qr_code(text: str) -> SafeString:
    """The text as a drawing in the page: dark on light in either theme, so that any phone reads it."""
    drawn: str = segno.make(text, error="m", micro=False).svg_inline(
        scale=6, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True
    )
    return mark_safe(drawn)  # noqa: S308 - drawn by the library, of numbers alone
