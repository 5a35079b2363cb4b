"""What a view says about who may knock: marks that the middleware reads. Says nothing of what lies behind."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, JsonResponse

View = TypeVar("View", bound=Callable[..., Any])

_FOR_DISPLAYS = "open_to_wall_displays"
_WHILE_LOCKED = "works_while_locked"


def for_displays(view: View) -> View:
    """The view, open to a wall display (which opens nothing else) besides people who are signed in."""
    setattr(view, _FOR_DISPLAYS, True)
    return view


def while_locked(view: View) -> View:
    """The view, answering although the session is locked: unlocking and leaving alone."""
    setattr(view, _WHILE_LOCKED, True)
    return view


def is_for_displays(view: Callable[..., Any]) -> bool:
    """True for a view, or a view made of a class, that wall displays may see."""
    return _marked(view, _FOR_DISPLAYS)


def is_while_locked(view: Callable[..., Any]) -> bool:
    """True for a view that answers while the session is locked."""
    return _marked(view, _WHILE_LOCKED)


def _marked(view: Callable[..., Any], mark: str) -> bool:
    return bool(getattr(view, mark, False) or getattr(getattr(view, "view_class", None), mark, False))


def is_for_programs(request: HttpRequest) -> bool:
    """True for the addresses where a token opens the door."""
    return request.path.startswith(("/api/", "/fhir/"))


def wants_json(request: HttpRequest) -> bool:
    """True when a program asks: an address of the API, or a script that accepts nothing but JSON."""
    return is_for_programs(request) or request.headers.get("Accept", "").startswith("application/json")


def problem(status: int, title: str, detail: str, **more: Any) -> JsonResponse:
    """An answer in the form of RFC 9457."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "errors": []} | more
    return JsonResponse(body, status=status, content_type="application/problem+json")
