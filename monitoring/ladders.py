"""The ladder of a site: which version an alert climbs, and writing a new one.

A version never changes, so a parsed one is kept for the life of the process, by its number. The number stands
on the alert from the moment its climb begins (`Alert.ladder`): what is read with the alert says by which
ladder it climbs, nothing has to be asked or invalidated, and a new ladder never moves a climb that is on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor
from monitoring.core.document import RuleSetError
from monitoring.core.escalation import DEFAULT_DOCUMENT, DEFAULT_LADDER, Climb, parse_ladder
from monitoring.core.escalation import Ladder as Rungs
from monitoring.core.findings import Priority
from monitoring.models import Alert, Ladder
from tracker.models import Site


class LadderRefused(ValueError):
    """A ladder that cannot be set; the message says why."""


@lru_cache(maxsize=256)
def parsed(ladder_id: int) -> Rungs:
    """The ladder of that version, as the core's value."""
    return parse_ladder(Ladder.objects.values_list("document", flat=True).get(pk=ladder_id))


def numbered(ladder_id: int | None) -> Rungs:
    """The ladder of that version; without one the default."""
    return DEFAULT_LADDER if ladder_id is None else parsed(ladder_id)


def climbed(row: Alert) -> Rungs:
    """The ladder that the alert climbs."""
    return numbered(row.ladder_id)


def newest(site_id: int | None) -> Ladder | None:
    """The version that holds at the site for each climb that begins; None where the default does."""
    return None if site_id is None else Ladder.objects.filter(site_id=site_id).order_by("-pk").first()


def newest_id(site_id: int | None) -> int | None:
    """The number of that version, which an alert keeps."""
    if site_id is None:
        return None
    numbers = Ladder.objects.filter(site_id=site_id).order_by("-pk").values_list("pk", flat=True)
    return numbers.first()


def of(site_id: int | None, priority: Priority, at: datetime) -> Climb | None:
    """The climb that an alert of that priority begins at that moment; None where it stays in the inbox."""
    return numbered(newest_id(site_id)).climb(priority, at)


def roles_named(site_id: int | None) -> frozenset[str]:
    """Every role that the newest ladder of the site tells, at whatever hour."""
    ladder = numbered(newest_id(site_id))
    climbs = [
        *ladder.climbs.values(),
        *(climb for _hours, each in ladder.at_hours for climb in each.values()),
    ]
    return frozenset(role for climb in climbs for rung in climb.rungs for role in rung.roles)


def document_of(ladder: Ladder | None) -> dict[str, Any]:
    """What a ladder says; without one, the default."""
    return dict(DEFAULT_DOCUMENT if ladder is None else ladder.document)


def set_ladder(
    actor: Actor, site: Site, document: Mapping[str, Any], *, based_on: int, now: datetime
) -> Ladder:
    """The new version of the site's ladder; its hours go by the site's clock. `based_on` is the version that
    was on screen, 0 for the default.

    Raises: NotPermitted; LadderRefused where it would not do, or another was set meanwhile.
    """
    actor.require(Act.WRITE_ROTA, site.pk)
    said = {**document, "zone": site.time_zone}
    try:
        parse_ladder(said)
    except RuleSetError as error:
        raise LadderRefused(str(error)) from error
    last = newest(site.pk)
    if (last.version if last else 0) == based_on:
        try:
            with transaction.atomic():
                return Ladder.objects.create(
                    site=site, version=based_on + 1, document=said, author=actor.user, recorded_at=now
                )
        except IntegrityError:
            pass
    raise LadderRefused(_("Somebody else has changed this ladder meanwhile. Look at theirs first."))
