"""The ways out of the house. Each is handed plain values, talks to the network and to nothing of ours: no
database, no alert, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from monitoring.channels import apprise, email, webhook, webpush
from monitoring.channels.message import Gone, Message, NotDelivered

#: What a channel sends: a message to a person, or for `webhook` a letter to a system.
Send = Callable[[Any], None]
#: Opens a channel for a run of messages; what it keeps open between them it closes at the end.
Opener = Callable[[], AbstractContextManager[Send]]

CHANNELS: Mapping[str, Opener] = {
    "email": email.opened,
    "webpush": webpush.opened,
    "apprise": apprise.opened,
    "webhook": webhook.opened,
}

__all__ = ["CHANNELS", "Gone", "Message", "NotDelivered", "Opener", "Send", "send"]


def send(message: Message) -> None:
    """Sends one message now, while the caller waits.

    Raises: NotDelivered; whatever the network answers.
    """
    with CHANNELS[message.channel]() as go:
        go(message)
