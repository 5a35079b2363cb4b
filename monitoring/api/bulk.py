"""Many sets of vital signs in one request, stored at once; the watch looks when the doorbell has rung."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from msgspec import Meta

from accounts.permissions import Actor
from config.clock import now
from monitoring import alerts
from monitoring.api.answers import WarningShown, warnings_shown
from tracker import services
from tracker.api.door import replay
from tracker.api.idempotency import claim
from tracker.api.problems import Problem
from tracker.api.wire import MEDIA_TYPE, decode, encode, examine, reads_at_once
from tracker.errors import FieldError, Refused
from tracker.ingest import ReadingIn
from tracker.models import KeptKind, KeptMessage, VitalSigns
from tracker.services.bulk import BulkAnswer
from tracker.services.keeping import keep_message

MOST = 5_000
#: The system alert that a feed's second refusal in a row raises.
FEED_REFUSED = "feed_refused"

Mode = Literal["atomic", "each"]


class Batch(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Sets of vital signs. atomic: all or none; each: the readable ones are stored and the rest is named."""

    readings: Annotated[list[ReadingIn], Meta(min_length=1, max_length=MOST)]
    mode: Mode = "atomic"


class FaultShown(msgspec.Struct):
    """One fault of a row."""

    pointer: str
    code: str
    detail: str


class RowShown(msgspec.Struct):
    """What became of one row."""

    index: int
    id: UUID | None
    created: bool
    watched: bool
    warnings: list[WarningShown]
    errors: list[FaultShown]


class BatchShown(msgspec.Struct):
    """What became of a batch, row by row in the order sent."""

    created: int
    repeated: int
    refused: int
    results: list[RowShown]
    watch: dict[str, str]


def record(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The answer to a batch: 201 when something new was stored, 200 when everything was there already."""
    body = request.body
    at = now()
    try:
        rows, mode, faults = _rows(body)
        if faults and (mode == "atomic" or len(faults) == len(rows)):
            raise Refused([fault for _index, found in sorted(faults.items()) for fault in found])
        with transaction.atomic():
            use = claim(request, actor)
            if use.kept is not None:
                return replay(use.kept.status, use.kept.response)
            stored = services.record_vitals_bulk(actor, rows, mode, now=at)
            status, answer = (201 if stored.created else 200), _shown(stored, faults)
            use.keep(status, answer, at)
    except (Refused, Problem) as error:
        if isinstance(error, Refused) or error.status == 400:
            _keep_refused(request, actor, error, at)
        raise
    alerts.clear_system_alert(FEED_REFUSED, about=str(actor.client.uuid), now=at)
    return HttpResponse(encode(answer), status=status, content_type=MEDIA_TYPE)


def _rows(body: bytes) -> tuple[list[ReadingIn | FieldError], Mode, dict[int, list[FieldError]]]:
    """The rows, each readable or a fault; how they are to be stored; every fault by the index of its row."""
    if (batch := reads_at_once(body, Batch)) is not None:
        return list(batch.readings), batch.mode, {}
    raw = decode(body)
    shell, found = examine({**raw, "readings": []} if isinstance(raw, Mapping) else raw, _Shell)
    readings = raw.get("readings") if isinstance(raw, Mapping) else None
    if not isinstance(readings, list) or not 1 <= len(readings) <= MOST:
        detail = _("From 1 to %(most)d readings are needed.") % {"most": MOST}
        found.append(FieldError("/readings", "readings", detail))
    if found or shell is None or not isinstance(readings, list):
        raise Problem(400, "invalid", _("The body cannot be read."), errors=found)
    rows: list[ReadingIn | FieldError] = []
    faults: dict[int, list[FieldError]] = {}
    for index, sent in enumerate(readings):
        row, wrong = examine(sent, ReadingIn, f"/readings/{index}")
        if row is None:
            faults[index] = wrong
        rows.append(wrong[0] if row is None else row)
    return rows, shell.mode, faults


class _Shell(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A batch without its rows."""

    readings: list[Any]
    mode: Mode = "atomic"


def _shown(stored: BulkAnswer, faults: Mapping[int, list[FieldError]]) -> dict[str, Any]:
    refused = sum(row.uuid is None for row in stored.rows)
    return {
        "created": stored.created,
        "repeated": len(stored.rows) - stored.created - refused,
        "refused": refused,
        "results": [
            {
                "index": row.index,
                "id": row.uuid,
                "created": row.created,
                "watched": row.watched,
                "warnings": warnings_shown(row.warnings),
                "errors": [
                    {"pointer": each.pointer, "code": each.code, "detail": str(each.detail)}
                    for each in faults.get(row.index, row.errors)
                ],
            }
            for row in stored.rows
        ],
        "watch": {"state": "pending"},
    }


def _keep_refused(request: HttpRequest, actor: Actor, error: Exception, at: datetime) -> None:
    """Keeps the batch as it came; a feed's second refusal in a row is an alert about the feed."""
    text = request.body.decode(errors="replace").replace("\x00", "\ufffd")
    before = KeptMessage.objects.filter(client=actor.client, kind=KeptKind.REFUSED, path=request.path)
    last = before.order_by("-received_at").first()
    keep_message(actor, KeptKind.REFUSED, path=request.path, body=text, reason=str(error)[:1000], now=at)
    if last is None:
        return
    if not VitalSigns.objects.filter(client=actor.client, recorded_at__gt=last.received_at).exists():
        about = str(actor.client.uuid)
        detail = {"client": actor.client.name}
        alerts.raise_system_alert(FEED_REFUSED, about=about, site=actor.client.site, detail=detail, now=at)
