"""What an evaluation answers: to the bedside, to the API, to whoever asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from monitoring.core.findings import Status
from monitoring.core.rule_set import WATCHED_PHASES
from monitoring.core.signals import RAW
from monitoring.core.state_data import grading_to_data
from monitoring.judgement import Judgement
from monitoring.locking import Held
from monitoring.models import Alert, Condition, Response
from tracker.models import Phase


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the watch says about an infusion now. `pending`: it could not look in time; nothing here may be
    read as normal. `grades` are those of the newest set, by scale: what is missing in them is asked for.
    """

    state: str
    as_of: datetime
    alerts: tuple[Alert, ...] = ()
    signs: Mapping[str, str] = field(default_factory=dict)
    grades: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    next_due_at: datetime | None = None
    next_due_reason: str = ""
    rules_failed: tuple[str, ...] = ()
    closes_at: datetime | None = None
    changed: tuple[Alert, ...] = ()

    @classmethod
    def pending(cls, as_of: datetime) -> Outcome:
        """The readings are safe and NOT checked."""
        return cls("pending", as_of)

    @classmethod
    def unwatched(cls, as_of: datetime) -> Outcome:
        """Nobody watches this."""
        return cls("unwatched", as_of)


def signs_data(judgement: Judgement) -> dict[str, Any]:
    """How each sign of the newest set stands, as the watch row keeps it for screens."""
    return {
        name: {
            "status": sign.status.value,
            "priority": sign.priority.word if sign.priority else None,
            "problems": list(sign.problems),
            **({} if sign.grade is None else {"grade": grading_to_data(sign.grade)}),
        }
        for name, sign in judgement.watched.signs.items()
    }


def outcome_of(
    held: Held, judgement: Judgement, rows: list[Alert], changed: list[Alert], as_of: datetime
) -> Outcome:
    watched, overdue = judgement.watched, judgement.overdue
    is_watched = watched.phase in WATCHED_PHASES
    state = "unwatched" if not is_watched else "partial" if watched.rules_failed else "evaluated"
    late = bool(overdue and any(gap.answered_at is None for gap in overdue.gaps)) and not judgement.is_over
    awaited = overdue.next_due if overdue and not judgement.is_over else None
    return Outcome(
        state=state,
        as_of=as_of,
        alerts=_in_sight(rows),
        signs=_statuses({name: sign.status.value for name, sign in watched.signs.items()}, overdue=late),
        grades=_of_a_set(
            {name: grading_to_data(sign.grade) for name, sign in watched.signs.items() if sign.grade}
        ),
        next_due_at=awaited.due_at if awaited else None,
        next_due_reason=awaited.reason if awaited else "",
        rules_failed=watched.rules_failed,
        closes_at=watched.ends_at,
        changed=tuple(changed),
    )


def outcome_as_stored(held: Held, now: datetime) -> Outcome:
    """The answer where nothing has changed since the last look."""
    rows = Alert.objects.for_display().filter(infusion_id=held.infusion_id).live().order_by("raised_at", "pk")
    rows = rows if held.has_alerts else Alert.objects.none()
    is_watched = held.started_at is not None and held.phase != Phase.CANCELLED
    state = "unwatched" if not is_watched else "partial" if held.rules_failed else "evaluated"
    statuses = {name: sign["status"] for name, sign in held.signs.items()}
    return Outcome(
        state=state,
        as_of=max(at for at in (now, held.evaluated_at) if at is not None),
        alerts=tuple(rows),
        signs=_statuses(statuses, overdue=held.overdue_since is not None),
        grades=_of_a_set({name: sign["grade"] for name, sign in held.signs.items() if "grade" in sign}),
        next_due_at=held.next_set_due_at,
        next_due_reason=held.next_set_reason,
        rules_failed=tuple(held.rules_failed),
        closes_at=held.scope.closes_at,
    )


def _of_a_set(grades: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The grades that are known, and those for which a part of a set would help."""
    return {
        scale: grade
        for scale, grade in grades.items()
        if grade["lowest"] == grade["highest"] or not RAW.keys().isdisjoint(grade["missing"])
    }


def _in_sight(rows: Iterable[Alert]) -> tuple[Alert, ...]:
    return tuple(
        row for row in rows if row.condition != Condition.RETRACTED and row.response != Response.CLOSED
    )


def _statuses(signs: Mapping[str, str], *, overdue: bool) -> dict[str, str]:
    """The signs, where what was normal is overdue once a set has not come: it may no longer be true."""
    if not overdue:
        return dict(signs)
    normal, stale = Status.NORMAL.value, Status.OVERDUE.value
    return {name: stale if status == normal else status for name, status in signs.items()}
