"""Whom the alerts of an infusion would reach, and test messages that show it: before the start."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.permissions import Act, Actor
from config import clock
from monitoring import trials
from tracker.errors import Refused
from tracker.models import Infusion
from tracker.views.banner import banner_of
from tracker.views.door import find, is_fragment, page, require


@page(Act.RECORD_EVENTS)
def reach(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """Everybody on the ladder with the receipts of the last test; a POST sends another."""
    row = find(
        Infusion.objects.select_related("patient__site", "site", "study", "subject", "bag"), actor, uuid
    )
    require(actor, Act.RECORD_EVENTS, row.site_id, row.study_id)
    now = clock.now()
    if request.method == "POST":
        try:
            count = trials.ask(actor, row, now=now, real_now=clock.real_now())
        except Refused as refusal:
            messages.error(request, str(refusal.errors[0].detail))
        else:
            if not count:
                messages.warning(
                    request, _("Nobody on the ladder has a verified way: nothing could be sent.")
                )
                return redirect("monitoring:reach", uuid=row.uuid)
            said = ngettext(
                "%(n)d test message is on its way.", "%(n)d test messages are on their way.", count
            )
            messages.success(request, said % {"n": count})
        return redirect("monitoring:reach", uuid=row.uuid)
    context = {"infusion": row, "chain": trials.chain_of(row, now)}
    if is_fragment(request):
        return render(request, "monitoring/_chain.html", context)
    context["banner"] = banner_of(actor, row.patient, now, infusion=row)
    return render(request, "monitoring/reach.html", context)
