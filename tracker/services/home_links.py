"""The patient's link to the home log: made, renewed and revoked by a nurse, opened by its code.

The code is shown once and stored as a digest. Who knocks with a wrong one learns nothing from the answer.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor
from tracker.errors import NotInThisPhase, Refused
from tracker.models import HomeLink, Infusion, Phase, Site

#: No letter that looks like a digit or another letter (Crockford's base 32): people may have to type it.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 20
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None, "\u00a0": None, "\u2013": None})
_OVER = (Phase.PLANNED, Phase.CANCELLED, Phase.ENDED)


def plain_code(text: str) -> str:
    """The code as it was made, from what somebody typed: case, gaps and look-alikes do not matter."""
    return text.strip().upper().translate(_READ_AS)


def printed_code(code: str) -> str:
    """The code in groups of four, to be read and typed."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Knock:
    """What a code opens: the link, or nothing. The number to call is told either way, where it is known."""

    link: HomeLink | None
    phone: str
    language: str = ""


def issue_link(actor: Actor, infusion: Infusion, *, language: str, now: datetime) -> tuple[HomeLink, str]:
    """A new link and its code in clear, never to be seen again. The infusion's link before it closes.

    Raises: NotInThisPhase before the start and after the end; Refused for an unknown language.
    """
    actor.require(Act.RECORD_EVENTS, infusion.site_id, infusion.study_id)
    if language not in dict(settings.LANGUAGES):
        raise Refused.at("language", "unknown", _("Febris does not speak this language."))
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    with transaction.atomic():
        fresh = Infusion.objects.select_for_update(no_key=True).select_related("site").get(pk=infusion.pk)
        ends_at = fresh.watch_ends_at
        if fresh.phase in _OVER or (ends_at is not None and now > ends_at):
            detail = _("There is a home log from the start of an infusion to the end of its watch.")
            raise NotInThisPhase(detail)
        _close(fresh, actor, now)
        link = HomeLink.objects.create(
            infusion=fresh, token_hash=_digest(code), language=language, created_at=now, created_by=actor.user
        )
    return link, code


def revoke_links(actor: Actor, infusion: Infusion, *, now: datetime) -> int:
    """How many links were closed for good: one, or none when there was none."""
    actor.require(Act.RECORD_EVENTS, infusion.site_id, infusion.study_id)
    return _close(infusion, actor, now)


def _close(infusion: Infusion, actor: Actor, now: datetime) -> int:
    standing = HomeLink.objects.filter(infusion=infusion, revoked_at__isnull=True)
    return standing.update(revoked_at=now, revoked_by=actor.user)


def knock(code: str, now: datetime) -> Knock:
    """What the code opens now.

    A closed link still tells the number of its own site. An unknown code tells one only where all sites have
    the same, so that the answer says nothing about any code.
    """
    found = (
        HomeLink.objects.select_related("infusion__site", "infusion__study", "infusion__patient")
        .filter(token_hash=_digest(plain_code(code)))
        .first()
    )
    everywhere = list(Site.objects.exclude(phone="").values_list("phone", flat=True).distinct()[:2])
    if found is None:
        return Knock(None, everywhere[0] if len(everywhere) == 1 else "")
    return Knock(found if found.opens(now) else None, found.infusion.site.phone, found.language)


def note_opened(link: HomeLink, now: datetime) -> None:
    """Keeps when the patient last came in, so that a nurse sees that the link works for them."""
    HomeLink.objects.filter(pk=link.pk).update(opened_at=now)
