"""Sets that wait sealed in a browser: the key of their author, and what is kept of one that is given up.

Knows neither requests nor pages; a set that is sent in the end is a set like any other and never comes here.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.actors import bedside_client
from accounts.models import User
from accounts.permissions import Actor
from tracker import services
from tracker.models import Infusion, KeptKind, KeptMessage

#: Parts of a set that are nobody's to read in a list of messages, or mean nothing later.
_LEFT_OUT = frozenset({"opened_for", "csrfmiddlewaretoken", "form_token", "saved_at"})
_LONGEST_PATH = 200


def key_of(user: User) -> bytes:
    """The person's own AES-256 key for sets that wait in a browser: the same each time, stored nowhere."""
    digest: bytes = salted_hmac("febris.unsent", str(user.uuid), algorithm="sha256").digest()
    return digest


def keep_given_up(
    actor: Actor, owner: User, iv: bytes, sealed: bytes, reason: str, now: datetime
) -> KeptMessage:
    """The message that keeps the set of `owner` which this actor gives up, also when it was kept before.

    What cannot be opened (the key has changed) is kept as it came. The patient's name is left out.
    """
    said = _opened(owner, iv, sealed)
    infusion = _infusion(actor, said.infusion) if said else None
    body = json.dumps(_typed(said), ensure_ascii=False) if said else base64.b64encode(iv + sealed).decode()
    words = _("Unsent set of %(owner)s, discarded by %(person)s: %(reason)s") % {
        "owner": f"{owner} ({owner.uuid})",
        "person": actor.user,
        "reason": reason,
    }
    if said and said.reasons:
        words = " ".join([words, "·", _("It had been refused:"), _storable(said.reasons)])
    path = _storable(said.address if said else "")[:_LONGEST_PATH] or "unsent"
    here = actor.at(bedside_client(infusion.site_id)) if infusion is not None else actor
    known = KeptMessage.objects.filter(client=here.client, kind=KeptKind.REFUSED, path=path, body=body)
    return known.first() or services.keep_message(
        here,
        KeptKind.REFUSED,
        path=path,
        body=body,
        reason=words,
        now=now,
        infusion=infusion,
    )


class _Sealed(msgspec.Struct):
    """What a browser seals of a set; it also seals what only its own page shows."""

    infusion: str = ""
    address: str = ""
    at: str = ""
    reasons: str = ""
    pairs: list[tuple[str, str]] = []


def _opened(owner: User, iv: bytes, sealed: bytes) -> _Sealed | None:
    """What the browser had sealed; None where the owner's key does not open it, or it is no set."""
    try:
        return msgspec.json.decode(AESGCM(key_of(owner)).decrypt(iv, sealed, None), type=_Sealed)
    except (InvalidTag, ValueError, msgspec.MsgspecError):
        return None


def _typed(said: _Sealed) -> dict[str, Any]:
    """The fields that were filled, and when the set was measured."""
    filled = [(name, value) for name, value in said.pairs if value and name not in _LEFT_OUT]
    token = next((value for name, value in said.pairs if name == "form_token"), "")
    return {"measured_at": said.at, "form_token": token, "fields": filled}


def _storable(text: str) -> str:
    """Without what PostgreSQL keeps in no text."""
    return text.replace("\0", "")


def _infusion(actor: Actor, uuid: str) -> Infusion | None:
    """The infusion that the set was typed for, if this actor may see it."""
    try:
        known = UUID(uuid)
    except ValueError:
        return None
    return Infusion.objects.visible_to(actor).filter(uuid=known).first()
