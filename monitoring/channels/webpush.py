"""Web push: a notification on a phone or a ward computer, sealed for that browser alone.

The keys of the server (VAPID) come from its secret key, so that every process has the same ones.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.utils.crypto import salted_hmac

from monitoring.channels import guarded
from monitoring.channels.message import Gone, Message, NotDelivered

#: Seconds for which a push service keeps what a phone cannot take yet. By then the next rung has rung.
KEPT_FOR_S = 600
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of the curve P-256 (SEC 2, version 2.0, section 2.4.2)."""


class NotASubscription(ValueError):
    """What a browser sent is no push subscription; the message names what is wrong."""


@contextmanager
def opened() -> Iterator[Callable[[Message], None]]:
    """Each message is a request of its own."""
    yield send


def send(message: Message) -> None:
    """Hands the sealed message to the push service of that browser.

    Raises: Gone when the browser has taken its permission back; NotDelivered when the service refuses.
    """
    from pywebpush import WebPusher

    subscription = json.loads(message.secret)
    endpoint = subscription["endpoint"]
    content = {"title": message.title, "body": message.text, "url": message.link, "tag": message.key}
    sealed = WebPusher(subscription).encode(json.dumps(content).encode(), content_encoding="aes128gcm")
    headers = {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(KEPT_FOR_S),
        "Urgency": "high" if message.is_urgent else "normal",
        **_who_we_are(endpoint),
    }
    status = guarded.post(endpoint, bytes(sealed["body"]), headers).status
    if status in (404, 410):
        raise Gone(f"the browser is no longer subscribed ({status})")
    if 400 <= status < 500 and status != 429:
        raise NotDelivered(f"the push service refuses ({status})")
    if not 200 <= status < 300:
        raise ConnectionError(f"the push service answers {status}")


def subscription(text: str) -> dict[str, Any]:
    """The subscription that a browser's script sent, with nothing else in it.

    Raises: NotASubscription; guarded.NotAllowed for an address that we do not write to.
    """
    try:
        data = json.loads(text)
        keys = data["keys"]
        endpoint = str(data["endpoint"])
        kept = {name: str(keys[name]) for name in ("p256dh", "auth")}
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(kept["p256dh"]))
        is_secret = len(_decoded(kept["auth"])) == 16
    except (ValueError, TypeError, KeyError) as error:
        raise NotASubscription(f"not a push subscription: {type(error).__name__}") from error
    if not is_secret or len(endpoint) > 1000:
        raise NotASubscription("not a push subscription: its secret or its address has another length")
    guarded.check(endpoint)
    return {"endpoint": endpoint, "keys": kept}


def public_key() -> str:
    """The server's public key, as a browser asks for it."""
    return _encoded(
        _private_key()
        .public_key()
        .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    )


def _private_key() -> ec.EllipticCurvePrivateKey:
    digest = salted_hmac("monitoring.channels.webpush", "vapid", algorithm="sha512").digest()
    return ec.derive_private_key(int.from_bytes(digest, "big") % (_ORDER - 1) + 1, ec.SECP256R1())


def _who_we_are(endpoint: str) -> Mapping[str, str]:
    """The header by which a push service knows the server (RFC 8292), good for half a day."""
    from py_vapid import Vapid02

    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "sub": settings.PUSH_CONTACT}
    signed: Mapping[str, str] = Vapid02(private_key=_private_key()).sign(claims)
    return signed


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
