"""The strip above every page of a patient: who this is, as far as the reader may know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.permissions import Actor
from tracker.models import Infusion, Patient, PatientIdentity, Subject


@dataclass(frozen=True, slots=True)
class Banner:
    """What the strip says. `name` is empty for those who may not know it."""

    patient: Patient
    name: str
    subject: Subject | None
    infusion: Infusion | None
    age_years: int | None
    zone: ZoneInfo
    elapsed: str

    @property
    def title(self) -> str:
        """What the patient is called on this screen."""
        return self.name or (self.subject.subject_number if self.subject else str(self.patient.uuid)[-12:])

    @property
    def birth_year(self) -> int | None:
        """The year alone, for readers who may not know the day."""
        return self.patient.birth_date.year if self.patient.birth_date else self.patient.birth_year


def names_of(actor: Actor, patient_ids: Iterable[int]) -> dict[int, str]:
    """SURNAME, Given by patient, of those whose names this actor may see."""
    rows = PatientIdentity.objects.visible_to(actor).filter(patient_id__in=set(patient_ids))
    return {row.patient_id: printed_name(row) for row in rows}


def printed_name(identity: PatientIdentity) -> str:
    """The family name in capitals, then the given name."""
    return ", ".join(part for part in (identity.family_name.upper(), identity.given_name) if part)


def age_in_years(patient: Patient, on: date) -> int | None:
    """Completed years; by the year alone where the day of birth is not known."""
    if patient.birth_date is not None:
        born = patient.birth_date
        return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return on.year - patient.birth_year if patient.birth_year else None


def infusion_time(infusion: Infusion | None, at: datetime) -> str:
    """T+h:mm since the start; before a start nothing."""
    if infusion is None or infusion.started_at is None:
        return ""
    minutes = int(abs(at - infusion.started_at) / timedelta(minutes=1))
    return f"T{'−' if at < infusion.started_at else '+'}{minutes // 60}:{minutes % 60:02d}"


def banner_of(
    actor: Actor,
    patient: Patient,
    now: datetime,
    *,
    subject: Subject | None = None,
    infusion: Infusion | None = None,
) -> Banner:
    """The strip for this reader. The patient comes with their site, the infusion with its study."""
    zone = ZoneInfo(patient.site.time_zone)
    return Banner(
        patient=patient,
        name=names_of(actor, [patient.pk]).get(patient.pk, ""),
        subject=subject or (infusion.subject if infusion else None),
        infusion=infusion,
        age_years=age_in_years(patient, now.astimezone(zone).date()),
        zone=zone,
        elapsed=infusion_time(infusion, now),
    )
