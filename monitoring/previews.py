"""What a correction would do to the alerts: it is done, judged by the evaluation itself, and taken back.

Nothing of it is kept, nobody is told, and nothing rings: messages are rows that go back too, and doorbells
ring after a commit that never comes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from monitoring.models import Alert, Condition
from monitoring.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Preview:
    """The alerts as they would be. `state` is the evaluation's: where it could not look, nothing is known."""

    state: str
    retracted: tuple[Alert, ...] = ()
    raised: tuple[Alert, ...] = ()
    cleared: tuple[Alert, ...] = ()
    again: tuple[Alert, ...] = ()
    worse: tuple[Alert, ...] = ()

    @property
    def is_known(self) -> bool:
        """True where the rules have looked."""
        return self.state != "pending"

    @property
    def changes_nothing(self) -> bool:
        """True where every alert stays as it is."""
        return not (self.retracted or self.raised or self.cleared or self.again or self.worse)


def preview(change: Callable[[], tuple[Any, Outcome]], patient_ids: Collection[int]) -> Preview:
    """What the change would make of the patients' alerts.

    Raises: whatever the change raises; it is refused now as it would be then.
    """
    with transaction.atomic():
        before = {row.pk: row for row in Alert.objects.filter(patient_id__in=patient_ids)}
        _done, outcome = change()
        rows = Alert.objects.filter(patient_id__in=patient_ids).select_related("rule_set", "patient")
        after = list(rows.order_by("raised_at", "pk"))
        transaction.set_rollback(True)
    return Preview(
        outcome.state,
        retracted=tuple(row for row in after if _became(Condition.RETRACTED, row, before)),
        raised=tuple(row for row in after if row.pk not in before and row.condition != Condition.RETRACTED),
        cleared=tuple(row for row in after if _became(Condition.CLEARED, row, before)),
        again=tuple(row for row in after if _became(Condition.ACTIVE, row, before)),
        worse=tuple(row for row in after if row.pk in before and row.priority > before[row.pk].priority),
    )


def _became(condition: Condition, row: Alert, before: dict[int, Alert]) -> bool:
    known = before.get(row.pk)
    return known is not None and row.condition == condition and known.condition != condition
