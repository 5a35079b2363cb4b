"""Webhooks: the systems that are told of a site's alerts, whether they take what they get, their secrets."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Act, Actor
from config import clock
from monitoring import webhooks as service
from monitoring.forms.webhooks import NewWebhookForm, WebhookForm
from monitoring.models import WebhookEndpoint
from tracker.errors import Refused
from tracker.views.door import page, posted


@page(Act.MANAGE_PEOPLE, Act.READ_AUDIT)
def webhooks(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every endpoint, and for who manages them the form of a new one; stored, its secret is shown once."""
    manages = actor.may_anywhere(Act.MANAGE_PEOPLE)
    form = NewWebhookForm(actor, posted(request)) if manages else None
    if form is not None and form.is_valid():
        try:
            endpoint, secret = service.create(actor, now=clock.real_now(), **form.cleaned_data)
        except Refused as refusal:
            _say(form, refusal)
        else:
            return _secret(request, endpoint, secret)
    rows = WebhookEndpoint.objects.visible_to(actor).select_related("site").order_by("site__code", "name")
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "monitoring/webhooks.html", {"endpoints": rows, "form": form}, status=status)


@page(Act.MANAGE_PEOPLE)
def webhook(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """One endpoint: how it does, and the form that changes it."""
    endpoint = _find(actor, uuid)
    initial = {"name": endpoint.name, "url": endpoint.url, "events": endpoint.events}
    form = WebhookForm(posted(request), initial=initial)
    if form.is_valid():
        try:
            service.change(actor, endpoint, form.cleaned_data, clock.now())
        except Refused as refusal:
            _say(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("monitoring:webhook", uuid)
    status = 422 if form.is_bound else 200
    return render(request, "monitoring/webhook.html", {"endpoint": endpoint, "form": form}, status=status)


@require_POST
@page(Act.MANAGE_PEOPLE)
def switch(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """Enables a disabled endpoint, which goes on where it stood, or disables it."""
    endpoint = _find(actor, uuid)
    try:
        service.change(actor, endpoint, {"enabled": not endpoint.enabled}, clock.now())
    except Refused as refusal:
        messages.error(request, " ".join(fault.detail for fault in refusal.errors))
    return redirect("monitoring:webhook", uuid)


@require_POST
@page(Act.MANAGE_PEOPLE)
def rotate(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """Another secret, shown once; the old one signs beside it for a day."""
    endpoint, secret = service.rotate(actor, _find(actor, uuid), clock.real_now())
    return _secret(request, endpoint, secret)


def _find(actor: Actor, uuid: UUID) -> WebhookEndpoint:
    rows = WebhookEndpoint.objects.filter(actor.within(Act.MANAGE_PEOPLE)).select_related("site")
    endpoint = rows.filter(uuid=uuid).first()
    if endpoint is None:
        raise Http404
    return endpoint


def _secret(request: HttpRequest, endpoint: WebhookEndpoint, secret: str) -> HttpResponse:
    return render(request, "monitoring/webhook_secret.html", {"endpoint": endpoint, "secret": secret})


def _say(form: forms.Form, refusal: Refused) -> None:
    for fault in refusal.errors:
        name = fault.pointer.strip("/")
        form.add_error(name if name in form.fields else None, fault.detail)
