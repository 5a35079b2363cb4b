"""The door of every page: who is asking, whether they may ask at all, and which rows exist for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils.cache import add_never_cache_headers

from accounts.actors import actor_of, bedside_client
from accounts.permissions import Act, Actor, NotPermitted
from tracker.models import SiteRows

P = ParamSpec("P")
Row = TypeVar("Row", bound=Model)
Page = Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]


def page(*acts: Act) -> Callable[[Page[P]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """Opens a page to those who may do one of the acts somewhere; the querysets say which rows they find."""

    def decorate(view: Page[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def opened(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            actor = actor_of(request)
            if actor is None:
                return redirect_to_login(request.get_full_path())
            if not any(actor.may_anywhere(act) for act in acts):
                raise PermissionDenied
            try:
                response = view(request, actor, *args, **kwargs)
            except NotPermitted as refusal:
                raise PermissionDenied(str(refusal)) from refusal
            add_never_cache_headers(response)
            return response

        return opened

    return decorate


def find(rows: SiteRows[Row], actor: Actor, uuid: UUID) -> Row:
    """The row, if it exists for this actor; another site's row does not exist."""
    row = rows.visible_to(actor).filter(uuid=uuid).first()
    if row is None:
        raise Http404
    return row


def require(actor: Actor, act: Act, site_id: int, study_id: int | None = None) -> None:
    """Nothing, for who may do this there; everybody else stays at the door."""
    if not actor.may(act, site_id, study_id):
        raise PermissionDenied


def at_bedside(actor: Actor, site_id: int) -> Actor:
    """The actor writing through the forms of that site."""
    return actor.at(bedside_client(site_id))


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, even if that is nothing; None when the page is only looked at."""
    return request.POST if request.method == "POST" else None


def is_fragment(request: HttpRequest) -> bool:
    """True when a part of a page is asked for, to be swapped into the one on screen."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx)
