"""What was looked at by the bed before a start, compared with the record and kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Act, Actor
from tracker.errors import NotInThisPhase, Refused
from tracker.models import EMERGENCY_DRUGS, CheckKind, Infusion, PatientIdentifier, Phase, StartCheck

from .passage import require_second_person

#: What a bracelet and a bag may say, by what it was compared with.
SUBJECT_NUMBER, IDENTIFIER, BAG_LABEL = "subject_number", "identifier", "bag_label"
PATIENT = "patient"


@dataclass(frozen=True)
class Checked:
    """The check as it was kept, and what did not agree in words."""

    row: StartCheck
    details: tuple[str, ...] = ()


def check_identity(
    actor: Actor,
    infusion: Infusion,
    *,
    patient_identifier: str,
    bag_label: str,
    now: datetime,
    checked_by: User | None = None,
) -> Checked:
    """Compares what is on the patient and on the bag with the record, and keeps that it was done and by whom.

    What was read is compared and not kept. `checked_by` is a colleague whom the door has just authenticated;
    without one it is the actor.
    """
    infusion = _ready(actor, infusion, checked_by, now)
    if infusion.bag is None:
        raise Refused.at("bag_label", "no_bag", _("No bag is assigned to this infusion."))
    read, label = _slim(patient_identifier), _slim(bag_label)
    for name, text in (("patient_identifier", read), ("bag_label", label)):
        if not text:
            raise Refused.at(name, "required", _("Scan or type it."))
    found, missing, details = [], [], []
    by = _known_by(infusion, read)
    if by:
        found.append(by)
    else:
        missing.append(PATIENT)
        details.append(_("This is not a number of this patient. Stop and find out whose it is."))
    if label == _slim(infusion.bag.label):
        found.append(BAG_LABEL)
    else:
        missing.append(BAG_LABEL)
        details.append(
            _("The bag at the bedside is %(scanned)s, but %(label)s is assigned.")
            % {"scanned": bag_label.strip(), "label": infusion.bag.label}
        )
    return Checked(
        _keep(actor, infusion, CheckKind.IDENTITY, found, missing, checked_by, now), tuple(details)
    )


def check_drugs(actor: Actor, infusion: Infusion, at_hand: Iterable[str], *, now: datetime) -> Checked:
    """Keeps which of the emergency drugs lie ready, by name; what was not named is missing."""
    infusion = _ready(actor, infusion, None, now)
    named = set(at_hand)
    if unknown := named - {drug.value for drug in EMERGENCY_DRUGS}:
        raise Refused.at("at_hand", "unknown", _("“%s” is not on the list.") % sorted(unknown)[0])
    found = [drug.value for drug in EMERGENCY_DRUGS if drug.value in named]
    missing = [drug.value for drug in EMERGENCY_DRUGS if drug.value not in named]
    return Checked(_keep(actor, infusion, CheckKind.DRUGS, found, missing, None, now))


def _ready(actor: Actor, infusion: Infusion, checked_by: User | None, now: datetime) -> Infusion:
    actor.require(Act.RECORD_EVENTS, infusion.site_id, infusion.study_id)
    if actor.user is None and not actor.is_system:
        raise Refused.at("", "nobody_signed_in", _("A person looks, not a key: sign in."))
    if checked_by is not None:
        require_second_person(actor, infusion, checked_by, now)
    infusion = Infusion.objects.select_related("bag", "subject").get(pk=infusion.pk)
    if infusion.phase != Phase.PLANNED:
        raise NotInThisPhase(_("Infusion %s was started or cancelled already.") % infusion.number)
    return infusion


def _keep(
    actor: Actor,
    infusion: Infusion,
    kind: CheckKind,
    found: list[str],
    missing: list[str],
    checked_by: User | None,
    now: datetime,
) -> StartCheck:
    with transaction.atomic():
        return StartCheck.objects.create(
            infusion=infusion,
            kind=kind,
            author=actor.user,
            checked_by=checked_by or actor.user,
            bag=infusion.bag if kind == CheckKind.IDENTITY else None,
            found=found,
            missing=missing,
            recorded_at=now,
        )


def _slim(text: str) -> str:
    """A label as scanners and people give it: without blanks, whatever its case."""
    return "".join(text.split()).casefold()


def _known_by(infusion: Infusion, read: str) -> str:
    """By what the patient is known under this number; empty when they are not."""
    if read == _slim(infusion.subject.subject_number):
        return SUBJECT_NUMBER
    numbers = PatientIdentifier.objects.filter(patient_id=infusion.patient_id).values_list("value", flat=True)
    return IDENTIFIER if any(read == _slim(number) for number in numbers) else ""
