"""The event stream over HTTP: who may read it, and where it is served. The feed is `monitoring.stream`."""

from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor, NotPermitted
from config.clock import real_now
from monitoring import stream
from monitoring.log import Cursor, CursorError, horizon
from tracker.api.entry import admit
from tracker.api.problems import Problem, problem_of

#: How soon a reader whose stream ended comes back.
RETRY_MS = 2_000


@login_not_required
async def events(request: HttpRequest) -> HttpResponseBase:
    """Server-sent events `alert`, `reading` and `heartbeat`, from `Last-Event-ID` on, or from now on."""
    try:
        return await _answer(request)
    except Exception as error:
        return problem_of(error, request).response(request)


async def _answer(request: HttpRequest) -> HttpResponseBase:
    if request.method != "GET":
        raise Problem.of_status(405, "", {"Allow": "GET"})
    actor, here = await sync_to_async(_enter)(request)
    if not isinstance(request, ASGIRequest):
        detail = _("The event stream is served by another process: %(address)s")
        address = settings.EVENTS_URL or _("see the installation's own notes")
        raise Problem(503, "events_elsewhere", detail % {"address": address})
    last = request.headers.get("Last-Event-ID") or request.GET.get("last_event_id") or str(here)
    if last != str(here):
        try:
            Cursor.parse(last)
        except CursorError as error:
            raise Problem.at(
                "?last_event_id", "cursor", _("This id was not given by this stream.")
            ) from error
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(
        _wire(actor, last, get_language() or "en"), content_type="text/event-stream", headers=headers
    )


def _enter(request: HttpRequest) -> tuple[Actor, Cursor]:
    """The actor who may read the stream, and the place of now: what happens once the answer has begun is
    sent, however long the feed takes to come up. Gives the connection back: an open stream holds none.
    """
    try:
        actor = admit(request)
        if not actor.may_anywhere(Act.READ_BOARD):
            raise NotPermitted(actor, Act.READ_BOARD, None)
        return actor, horizon()
    finally:
        if isinstance(request, ASGIRequest):
            connections.close_all()


async def _wire(actor: Actor, last: str, language: str) -> AsyncIterator[str]:
    yield f"retry: {RETRY_MS}\n"
    async for event in stream.events(actor, last, language=language, opened_at=real_now()):
        yield event.encode()
