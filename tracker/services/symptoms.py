"""The symptoms ticked in a set: rows of that set, corrected and voided together with it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.permissions import Actor
from tracker.models import SymptomReport, VitalSigns
from tracker.statements import insert_row

from .keeping import PlaceInChain, compose, content_hash, fresh_uuid, place_of_correction


def _columns(kind: str, note: str, vital_signs: VitalSigns) -> dict[str, Any]:
    return {"kind": kind, "mark": "present", "note": note, "vital_signs": vital_signs}


def _compose(
    row: VitalSigns,
    columns: dict[str, Any],
    amends: SymptomReport | None,
    actor: Actor,
    now: datetime,
    *,
    void: bool = False,
) -> SymptomReport:
    uuid = fresh_uuid()
    found: PlaceInChain[SymptomReport] = (
        PlaceInChain(str(uuid), 1) if amends is None else place_of_correction(amends, actor.client, uuid)
    )
    return compose(
        SymptomReport,
        columns,
        place=found,
        actor=actor,
        patient_id=row.patient_id,
        infusion_id=row.infusion_id,
        measured_at=row.measured_at,
        now=now,
        digest="void" if void else content_hash(row.patient_id, row.infusion_id, row.measured_at, columns),
        uuid=uuid,
        void=void,
        reason=row.reason if amends is not None else "",
    )


def _write(
    row: VitalSigns,
    columns: dict[str, Any],
    amends: SymptomReport | None,
    actor: Actor,
    now: datetime,
    *,
    void: bool = False,
) -> SymptomReport:
    report = _compose(row, columns, amends, actor, now, void=void)
    insert_row(report)
    return report


def fresh_symptoms(
    row: VitalSigns, symptoms: Mapping[str, str], actor: Actor, now: datetime
) -> list[SymptomReport]:
    """The symptoms of a new set, not yet written."""
    return [_compose(row, _columns(kind, note, row), None, actor, now) for kind, note in symptoms.items()]


def tick(
    row: VitalSigns, amended: VitalSigns | None, symptoms: Mapping[str, str], actor: Actor, now: datetime
) -> list[SymptomReport]:
    """Writes the symptoms of a set; those of the set that it corrects are corrected or voided."""
    standing = {each.kind: each for each in _standing(amended)}
    written = [
        _write(row, _columns(kind, note, row), standing.pop(kind, None), actor, now)
        for kind, note in symptoms.items()
    ]
    written += [_write(row, {"vital_signs": row}, gone, actor, now, void=True) for gone in standing.values()]
    return written


def untick(row: VitalSigns, voided: VitalSigns, actor: Actor, now: datetime) -> list[SymptomReport]:
    """Voids the symptoms of a set that was voided by `row`."""
    return [_write(row, {"vital_signs": row}, gone, actor, now, void=True) for gone in _standing(voided)]


def _standing(amended: VitalSigns | None) -> list[SymptomReport]:
    if amended is None:
        return []
    return list(SymptomReport.objects.current().filter(vital_signs=amended).order_by("pk"))
