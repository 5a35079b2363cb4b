"""The lock under which a patient's record is written, the infusions a moment concerns, and their versions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models

from accounts.statements import execute, together
from accounts.trail import Untracked
from tracker.models import Infusion, Phase
from tracker.signals import announce
from tracker.statements import columns_of, row_of

#: Readings this long before the start are the baseline. Source: the watch window of the design.
BASELINE_WINDOW = timedelta(minutes=60)
#: A count or an examination so long before the start still says how the patient was then, and what was given
#: may still act: a fever with few neutrophils is judged by a count of the days before, a steroid of the
#: morning meets the cells. Default, to be confirmed.
COUNTS_WINDOW = timedelta(days=3)


_LOCK = "SELECT FROM tracker_patient WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
_INFUSIONS = f"""
    SELECT {columns_of(Infusion, "i")} FROM tracker_infusion i
     WHERE patient_id = ANY(%s::bigint[]) ORDER BY id
"""  # noqa: S608 - our own columns


@dataclass(frozen=True, slots=True)
class Change:
    """A row that a version brings, and the earliest moment that it touches."""

    infusion_id: int
    measured_at: datetime
    table_name: str
    row_id: int


def lock_patients(patient_ids: Iterable[int]) -> None:
    """Holds the patients' records until the transaction ends, always in the same order.

    NO KEY UPDATE lets others insert rows that name the patient; it only makes writers of one record queue up,
    so that repeats are seen, versions follow commits and nobody deadlocks.
    """
    execute(_LOCK, [sorted(set(patient_ids))])


def locked_infusions(patient_ids: Iterable[int]) -> dict[int, list[Infusion]]:
    """The patients' infusions, by patient, oldest first, read under the lock of `lock_patients`.

    Two statements: the second sees what those committed who held the lock before.
    """
    found: dict[int, list[Infusion]] = {patient_id: [] for patient_id in sorted(set(patient_ids))}
    _, rows = together((_LOCK, [[*found]]), (_INFUSIONS, [[*found]]))
    for values in rows:
        infusion = row_of(Infusion, values)
        found[infusion.patient_id].append(infusion)
    return found


def concerned(
    infusions: Sequence[Infusion],
    named_id: int | None,
    moments: Iterable[datetime],
    before: timedelta = timedelta(),
) -> tuple[int, ...]:
    """The infusions that a row at these moments concerns: the named one, and all that watch one of them or
    began at most so long after it.
    """
    moments = tuple(moments)
    return tuple(
        infusion.pk
        for infusion in infusions
        if infusion.pk == named_id
        or any(infusion.watches(moment) or _began_after(infusion, moment, before) for moment in moments)
    )


def _began_after(infusion: Infusion, moment: datetime, before: timedelta) -> bool:
    start = infusion.started_at
    return bool(before) and start is not None and start - before <= moment < start


def is_baseline(infusion: Infusion, moment: datetime) -> bool:
    """True when a reading at the moment can be part of the infusion's baseline."""
    if infusion.phase == Phase.PLANNED:
        return True
    start = infusion.started_at
    return start is not None and start - BASELINE_WINDOW <= moment < start


#: The version and the rows that it brings; the epoch is asked for once, not by each row's default.
_BUMP = Untracked("""
    WITH bumped AS (
        UPDATE tracker_record SET version = version + 1 WHERE infusion_id = ANY(%s::bigint[])
        RETURNING infusion_id, version
    )
    INSERT INTO tracker_record_change (infusion_id, version, measured_at, table_name, row_id, epoch, xid)
    SELECT infusion_id, version, measured_at, table_name, row_id,
           (SELECT febris_epoch()), pg_current_xact_id()
      FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[]) WITH ORDINALITY
           AS change (infusion_id, measured_at, table_name, row_id, place)
      JOIN bumped USING (infusion_id)
     ORDER BY place
""")


class NoRecord(LookupError):
    """An infusion has no record whose version could be raised."""


def bump(changes: Sequence[Change]) -> tuple[int, ...]:
    """Raises the version of each infusion by one, notes what it brings, and tells who listens after commit.

    Call it once in a transaction, under `lock_patients`. Returns the infusions, ascending.

    Raises: NoRecord, so that no row is ever kept without its mark.
    """
    ids = sorted({change.infusion_id for change in changes})
    if not ids:
        return ()
    columns: list[list[Any]] = [
        [change.infusion_id for change in changes],
        [change.measured_at.isoformat() for change in changes],
        [change.table_name for change in changes],
        [change.row_id for change in changes],
    ]
    if execute(_BUMP, [ids, *columns]) != len(changes):
        raise NoRecord(f"not every one of the infusions {ids} has a record")
    announce(ids)
    return tuple(ids)


def changes_of(row: models.Model, infusion_ids: Iterable[int], measured_at: datetime) -> list[Change]:
    """The row as a change of each infusion."""
    table = row._meta.db_table
    return [Change(infusion_id, measured_at, table, row.pk) for infusion_id in infusion_ids]
