"""E-mail: one connection for a run of messages; a refused address is told from a server in trouble."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django
from django.core import mail
from django.core.mail import EmailMessage

from monitoring.channels.message import Gone, Message, NotDelivered

#: RFC 3463: 5.1.x is about the address itself, anything else about the server, the message or its policy.
_BAD_ADDRESS = re.compile(r"\b5\.1\.\d+\b")


@contextmanager
def opened() -> Iterator[Callable[[Message], None]]:
    """Sends over one connection, opened at the first message and anew after a failure."""
    connection: Any = None

    def send(message: Message) -> None:
        nonlocal connection
        try:
            if connection is None:
                connection = _connection()
                connection.open()
            connection.send_messages([_email(message)])
        except Exception as error:
            if connection is not None:
                connection.close()
                connection = None
            raise _said(error) from error

    try:
        yield send
    finally:
        if connection is not None:
            connection.close()


def _connection() -> Any:
    if django.VERSION >= (6, 1):
        return mail.mailers.create_connection("default")
    return mail.get_connection()


def _email(message: Message) -> EmailMessage:
    """The mail: its subject is what a lock screen shows."""
    return EmailMessage(
        subject=message.title,
        body="\n\n".join(part for part in (message.text, message.link) if part),
        to=[message.address],
        headers={
            "Message-ID": f"<{message.key}@febris>",
            "Auto-Submitted": "auto-generated",
            **({"Importance": "high", "X-Priority": "1"} if message.is_urgent else {}),
        },
    )


def _said(error: Exception) -> Exception:
    """What the failure means; the server's words are kept, the address in them is not needed."""
    words: Any
    if isinstance(error, smtplib.SMTPRecipientsRefused) and error.recipients:
        [(code, words), *_] = error.recipients.values()
    elif isinstance(error, smtplib.SMTPResponseException):
        code, words = error.smtp_code, error.smtp_error
    else:
        return error
    text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
    said = f"{code} {text}".replace("\n", " ")[:200]
    if not 500 <= code < 600 or isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        return ConnectionError(said)
    return Gone(said) if _BAD_ADDRESS.search(text) else NotDelivered(said)
