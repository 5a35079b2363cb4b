"""The doors that read who is told: the ladders of the caller's sites, and the shifts of their rotas."""

from datetime import datetime
from typing import Any
from uuid import UUID

import django_filters
import msgspec
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from monitoring.models import Duty, Ladder, Shift
from tracker.api.door import Door
from tracker.api.filters import MomentFilter
from tracker.api.schema import reference


class LadderShown(msgspec.Struct):
    """One version of a site's ladder. The newest holds for every climb that begins; without one, the default
    does.
    """

    id: UUID
    site: UUID
    version: int
    author: str | None
    recorded_at: datetime
    document: dict[str, Any]


class ShiftShown(msgspec.Struct):
    """Somebody's duty, by user name: its beginning is in it, its end is not."""

    id: UUID
    site: UUID
    duty: str
    person: str
    starts_at: datetime
    ends_at: datetime


class LadderFilter(django_filters.FilterSet):
    """Ladders by their site."""

    site = django_filters.UUIDFilter(field_name="site__uuid")


class ShiftFilter(django_filters.FilterSet):
    """Shifts by their site and duty, and those that run at a moment."""

    site = django_filters.UUIDFilter(field_name="site__uuid")
    duty = django_filters.ChoiceFilter(choices=Duty.choices, empty_label=None)
    at = MomentFilter(method="running")

    def running(self, rows: Any, name: str, value: datetime) -> Any:
        """The shifts that have begun and not ended then."""
        return rows.running(value)


class _Read(Door[Any]):
    """A noun that is only read."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The rows in pages, newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None
        return self.get_paginated_response([self.shown(row) for row in page])


@extend_schema_view(
    list=extend_schema(responses={(200, "application/json"): reference(LadderShown)}),
    retrieve=extend_schema(responses={(200, "application/json"): reference(LadderShown)}),
)
class Ladders(_Read):
    """Every version of the ladders of the caller's sites, newest first."""

    queryset = Ladder.objects.select_related("site", "author")
    filterset_class = LadderFilter

    def shown(self, row: Ladder) -> dict[str, Any]:
        """The version with its document."""
        return {
            "id": row.uuid,
            "site": row.site.uuid,
            "version": row.version,
            "author": row.author.username if row.author else None,
            "recorded_at": row.recorded_at,
            "document": row.document,
        }


@extend_schema_view(
    list=extend_schema(responses={(200, "application/json"): reference(ShiftShown)}),
    retrieve=extend_schema(responses={(200, "application/json"): reference(ShiftShown)}),
)
class Shifts(_Read):
    """The shifts of the caller's sites, as they were and are to be."""

    queryset = Shift.objects.select_related("site", "person")
    filterset_class = ShiftFilter

    def shown(self, row: Shift) -> dict[str, Any]:
        """The shift."""
        return {
            "id": row.uuid,
            "site": row.site.uuid,
            "duty": row.duty,
            "person": row.person.username,
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
        }
