"""Who was told of an alert at which rung, and who is next when: read from its log and its ladder. Decides
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from monitoring import ladders
from monitoring.core.findings import Priority
from monitoring.models import Alert, AlertLog, Condition, LogKind, Response

#: The roles of the ladders as people say them.
ROLE_NAMES: Mapping[str, Any] = {
    "assigned_nurse": gettext_lazy("nurse of the patient"),
    "charge_nurse": gettext_lazy("charge nurse"),
    "everyone_on_shift": gettext_lazy("everybody on shift"),
    "investigator_on_call": gettext_lazy("investigator on call"),
    "backup_investigator": gettext_lazy("backup investigator"),
    "principal_investigator": gettext_lazy("principal investigator"),
    "safety_coordinator": gettext_lazy("safety coordinator"),
}
RINGS = (LogKind.RAISED, LogKind.ESCALATED)


def role_words(roles: Iterable[str]) -> str:
    """The roles in words, in the order of the ladder's table."""
    known = set(roles)
    return ", ".join(str(name) for role, name in ROLE_NAMES.items() if role in known)


@dataclass(frozen=True, slots=True)
class Told:
    """One ringing: when, up to which rung, whom it told, and which rungs it skipped."""

    at: datetime
    rung: int
    roles: tuple[str, ...]
    people: tuple[str, ...]
    skipped: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def said(self) -> str:
        """The roles in words."""
        return role_words(self.roles)

    @property
    def skips(self) -> list[str]:
        """The skipped rungs in words."""
        return [role_words(roles) for _, roles in self.skipped]


def told(log: Iterable[AlertLog]) -> list[Told]:
    """Every ringing that the log of an alert tells of, in its order."""
    return [_told(row.at, row.detail) for row in log if row.kind in RINGS and "told" in row.detail]


def _told(at: datetime, detail: Mapping[str, Any]) -> Told:
    return Told(
        at=at,
        rung=detail["rung"],
        roles=tuple(detail["roles"]),
        people=tuple(detail["told"]),
        skipped=tuple((each["rung"], tuple(each["roles"])) for each in detail.get("skipped", ())),
    )


@dataclass(frozen=True, slots=True)
class Next:
    """The rung that comes if nobody answers. Numbers of rungs are those of the log: 1 is the first."""

    at: datetime
    rung: int
    roles: tuple[str, ...]

    @property
    def said(self) -> str:
        """The roles in words."""
        return role_words(self.roles)


def next_rung(alert: Alert) -> Next | None:
    """Who is told next and when, if nobody answers before; None where nothing climbs."""
    if (
        alert.silent
        or alert.response != Response.OPEN
        or alert.condition not in (Condition.ACTIVE, Condition.UNWATCHED)
        or alert.snoozed_until is not None
        or alert.handed_over_to_id is not None
        or alert.joined_at is not None
        or alert.climbs_from is None
    ):
        return None
    ladder, priority = ladders.climbed(alert), Priority(alert.priority)
    at = ladder.due_at(priority, alert.climbs_from, alert.rung, alert.rung_from)
    if at is None:
        return None
    return Next(at, alert.rung + 1, ladder.roles(priority, alert.rung, alert.climbs_from))


def next_shown(alert: Alert) -> dict[str, Any] | None:
    """The next rung as the API shows it."""
    coming = next_rung(alert)
    if coming is None:
        return None
    return {"rung": coming.rung, "roles": list(coming.roles), "at": coming.at.isoformat()}


def told_shown(log: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every ringing as the API shows it, from the lines of the log as it shows them."""
    return [
        {
            "at": line["at"],
            "rung": line["detail"]["rung"],
            "roles": line["detail"]["roles"],
            "people": line["detail"]["told"],
            "skipped": line["detail"].get("skipped", []),
        }
        for line in log
        if line["kind"] in RINGS and "told" in line["detail"]
    ]
