"""Storing what came in, and watching at once: the one way of every door that writes something observed.

The row is committed with its Idempotency-Key before the watch looks: whatever happens there, it is safe.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from accounts.permissions import Actor
from config.clock import now
from monitoring import doorbell
from monitoring.api.answers import warnings_shown, watched
from monitoring.bedside import watch_at_once
from monitoring.evaluate import Outcome
from tracker.api.door import replay
from tracker.api.idempotency import claim
from tracker.api.wire import MEDIA_TYPE, encode
from tracker.services import Recorded, Warning

log = logging.getLogger(__name__)

Stored = Recorded[Any]


def store_and_watch(
    request: HttpRequest,
    actor: Actor,
    store: Callable[[datetime], Stored],
    show: Callable[[Stored], Mapping[str, Any]],
    find: Callable[[str], Any],
    more: Callable[[Outcome], Mapping[str, Any]] | None = None,
) -> HttpResponse:
    """The answer to a recording: 201 for a new row, 200 for one already there.

    A repeat of the same request gets the first answer. `show` makes the part of the row, `find` reads a row
    by its id, `more` adds to the part of the watch.
    """
    at = now()
    with doorbell.silenced(), transaction.atomic():
        use = claim(request, actor)
        if use.kept is None:
            stored = store(at)
            status = 201 if stored.created else 200
            use.keep(status, {"row": stored.row.uuid, "warnings": warnings_shown(stored.warnings)}, at)
    if use.kept is not None:
        first = msgspec.json.decode(use.kept.response)
        if "watch" in first:
            return replay(use.kept.status, use.kept.response)
        # That request was cut off after it had stored the row: what the watch says now is the answer.
        row = find(first["row"])
        warnings = tuple(Warning(**each) for each in first["warnings"])
        infusion_ids = () if row.infusion_id is None else (row.infusion_id,)
        stored, status = Stored(row, True, warnings, infusion_ids), use.kept.status
    outcome = watch(stored, at)
    answer = {**show(stored), **watched(outcome, stored.warnings), **(more(outcome) if more else {})}
    body = encode(answer)
    use.complete(body.decode())
    return HttpResponse(body, status=status, content_type=MEDIA_TYPE)


def watch(stored: Stored, at: datetime) -> Outcome:
    """What the watch makes of a stored row. A watch that breaks costs the answer, never the row."""
    try:
        outcome = watch_at_once(stored.row.infusion_id, stored.infusion_ids, at)
        return outcome if stored.watched else replace(outcome, state="unwatched", signs={})
    except Exception:
        log.exception("the watch broke after a row was stored")
        doorbell.ring(stored.infusion_ids)
        return Outcome.pending(at)
