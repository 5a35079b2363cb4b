"""Everything that Apprise reaches: messengers, pagers, SMS gateways. Its addresses hold keys: all are secret.

Whoever may add an address could point it at our own network, so only services of the list are taken: those
whose address is theirs and not the writer's. A site adds others by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from monitoring.channels.message import Message, NotDelivered

#: Services that are written to at an address of their own, whatever the rest of the URL says.
FIXED = frozenset(
    {"tgram", "slack", "discord", "pover", "pagerduty", "opsgenie", "twilio", "vonage", "nexmo", "clickatell"}
    | {
        "bulksms",
        "d7sms",
        "plivo",
        "sinch",
        "msgbird",
        "threema",
        "signl4",
        "pbul",
        "whatsapp",
        "sns",
        "line",
    }
    | {"kavenegar", "msg91", "popcorn", "clicksend", "httpsms", "pagertree", "burstsms", "voipms"}
)


class NotAnAddress(ValueError):
    """No service is known by this address, or it may not be used here. The address itself is never said."""


@contextmanager
def opened() -> Iterator[Callable[[Message], None]]:
    """Each message is a request of its own."""
    yield send


def send(message: Message) -> None:
    """Hands the message to the service.

    Raises: NotDelivered when the address is none; ConnectionError when the service does not take it, as
    Apprise does not say why.
    """
    service = _service(message.secret)
    if service is None:
        raise NotDelivered("no service is known by this address")
    body = "\n".join(part for part in (message.text, message.link) if part)
    if not service.notify(body=body, title=message.title):
        raise ConnectionError(f"{service.service_name} did not take it")


def checked(url: str) -> str:
    """The name of the service behind an address that may be used here.

    Raises: NotAnAddress.
    """
    schema = url.partition("://")[0].strip().lower()
    if schema not in FIXED | set(settings.APPRISE_ALSO):
        raise NotAnAddress(schema if schema.isalnum() and len(schema) <= 20 else "")
    service = _service(url)
    if service is None:
        raise NotAnAddress(schema)
    return str(service.service_name)


def _service(url: str) -> Any:
    import apprise

    return apprise.Apprise.instantiate(url, suppress_exceptions=True)
