"""Messages that were given up: who was not told of what and why, and having one sent again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Act, Actor
from config import clock
from monitoring.deliveries import again
from monitoring.models import Delivery
from tracker.views.door import page

PER_PAGE = 50


@page(Act.READ)
def given_up(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every message that was given up, newest first."""
    rows = Delivery.objects.visible_to(actor).dead().order_by("-failed_at")
    wanted: Any = rows.select_related("alert__rule_set", "alert__infusion__subject", "recipient", "point")
    paged = Paginator(wanted, PER_PAGE).get_page(request.GET.get("page"))
    letters = [(row, again.may_send_again(actor, row)) for row in paged]
    return render(request, "monitoring/given_up.html", {"paged": paged, "letters": letters})


@require_POST
@page(*again.ACTS)
def send_again(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """Has one sent again, and leads back."""
    row = Delivery.objects.visible_to(actor).filter(uuid=uuid).first()
    if row is None:
        raise Http404
    try:
        again.send_again(actor, row, clock.real_now())
    except again.NotSentAgain as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It is on its way again."))
    onward = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure()):
        return redirect(onward)
    return redirect("monitoring:given_up")
