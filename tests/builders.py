"""Small builders of rows for every suite: keyword arguments, and defaults that mean nothing in particular.

What is under test goes through the services; what merely has to be there is put there as briefly as possible.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import get_hasher, make_password

from accounts import contacts
from accounts.actors import bedside_client, system_actor
from accounts.models import Client, ClientKind, Membership, User
from accounts.permissions import Actor, Grant, Role
from tracker import services
from tracker.gates import FIXED, Gate
from tracker.models import (
    Arm,
    Bag,
    CellProduct,
    Infusion,
    InfusionEvent,
    Patient,
    PatientIdentity,
    Phase,
    Record,
    Site,
    Study,
    StudySite,
    Subject,
    VitalSigns,
)

#: The moment at which most tests begin: a Tuesday afternoon.
NOW = datetime(2026, 3, 3, 14, 0, tzinfo=UTC)

#: All gates that can be off.
GATES_OFF = dict.fromkeys(set(Gate) - FIXED, "off")

_next = count(1)


def minutes(number: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=number)


def make_site(code: str | None = None, **columns: Any) -> Site:
    """A site."""
    code = code or f"S{next(_next)}"
    return Site.objects.create(code=code, **({"name": f"Ward {code}"} | columns))


def make_study(*sites: Site, number: str | None = None, **columns: Any) -> Study:
    """A study that runs at the sites; its gates are off unless said otherwise."""
    defaults: dict[str, Any] = {
        "version": "1.0",
        "product": "CD20Bi-aATC",
        "gates": GATES_OFF,
        "synthetic": True,
    }
    study = Study.objects.create(protocol_number=number or f"P-{next(_next)}", **(defaults | columns))
    for site in sites:
        StudySite.objects.create(study=study, site=site)
    return study


def make_arm(study: Study, code: str = "A", **columns: Any) -> Arm:
    """An arm."""
    return Arm.objects.create(study=study, code=code, **columns)


def make_patient(
    site: Site | None = None, *, family_name: str = "", given_name: str = "", **columns: Any
) -> Patient:
    """A patient; with a family name there is an identity too."""
    patient = Patient.objects.create(
        site=site or make_site(), **({"sex": "female", "birth_year": 1970} | columns)
    )
    if family_name:
        PatientIdentity.objects.create(patient=patient, family_name=family_name, given_name=given_name)
    return patient


def make_subject(
    *, site: Site | None = None, study: Study | None = None, patient: Patient | None = None, **columns: Any
) -> Subject:
    """A subject; its patient, site and study are made when not given."""
    site = site or (patient.site if patient else make_site())
    patient = patient or make_patient(site)
    study = study or make_study(site)
    StudySite.objects.get_or_create(study=study, site=site)
    number = columns.pop("subject_number", None) or f"{next(_next):03d}"
    return Subject.objects.create(study=study, patient=patient, site=site, subject_number=number, **columns)


def make_bag(subject: Subject, *, product: Mapping[str, Any] | None = None, **columns: Any) -> Bag:
    """A bag of the subject's own cells, made as the study asks."""
    made: dict[str, Any] = {
        "collection_id": f"C-{next(_next)}",
        "name": "CD20Bi-aATC",
        "collected_at": NOW - timedelta(days=30),
        "activation_started_at": NOW - timedelta(days=19),
        "activation_ended_at": NOW - timedelta(days=9),
        "armed_at": NOW - timedelta(days=9),
        "arming_antibody_ug": Decimal(500),
        "arming_cells_e9": Decimal(10),
    }
    chain = CellProduct.objects.create(
        subject=subject, patient=subject.patient, **(made | dict(product or {}))
    )
    number = next(_next)
    defaults: dict[str, Any] = {"lot": f"L-{number}", "label": f"BAG-{number}", "cells_e9": Decimal(10)}
    return Bag.objects.create(product=chain, **(defaults | columns))


def make_infusion(
    subject: Subject | None = None,
    *,
    started_at: datetime | None = None,
    stopped_at: datetime | None = None,
    phase: str | None = None,
    number: int | None = None,
    site: Site | None = None,
    **columns: Any,
) -> Infusion:
    """An infusion with the events that its times imply: planned, or infusing, or observing."""
    subject = subject or make_subject(site=site)
    if number is None:
        number = subject.infusions.count() + 1
    reached = Phase.OBSERVING if stopped_at else Phase.INFUSING if started_at else Phase.PLANNED
    infusion = Infusion.objects.create(
        subject=subject,
        patient_id=subject.patient_id,
        site_id=subject.site_id,
        study_id=subject.study_id,
        number=number,
        started_at=started_at,
        stopped_at=stopped_at,
        phase=phase or reached,
        **({"product": "CD20Bi-aATC", "planned_cells_e9": Decimal(10)} | columns),
    )
    Record.objects.create(infusion=infusion)
    if started_at:
        _make_event(infusion, "start", started_at)
    if stopped_at:
        _make_event(infusion, "stop", stopped_at)
    return infusion


def _make_event(infusion: Infusion, kind: str, at: datetime) -> InfusionEvent:
    return InfusionEvent.objects.create(
        infusion=infusion,
        patient_id=infusion.patient_id,
        kind=kind,
        measured_at=at,
        recorded_at=at,
        client=bedside_client(infusion.site_id),
        source_id=f"event-{next(_next)}",
        content_hash=f"{next(_next)}",
    )


@cache
def _hashed_secret(algorithm: str) -> str:
    """The password's hash, once for each way of hashing that tests set: it is slow on purpose."""
    return make_password("secret", hasher=algorithm)


def make_user(username: str | None = None, **columns: Any) -> User:
    """A person who can sign in with the password `secret`, reached at their address if they have one."""
    name = username or f"user{next(_next)}"
    user: User = User.objects.create(
        username=name, password=_hashed_secret(get_hasher().algorithm), **({"name": name.title()} | columns)
    )
    contacts.vouch(user, NOW)
    return user


def make_actor(
    role: Role | str,
    site: Site | None,
    *,
    study: Study | None = None,
    identified: bool = False,
    user: User | None = None,
) -> Actor:
    """Somebody with one membership, at the bedside of the site."""
    user = user or make_user()
    Membership.objects.create(user=user, role=role, site=site, study=study, identified=identified)
    grant = Grant(Role(role), site.pk if site else None, study.pk if study else None, identified)
    return Actor(client=bedside_client(site.pk if site else None), user=user, memberships=(grant,))


def make_integration(site: Site, name: str = "ehr", *, kind: ClientKind = ClientKind.INTEGRATION) -> Actor:
    """A sending system of the site."""
    client, _ = Client.objects.get_or_create(
        site=site, name=name, defaults={"kind": kind, "role": Role.INTEGRATION}
    )
    return Actor(client=client, memberships=(Grant(Role.INTEGRATION, site.pk),))


def record_set(
    infusion: Infusion,
    at: datetime,
    *,
    actor: Actor | None = None,
    now: datetime | None = None,
    **values: Any,
) -> VitalSigns:
    """A set of vital signs, stored by the service as a machine would; `temperature_c="38.5"` and so on."""
    actor = actor or system_actor("builder")
    given = {"measured_at": at} | values
    return services.record_vitals(actor, infusion, given, now=now or at).row
