"""What was stated for an infusion, not measured: its baselines, what is known of its subject, and which of
two statements counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Model

from monitoring.row_events import Row, is_entered
from tracker.models import Baseline, SubjectFacts


def statements(infusion_id: int, started_at: datetime | None) -> Iterator[tuple[type[Model], Row]]:
    """What was stated for the infusion, in the order in which it was written: its baselines, and what is
    known of the subject; nothing before a start.
    """
    if started_at is None:
        return
    frozen = Baseline.objects.filter(infusion_id=infusion_id).order_by("pk")
    columns = ("id", "uuid", "values", "ctcae_version", "override_by", "second_person", "recorded_at")
    yield from ((Baseline, row) for row in frozen.values(*columns, "infusion__historical"))
    facts = SubjectFacts.objects.filter(infusion_id=infusion_id).order_by("pk")
    known = facts.values("id", "uuid", "spo2_target", "transplant", "at_start", "recorded_at")
    yield from ((SubjectFacts, row) for row in known)


def in_force(
    started_at: datetime | None, stated: Iterable[tuple[type[Model], Row]]
) -> Iterator[tuple[type[Model], Row]]:
    """Of these statements those that count, each with the moment from which it holds.

    What a start froze holds from the start as it now stands, and what it found of the subject leaves nothing
    of before; the rest holds since it was recorded. Of two that hold from one moment the newer counts.
    """
    if started_at is None:
        return
    standing: dict[tuple[type[Model], datetime], Row] = {}
    for model, row in stated:
        begins = row["at_start"] if model is SubjectFacts else not is_entered(row)
        if begins and model is SubjectFacts:
            standing = {key: known for key, known in standing.items() if key[0] is not SubjectFacts}
        at = started_at if begins else max(started_at, row["recorded_at"])
        standing[model, at] = {**row, "at": at}
    for (model, _), row in standing.items():
        yield model, row
