"""What a second person gives for one act of somebody else's: made with their own password, good for minutes.

It names who gave it and, as a digest, what for, so that it opens nothing else. Nothing of it is stored.
"""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing

from accounts.models import User

GOOD_FOR = timedelta(minutes=5)
_SALT = "accounts.countersigning"


class NotCountersigned(ValueError):
    """A countersignature that nobody gave, that was given for something else, or too long ago."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def countersign(user: User, act: str, row: UUID, reason: str, now: datetime) -> tuple[str, datetime]:
    """The countersignature of someone who has just been authenticated, and until when it is good."""
    until = now + GOOD_FOR
    said = {"by": str(user.uuid), "for": _digest(act, row, reason), "until": until.isoformat()}
    return signing.dumps(said, salt=_SALT), until


def countersigner(text: str, act: str, row: UUID, reason: str, now: datetime) -> User:
    """Who gave the countersignature.

    Raises: NotCountersigned.
    """
    try:
        said = signing.loads(text, salt=_SALT)
    except signing.BadSignature as error:
        raise NotCountersigned("unknown") from error
    if said["for"] != _digest(act, row, reason):
        raise NotCountersigned("for_something_else")
    if now >= datetime.fromisoformat(said["until"]):
        raise NotCountersigned("expired")
    user: User = User.objects.get(uuid=said["by"])
    return user


def _digest(act: str, row: UUID, reason: str) -> str:
    return hashlib.sha256(f"{act}\n{row}\n{reason.strip()}".encode()).hexdigest()
