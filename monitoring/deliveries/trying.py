"""Messages about no alert: the code that verifies a contact point, and the test that shows it still works.

They are sent at once, while their owner waits.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts import contacts
from accounts.identifiers import uuid7
from accounts.models import ContactPoint, User
from config.clock import real_now
from monitoring import channels
from monitoring.channels import Gone, Message, NotDelivered
from monitoring.deliveries.words import to_point

log = logging.getLogger(__name__)


class CodeNotSent(Exception):
    """A message about no alert did not go out; the text says why, for its owner."""


def send_code(point: ContactPoint, now: datetime) -> None:
    """Sends a fresh code to the point.

    Raises: contacts.ContactRefused when one was sent a moment ago; CodeNotSent.
    """
    code = contacts.new_code(point, now)
    with override(point.user.language):
        title = _("Febris: your code is %(code)s") % {"code": code}
        text = _("Type %(code)s in Febris to be told of alerts here. It counts for 15 minutes.") % {
            "code": code
        }
    path = reverse("monitoring:contact_verify", args=[point.uuid]) + f"?code={code}"
    _send(to_point(point, str(uuid7()), title, text, path))


def test_message(user: User, point: ContactPoint) -> None:
    """Sends a test message to a verified point of the person, and notes whether it was accepted.

    Raises: CodeNotSent.
    """
    with override(user.language):
        title = _("Febris: a test")
        text = _("This is how Febris reaches you. No patient is concerned.")
    message = to_point(point, str(uuid7()), title, text, reverse("monitoring:contacts"))
    try:
        _send(message)
    except CodeNotSent as failure:
        if isinstance(failure.__cause__, NotDelivered):
            is_gone = isinstance(failure.__cause__, Gone)
            contacts.refused(point.pk, real_now(), str(failure), is_gone=is_gone)
        raise
    contacts.accepted(point.pk, real_now())


def _send(message: Message) -> None:
    try:
        channels.send(message)
    except Exception as error:
        log.warning("a message about no alert over %s failed: %s", message.channel, type(error).__name__)
        told = isinstance(error, NotDelivered | ConnectionError)
        raise CodeNotSent(str(error) if told else type(error).__name__) from error
