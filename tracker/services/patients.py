"""Patients, and patients in a study: who they are, what they consented to, what was found beforehand."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from accounts.permissions import Actor
from tracker.models import (
    Arm,
    Cd20Assessment,
    Consent,
    LeukapheresisEligibility,
    Patient,
    PatientIdentifier,
    Site,
    Study,
    Subject,
)


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
    raise NotImplementedError


def update_patient(actor: Actor, patient: Patient, *, now: datetime, **changes: Any) -> Patient:
    """Changes a patient (sex, birth, allergies) or the identity (names, phone)."""
    raise NotImplementedError


def add_identifier(
    actor: Actor, patient: Patient, system: str, value: str, *, now: datetime
) -> PatientIdentifier:
    """Stores a number that another system knows the patient by."""
    raise NotImplementedError


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
    raise NotImplementedError


def update_subject(actor: Actor, subject: Subject, *, now: datetime, **changes: Any) -> Subject:
    """Changes a subject; infusions that are watched are looked at anew."""
    raise NotImplementedError


def record_consent(
    actor: Actor, subject: Subject, *, version: str, signed_at: datetime, now: datetime
) -> Consent:
    """Stores a signed consent."""
    raise NotImplementedError


def withdraw_consent(actor: Actor, consent: Consent, *, at: datetime, now: datetime) -> Consent:
    """Notes that a consent was withdrawn."""
    raise NotImplementedError


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
    raise NotImplementedError


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
    raise NotImplementedError
