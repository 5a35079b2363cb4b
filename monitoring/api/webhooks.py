"""The doors of webhooks: endpoints of a site, made, changed and given another secret by an administrator."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import django_filters
import msgspec
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from msgspec import UNSET, Meta, UnsetType
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Act
from config.clock import now, real_now
from monitoring import webhooks
from monitoring.api.deliveries import Nothing
from monitoring.models import WebhookEndpoint
from tracker.api.door import Answer, Door, sent
from tracker.api.schema import reference, takes
from tracker.errors import Refused
from tracker.models import Site

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Url = Annotated[str, Meta(min_length=1, max_length=500)]
Events = Annotated[list[Annotated[str, Meta(max_length=12)]], Meta(max_length=40)]


class NewWebhook(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An endpoint to be. `events` are kinds of lines of an alert's log; none: all."""

    site: UUID
    name: Name
    url: Url
    events: Events = []


class WebhookChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to be different."""

    name: Name | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class WebhookShown(msgspec.Struct):
    """An endpoint. Its secret is in the answer that makes or rotates it, and nowhere else."""

    id: UUID
    site: UUID
    name: str
    url: str
    events: list[str]
    enabled: bool
    disabled_because: str | None
    created_at: datetime
    failing_since: datetime | None
    last_error: str | None
    last_accepted_at: datetime | None
    secret: str | UnsetType = UNSET


class WebhookFilter(django_filters.FilterSet):
    """Endpoints by their site."""

    site = django_filters.UUIDFilter(field_name="site__uuid")


_SHOWN = {(200, "application/json"): reference(WebhookShown)}


@extend_schema_view(
    list=extend_schema(responses=_SHOWN),
    retrieve=extend_schema(responses=_SHOWN),
    create=takes(NewWebhook, reference(WebhookShown), 201),
    partial_update=takes(WebhookChange, reference(WebhookShown)),
)
class Webhooks(Door[WebhookEndpoint]):
    """Systems that are sent each change of a site's alerts, signed (Standard Webhooks) and in order."""

    queryset = WebhookEndpoint.objects.select_related("site")
    filterset_class = WebhookFilter

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The endpoints in pages."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None
        return self.get_paginated_response([self.shown(row) for row in page])

    def shown(self, row: WebhookEndpoint) -> dict[str, Any]:
        """The endpoint without its secret."""
        return {
            "id": row.uuid,
            "site": row.site.uuid,
            "name": row.name,
            "url": row.url,
            "events": row.events,
            "enabled": row.enabled,
            "disabled_because": row.disabled_because or None,
            "created_at": row.created_at,
            "failing_since": row.failing_since,
            "last_error": row.last_error or None,
            "last_accepted_at": row.last_accepted_at,
        }

    def create(self, request: Request) -> HttpResponse | Response:
        """Makes an endpoint; the answer alone has its secret."""
        body = self.read(NewWebhook)
        site = Site.objects.filter(self.actor.within(Act.MANAGE_PEOPLE, site="pk"), uuid=body.site).first()
        if site is None:
            raise Refused.at("site", "not_found", _("There is no site of this id whose systems you manage."))

        def write() -> Answer:
            row, secret = webhooks.create(
                self.actor, site, name=body.name, url=body.url, events=body.events, now=real_now()
            )
            return 201, {**self.shown(row), "secret": secret}

        return self.once(write)

    def partial_update(self, request: Request, id: Any) -> HttpResponse | Response:
        """Changes an endpoint; enabled again it goes on where it stood."""
        given = sent(self.read(WebhookChange))
        return self.change(lambda row: webhooks.change(self.actor, row, given, now()))

    @takes(Nothing, reference(WebhookShown))
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, id: Any) -> HttpResponse | Response:
        """Gives it another secret; for a day messages are signed by both."""
        self.read(Nothing)
        found = self.get_object()

        def write() -> Answer:
            row, secret = webhooks.rotate(self.actor, found, real_now())
            return 200, {**self.shown(row), "secret": secret}

        return self.once(write)
