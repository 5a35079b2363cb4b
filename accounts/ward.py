"""Shared tablets: marking a browser as one of a ward's, and bringing people back to it within their shift.

Who signed in fully there may come back by PIN until the shift ends. Five wrong PINs end that for them on that
device. A PIN never lengthens anything and never counts where the whole sign-in is asked for.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare

from accounts import idle
from accounts.models import KEEPERS, Ended, Pin, Presence, User, WardDevice
from accounts.permissions import Actor, NotPermitted

log = logging.getLogger(__name__)

WRONG_PINS = 5
#: What was typed and not saved is kept up to this size, in characters.
MOST_KEPT = 200_000
COOKIE = "febris_ward"
_SALT = "accounts.ward"
_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
#: Names in the session; templates read them too.
_QUICK, _PRESENCE, _PIN, _KEPT = "quick", "presence", "pin", "kept"


# --- Devices ----------------------------------------------------------------------------------------------


def register(actor: Actor, site: Any, name: str, now: datetime) -> tuple[WardDevice, str]:
    """The new device and its key, which goes into the browser's cookie and is never to be seen again.

    Raises: NotPermitted.
    """
    _keeps(actor, site.pk)
    assert actor.user is not None
    key = secrets.token_urlsafe(32)
    device = WardDevice.objects.create(
        site=site,
        name=name,
        key_hash=_digest(key),
        created_at=now,
        created_by=actor.user,
        expires_at=now + settings.WARD_DEVICE_LIVES,
    )
    return device, key


@transaction.atomic
def revoke(actor: Actor, device: WardDevice, now: datetime) -> int:
    """How many people are signed out: the device counts no more, and every session begun on it ends now.

    Raises: NotPermitted.
    """
    _keeps(actor, device.site_id)
    WardDevice.objects.filter(pk=device.pk, revoked_at__isnull=True).update(
        revoked_at=now, revoked_by=actor.user
    )
    store = import_module(settings.SESSION_ENGINE).SessionStore
    ended = 0
    for presence in Presence.objects.filter(device=device, ends_at__gt=now - settings.WARD_SHIFT):
        if presence.session_key:
            store(presence.session_key).delete()
            ended += 1
        if presence.ended_at is None:
            _end(presence, Ended.REVOKED, now)
    return ended


def put_key(response: HttpResponseBase, key: str) -> None:
    """Leaves the device's key in the browser: for us alone, out of reach of scripts and other sites."""
    response.set_signed_cookie(
        COOKIE,
        key,
        salt=_SALT,
        max_age=int(settings.WARD_DEVICE_LIVES.total_seconds()),
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Strict",
    )


def device_of(request: HttpRequest, now: datetime) -> WardDevice | None:
    """The ward's device that the request comes from; None where it is none, or no longer."""
    if COOKIE not in request.COOKIES:
        return None
    key = request.get_signed_cookie(COOKIE, default=None, salt=_SALT, max_age=settings.WARD_DEVICE_LIVES)
    if key is None:
        return None
    return WardDevice.objects.in_force(now).filter(key_hash=_digest(key)).select_related("site").first()


def _keeps(actor: Actor, site_id: int) -> None:
    """Raises: NotPermitted for who neither works at the site nor manages its people, or is not a person."""
    if actor.user is None or not any(actor.may(act, site_id) for act in KEEPERS):
        raise NotPermitted(actor, KEEPERS[0], site_id)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


# --- Coming and going -------------------------------------------------------------------------------------


def is_quick(request: HttpRequest) -> bool:
    """True in a session that a PIN opened."""
    return bool(request.session.get(_QUICK))


@transaction.atomic
def arrived(request: HttpRequest, user: User, now: datetime) -> None:
    """Notes a full sign-in: on a device of a ward of theirs, the person may come back to it in this shift."""
    for name in (_QUICK, _PRESENCE, _PIN, _KEPT):
        request.session.pop(name, None)
    request.session.set_expiry(None)
    device = device_of(request, now)
    if device is None or not user.memberships.in_force(now).filter(site=device.site_id).exists():
        return
    if not request.session.session_key:
        request.session.save()
    presence, is_new = Presence.objects.get_or_create(
        device=device, user=user, ended_at__isnull=True, defaults=_from_now(request, user, now)
    )
    if not is_new:
        # What was typed in a shift that is over belongs to another day.
        forgotten = {"kept": "", "way_back": ""} if presence.ends_at <= now else {}
        for name, value in (_from_now(request, user, now) | forgotten).items():
            setattr(presence, name, value)
        presence.save()
    _note(request, presence)


def _from_now(request: HttpRequest, user: User, now: datetime) -> dict[str, Any]:
    return {
        "signed_in_at": now,
        "ends_at": now + settings.WARD_SHIFT,
        "failures": 0,
        "session_key": request.session.session_key,
        "auth_hash": user.get_session_auth_hash(),
    }


def note_pin(request: HttpRequest, has_pin: bool) -> None:
    """Lets the lock of this session ask for a PIN, or no longer; whether one opens it is asked each time."""
    if has_pin and _PRESENCE in request.session:
        request.session[_PIN] = True
    else:
        request.session.pop(_PIN, None)


def left(request: HttpRequest, now: datetime) -> None:
    """Ends what brings the person back to this device, as they sign out of it for good."""
    if (presence := _of_session(request)) is not None and presence.ended_at is None:
        _end(presence, Ended.LEFT, now)


def present(device: WardDevice, now: datetime) -> list[Presence]:
    """Who may come back to the device by PIN, by name."""
    rows = Presence.objects.open(now, WRONG_PINS).filter(device=device, user__pin__isnull=False)
    found = [row for row in rows.select_related("user") if _has_password_of_then(row)]
    return sorted(found, key=lambda row: row.user.name.casefold())


def find(device: WardDevice, uuid: Any, now: datetime) -> Presence | None:
    """The presence of that name on that device, while it brings somebody back."""
    return next((row for row in present(device, now) if row.uuid == uuid), None)


def come_back(request: HttpRequest, device: WardDevice, uuid: Any, pin: str, now: datetime) -> User | None:
    """Signs the person in again who left the device and knows their PIN; None for everybody else.

    The session ends with the shift, however much is done in it.
    """
    presence = _proved(Presence.objects.filter(uuid=uuid, device=device), pin, now)
    if presence is None:
        return None
    login(request, presence.user, backend=_BACKEND)
    request.session[_QUICK] = True
    request.session.set_expiry(presence.ends_at)
    idle.note_activity(request.session, now)
    Presence.objects.filter(pk=presence.pk).update(session_key=request.session.session_key)
    _note(request, presence)
    return presence.user


def unlocks(request: HttpRequest, owner: User, pin: str, now: datetime) -> bool:
    """True when the PIN is that of the session's owner, who may still come back to this device by it."""
    device = device_of(request, now)
    theirs = Presence.objects.filter(device=device, user=owner) if device else Presence.objects.none()
    return _proved(theirs, pin, now) is not None


def keep(request: HttpRequest, typed: str, way_back: str) -> None:
    """Keeps what somebody had typed and not saved, for them alone, when they come back to this device."""
    if (presence := _of_session(request)) is not None:
        kept = typed if len(typed) <= MOST_KEPT else ""
        Presence.objects.filter(pk=presence.pk).update(kept=kept, way_back=way_back[:300])


def take_kept(request: HttpRequest) -> str:
    """What the person had typed, handed over once."""
    request.session.pop(_KEPT, None)
    presence = _of_session(request)
    if presence is None or presence.user_id != request.user.pk:
        return ""
    Presence.objects.filter(pk=presence.pk).update(kept="")
    return presence.kept


def way_back(request: HttpRequest) -> str:
    """Where the person was when somebody else took the device; empty when nothing is known."""
    presence = _of_session(request)
    return presence.way_back if presence is not None else ""


def _proved(theirs: Any, pin: str, now: datetime) -> Presence | None:
    """The one presence that the PIN opens. The try is counted before it is looked at, so that many at once
    are no more than five; every refusal costs the same work.
    """
    row = theirs.open(now, WRONG_PINS).values_list("pk", flat=True).first()
    countable = Presence.objects.filter(pk=row, ended_at__isnull=True, failures__lt=WRONG_PINS)
    is_counted = row is not None and countable.update(failures=F("failures") + 1) == 1
    presence = Presence.objects.select_related("user", "device").get(pk=row) if is_counted else None
    stored = Pin.objects.filter(user=presence.user_id).first() if presence else None
    is_right = check_password(pin, stored.hash if stored else _nobodys_pin())
    if presence is None:
        return None
    if is_right and stored and _has_password_of_then(presence):
        Presence.objects.filter(pk=presence.pk).update(failures=0)
        return presence
    log.warning("wrong PIN for user %s on device %s", presence.user.uuid, presence.device.uuid)
    if presence.failures >= WRONG_PINS:
        _end(presence, Ended.WRONG_PINS, now)
    return None


def _has_password_of_then(presence: Presence) -> bool:
    return constant_time_compare(presence.auth_hash, presence.user.get_session_auth_hash())


def _note(request: HttpRequest, presence: Presence) -> None:
    request.session[_PRESENCE] = presence.pk
    note_pin(request, Pin.objects.filter(user=presence.user_id).exists())
    if presence.kept:
        request.session[_KEPT] = True


def _of_session(request: HttpRequest) -> Presence | None:
    number = request.session.get(_PRESENCE)
    return Presence.objects.filter(pk=number).first() if number else None


def _end(presence: Presence, why: Ended, now: datetime) -> None:
    Presence.objects.filter(pk=presence.pk, ended_at__isnull=True).update(
        ended_at=now, ended_because=why, kept="", way_back=""
    )


@cache
def _nobodys_pin() -> str:
    return make_password(secrets.token_hex(8))
