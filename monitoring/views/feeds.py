"""Sending systems that are waited for: when each was last heard, and how long it may be quiet."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.models import Client
from accounts.permissions import Act, Actor
from config import clock
from monitoring import feeds
from monitoring.forms.feeds import FeedForm
from monitoring.models import Hears
from tracker.views.door import page, posted


@page(Act.READ, Act.MANAGE_PEOPLE)
def feeds_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The sending systems of the actor's sites: what is agreed, when each was heard, which is quiet."""
    rows = Client.objects.filter(feeds.known_to(actor)).select_related("site", "quiet_agreement")
    found = list(rows.order_by("site__code", "name"))
    agreements = [agreed for row in found if (agreed := feeds.agreement_of(row))]
    known = {
        each.agreement.client_id: each for each in feeds.heard(agreements, clock.now(), clock.real_now())
    }
    context = {
        "feeds": [(row, feeds.agreement_of(row), known.get(row.pk)) for row in found],
        "may_change": {row.pk for row in found if actor.may(Act.MANAGE_PEOPLE, row.site_id)},
    }
    return render(request, "monitoring/feeds.html", context)


@page(Act.MANAGE_PEOPLE)
def agree(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """How long one sending system may be quiet."""
    rows = Client.objects.filter(feeds.known_to(actor)).select_related("site", "quiet_agreement")
    row = get_object_or_404(rows, uuid=uuid)
    actor.require(Act.MANAGE_PEOPLE, row.site_id)
    agreed = feeds.agreement_of(row)
    initial = {
        "after_minutes": agreed.after_minutes if agreed else None,
        "hears": agreed.hears if agreed else Hears.READINGS,
    }
    form = FeedForm(posted(request), initial=initial)
    if form.is_valid():
        feeds.agree(actor, row, **form.cleaned_data, real_now=clock.real_now())
        messages.success(request, _("Saved."))
        return redirect("monitoring:feeds")
    status = 422 if form.is_bound else 200
    return render(request, "monitoring/feed.html", {"feed": row, "form": form}, status=status)
