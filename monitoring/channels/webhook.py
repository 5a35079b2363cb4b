"""Signed requests to systems (Standard Webhooks): the same message has the same id at each attempt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from standardwebhooks import Webhook

from monitoring.channels import guarded
from monitoring.channels.message import Gone, NotDelivered

GONE = 410


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one endpoint. With two secrets it is signed by both, as the old one is still in use."""

    key: str
    #: Which row of the log it is.
    place: tuple[int, int, int, int]
    url: str
    body: str
    secrets: Sequence[str] = field(repr=False)
    at: datetime
    channel: str = "webhook"


@contextmanager
def opened() -> Iterator[Callable[[Letter], None]]:
    """Each message is a request of its own."""
    yield send


def send(letter: Letter) -> None:
    """Posts the message; any answer of 2xx is an acceptance, and no redirect is followed.

    Raises: Gone when the endpoint says that it is; NotDelivered for an address that is not written to;
    ConnectionError for any other answer, OSError for none.
    """
    stamp = letter.at.replace(tzinfo=None)  # the library takes it for UTC
    signatures = " ".join(Webhook(secret).sign(letter.key, stamp, letter.body) for secret in letter.secrets)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": letter.key,
        "webhook-timestamp": str(int(letter.at.timestamp())),
        "webhook-signature": signatures,
    }
    try:
        status = guarded.post(letter.url, letter.body.encode(), headers).status
    except guarded.NotAllowed as refusal:
        raise NotDelivered(str(refusal)) from refusal
    if status == GONE:
        raise Gone("it says that it is gone (410)")
    if not 200 <= status < 300:
        raise ConnectionError(f"it answers {status}")
