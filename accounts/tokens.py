"""Keys of sending systems: made once, shown once, stored as a digest, good until a time or a revocation."""

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts.models import ApiToken, Client, User
from accounts.permissions import TABLE, Act, Actor, Role
from accounts.statements import open_with

_PREFIX = "febris_"
_LAST_USED_STEP = timedelta(minutes=1)


class InvalidToken(Exception):
    """The key opens nothing: unknown, expired, revoked, or its client may not connect."""


class UnknownScope(ValueError):
    """A scope that is not an act, or one that the client's role never has."""


def _digest(raw: str) -> str:
    return hashlib.sha256(raw.encode()).hexdigest()


def scopes_of(role: Role) -> list[str]:
    """Every scope that a role can have, in the order of the table."""
    return [act.value for act in Act if role in TABLE[act]]


def issue(
    client: Client,
    now: datetime,
    *,
    scopes: Iterable[str] | None = None,
    days: int | None = None,
    created_by: User | None = None,
) -> tuple[ApiToken, str]:
    """A stored token and its key in clear, which is never to be seen again.

    Raises: UnknownScope when the client's role does not have one of the scopes.
    """
    possible = scopes_of(Role(client.role))
    wanted = possible if scopes is None else list(scopes)
    if beyond := sorted(set(wanted) - set(possible)):
        raise UnknownScope(f"{client.role} has no scope {', '.join(beyond)}; it has {', '.join(possible)}")
    raw = _PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        client=client,
        token_hash=_digest(raw),
        prefix=raw[: len(_PREFIX) + 4],
        scopes=wanted,
        created_at=now,
        created_by=created_by,
        expires_at=None if days is None else now + timedelta(days=days),
    )
    return token, raw


def revoke(token: ApiToken, now: datetime) -> None:
    """Shuts the token for good; revoking twice keeps the first time."""
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now)


def authenticate(raw_token: str, now: datetime) -> Actor:
    """The actor behind a key; notes the use at most once a minute and never waits for anybody to do so.

    Raises: InvalidToken.
    """
    token = _find(_digest(raw_token), now) if raw_token.startswith(_PREFIX) else None
    if token is None:
        raise InvalidToken("This token is unknown, expired or revoked.")
    if token.last_used_at is None or token.last_used_at < now - _LAST_USED_STEP:
        _note_use(token, now)
    return Actor(client=token.client, memberships=token.client.grants(), scopes=frozenset(token.scopes))


_CLIENT = [field.attname for field in Client._meta.concrete_fields]
#: `ApiToken.objects.in_force` with the client, as a fixed statement: it runs before every call of the API,
#: and composing it would cost more than running it.
_IN_FORCE = """
    SELECT t.id, t.scopes, t.last_used_at, {}
      FROM accounts_apitoken t JOIN accounts_client c ON c.id = t.client_id
     WHERE t.token_hash = %s AND t.revoked_at IS NULL AND c.is_active
       AND (t.expires_at IS NULL OR t.expires_at > %s)
""".format(", ".join(f"c.{name}" for name in _CLIENT))  # noqa: S608 - our own columns


def _find(digest: str, now: datetime) -> ApiToken | None:
    found = open_with(_IN_FORCE, [digest, now])
    if not found:
        return None
    number, scopes, last_used_at, *columns = found[0]
    token = ApiToken.from_db(
        "default", ["id", "scopes", "last_used_at"], [number, json.loads(scopes), last_used_at]
    )
    token.client = Client.from_db("default", _CLIENT, columns)
    return token


def _note_use(token: ApiToken, now: datetime) -> None:
    """Writes the time of use unless another request is just doing so."""
    stale = ApiToken.objects.filter(
        Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - _LAST_USED_STEP), pk=token.pk
    )
    free = stale.select_for_update(skip_locked=True, no_key=True).values("pk")
    with transaction.atomic():
        ApiToken.objects.filter(pk__in=free).update(last_used_at=now)
