"""Alerts that another explains: one collapse rings one ladder.

An explained alert keeps its own state, row, log and place in every list. Only its messages are those of its
cause, while `lifecycle.speaks_for` says so; then it rings by itself, at once. Writes nothing: whoever asks
saves what changed.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from monitoring import ladders
from monitoring.alert_rows import put, value_of
from monitoring.core import alert as core
from monitoring.core import lifecycle
from monitoring.core.actions import Join, RingAlone
from monitoring.core.causes import causes
from monitoring.core.lifecycle import Refusal
from monitoring.core.rule_set import Rule
from monitoring.models import Alert, Condition, LogKind, Response

TRUE = (Condition.ACTIVE, Condition.UNWATCHED)


def family(alert_id: int, *, nowait: bool = False) -> list[Alert]:
    """The alert, first, and those that it explains, locked in the order in which evaluation locks them.

    Raises: OperationalError where somebody else holds one and nobody is to wait.
    """
    rows = (
        Alert.objects.for_display()
        .select_for_update(of=("self",), nowait=nowait)
        .filter(Q(pk=alert_id) | Q(explained_by=alert_id, response=Response.OPEN, condition__in=TRUE))
        .order_by("raised_at", "pk")
    )
    return sorted(rows, key=lambda row: row.pk != alert_id)


def fold(
    rows: Sequence[Alert], rules: Mapping[str, Rule], at: datetime, *, worse: Container[int] = ()
) -> list[tuple[Alert, LogKind]]:
    """The alerts whose cause is another than before, or speaks for them now or no longer; and what their log
    says of it. `worse` are those that are worse than people knew.
    """
    by_number = {str(row.pk): row for row in rows}
    values = {number: value_of(row) for number, row in by_number.items()}
    known = {number: str(row.explained_by_id) for number, row in by_number.items() if row.explained_by_id}
    found = causes(values.values(), rules, known)
    changed = []
    for number, row in by_number.items():
        if row.condition not in TRUE or row.silent:
            continue
        cause = by_number.get(found.get(number, ""))
        if cause is None and _is_explained_elsewhere(row, by_number):
            continue
        is_other = row.explained_by_id != (cause.pk if cause is not None else None)
        if is_other and row.condition == Condition.ACTIVE:
            row.explained_by = cause
        kind = _rejoined(row, values[number], cause, at, is_worse=row.pk in worse)
        if kind is None and is_other and row.condition == Condition.ACTIVE:
            kind = LogKind.EXPLAINED
        if kind is not None:
            changed.append((row, kind))
    return changed


def rejoined(cause: Alert, rows: Iterable[Alert], at: datetime) -> list[tuple[Alert, LogKind]]:
    """Those of the alerts that this one explains for which it speaks now, or no longer."""
    true = [row for row in rows if row.condition in TRUE]
    kinds = [(row, _rejoined(row, value_of(row), cause, at)) for row in true]
    return [(row, kind) for row, kind in kinds if kind is not None]


def _rejoined(
    row: Alert, value: core.Alert, cause: Alert | None, at: datetime, *, is_worse: bool = False
) -> LogKind | None:
    """What the log says of an alert that joins its cause or rings by itself now; the row says so too."""
    speaks = cause is not None and _speaks(cause, value)
    if speaks and is_worse and value.joined_at is not None and cause is not None:
        speaks = cause.response == Response.OPEN
    if speaks == (value.joined_at is not None):
        return None
    after = lifecycle.apply(value, Join() if speaks else RingAlone(), at)
    if isinstance(after, Refusal):
        return None
    put(after, row)
    if speaks:
        row.unreached_since = None
    return LogKind.JOINED if speaks else LogKind.ALONE


def is_spoken_for(row: Alert) -> bool:
    """True while the messages of what explains it speak for it."""
    return row.explained_by is not None and _speaks(row.explained_by, value_of(row))


def _speaks(cause: Alert, value: core.Alert) -> bool:
    return not cause.silent and lifecycle.speaks_for(value_of(cause), value, ladders.climbed(cause))


def _is_explained_elsewhere(row: Alert, near: Container[str]) -> bool:
    """True when its cause hangs on an infusion whose watch this evaluation does not see, and is true."""
    cause = row.explained_by
    return cause is not None and str(cause.pk) not in near and cause.condition == Condition.ACTIVE
