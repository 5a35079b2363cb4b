"""When a session counts as left alone: since when nobody has touched it, and until when it stays open.

A locked session is still signed in: nothing is lost, nothing is shown, and the same person opens it again.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

_ACTIVE_AT = "active_at"
#: How old the noted moment may grow before it is written again; a session row is not written at every click.
_STEP = timedelta(seconds=15)
_BACKGROUND_HEADER = "X-Febris-Background"
_STREAM = "/api/v1/events/"


def is_background(request: HttpRequest) -> bool:
    """True for polls and streams, which a page makes by itself: they are nobody's activity."""
    return request.headers.get(_BACKGROUND_HEADER) == "1" or request.path.startswith(_STREAM)


def active_at(session: SessionBase) -> datetime | None:
    """When somebody last did something in the session; None when nothing is noted yet."""
    noted = session.get(_ACTIVE_AT)
    return None if noted is None else datetime.fromtimestamp(noted, UTC)


def locks_at(session: SessionBase, now: datetime) -> datetime:
    """When the session locks if nobody does anything more."""
    after: timedelta = settings.IDLE_LOCK_AFTER
    return (active_at(session) or now) + after


def is_locked(session: SessionBase, now: datetime) -> bool:
    """True when the session was left alone for too long."""
    return now >= locks_at(session, now)


def note_activity(session: SessionBase, now: datetime) -> None:
    """Begins the wait anew; also what unlocking does."""
    noted = active_at(session)
    if noted is None or now - noted >= _STEP or now < noted:
        session[_ACTIVE_AT] = now.timestamp()


def lock(session: SessionBase) -> None:
    """Locks the session at once."""
    session[_ACTIVE_AT] = 0
