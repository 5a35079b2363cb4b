"""The three questions at the door of every request: who is it, may they come in, are they still there.

Knows no page behind the door; views say what they allow by the marks of `accounts.doors`.
"""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.defaults import permission_denied

from accounts import doors, emergency, idle, ward
from accounts.actors import actor_of
from accounts.identifiers import uuid7
from accounts.models import ClientKind
from accounts.permissions import Actor, NotPermitted
from accounts.trail import acting
from config.clock import real_now

log = logging.getLogger(__name__)

#: allauth's own view, which cannot carry our mark.
_LEAVE = "account_logout"

GetResponse = Callable[[HttpRequest], HttpResponseBase]
ViewFunction = Callable[..., HttpResponseBase]


class ActorMiddleware:
    """Puts `request.actor` and `request.request_id`; the trail knows both before any statement runs."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, with the number under which the trail and the log know the request."""
        request_id = str(uuid7())
        request.request_id = request_id  # type: ignore[attr-defined]
        actor = actor_of(request)
        with acting(actor, request=request_id):
            response = self.get_response(request)
        response.headers["X-Request-Id"] = request_id
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """403 for what the actor may not do; everything else stays an error."""
        if not isinstance(exception, NotPermitted):
            return None
        log.warning("refused: %s", exception)
        if doors.wants_json(request):
            return doors.problem(403, _("Not permitted"), _("Your roles do not allow this here."))
        return permission_denied(request, PermissionDenied(_("Your roles do not allow this here.")))


class DoorMiddleware(LoginRequiredMiddleware):
    """Lets nobody in who is not signed in, unless the view says that anybody may come."""

    def process_view(
        self, request: HttpRequest, view: ViewFunction, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """None to go on; the sign-in page or a 401 for strangers; 403 for a display beyond its board."""
        if not getattr(view, "login_required", True):
            return None
        actor: Actor | None = actor_of(request)
        if actor is None:
            return self.refuse(request)
        if actor.user is not None:
            return None
        if actor.client.kind == ClientKind.DISPLAY:
            if doors.is_for_displays(view):
                return None
            return permission_denied(request, PermissionDenied(_("This display may show the board alone.")))
        return None if doors.is_for_programs(request) else self.refuse(request)

    def refuse(self, request: HttpRequest) -> HttpResponseBase:
        """Sends a stranger to sign in: a program by its status, htmx by a header, a person by the page."""
        if doors.wants_json(request):
            response = doors.problem(401, _("Sign in first"), _("This needs a session or a token."))
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        door = "ward" if ward.COOKIE in request.COOKIES else "account_login"
        if request.headers.get("HX-Request") == "true":
            to_sign_in = redirect_to_login(_page_of(request), reverse(door))
            return HttpResponse(status=401, headers={"HX-Redirect": to_sign_in.url})
        return redirect_to_login(request.get_full_path(), reverse(door))


class IdleLockMiddleware:
    """Closes a session that was left alone: everything but unlocking and leaving answers 423 until then."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer of the view; the question is asked once the view is known.

        No page of somebody signed in is kept: the next person at this screen must not reach it by *Back*.
        """
        response = self.get_response(request)
        actor = actor_of(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if (
            is_page
            and actor is not None
            and actor.user is not None
            and "Cache-Control" not in response.headers
        ):
            add_never_cache_headers(response)
        return response

    def process_view(
        self, request: HttpRequest, view: ViewFunction, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """None to go on, noting what a person did; 423 while locked."""
        actor = actor_of(request)
        if actor is None or actor.user is None:
            return None
        now = real_now()
        if idle.is_locked(request.session, now):
            is_leaving = request.resolver_match is not None and request.resolver_match.url_name == _LEAVE
            return None if is_leaving or doors.is_while_locked(view) else locked_response(request)
        if idle.is_background(request):
            return None
        idle.note_activity(request.session, now)
        if (access := getattr(request, "emergency", None)) is not None:
            emergency.note_step(request, access, now)
        return None


def locked_response(request: HttpRequest) -> HttpResponseBase:
    """423: as a problem to programs, bare to htmx (the script shows its lock), else the lock page."""
    if doors.wants_json(request):
        return doors.problem(423, _("Locked"), _("This session was left alone and is locked."))
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=423, headers={"X-Febris-Locked": "1"})
    return render(request, "accounts/locked.html", {"next": _way_back(request)}, status=423)


def _page_of(request: HttpRequest) -> str:
    """The page that asked for a part of itself: nobody wants to come back to the part."""
    page = urlsplit(request.headers.get("Referer", "/"))
    return urlunsplit(("", "", page.path, page.query, ""))


def _way_back(request: HttpRequest) -> str:
    """Where to go on after unlocking: the page that was asked for; after a form, the page of the form."""
    return request.get_full_path() if request.method == "GET" else request.headers.get("Referer", "/")
