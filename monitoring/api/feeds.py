"""The doors of sending systems that are waited for: how long each may be quiet, and when it was heard."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Client
from config import clock
from monitoring import feeds
from tracker.api.door import Door, sent
from tracker.api.schema import reference, takes


class FeedShown(msgspec.Struct):
    """A sending system and what is agreed of its silence; without minutes nothing is. The last two are in
    lists alone, for what is agreed.
    """

    id: UUID
    name: str
    site: UUID | None
    is_active: bool
    quiet_after_minutes: int | None
    hears: Literal["readings", "calls"] | None
    agreed_at: datetime | None
    last_heard_at: datetime | None = None
    is_quiet: bool | None = None


class FeedChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is agreed from now on; null minutes: nothing. `readings` are expected while an infusion of the
    site is watched, `calls` at any time.
    """

    quiet_after_minutes: Annotated[int, msgspec.Meta(ge=1, le=10080)] | None
    hears: Literal["readings", "calls"] | msgspec.UnsetType = msgspec.UNSET


@extend_schema_view(retrieve=extend_schema(responses={(200, "application/json"): reference(FeedShown)}))
class Feeds(Door[Client]):
    """The sending systems of the caller's sites."""

    queryset = Client.objects.select_related("site", "quiet_agreement")

    def get_queryset(self) -> Any:
        """The sending systems that the caller may know of."""
        return self.queryset.filter(feeds.known_to(self.actor))

    @extend_schema(responses={(200, "application/json"): reference(FeedShown)})
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The sending systems in pages, newest first, each with when it was last heard."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None
        agreements = [agreed for row in page if (agreed := feeds.agreement_of(row))]
        known = {
            each.agreement.client_id: each for each in feeds.heard(agreements, clock.now(), clock.real_now())
        }
        return self.get_paginated_response(
            [
                dict(self.shown(row))
                | {
                    "last_heard_at": known[row.pk].last_at if row.pk in known else None,
                    "is_quiet": known[row.pk].is_quiet if row.pk in known else None,
                }
                for row in page
            ]
        )

    @takes(FeedChange, reference(FeedShown))
    def partial_update(self, request: Request, id: Any) -> Response:
        """Agrees how long the sending system may be quiet."""
        body = sent(self.read(FeedChange))

        def write(row: Client) -> Client:
            standing = feeds.agreement_of(row)
            feeds.agree(
                self.actor,
                row,
                after_minutes=body["quiet_after_minutes"],
                hears=body.get("hears", standing.hears if standing else "readings"),
                real_now=clock.real_now(),
            )
            return row

        return self.change(write)

    def shown(self, row: Client) -> dict[str, Any]:
        """The sending system and what is agreed."""
        standing = feeds.agreement_of(row)
        return {
            "id": row.uuid,
            "name": row.name,
            "site": row.site.uuid if row.site else None,
            "is_active": row.is_active,
            "quiet_after_minutes": standing.after_minutes if standing else None,
            "hears": standing.hears if standing else None,
            "agreed_at": standing.agreed_at if standing else None,
        }
