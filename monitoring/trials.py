"""Whom the alerts of an infusion would reach, by what, and whether it works: asked before it starts.

A test message goes to every verified point of everybody whom the site's ladder names now. The request only
writes down that it is wanted; the worker that sends tries each once and writes the receipt.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import ContactPoint
from accounts.permissions import Act, Actor
from monitoring import deliveries, ladders, rota
from monitoring.core.escalation import ROLES, Climb
from monitoring.core.findings import Priority
from monitoring.models import TrialMessage
from tracker.errors import Refused
from tracker.models import Infusion

#: Nobody is sent test messages of one infusion more often.
EVERY = timedelta(minutes=1)
#: A run sends for so long at most: what is left waits for the next, behind the messages of alerts.
LONGEST_S = 2.0


@dataclass(frozen=True, slots=True)
class Way:
    """One point of a person, and the newest test message to it for this infusion."""

    point: ContactPoint
    trial: TrialMessage | None


@dataclass(frozen=True, slots=True)
class Reached:
    """A person whom alerts would be told to, as what, and by which ways beside the screens of the ward."""

    person: rota.Person
    roles: tuple[str, ...]
    on_screens: bool
    ways: tuple[Way, ...]
    #: How long after a high alert that begins now they are first told; None where no rung of it tells them.
    after: timedelta | None


@dataclass(frozen=True, slots=True)
class Chain:
    """Everybody on the ladder of an infusion, who is told first before who is told later, and the roles that
    reach nobody.
    """

    people: tuple[Reached, ...]
    gaps: tuple[rota.Reach, ...]
    asked_at: datetime | None

    @property
    def waits(self) -> bool:
        """True while a test message has no receipt yet."""
        trials = [way.trial for each in self.people for way in each.ways if way.trial is not None]
        return any(trial.accepted_at is None and trial.failed_at is None for trial in trials)


def chain_of(infusion: Infusion, now: datetime) -> Chain:
    """Whom the site's ladder names for the infusion now, in as many queries for ten people as for one."""
    named = ladders.roles_named(infusion.site_id)
    roster = rota.roster(infusion.site_id, infusion.study_id, now, infusion.pk)
    reach = [each for each in rota.reach(roster) if each.role in named]
    told = roster.told(named)
    points = {
        point.pk: point
        for point in ContactPoint.objects.filter(
            pk__in=[number for person in told for number, _channel in person.points]
        )
    }
    newest: dict[int, TrialMessage] = {}
    for trial in TrialMessage.objects.filter(infusion=infusion, point__in=points).order_by("pk"):
        newest[trial.point_id] = trial
    climb = ladders.numbered(roster.ladder_id).climb(Priority.HIGH, now)
    people = []
    for person in told:
        roles = tuple(each.role for each in reach if any(one.id == person.id for one in each.people))
        ways = [
            Way(points[number], newest.get(number)) for number, _channel in person.points if number in points
        ]
        on_screens = bool(rota.ON_THE_WARD.intersection(roles))
        people.append(Reached(person, roles, on_screens, tuple(ways), _told_after(climb, roles)))
    people.sort(key=_turn)
    asked_at = max((trial.asked_at for trial in newest.values()), default=None)
    return Chain(tuple(people), tuple(each for each in reach if each.gap), asked_at)


def _told_after(climb: Climb | None, roles: tuple[str, ...]) -> timedelta | None:
    """How long after its begin the climb first tells one of the roles."""
    rungs = climb.rungs if climb is not None else ()
    return min((rung.after for rung in rungs if set(roles).intersection(rung.roles)), default=None)


def _turn(each: Reached) -> tuple[timedelta, int]:
    """By when they are told, then by the first of their roles in the order of the ladder's table."""
    return each.after if each.after is not None else timedelta.max, min(map(ROLES.index, each.roles))


def ask(actor: Actor, infusion: Infusion, *, now: datetime, real_now: datetime) -> int:
    """How many test messages are on their way now.

    Raises: NotPermitted; Refused when some were asked for a moment ago.
    """
    actor.require(Act.RECORD_EVENTS, infusion.site_id, infusion.study_id)
    with transaction.atomic():
        Infusion.objects.select_for_update(no_key=True).get(pk=infusion.pk)
        chain = chain_of(infusion, now)
        if chain.asked_at is not None and real_now - chain.asked_at < EVERY:
            raise Refused.at("", "too_soon", _("Test messages were sent less than a minute ago."))
        asked = [
            TrialMessage(infusion=infusion, point=way.point, asked_by=actor.user, asked_at=real_now)
            for each in chain.people
            for way in each.ways
        ]
        return len(TrialMessage.objects.bulk_create(asked))


def send_owed(real_now: datetime) -> int:
    """How many test messages got a receipt. Each is tried once: whether it works now is what is asked."""
    began, done = time.monotonic(), 0
    while time.monotonic() - began < LONGEST_S:
        trial = _take(real_now)
        if trial is None:
            break
        _send(trial, real_now + timedelta(seconds=time.monotonic() - began))
        done += 1
    return done


def _take(real_now: datetime) -> TrialMessage | None:
    with transaction.atomic():
        owed = TrialMessage.objects.filter(sent_at__isnull=True).select_related("point__user")
        trial = owed.select_for_update(skip_locked=True, of=("self",)).order_by("pk").first()
        if trial is not None:
            trial.sent_at = real_now
            trial.save(update_fields=["sent_at"])
        return trial


def _send(trial: TrialMessage, at: datetime) -> None:
    try:
        deliveries.test_message(trial.point.user, trial.point)
    except deliveries.CodeNotSent as failure:
        trial.failed_at, trial.error = at, str(failure)[:200]
    else:
        trial.accepted_at = at
    trial.save(update_fields=["failed_at", "accepted_at", "error"])
