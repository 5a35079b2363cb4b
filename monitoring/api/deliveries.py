"""The doors of messages: the receipts of an alert, what was given up, and having one sent again."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import django_filters
import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.clock import real_now
from monitoring.deliveries import again, receipts
from monitoring.models import Channel, Delivery
from tracker.api.door import Answer, Door
from tracker.api.problems import Problem
from tracker.api.schema import reference, takes


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """An empty body."""


class ReceiptShown(msgspec.Struct):
    """What became of one message to one person over one channel; `queued_at` alone is clinical time."""

    id: UUID
    alert: UUID
    reason: str
    rung: int
    channel: str
    person: str | None
    state: str
    attempts: int
    queued_at: datetime
    sent_at: datetime | None
    accepted_at: datetime | None
    seen_at: datetime | None
    acknowledged_at: datetime | None
    failed_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_because: str | None
    error: str | None
    sent_again_by: str | None


class DeliveryFilter(django_filters.FilterSet):
    """Messages by their alert, their channel and whether they were given up."""

    alert = django_filters.UUIDFilter(field_name="alert__uuid")
    channel = django_filters.ChoiceFilter(choices=Channel.choices, empty_label=None)
    failed = django_filters.BooleanFilter(field_name="failed_at", lookup_expr="isnull", exclude=True)


@extend_schema_view(
    list=extend_schema(responses={(200, "application/json"): reference(ReceiptShown)}),
    retrieve=extend_schema(responses={(200, "application/json"): reference(ReceiptShown)}),
)
class Deliveries(Door[Delivery]):
    """Messages about the alerts of the caller's sites, newest first: each is its own receipt."""

    queryset = Delivery.objects.select_related("alert", "recipient", "resent_by")
    filterset_class = DeliveryFilter

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The receipts in pages."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None
        return self.get_paginated_response(_shown(page))

    def shown(self, row: Delivery) -> dict[str, Any]:
        """The receipt."""
        return _shown([row])[0]

    @takes(Nothing, reference(ReceiptShown))
    @action(detail=True, methods=["post"], url_path="send-again")
    def send_again(self, request: Request, id: Any) -> HttpResponse | Response:
        """Has a message that was given up sent again."""
        self.read(Nothing)
        row = self.get_object()

        def write() -> Answer:
            try:
                again.send_again(self.actor, row, real_now())
            except again.NotSentAgain as refusal:
                raise Problem(409, "not_sent_again", str(refusal)) from refusal
            return 200, self.shown(self.get_queryset().get(pk=row.pk))

        return self.once(write)


def _shown(rows: Iterable[Delivery]) -> list[dict[str, Any]]:
    return [
        {
            "id": row.uuid,
            "alert": row.alert.uuid,
            "reason": row.reason,
            "rung": row.rung,
            "channel": row.channel,
            "person": row.recipient.username if row.recipient else None,
            "state": str(receipt.state),
            "attempts": row.attempts,
            "queued_at": row.created_at,
            "sent_at": row.sent_at,
            "accepted_at": row.delivered_at,
            "seen_at": row.seen_at,
            "acknowledged_at": receipt.acknowledged_at,
            "failed_at": row.failed_at,
            "withdrawn_at": row.withdrawn_at,
            "withdrawn_because": row.withdrawn_because or None,
            "error": row.error or None,
            "sent_again_by": row.resent_by.username if row.resent_by else None,
        }
        for receipt in receipts.of(rows)
        for row in [receipt.delivery]
    ]
