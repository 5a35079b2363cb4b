"""From a request, a user or a name to the actor behind it. Doors call this; nothing below a door does."""

from dataclasses import replace
from datetime import datetime

from django.http import HttpRequest

from accounts import emergency, ward
from accounts.models import Client, ClientKind, User
from accounts.permissions import WANTS_FULL_SIGN_IN, Act, Actor
from accounts.tokens import InvalidToken, authenticate
from config.clock import real_now

_BEARER = "bearer "
_BEDSIDE = "bedside"
_PAPER = "paper"
_HOME = "home"
#: Holds the key of a wall display in its browser.
DISPLAY_COOKIE = "febris_display"
_QUICKLY = frozenset(act.value for act in Act if act not in WANTS_FULL_SIGN_IN)


def bedside_client(site_id: int | None) -> Client:
    """The client under which people's forms at a site are stored; made at its first use."""
    return _client(site_id, _BEDSIDE, ClientKind.BEDSIDE)


def home_client(site_id: int) -> Client:
    """The client under which is stored what patients of a site send from home; made at its first use."""
    return _client(site_id, _HOME, ClientKind.DIARY)


def paper_client(site_id: int | None) -> Client:
    """The client under which sheets kept on paper are typed back at a site; made at its first use."""
    return _client(site_id, _PAPER, ClientKind.BEDSIDE)


def _client(site_id: int | None, name: str, kind: ClientKind) -> Client:
    client, _ = Client.objects.get_or_create(site_id=site_id, name=name, defaults={"kind": kind})  # type: ignore[misc]
    return client


def actor_of_user(user: User, now: datetime) -> Actor:
    """The actor that a signed-in person is: every membership in force at `now`."""
    grants = tuple(membership.grant() for membership in user.memberships.in_force(now).order_by("pk"))
    home = next((grant.site_id for grant in grants if grant.site_id is not None), None)
    return Actor(client=bedside_client(home), user=user, memberships=grants)


def system_actor(name: str, kind: ClientKind = ClientKind.SYSTEM) -> Actor:
    """Febris itself, for tasks, commands and imports: may do everything, everywhere, under its own name."""
    return Actor(client=_client(None, name, kind), is_system=True)


def bearer_token(request: HttpRequest) -> str | None:
    """The key in the Authorization header, if there is one."""
    header = request.headers.get("Authorization", "")
    return header[len(_BEARER) :].strip() if header.lower().startswith(_BEARER) else None


def actor_of(request: HttpRequest) -> Actor | None:
    """Who is asking: the bearer of a token, else a signed-in person, else nobody.

    A display's cookie counts where nobody is signed in. A bad token is nobody, never the person whose
    session came along with it.
    """
    if not hasattr(request, "actor"):
        setattr(request, "actor", _find(request))  # noqa: B010 - Django's request declares no such field
    actor: Actor | None = getattr(request, "actor")  # noqa: B009
    return actor


def _find(request: HttpRequest) -> Actor | None:
    now = real_now()
    if (raw := bearer_token(request)) is not None:
        try:
            return authenticate(raw, now)
        except InvalidToken:
            return None
    if isinstance(request.user, User):
        return _in_session(request, request.user, now)
    if (key := request.COOKIES.get(DISPLAY_COOKIE)) is not None:
        return _display(key, now)
    return None


def _in_session(request: HttpRequest, user: User, now: datetime) -> Actor:
    """The signed-in person: with a PIN's session less than their roles say, in an emergency more."""
    actor = actor_of_user(user, now)
    if ward.is_quick(request):
        actor = replace(actor, scopes=_QUICKLY)
    access = emergency.lasting(request.session, user.pk, now)
    request.emergency = access  # type: ignore[attr-defined]
    return actor if access is None else emergency.with_access(actor, access)


def _display(key: str, now: datetime) -> Actor | None:
    """The wall display behind a cookie; keys of other clients do not work as cookies."""
    try:
        actor = authenticate(key, now)
    except InvalidToken:
        return None
    return actor if actor.client.kind == ClientKind.DISPLAY else None
