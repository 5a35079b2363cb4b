"""Who is at the door: a bearer token or the session cookie, once per request, for every REST door alike."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.actors import actor_of, bearer_token
from accounts.permissions import Actor, Role
from tracker.api.problems import Problem
from tracker.api.throttle import let_through

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def admit(request: HttpRequest) -> Actor:
    """The actor behind the request.

    Raises: Problem 401 without a good token or session, 403 when a session's write lacks its CSRF token, 429.
    """
    actor = actor_of(request)
    if actor is None:
        challenge = {"WWW-Authenticate": 'Bearer realm="febris"'}
        raise Problem.of_status(401, _("This needs a good token, or a signed-in session."), challenge)
    if bearer_token(request) is None and request.method not in _SAFE:
        _check_csrf(request)
    let_through(actor)
    return actor


def is_machine(actor: Actor) -> bool:
    """True for sending systems: no reading of theirs is lost for one bad part; they must name each write."""
    return actor.user is None and any(grant.role == Role.INTEGRATION for grant in actor.memberships)


def _check_csrf(request: HttpRequest) -> None:
    check = CSRFCheck(lambda _request: None)  # type: ignore[arg-type]
    check.process_request(request)
    reason = check.process_view(request, _check_csrf, (), {})  # type: ignore[arg-type]
    if reason:
        raise Problem(403, "csrf", str(reason))


class Entry(BaseAuthentication):
    """REST framework's way in: `request.auth` is the actor."""

    def authenticate(self, request: Request) -> tuple[Any, Actor]:
        """The user, if one is signed in, and the actor."""
        actor = admit(request._request)
        return actor.user, actor

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="febris"'


class Admitted(BasePermission):
    """Everybody whom `admit` let in; what they may do is asked in the services."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """True behind the door."""
        return isinstance(request.auth, Actor)
