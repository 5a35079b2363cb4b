"""Writes about endpoints of webhooks: made, changed, given another secret, enabled. A secret is seen once."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor
from monitoring import doorbell, log
from monitoring.alerts import clear_system_alert
from monitoring.channels import guarded
from monitoring.deliveries.webhooks import DISABLED
from monitoring.models import LogKind, WebhookEndpoint
from monitoring.models.webhooks import PLACE
from tracker.errors import Refused
from tracker.models import Site

#: So long after a rotation messages are signed by both secrets.
OVERLAP = timedelta(hours=24)


@transaction.atomic
def create(
    actor: Actor, site: Site, *, name: str, url: str, events: list[str], now: datetime
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint, told of everything from now on, and its secret, to be seen once.

    Raises: NotPermitted; Refused naming the field.
    """
    actor.require(Act.MANAGE_PEOPLE, site.pk)
    _check(site, name, url, events)
    place, secret = log.horizon(), _fresh()
    endpoint = WebhookEndpoint.objects.create(
        site=site,
        name=name,
        url=url,
        events=events,
        secret=secret,
        created_at=now,
        created_by=actor.user,
        **dict(zip(PLACE, place, strict=True)),
    )
    return endpoint, secret


@transaction.atomic
def change(
    actor: Actor, endpoint: WebhookEndpoint, given: Mapping[str, Any], now: datetime
) -> WebhookEndpoint:
    """The endpoint with its name, address, events or switch changed. Enabled again it goes on where it stood.

    Raises: NotPermitted; Refused naming the field.
    """
    row = WebhookEndpoint.objects.select_for_update(of=("self",)).select_related("site").get(pk=endpoint.pk)
    actor.require(Act.MANAGE_PEOPLE, row.site_id)
    was_enabled = row.enabled
    for field in ("name", "url", "events", "enabled"):
        if field in given:
            setattr(row, field, given[field])
    _check(row.site, row.name, row.url, row.events, other_than=row.pk)
    if row.enabled and not was_enabled:
        row.disabled_because, row.attempts, row.next_at, row.failing_since = "", 0, None, None
        clear_system_alert(DISABLED, about=row.name, now=now)
        transaction.on_commit(lambda: doorbell.ring_for_messages(), robust=True)
    row.save()
    return row


@transaction.atomic
def rotate(actor: Actor, endpoint: WebhookEndpoint, now: datetime) -> tuple[WebhookEndpoint, str]:
    """The endpoint and its new secret, to be seen once; the old one signs beside it for a day.

    Raises: NotPermitted.
    """
    row = WebhookEndpoint.objects.select_for_update(of=("self",)).select_related("site").get(pk=endpoint.pk)
    actor.require(Act.MANAGE_PEOPLE, row.site_id)
    row.previous_secret, row.previous_until, row.secret = row.secret, now + OVERLAP, _fresh()
    row.save()
    return row, row.secret


def _check(site: Site, name: str, url: str, events: list[str], other_than: int | None = None) -> None:
    same = WebhookEndpoint.objects.filter(site=site, name=name)
    if other_than is not None:
        same = same.exclude(pk=other_than)
    if not name.strip():
        raise Refused.at("name", "blank", _("Give it a name."))
    if same.exists():
        raise Refused.at("name", "taken", _("The site has an endpoint of this name."))
    if unknown := sorted(set(events) - set(LogKind.values)):
        raise Refused.at("events", "unknown", _("There is no event %(name)s.") % {"name": unknown[0]})
    try:
        guarded.check(url)
    except guarded.NotAllowed as refusal:
        raise Refused.at(
            "url", "not_allowed", _("Not an address that may be used: %s") % refusal
        ) from refusal
    except OSError as error:
        raise Refused.at("url", "unknown_host", _("The name of this address is not known.")) from error


def _fresh() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
