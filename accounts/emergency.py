"""Emergency access: opened by somebody with a clinical role, for a reason and a time.

A second person judges each use. It lives in the session it was opened in; what it allows is one grant more,
and the querysets and services that ask the actor know nothing of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import SHORTEST_REASON, EmergencyAccess, EmergencyStep
from accounts.permissions import CLINICAL, Act, Actor, NotPermitted

_KEY = "emergency"


class EmergencyRefused(ValueError):
    """An emergency that could not be opened or reviewed; the message says why."""


def may_open(actor: Actor) -> bool:
    """True for a signed-in person with a clinical role somewhere: nobody else treats patients."""
    return actor.user is not None and any(
        grant.role in CLINICAL and grant.acts is None for grant in actor.memberships
    )


def open_access(actor: Actor, session: SessionBase, site: Any, reason: str, now: datetime) -> EmergencyAccess:
    """The access, which begins now and holds in this session; one that lasts in it ends.

    Raises: NotPermitted, EmergencyRefused.
    """
    if actor.user is None or not may_open(actor):
        raise NotPermitted(actor, Act.READ, site.pk)
    said = " ".join(reason.split())
    if not SHORTEST_REASON <= len(said) <= 500:
        raise EmergencyRefused(
            _("Say why in %(least)d to %(most)d characters.") % {"least": SHORTEST_REASON, "most": 500}
        )
    end(session, now)
    access = EmergencyAccess.objects.create(
        user=actor.user, site=site, reason=said, opened_at=now, ends_at=now + settings.EMERGENCY_LASTS
    )
    session[_KEY] = str(access.uuid)
    return access


def end(session: SessionBase, now: datetime) -> int:
    """How many accesses of the session end now: one or none."""
    uuid = session.pop(_KEY, None)
    if uuid is None:
        return 0
    return EmergencyAccess.objects.lasting(now).filter(uuid=uuid).update(ended_at=now)


def lasting(session: SessionBase, user_id: int, now: datetime) -> EmergencyAccess | None:
    """The access that lasts in the session; None without one, and no question to the database."""
    if (uuid := session.get(_KEY)) is None:
        return None
    rows = EmergencyAccess.objects.lasting(now).filter(uuid=uuid, user_id=user_id)
    return rows.select_related("site").first()


def with_access(actor: Actor, access: EmergencyAccess) -> Actor:
    """The actor with what the access allows beside their own roles."""
    return replace(actor, memberships=(*actor.memberships, access.grant()))


def note_step(request: HttpRequest, access: EmergencyAccess, now: datetime) -> None:
    """Writes down what is asked for, before it is answered."""
    match = request.resolver_match
    row = match.kwargs.get("uuid") if match is not None else None
    EmergencyStep.objects.create(
        access=access,
        at=now,
        method=(request.method or "")[:8],
        view=(match.view_name if match is not None else "")[:100],
        path=request.path[:200],
        row=row if isinstance(row, UUID) else None,
    )


def review(
    actor: Actor, access: EmergencyAccess, now: datetime, *, justified: bool, note: str
) -> EmergencyAccess:
    """The access as a second person judged it, once.

    Raises: NotPermitted, EmergencyRefused.
    """
    actor.require(Act.REVIEW_EMERGENCY, access.site_id)
    if actor.user is None or actor.user.pk == access.user_id:
        raise EmergencyRefused(_("A second person reviews it: nobody reviews their own."))
    if access.ends_at > now and access.ended_at is None:
        raise EmergencyRefused(_("It lasts still. Review it when it is over."))
    said = note.strip()
    if not justified and not said:
        raise EmergencyRefused(_("Say why it was not justified."))
    done = EmergencyAccess.objects.unreviewed().filter(pk=access.pk)
    if not done.update(reviewed_at=now, reviewed_by=actor.user, justified=justified, review_note=said[:500]):
        raise EmergencyRefused(_("Somebody has reviewed it already."))
    access.refresh_from_db()
    return access
