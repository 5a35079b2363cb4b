"""Personal PINs: which are too easy to guess, and setting one's own. Opens nothing; `accounts.ward` does."""

from __future__ import annotations

import re
from datetime import date, datetime

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext as _

from accounts.models import Pin, User

SHORTEST, LONGEST = 6, 12
#: Lines and corners of a keypad, and what people pick beside runs and repeats.
_COMMON = frozenset(
    {"112233", "123321", "159753", "147258", "258369", "147852", "142536", "789456", "456123"}
)
_RUNS = ("01234567890123456789", "98765432109876543210")


class WeakPin(ValueError):
    """A PIN that is no PIN or is easily guessed; the message says why, for its owner."""


def refuse_weak(pin: str, user: User) -> None:
    """Nothing, for a PIN that may be set.

    Raises: WeakPin.
    """
    if not re.fullmatch(r"[0-9]+", pin):
        raise WeakPin(_("A PIN has digits alone."))
    if not SHORTEST <= len(pin) <= LONGEST:
        raise WeakPin(_("A PIN has %(least)d to %(most)d digits.") % {"least": SHORTEST, "most": LONGEST})
    if any(pin in run for run in _RUNS):
        raise WeakPin(_("Digits in a row, as in 123456, are guessed first."))
    if _repeats(pin):
        raise WeakPin(_("Digits that repeat, as in 111111 or 121212, are guessed first."))
    if pin in _COMMON:
        raise WeakPin(_("This PIN is one that many people choose."))
    if _is_a_date(pin) or re.match(r"(19|20)\d\d", pin) or re.search(r"(19|20)\d\d$", pin):
        raise WeakPin(_("A date or a year, above all of a birth, is guessed first."))
    if any(pin in known or known in pin for known in _numbers_of(user)):
        raise WeakPin(_("Your user name or e-mail address holds these digits."))


def set_pin(user: User, pin: str, now: datetime) -> None:
    """Stores the PIN of somebody who has just proved themselves; one set before no longer counts.

    Raises: WeakPin.
    """
    refuse_weak(pin, user)
    Pin.objects.update_or_create(user=user, defaults={"hash": make_password(pin), "set_at": now})


def remove_pin(user: User) -> int:
    """How many PINs are gone: one or none."""
    return Pin.objects.filter(user=user).delete()[0]


def _repeats(pin: str) -> bool:
    """True when the PIN is one piece over and over, or has two digits at most."""
    return pin in (pin + pin)[1:-1] or len(set(pin)) <= 2


def _is_a_date(pin: str) -> bool:
    """True when the digits read as a day, in any order in which people write one."""
    short = [(4, 2, 0), (4, 0, 2), (0, 2, 4)]
    if len(pin) == 6:
        return any(_is_day(2000 + int(pin[y : y + 2]), pin[m : m + 2], pin[d : d + 2]) for y, m, d in short)
    long = [(4, 2, 0), (4, 0, 2), (0, 4, 6)]
    return len(pin) == 8 and any(
        1900 <= int(pin[y : y + 4]) < 2100 and _is_day(int(pin[y : y + 4]), pin[m : m + 2], pin[d : d + 2])
        for y, m, d in long
    )


def _is_day(year: int, month: str, day: str) -> bool:
    try:
        date(year, int(month), int(day))
    except ValueError:
        return False
    return True


def _numbers_of(user: User) -> list[str]:
    """Runs of digits that everybody may know of the person."""
    return [found for found in re.findall(r"\d{4,}", f"{user.username} {user.email}") if len(found) >= 4]
