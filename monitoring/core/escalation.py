"""Ladders: who is told when nobody answers.

Only moments and roles; who holds a role is somebody else's question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitoring.core.document import Node
from monitoring.core.findings import Priority

RUNGS_LIMIT = 20


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
class Ladder:
    """A climb for each priority. A priority without one stays in the inbox."""

    name: str
    climbs: Mapping[Priority, Climb]

    def due_at(
        self, priority: Priority, climbs_from: datetime, rung: int, rung_from: int = 0
    ) -> datetime | None:
        """When rung number `rung` is due in a climb that began at `climbs_from` with rung `rung_from`.

        A climb that begins on a higher rung (after a broken promise) rings that rung at once.
        """
        climb = self.climbs.get(priority)
        if climb is None or (after := climb.after(rung)) is None:
            return None
        return climbs_from + after - (climb.after(rung_from) or timedelta())

    def roles(self, priority: Priority, rung: int) -> tuple[str, ...]:
        """Whom that rung tells."""
        climb = self.climbs.get(priority)
        return () if climb is None else climb.roles(rung)


def parse_ladder(document: Any) -> Ladder:
    """The ladder that a document describes.

    Raises: RuleSetError naming the place.
    """
    parts = Node(document).fields(required=("name",), optional=("low", "medium", "high"))
    climbs = {Priority.of(word): _parse_climb(node) for word, node in parts.items() if word != "name"}
    return Ladder(parts["name"].text(at_most=100), climbs)


def _parse_climb(node: Node) -> Climb:
    parts = node.fields(required=("rungs",), optional=("repeat_every_minutes",))
    rungs: list[Rung] = []
    for item in parts["rungs"].items(at_least=0, at_most=RUNGS_LIMIT):
        fields = item.fields(required=("after_minutes", "roles"))
        after = timedelta(minutes=fields["after_minutes"].whole(at_least=0, at_most=24 * 60))
        if rungs and after <= rungs[-1].after:
            raise fields["after_minutes"].fault("must be later than the rung before")
        rungs.append(Rung(after, fields["roles"].words()))
    repeat = (
        parts["repeat_every_minutes"].minutes(at_most=24 * 60) if "repeat_every_minutes" in parts else None
    )
    return Climb(tuple(rungs), repeat)


DEFAULT_LADDER = parse_ladder(
    {
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
)
"""A proposal that each site replaces by its own. Low has no climb: it stays in the inbox."""
