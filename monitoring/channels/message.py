"""What is handed to a channel, and the two ways in which a channel says no for good."""

from __future__ import annotations

from dataclasses import dataclass, field


class NotDelivered(Exception):
    """A channel that did not take a message and will not take it; the text says why, without any secret."""


class Gone(NotDelivered):
    """The address or the device does not exist any more: nothing should go there again."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one contact point, in the language of its reader. `key` is the same at each attempt."""

    channel: str
    key: str
    title: str
    text: str
    link: str = ""
    is_urgent: bool = False
    address: str = ""
    secret: str = field(default="", repr=False)
