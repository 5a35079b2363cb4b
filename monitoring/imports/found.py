"""The first findings that stand in the alerts of imported patients, for the comparison with an answer key."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from monitoring.imports.answer_key import First, KeyedFinding, Patient
from monitoring.imports.readings import identifier_system
from monitoring.models import Alert
from tracker.models import Infusion, PatientIdentifier, VitalSigns

_KEYED = frozenset(KeyedFinding)
_PREFIX = identifier_system("")


def first_findings() -> dict[Patient, dict[KeyedFinding, First]]:
    """Per imported patient, the earliest evidence of each keyed condition in any alert that stands."""
    found: dict[Patient, dict[KeyedFinding, First]] = {}
    starts = {infusion.pk: infusion.started_at for infusion in Infusion.objects.only("started_at")}
    names = _names()
    alerts = Alert.objects.standing().filter(patient_id__in=names)
    for patient_id, infusion_id, evidence in alerts.values_list("patient_id", "infusion_id", "evidence"):
        for part in evidence:
            if part["condition"] not in _KEYED or patient_id is None or infusion_id is None:
                continue
            finding, reading, start = KeyedFinding(part["condition"]), part["first"], starts[infusion_id]
            assert start is not None
            at = datetime.fromisoformat(reading["at"])
            first = First(_minute(at, start), Decimal(str(reading["value"])))
            mine = found.setdefault(names[patient_id], {})
            if finding not in mine or first.minute < mine[finding].minute:
                mine[finding] = first
    return found


def dropped_parts() -> dict[tuple[Patient, KeyedFinding], list[Decimal]]:
    """The minutes at which a part that a key answers for was stored blank as implausible."""
    names = _names()
    dropped: dict[tuple[Patient, KeyedFinding], list[Decimal]] = {}
    rows = VitalSigns.objects.current().filter(patient_id__in=names).exclude(absent={})
    for patient_id, at, started, absent in rows.values_list(
        "patient_id", "measured_at", "infusion__started_at", "absent"
    ):
        for finding in KeyedFinding:
            if started is not None and absent.get(finding.signal) == "implausible":
                dropped.setdefault((names[patient_id], finding), []).append(_minute(at, started))
    return dropped


def _names() -> dict[int, Patient]:
    return {patient_id: (source, value) for patient_id, source, value in _identifiers()}


def _identifiers() -> Iterator[tuple[int, str, str]]:
    rows = PatientIdentifier.objects.filter(system__startswith=_PREFIX)
    for patient_id, system, value in rows.values_list("patient_id", "system", "value"):
        yield patient_id, system.removeprefix(_PREFIX), value


def _minute(at: datetime, start: datetime) -> Decimal:
    return Decimal(round((at - start).total_seconds() * 1_000_000)) / 60_000_000
