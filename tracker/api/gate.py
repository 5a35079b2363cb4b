"""The first middleware: what the API and the health doors need, and nothing that pages need.

A call with a bearer token passes the doors of pages (session, CSRF, messages …) by. Every error under these
addresses leaves as problem+json, whoever made it, and a body too large is refused before it is read.
"""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, cast

from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import ResolverMatch, get_resolver
from django.urls.resolvers import URLResolver
from django.utils import translation
from django.utils.decorators import sync_and_async_middleware
from django.utils.translation import gettext as _

from accounts.actors import actor_of, bearer_token
from accounts.trail import acting
from tracker.api.problems import TRACE_HEADER, Problem, problem_of, trace_id

ADDRESSES = ("/api/", "/health/")

Answer = HttpResponseBase


@sync_and_async_middleware
def api_gate(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """The gate in front of `get_response`."""
    if iscoroutinefunction(get_response):

        async def later(request: HttpRequest) -> Answer:
            if not request.path_info.startswith(ADDRESSES):
                return await _awaited(get_response(request))
            try:
                _refuse_body(request)
                if _needs_no_page(request):
                    return _sealed(request, await _run_async(request))
                return _sealed(request, await _awaited(get_response(request)))
            except Exception as error:
                return problem_of(error, request).response(request)

        return later

    def now(request: HttpRequest) -> Answer:
        if not request.path_info.startswith(ADDRESSES):
            return _given(get_response(request))
        try:
            _refuse_body(request)
            answer = _run(request) if _needs_no_page(request) else _given(get_response(request))
            return _sealed(request, answer)
        except Exception as error:
            return problem_of(error, request).response(request)

    return now


async def _awaited(answer: Awaitable[Answer]) -> Answer:
    return await answer


def _given(answer: Answer) -> Answer:
    return answer


def _rendered(answer: Any) -> Answer:
    """The answer, rendered as the framework would have done."""
    return cast(Answer, answer.render() if callable(getattr(answer, "render", None)) else answer)


def _refuse_body(request: HttpRequest) -> None:
    """Refuses what is too large, or packed, before it is read."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError as error:
        raise Problem.of_status(400, _("Content-Length is not a number.")) from error
    if limit is not None and length > limit:
        detail = _("The body may have at most %(limit)d bytes.") % {"limit": limit}
        raise Problem.of_status(413, detail, {"Connection": "close"})
    if request.META.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
        raise Problem.of_status(415, _("Send the body as it is, without Content-Encoding."))


def _needs_no_page(request: HttpRequest) -> bool:
    return bearer_token(request) is not None or request.path_info.startswith("/health/")


@lru_cache(maxsize=512)
def _match(resolver: URLResolver, path: str) -> ResolverMatch:
    """The view of an address; the few addresses that machines send to all day are looked up once."""
    return resolver.resolve(path)


def _run(request: HttpRequest) -> Answer:
    """The view's answer, without the middleware of pages."""
    request.get_host()  # refuses a host that is not ours, as pages do
    match = request.resolver_match = _match(get_resolver(), request.path_info)
    view = async_to_sync(match.func) if iscoroutinefunction(match.func) else match.func
    with translation.override(translation.get_language_from_request(request)):
        if bearer_token(request) is None:
            return _rendered(view(request, *match.args, **match.kwargs))
        with acting(actor_of(request), request=trace_id(request)):
            return _rendered(view(request, *match.args, **match.kwargs))


async def _run_async(request: HttpRequest) -> Answer:
    match = _match(get_resolver(), request.path_info)
    if not iscoroutinefunction(match.func):
        return await sync_to_async(_run, thread_sensitive=True)(request)
    request.get_host()
    request.resolver_match = match
    return await _awaited(match.func(request, *match.args, **match.kwargs))


def _sealed(request: HttpRequest, answer: Answer) -> Answer:
    """The answer with its trace id; an error made by the pages' middleware becomes the problem it means."""
    if answer.status_code >= 400 and not getattr(answer, "is_problem", False):
        kept = {
            name: answer.headers[name]
            for name in ("Allow", "Retry-After", "WWW-Authenticate")
            if name in answer.headers
        }
        return Problem.of_status(answer.status_code, "", kept).response(request)
    answer.headers[TRACE_HEADER] = trace_id(request)
    answer.headers.setdefault("Cache-Control", "no-store")
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    return answer
