"""Who holds a role of the ladders at a moment, and who of them can be reached.

A site keeps a rota of a duty while shifts of it are entered. Then those on duty hold it and nobody else does;
where none is kept, everybody holds it who has the membership. Whoever is on duty must be allowed to see the
alert: a shift without the membership reaches nobody.

Reached is who has a channel of their own. Nurses also are by the screens of the ward, where they stand;
investigators and coordinators are not: who is on call sees no screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings

from accounts.models import User
from accounts.permissions import Role
from accounts.statements import together
from monitoring.core.escalation import ROLES
from monitoring.models import Duty

#: So long after its last shift a site still counts as keeping a rota of a duty: the gap is then a gap. After
#: that it has given it up, and everybody is told rather than nobody.
KEPT_FOR = timedelta(days=14)

#: Which memberships may stand behind a duty.
MAY_HOLD: Mapping[Duty, frozenset[Role]] = {
    Duty.CHARGE_NURSE: frozenset({Role.CHARGE_NURSE}),
    Duty.NURSE: frozenset({Role.NURSE, Role.CHARGE_NURSE}),
    Duty.ON_CALL: frozenset({Role.INVESTIGATOR}),
    Duty.BACKUP: frozenset({Role.INVESTIGATOR}),
    Duty.PRINCIPAL: frozenset({Role.INVESTIGATOR}),
}
#: Which memberships hold a duty where no rota of it is kept.
HOLDS_WITHOUT: Mapping[Duty, Role] = {
    Duty.CHARGE_NURSE: Role.CHARGE_NURSE,
    Duty.NURSE: Role.NURSE,
    Duty.ON_CALL: Role.INVESTIGATOR,
    Duty.BACKUP: Role.INVESTIGATOR,
    Duty.PRINCIPAL: Role.INVESTIGATOR,
}
ASSIGNED, COORDINATOR = "assigned_nurse", "safety_coordinator"
#: The duties of a role of the ladders.
DUTIES: Mapping[str, tuple[Duty, ...]] = {
    ASSIGNED: (Duty.NURSE,),
    "charge_nurse": (Duty.CHARGE_NURSE,),
    "everyone_on_shift": (Duty.NURSE, Duty.CHARGE_NURSE),
    "investigator_on_call": (Duty.ON_CALL,),
    "backup_investigator": (Duty.BACKUP,),
    "principal_investigator": (Duty.PRINCIPAL,),
    COORDINATOR: (),
}
#: The roles of people who stand on the ward, before its screens.
ON_THE_WARD = frozenset({ASSIGNED, "charge_nurse", "everyone_on_shift"})

PEOPLE = """
SELECT u.id, u.username, u.name, u.phone,
       ARRAY(SELECT p.id || ' ' || p.kind FROM accounts_contactpoint p
              WHERE p.user_id = u.id AND p.verified_at IS NOT NULL AND p.failed_at IS NULL
                AND p.removed_at IS NULL ORDER BY p.id),
       array_agg(DISTINCT m.role::text),
       ARRAY(SELECT DISTINCT s.duty::text FROM monitoring_shift s
              WHERE s.person_id = u.id AND s.site_id = %(site)s
                AND s.starts_at <= %(at)s AND s.ends_at > %(at)s),
       EXISTS (SELECT 1 FROM monitoring_assignment a
                WHERE a.nurse_id = u.id AND a.infusion_id = %(infusion)s
                  AND a.starts_at <= %(at)s AND (a.ends_at IS NULL OR a.ends_at > %(at)s))
  FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id
 WHERE u.is_active AND (%(site)s::bigint IS NULL OR m.site_id = %(site)s)
   AND (m.study_id IS NULL OR m.study_id = %(study)s)
   AND (m.starts_at IS NULL OR m.starts_at <= %(at)s) AND (m.ends_at IS NULL OR m.ends_at > %(at)s)
 GROUP BY u.id ORDER BY u.id
"""
KEPT = "SELECT DISTINCT duty::text FROM monitoring_shift WHERE site_id = %s AND ends_at > %s"
LADDER = "SELECT max(id) FROM monitoring_ladder WHERE site_id = %s"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a site at a moment, with their verified contact points: a number and a channel each."""

    id: int
    username: str
    name: str
    #: On which colleagues call them; blank where none is known.
    phone: str
    points: tuple[tuple[int, str], ...]
    roles: frozenset[str]
    duties: frozenset[str]
    is_assigned: bool

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels on which they are reached, each once."""
        return tuple(dict.fromkeys(channel for _point, channel in self.points))

    def reached_as(self, role: str) -> bool:
        """True when a message for that role of theirs gets to them."""
        return bool(self.channels) or role in ON_THE_WARD


@dataclass(frozen=True, slots=True)
class Roster:
    """The people of a site at a moment, the duties of which it keeps a rota, and its newest ladder."""

    people: tuple[Person, ...]
    kept: frozenset[str]
    ladder_id: int | None

    def holders(self, role: str) -> list[Person]:
        """Who holds the role: the nurse of the infusion while on shift, else whoever is; and so on."""
        if role == COORDINATOR:
            return [person for person in self.people if Role.SAFETY_COORDINATOR in person.roles]
        holding = {person.id for duty in DUTIES.get(role, ()) for person in self._holding(duty)}
        found = [person for person in self.people if person.id in holding]
        if role == ASSIGNED:
            return [person for person in found if person.is_assigned] or found
        return found

    def told(self, roles: Iterable[str], also: Iterable[int] = ()) -> list[Person]:
        """Everybody who holds one of the roles, and those who are named by number."""
        holding = {person.id for role in roles for person in self.holders(role)}.union(also)
        return [person for person in self.people if person.id in holding]

    def reached(self, roles: Iterable[str]) -> list[Person]:
        """Those of them whom a message for that role gets to."""
        there = {person.id for role in roles for person in self.holders(role) if person.reached_as(role)}
        return [person for person in self.people if person.id in there]

    def reaches(self, role: str) -> bool:
        """True when somebody who holds the role can be reached."""
        return bool(self.reached([role]))

    def without_rota(self) -> Roster:
        """The same people, everybody of them on duty: for what must reach whoever there is."""
        return replace(self, kept=frozenset())

    def _holding(self, duty: Duty) -> list[Person]:
        if duty in self.kept:
            return [
                person for person in self.people if duty in person.duties and person.roles & MAY_HOLD[duty]
            ]
        return [person for person in self.people if HOLDS_WITHOUT[duty] in person.roles]


def roster(site_id: int | None, study_id: int | None, at: datetime, infusion_id: int | None = None) -> Roster:
    """The people of the site (without one: of all) who may see alerts of the study, in one trip."""
    asked = {"site": site_id, "study": study_id, "at": at, "infusion": infusion_id}
    people, kept, ladder = together((PEOPLE, asked), (KEPT, (site_id, at - KEPT_FOR)), (LADDER, (site_id,)))
    return Roster(
        people=tuple(
            Person(
                id=number,
                username=username,
                name=name,
                phone=phone,
                points=_points(points),
                roles=frozenset(roles),
                duties=frozenset(duties),
                is_assigned=assigned,
            )
            for number, username, name, phone, points, roles, duties, assigned in people
        ),
        kept=frozenset(duty for (duty,) in kept),
        ladder_id=ladder[0][0],
    )


def _points(found: Iterable[str]) -> tuple[tuple[int, str], ...]:
    """The points of a person over which a message can go out today: no e-mail without a mail server."""
    pairs = (point.partition(" ") for point in found)
    return tuple(
        (int(number), kind) for number, _space, kind in pairs if kind != "email" or settings.SENDS_EMAIL
    )


def people(
    role: str, site_id: int | None, study_id: int | None, at: datetime, infusion_id: int | None = None
) -> list[User]:
    """Who holds a role of the ladders at that moment: on duty by the rota where the site keeps one, else
    everybody with the membership.
    """
    holders = roster(site_id, study_id, at, infusion_id).holders(role)
    found = User.objects.in_bulk([person.id for person in holders])
    return [found[person.id] for person in holders]


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a role reaches. `gap` is empty, or why it reaches nobody: nobody, or no_channel."""

    role: str
    people: tuple[Person, ...]
    channels: tuple[str, ...]
    is_kept: bool
    gap: str


def reachability(
    site_id: int, study_id: int | None, at: datetime, infusion_id: int | None = None
) -> list[Reach]:
    """Whom each role of the ladders reaches at that moment, and where there is a gap."""
    return reach(roster(site_id, study_id, at, infusion_id))


def reach(roster: Roster) -> list[Reach]:
    """Whom each role reaches by this roster."""
    found = []
    for role in ROLES:
        holders = roster.holders(role)
        channels = {channel for person in holders for channel in person.channels}
        if role in ON_THE_WARD and holders:
            channels.add("screen")
        gap = "" if roster.reaches(role) else "no_channel" if holders else "nobody"
        is_kept = any(duty in roster.kept for duty in DUTIES[role])
        found.append(Reach(role, tuple(holders), tuple(sorted(channels)), is_kept, gap))
    return found
