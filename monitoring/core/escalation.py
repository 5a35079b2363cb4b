"""Ladders: who is told when nobody answers, by priority and by the hour at which a climb began.

Only moments and roles; who holds a role, and who of them can be reached, is somebody else's question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitoring.core.document import Node
from monitoring.core.findings import Priority

RUNGS_LIMIT = 20
HOURS_LIMIT = 12

ROLES = (
    "assigned_nurse",
    "charge_nurse",
    "everyone_on_shift",
    "investigator_on_call",
    "backup_investigator",
    "principal_investigator",
    "safety_coordinator",
)
"""Whom a rung can tell."""

PRIORITIES = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Rung:
    """The roles to tell, this long after the alert was raised or opened again."""

    after: timedelta
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Climb:
    """The rungs of one priority, and how often the last is repeated until somebody answers."""

    rungs: tuple[Rung, ...]
    repeat_every: timedelta | None = None

    def after(self, rung: int) -> timedelta | None:
        """How long after the start rung number `rung` (from 0) is due; None when there is no such rung."""
        if not self.rungs:
            return None
        beyond = rung - (len(self.rungs) - 1)
        if beyond <= 0:
            return self.rungs[rung].after
        return None if self.repeat_every is None else self.rungs[-1].after + beyond * self.repeat_every

    def roles(self, rung: int) -> tuple[str, ...]:
        """Whom rung number `rung` tells; every repeat tells those of the last."""
        return self.rungs[min(rung, len(self.rungs) - 1)].roles if self.rungs else ()


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of every day by the wall clock, its beginning included and its end not.

    One that ends before it begins runs past midnight.
    """

    begins: time
    ends: time

    def hold(self, clock: time) -> bool:
        """True when the clock stands within."""
        if self.begins < self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends

    def meet(self, other: Hours) -> bool:
        """True when some moment lies in both."""
        return self.hold(other.begins) or other.hold(self.begins)


Climbs = Mapping[Priority, Climb]


@dataclass(frozen=True, slots=True)
class Ladder:
    """A climb for each priority; other climbs for hours of the day, by the wall clock of `zone`.

    The hour at which a climb began decides for all of it: no rung is lost or rung twice when the hour
    changes, and rungs are due by elapsed time, whatever the clock on the wall does meanwhile. A priority
    without a climb stays in the inbox.
    """

    name: str
    climbs: Climbs
    at_hours: tuple[tuple[Hours, Climbs], ...] = ()
    zone: tzinfo = UTC

    def climb(self, priority: Priority, climbs_from: datetime | None = None) -> Climb | None:
        """The climb of that priority that begins at this moment; without one, that of any other hour."""
        if climbs_from is not None and self.at_hours:
            clock = climbs_from.astimezone(self.zone).time()
            for hours, climbs in self.at_hours:
                if priority in climbs and hours.hold(clock):
                    return climbs[priority]
        return self.climbs.get(priority)

    def due_at(
        self, priority: Priority, climbs_from: datetime, rung: int, rung_from: int = 0
    ) -> datetime | None:
        """When rung number `rung` is due in a climb that began at `climbs_from` with rung `rung_from`.

        A climb that begins on a higher rung (after a broken promise) rings that rung at once, and the last
        one once more where there is none above.
        """
        climb = self.climb(priority, climbs_from)
        if climb is not None and climb.rungs and rung == rung_from > 0:
            return climbs_from
        if climb is None or (after := climb.after(rung)) is None:
            return None
        begun = climb.after(rung_from) if rung_from else None
        return climbs_from + after - (begun or timedelta())

    def roles(self, priority: Priority, rung: int, climbs_from: datetime | None = None) -> tuple[str, ...]:
        """Whom that rung tells."""
        climb = self.climb(priority, climbs_from)
        return () if climb is None else climb.roles(rung)


@dataclass(frozen=True, slots=True)
class Ring:
    """What ringing comes to: whom it tells, the rungs it skipped because they reach nobody, and how many
    rungs have been rung then. It tells no role when no rung of the climb reaches anybody.
    """

    roles: tuple[str, ...]
    skipped: tuple[int, ...]
    rung: int


def ring(climb: Climb, due: Sequence[int], reaches: Callable[[str], bool]) -> Ring:
    """What comes of ringing the rungs that are `due`, when `reaches` says whether a role reaches anybody.

    A rung that reaches nobody is skipped and the next is rung at once. Where none above does either, the
    nearest below is told again: better those who know already than nobody.
    """

    def reached(rung: int) -> bool:
        return any(reaches(role) for role in climb.roles(rung))

    told = [rung for rung in due if reached(rung)]
    skipped = [rung for rung in due if rung not in told]
    rung = due[-1]
    if not told:
        for above in range(due[-1] + 1, len(climb.rungs)):
            if reached(above):
                told, rung = [above], above
                break
            skipped.append(above)
    if not told:
        told = [below for below in range(min(due[0], len(climb.rungs)) - 1, -1, -1) if reached(below)][:1]
    roles = dict.fromkeys(role for each in told for role in climb.roles(each))
    return Ring(tuple(roles), tuple(skipped), rung + 1)


def parse_ladder(document: Any) -> Ladder:
    """The ladder that a document describes.

    Raises: RuleSetError naming the place.
    """
    parts = Node(document).fields(required=("name", "high"), optional=(*PRIORITIES, "at_hours", "zone"))
    at_hours: list[tuple[Hours, Climbs]] = []
    for item in parts["at_hours"].items(at_least=0, at_most=HOURS_LIMIT) if "at_hours" in parts else ():
        fields = item.fields(required=("from", "until"), optional=PRIORITIES)
        hours = Hours(_clock(fields["from"]), _clock(fields["until"]))
        if hours.begins == hours.ends:
            raise fields["until"].fault("must be another hour than it begins with")
        if any(hours.meet(other) for other, _ in at_hours):
            raise fields["from"].fault("must not overlap with hours before it")
        at_hours.append((hours, _parse_climbs(fields)))
    zone = _zone(parts["zone"]) if "zone" in parts else UTC
    if at_hours and "zone" not in parts:
        raise Node(document).fault("lacks 'zone', by whose clock its hours go")
    return Ladder(parts["name"].text(at_most=100), _parse_climbs(parts), tuple(at_hours), zone)


def _parse_climbs(parts: Mapping[str, Node]) -> Climbs:
    return {Priority.of(word): _parse_climb(parts[word], word) for word in PRIORITIES if word in parts}


def _parse_climb(node: Node, priority: str) -> Climb:
    parts = node.fields(required=("rungs",), optional=("repeat_every_minutes",))
    rungs: list[Rung] = []
    items = parts["rungs"].items(at_least=0, at_most=RUNGS_LIMIT)
    for item in items:
        fields = item.fields(required=("after_minutes", "roles"))
        after = timedelta(minutes=fields["after_minutes"].whole(at_least=0, at_most=24 * 60))
        if rungs and after <= rungs[-1].after:
            raise fields["after_minutes"].fault("must be later than the rung before")
        rungs.append(Rung(after, fields["roles"].words()))
    for item in items:
        if not item.at("roles").words(among=ROLES):
            raise item.at("roles").fault("must name a role")
    repeat = (
        parts["repeat_every_minutes"].minutes(at_most=24 * 60) if "repeat_every_minutes" in parts else None
    )
    if priority == "high" and (not rungs or rungs[0].after):
        raise parts["rungs"].fault("must begin at once: a high alert never waits")
    if priority == "high" and repeat is None:
        raise node.fault("lacks 'repeat_every_minutes': a high alert rings until somebody answers")
    return Climb(tuple(rungs), repeat)


def _clock(node: Node) -> time:
    try:
        clock = time.fromisoformat(node.text(at_most=5))
    except ValueError:
        raise node.fault(f"must be an hour of the day as in '07:30', not {node.value!r}") from None
    if clock.tzinfo is not None:
        raise node.fault("must be an hour of the wall clock, without an offset")
    return clock


def _zone(node: Node) -> tzinfo:
    try:
        return ZoneInfo(node.text(at_most=60))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise node.fault(f"is not a known time zone: {node.value!r}") from None


DEFAULT_DOCUMENT: Mapping[str, Any] = {
    "name": "default",
    "high": {
        "rungs": [
            {"after_minutes": 0, "roles": ["assigned_nurse", "charge_nurse"]},
            {"after_minutes": 3, "roles": ["everyone_on_shift"]},
            {"after_minutes": 6, "roles": ["investigator_on_call"]},
            {"after_minutes": 12, "roles": ["backup_investigator", "principal_investigator"]},
        ],
        "repeat_every_minutes": 5,
    },
    "medium": {
        "rungs": [
            {"after_minutes": 0, "roles": ["assigned_nurse"]},
            {"after_minutes": 10, "roles": ["charge_nurse"]},
            {"after_minutes": 20, "roles": ["investigator_on_call"]},
        ]
    },
}
"""A proposal that each site replaces by its own. Low has no climb: it stays in the inbox."""

DEFAULT_LADDER = parse_ladder(DEFAULT_DOCUMENT)
