"""Patients, and patients in a study: who they are, what they consented to, what was found beforehand."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor
from tracker.errors import FieldError, Refused
from tracker.models import (
    Arm,
    Cd20Assessment,
    Consent,
    LeukapheresisEligibility,
    Patient,
    PatientIdentifier,
    PatientIdentity,
    Site,
    Study,
    Subject,
)

from .changes import bump, lock_patients
from .observations import require_moment
from .passage import FACTS, note_facts

Row = TypeVar("Row", bound=models.Model)

_NAMES = ("family_name", "given_name", "phone")
_PATIENT = frozenset({"sex", "birth_date", "birth_year", "allergies"})
_SUBJECT = frozenset(
    {
        "arm", "diagnosis", "diagnosis_detail", "prior_lines", "prior_rituximab", "last_anti_cd20_on",
        "transplant", "transplant_on", "spo2_target", "status", "subject_number",
    }
)  # fmt: skip


def save_checked(row: Row, *, only: list[str] | None = None) -> Row:
    """Stores the row after its fields and constraints were checked.

    Raises: Refused naming each field at fault.
    """
    try:
        row.full_clean(exclude=None if only is None else {f.name for f in row._meta.fields} - set(only))
    except ValidationError as error:
        raise Refused(
            FieldError("/" if name == "__all__" else f"/{name}", each.code or "invalid", message)
            for name, faults in error.error_dict.items()
            for each in faults
            for message in each.messages
        ) from error
    if only is None:
        row.save(force_insert=True)
    else:
        row.save(update_fields=only)
    return row


def apply_changes(row: Row, changes: Mapping[str, Any], allowed: frozenset[str]) -> Row:
    """Sets and stores the named columns.

    Raises: Refused for a column that cannot be changed.
    """
    for name, value in changes.items():
        if name not in allowed:
            raise Refused.at(name, "unknown_field", _("This cannot be changed here."))
        setattr(row, name, value)
    return save_checked(row, only=list(changes)) if changes else row


def create_patient(
    actor: Actor,
    site: Site,
    *,
    now: datetime,
    sex: str = "unknown",
    birth_date: date | None = None,
    birth_year: int | None = None,
    allergies: str = "",
    family_name: str = "",
    given_name: str = "",
    phone: str = "",
    identifiers: Mapping[str, str] | None = None,
) -> Patient:
    """Stores a patient; a name makes an identity, `identifiers` is {system: number}."""
    actor.require(Act.WRITE_PATIENTS, site.pk)
    _require_birth(birth_date, birth_year, now)
    with transaction.atomic():
        patient = save_checked(
            Patient(
                site=site,
                sex=sex,
                birth_date=birth_date,
                birth_year=birth_date.year if birth_date else birth_year,
                allergies=allergies,
            )
        )
        if family_name or given_name or phone:
            save_checked(
                PatientIdentity(patient=patient, family_name=family_name, given_name=given_name, phone=phone)
            )
        for system, value in (identifiers or {}).items():
            save_checked(PatientIdentifier(patient=patient, site=site, system=system, value=value))
    return patient


def _require_birth(birth_date: date | None, birth_year: int | None, now: datetime) -> None:
    year = birth_date.year if birth_date else birth_year
    if birth_date is not None and birth_date > now.date():
        raise Refused.at("birth_date", "in_the_future", _("Nobody is born in the future."))
    if year is not None and not 1900 <= year <= now.year:
        field = "birth_date" if birth_date else "birth_year"
        raise Refused.at(field, "impossible", _("A year of birth lies between 1900 and now."))
    if birth_date is not None and birth_year is not None and birth_date.year != birth_year:
        raise Refused.at("birth_year", "differs", _("The date of birth says another year."))


def update_patient(actor: Actor, patient: Patient, *, now: datetime, **changes: Any) -> Patient:
    """Changes a patient (sex, birth, allergies) or the identity (names, phone)."""
    actor.require(Act.WRITE_PATIENTS, patient.site_id)
    names = {name: changes.pop(name) for name in _NAMES if name in changes}
    _require_birth(changes.get("birth_date"), changes.get("birth_year"), now)
    if changes.get("birth_date"):
        changes["birth_year"] = changes["birth_date"].year
    with transaction.atomic():
        lock_patients([patient.pk])
        patient = apply_changes(Patient.objects.get(pk=patient.pk), changes, _PATIENT)
        if names:
            identity = PatientIdentity.objects.filter(patient=patient).first()
            if identity is None:
                save_checked(PatientIdentity(patient=patient, **names))
            else:
                apply_changes(identity, names, frozenset(_NAMES))
    return patient


def add_identifier(
    actor: Actor, patient: Patient, system: str, value: str, *, now: datetime
) -> PatientIdentifier:
    """Stores a number that another system knows the patient by."""
    actor.require(Act.WRITE_PATIENTS, patient.site_id)
    return save_checked(
        PatientIdentifier(patient=patient, site_id=patient.site_id, system=system, value=value)
    )


def enrol_subject(
    actor: Actor,
    study: Study,
    patient: Patient,
    subject_number: str,
    *,
    now: datetime,
    arm: Arm | None = None,
    diagnosis: str = "b_nhl",
    **details: Any,
) -> Subject:
    """Puts a patient into a study. `details` are further columns of Subject."""
    actor.require(Act.WRITE_SUBJECTS, patient.site_id, study.pk)
    if not study.study_sites.filter(site_id=patient.site_id).exists():
        raise Refused.at("study", "not_at_this_site", _("The study does not run at the patient's site."))
    _require_arm(study, arm)
    for name in set(details) - _SUBJECT:
        raise Refused.at(name, "unknown_field", _("A subject has no such part."))
    return save_checked(
        Subject(
            study=study,
            patient=patient,
            site_id=patient.site_id,
            subject_number=subject_number,
            arm=arm,
            diagnosis=diagnosis,
            **details,
        )
    )


def _require_arm(study: Study, arm: Arm | None) -> None:
    if arm is not None and arm.study_id != study.pk:
        raise Refused.at("arm", "of_another_study", _("The arm belongs to another study."))


def update_subject(actor: Actor, subject: Subject, *, now: datetime, **changes: Any) -> Subject:
    """Changes a subject. What rules read of it holds from now on in the infusions that are watched."""
    actor.require(Act.WRITE_SUBJECTS, subject.site_id, subject.study_id)
    _require_arm(subject.study, changes.get("arm"))
    with transaction.atomic():
        lock_patients([subject.patient_id])
        subject = Subject.objects.get(pk=subject.pk)
        before = [getattr(subject, name) for name in FACTS]
        subject = apply_changes(subject, changes, _SUBJECT)
        if [getattr(subject, name) for name in FACTS] != before:
            watched = [one for one in subject.infusions.order_by("pk") if one.watches(now)]
            bump([change for one in watched for change in note_facts(actor, one, now)])
    return subject


def record_consent(
    actor: Actor, subject: Subject, *, version: str, signed_at: datetime, now: datetime
) -> Consent:
    """Stores a signed consent."""
    actor.require(Act.WRITE_CONSENT, subject.site_id, subject.study_id)
    require_moment(signed_at, now, "signed_at")
    return save_checked(Consent(subject=subject, version=version, signed_at=signed_at))


def withdraw_consent(actor: Actor, consent: Consent, *, at: datetime, now: datetime) -> Consent:
    """Notes that a consent was withdrawn."""
    actor.require(Act.WRITE_CONSENT, consent.subject.site_id, consent.subject.study_id)
    require_moment(at, now, "at")
    return apply_changes(consent, {"withdrawn_at": at}, frozenset({"withdrawn_at"}))


def record_cd20(
    actor: Actor,
    subject: Subject,
    *,
    method: str,
    specimen_on: date,
    result: str,
    now: datetime,
    percent_positive: Decimal | None = None,
    laboratory: str = "",
) -> Cd20Assessment:
    """Stores whether the disease carries CD20."""
    actor.require(Act.WRITE_ELIGIBILITY, subject.site_id, subject.study_id)
    if specimen_on > now.date():
        raise Refused.at("specimen_on", "in_the_future", _("The specimen cannot be of tomorrow."))
    if percent_positive is not None and not 0 <= percent_positive <= 100:
        raise Refused.at("percent_positive", "impossible", _("A percentage lies between 0 and 100."))
    return save_checked(
        Cd20Assessment(
            subject=subject,
            method=method,
            specimen_on=specimen_on,
            result=result,
            percent_positive=percent_positive,
            laboratory=laboratory,
        )
    )


def record_leukapheresis_eligibility(
    actor: Actor,
    subject: Subject,
    *,
    assessed_on: date,
    passed: bool,
    now: datetime,
    lymphocytes_10e9_l: Decimal | None = None,
    cd3_per_ul: Decimal | None = None,
) -> LeukapheresisEligibility:
    """Stores whether enough healthy T cells can be collected."""
    actor.require(Act.WRITE_ELIGIBILITY, subject.site_id, subject.study_id)
    if assessed_on > now.date():
        raise Refused.at("assessed_on", "in_the_future", _("The assessment cannot be of tomorrow."))
    return save_checked(
        LeukapheresisEligibility(
            subject=subject,
            assessed_on=assessed_on,
            passed=passed,
            lymphocytes_10e9_l=lymphocytes_10e9_l,
            cd3_per_ul=cd3_per_ul,
            assessed_by=actor.user,
        )
    )
