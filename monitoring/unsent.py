"""Sets that wait sealed in a browser: the key of their author, and what is kept of one that is given up.

Knows neither requests nor pages; a set that is sent in the end is a set like any other and never comes here.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any
from uuid import UUID

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
    infusion = _infusion(actor, said.get("infusion"))
    body = json.dumps(_typed(said), ensure_ascii=False) if said else base64.b64encode(iv + sealed).decode()
    words = _("Unsent set of %(owner)s, discarded by %(person)s: %(reason)s") % {
        "owner": f"{owner} ({owner.uuid})",
        "person": actor.user,
        "reason": reason,
    }
    if refused := str(said.get("reasons") or ""):
        words = " ".join([words, "·", _("It had been refused:"), refused])
    path = str(said.get("address") or "unsent")[:_LONGEST_PATH]
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


def _opened(owner: User, iv: bytes, sealed: bytes) -> dict[str, Any]:
    """What the browser had sealed; empty where the owner's key does not open it."""
    try:
        said = json.loads(AESGCM(key_of(owner)).decrypt(iv, sealed, None))
    except (InvalidTag, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _typed(said: dict[str, Any]) -> dict[str, Any]:
    """The fields that were filled, and when the set was measured."""
    pairs = [
        [name, value]
        for name, value in said.get("pairs", [])
        if value not in ("", None) and name not in _LEFT_OUT
    ]
    token = next((value for name, value in said.get("pairs", []) if name == "form_token"), "")
    return {"measured_at": said.get("at", ""), "form_token": token, "fields": pairs}


def _infusion(actor: Actor, uuid: Any) -> Infusion | None:
    """The infusion that the set was typed for, if this actor may see it."""
    try:
        known = UUID(str(uuid))
    except ValueError:
        return None
    return Infusion.objects.visible_to(actor).filter(uuid=known).first()
