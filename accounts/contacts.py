"""Writes about contact points: added by their owner, verified by a code that came that way, removed, failed.

Sends nothing itself: who sends a code is handed it once, and only its digest is kept.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from accounts import phones
from accounts.models import ContactKind, ContactPoint, User, Verified

#: So many points a person may keep; a new code so often; a code lives so long and bears so many wrong tries.
MOST = 10
CODE_EVERY = timedelta(seconds=30)
CODE_LIVES = timedelta(minutes=15)
CODE_TRIES = 5
#: A point that is refused for so long, without a word that it is gone for good, counts as gone.
REFUSED_FOR = timedelta(hours=24)


class ContactRefused(ValueError):
    """A point could not be added or verified; the message says why, for its owner."""


def add(
    user: User, kind: ContactKind, *, label: str, now: datetime, address: str = "", secret: str = ""
) -> ContactPoint:
    """A new point, not verified yet; the same address again answers the one there is.

    Raises: ContactRefused where there are too many.
    """
    kept = ContactPoint.objects.kept().filter(user=user)
    if address and (known := kept.filter(kind=kind, address__iexact=address).first()):
        return known
    if kept.count() >= MOST:
        raise ContactRefused(_("You have %(n)d ways already: remove one first.") % {"n": MOST})
    return ContactPoint.objects.create(
        user=user, kind=kind, label=label, address=address, secret=secret, created_at=now
    )


def new_code(point: ContactPoint, now: datetime) -> str:
    """Six digits to be sent to the point; those sent before no longer count.

    Raises: ContactRefused when the last one is too young.
    """
    if point.code_sent_at is not None and now - point.code_sent_at < CODE_EVERY:
        raise ContactRefused(
            _("A code was sent a moment ago. Wait %(n)d seconds.") % {"n": int(CODE_EVERY.total_seconds())}
        )
    code = f"{secrets.randbelow(10**6):06}"
    point.code_hash, point.code_sent_at, point.code_tries = _digest(point, code), now, 0
    point.save(update_fields=["code_hash", "code_sent_at", "code_tries"])
    return code


def verify(point: ContactPoint, code: str, now: datetime) -> None:
    """The point counts from now on.

    Raises: ContactRefused when the code is wrong, too old or was tried too often.
    """
    with transaction.atomic():
        point = ContactPoint.objects.kept().select_for_update().get(pk=point.pk)
        is_dead = point.code_sent_at is None or now - point.code_sent_at > CODE_LIVES or not point.code_hash
        if is_dead or point.code_tries >= CODE_TRIES:
            problem = _("This code no longer counts: have another sent.")
        elif not constant_time_compare(point.code_hash, _digest(point, code.strip())):
            point.code_tries += 1
            problem = _("That is not the code that was sent.")
        else:
            problem = ""
            point.code_hash, point.verified_at, point.verified_how = "", now, Verified.CODE
            point.failing_since, point.failed_at, point.failed_because = None, None, ""
        point.save()
    if problem:
        raise ContactRefused(problem)


def remove(point: ContactPoint, now: datetime) -> None:
    """Nothing goes there any more; that it was there stays on record, without its secret."""
    point.removed_at = now
    point.secret = "removed" if point.secret else ""
    point.save(update_fields=["removed_at", "secret"])


def vouch(user: User, now: datetime) -> ContactPoint | None:
    """The person's own e-mail address as a verified point, for accounts that come with a working one."""
    if not user.email:
        return None
    point = add(user, ContactKind.EMAIL, label=user.email[:60], address=user.email, now=now)
    if not point.reaches:
        point.verified_at, point.verified_how, point.failed_at = now, Verified.GIVEN, None
        point.save()
    return point


def propose(user: User, now: datetime, *, instead_of: str = "") -> None:
    """The address of the account as a point still to be verified; the one that it replaces is gone."""
    if instead_of and instead_of.lower() != user.email.lower():
        for point in ContactPoint.objects.kept().filter(user=user, address__iexact=instead_of):
            remove(point, now)
    if user.email:
        add(user, ContactKind.EMAIL, label=user.email[:60], address=user.email, now=now)


def set_phone(user: User, number: str) -> None:
    """The person is called on that number from now on; blank takes it away.

    Raises: ValidationError when no telephone can dial it.
    """
    tidied = phones.tidy(number)
    if tidied:
        phones.check(tidied)
    user.phone = tidied
    user.save(update_fields=["phone"])


def channels_by_person() -> dict[int, list[str]]:
    """The kinds of points by which each person is reached, in words; nothing of where they lead."""
    found: dict[int, list[str]] = {}
    pairs = ContactPoint.objects.reaching().order_by("user_id", "kind").values_list("user_id", "kind")
    for user_id, kind in pairs.distinct():
        found.setdefault(user_id, []).append(str(ContactKind(kind).label))
    return found


def accepted(point_id: int, at: datetime) -> None:
    """Notes that the point took a message; refusals before it are forgotten."""
    rows = ContactPoint.objects.filter(pk=point_id)
    rows.filter(failing_since__isnull=False).update(failing_since=None)
    rows.update(last_accepted_at=at)


def refused(point_id: int, at: datetime, because: str, *, is_gone: bool) -> bool:
    """True when the point counts no longer: it said that it is gone, or has refused everything for a day."""
    point = ContactPoint.objects.filter(pk=point_id, failed_at__isnull=True).first()
    if point is None:
        return False
    if not is_gone and (point.failing_since is None or at - point.failing_since < REFUSED_FOR):
        ContactPoint.objects.filter(pk=point_id, failing_since__isnull=True).update(failing_since=at)
        return False
    point.failed_at, point.failed_because = at, because[:200]
    point.save(update_fields=["failed_at", "failed_because"])
    return True


def _digest(point: ContactPoint, code: str) -> str:
    return salted_hmac(f"accounts.contacts:{point.uuid}", code, algorithm="sha256").hexdigest()
