"""`Idempotency-Key`: a request sent twice is done once. The key is kept in the transaction of what it did."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.permissions import Actor
from accounts.statements import execute, execute_last, fetch
from accounts.trail import Untracked
from tracker.api.entry import is_machine
from tracker.api.problems import Problem
from tracker.api.wire import encode

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
LONGEST_KEY = 200

#: Locks the key for this transaction and reads what was kept under it, in one round trip.
_CLAIM = """
SELECT pg_try_advisory_xact_lock(hashtextextended(%s, %s)), kept.body_hash, kept.status, kept.response
FROM (VALUES (1)) AS always LEFT JOIN tracker_idempotencykey AS kept ON kept.client_id = %s AND kept.key = %s
"""
_KEEP = Untracked("""
INSERT INTO tracker_idempotencykey (client_id, key, body_hash, status, response, created_at)
VALUES (%s, %s, %s, %s, %s, %s)
""")
_COMPLETE = Untracked("""
UPDATE tracker_idempotencykey SET response = %s WHERE client_id = %s AND key = %s
RETURNING set_config('synchronous_commit', 'off', true)
""")


@dataclass(frozen=True)
class Kept:
    """The answer that the key got before."""

    status: int
    response: Any


@dataclass(frozen=True)
class Claim:
    """One use of a key; `keep` it in the same transaction, unless the answer was `kept` before."""

    client_id: int
    key: str
    body_hash: str
    kept: Kept | None = None

    def keep(self, status: int, response: Any, now: datetime) -> None:
        """Stores the answer beside what was done, which is the last thing before its commit."""
        if self.key:
            kept = encode(response).decode()
            execute_last(_KEEP, [self.client_id, self.key, self.body_hash, status, kept, now])

    def complete(self, response: str) -> None:
        """Puts the whole answer in place of the short one that was kept with the row.

        Does not wait for the disk: lost in a crash, the answer is put together anew from the row.
        """
        if self.key:
            execute(_COMPLETE, [response, self.client_id, self.key])


def key_of(request: HttpRequest, actor: Actor) -> str:
    """The key that came with the request, or nothing.

    Raises: Problem (400) when a sending system sent none, or one of no fit shape.
    """
    key = request.headers.get(HEADER, "")
    if not key and is_machine(actor):
        detail = _("A sending system names each request with %(header)s.") % {"header": HEADER}
        raise Problem(400, "idempotency_key_missing", detail)
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Problem(400, "idempotency_key", _("The key may have at most 200 printable characters."))
    return key


def claim(request: HttpRequest, actor: Actor) -> Claim:
    """The use of this request's key. Must run inside the transaction that will do the work.

    Raises: Problem 409 while another request with the key runs, 422 when the key was used for another body.
    """
    key = key_of(request, actor)
    if not key:
        return Claim(actor.client.pk, "", "")
    who = f"{actor.user.pk if actor.user else ''} {request.method} {request.path}\n".encode()
    body_hash = hashlib.sha256(who + request.body).hexdigest()
    ((locked, kept_hash, status, response),) = fetch(_CLAIM, [key, actor.client.pk, actor.client.pk, key])
    if not locked:
        raise Problem(
            409, "still_running", _("A request with this key is still running."), headers={"Retry-After": "1"}
        )
    if kept_hash is None:
        return Claim(actor.client.pk, key, body_hash)
    if kept_hash != body_hash:
        raise Problem(422, "idempotency_key_reused", _("This key was used for another request."))
    return Claim(actor.client.pk, key, body_hash, Kept(status, response))
