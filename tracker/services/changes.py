"""The lock under which a patient's record is written, the infusions a moment concerns, and their versions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, models

from tracker.models import Infusion, Patient, Phase
from tracker.signals import announce

#: Readings this long before the start are the baseline. Source: the watch window of the design.
BASELINE_WINDOW = timedelta(minutes=60)


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
    held = Patient.objects.select_for_update(no_key=True).filter(pk__in=sorted(set(patient_ids)))
    list(held.order_by("pk").values_list("pk"))


def infusions_of(patient_ids: Iterable[int]) -> dict[int, list[Infusion]]:
    """The patients' infusions, by patient, oldest first. Read them after the lock."""
    found: dict[int, list[Infusion]] = {patient_id: [] for patient_id in patient_ids}
    for infusion in Infusion.objects.filter(patient_id__in=found).order_by("pk"):
        found[infusion.patient_id].append(infusion)
    return found


def concerned(
    infusions: Sequence[Infusion], named_id: int | None, moments: Iterable[datetime]
) -> tuple[int, ...]:
    """The infusions that a row at these moments concerns: the named one and all that watch one of them."""
    moments = tuple(moments)
    return tuple(
        infusion.pk
        for infusion in infusions
        if infusion.pk == named_id or any(infusion.watches(moment) for moment in moments)
    )


def is_baseline(infusion: Infusion, moment: datetime) -> bool:
    """True when a reading at the moment can be part of the infusion's baseline."""
    if infusion.phase == Phase.PLANNED:
        return True
    start = infusion.started_at
    return start is not None and start - BASELINE_WINDOW <= moment < start


_BUMP = """
    UPDATE tracker_record SET version = version + 1 WHERE infusion_id = ANY(%s)
    RETURNING infusion_id, version, febris_epoch(), pg_current_xact_id()::text
"""
_COPY = """
    COPY tracker_record_change (infusion_id, version, measured_at, table_name, row_id, epoch, xid) FROM STDIN
"""


def bump(changes: Sequence[Change]) -> tuple[int, ...]:
    """Raises the version of each infusion by one, notes what it brings, and tells who listens after commit.

    Call it once in a transaction, under `lock_patients`. Returns the infusions, ascending.
    """
    ids = sorted({change.infusion_id for change in changes})
    if not ids:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(_BUMP, [ids])
        new = {row[0]: row[1:] for row in cursor.fetchall()}
        with cursor.copy(_COPY) as stream:
            lines = []
            for change in changes:
                version, epoch, xid = new[change.infusion_id]
                at = change.measured_at.isoformat()
                lines.append(
                    f"{change.infusion_id}\t{version}\t{at}\t{change.table_name}\t{change.row_id}\t{epoch}\t{xid}\n"
                )
            stream.write("".join(lines))
    announce(ids)
    return tuple(ids)


def changes_of(row: models.Model, infusion_ids: Iterable[int], measured_at: datetime) -> list[Change]:
    """The row as a change of each infusion."""
    table = row._meta.db_table
    return [Change(infusion_id, measured_at, table, row.pk) for infusion_id in infusion_ids]
