"""Passing gates that did not open, and the baseline that a start freezes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership, User
from accounts.permissions import Act, Actor
from tracker.errors import GatesClosed, NotInThisPhase, Refused
from tracker.gates import Finding
from tracker.models import Baseline, GateOverride, Infusion, SubjectFacts

from .changes import Change, bump, changes_of, lock_patients
from .keeping import require_reason
from .preflight import baseline_values


def require_passage(
    actor: Actor,
    infusion: Infusion,
    found: Sequence[Finding],
    reason: str,
    second_person: User | None,
    now: datetime,
) -> None:
    """Refuses the start, or the way home, unless every closed gate may be passed and is passed as it asks.

    Febris itself (an import, the demonstration) needs a reason but has no colleague.
    """
    if any(finding.absolute for finding in found):
        raise GatesClosed(found)
    if not found:
        return
    if not reason.strip():
        raise GatesClosed(found)
    needs_second = any(finding.needs_second_person for finding in found)
    if needs_second:
        actor.require(Act.OVERRIDE_START, infusion.site_id, infusion.study_id)
    if not needs_second or actor.is_system:
        return
    if second_person is None:
        raise GatesClosed(found)
    require_second_person(actor, infusion, second_person, now)


def require_second_person(
    actor: Actor, infusion: Infusion, second_person: User, now: datetime, field: str = "second_person"
) -> None:
    """Refuses a second person who is the first, or who may not go past a gate there either; and a first who
    is nobody: a key has no name to stand beside the second.

    Raises: Refused at `field`.
    """
    if actor.user is None:
        raise Refused.at(
            field, "nobody_signed_in", _("Two people go past this: sign in as the first of them.")
        )
    if second_person.pk == actor.user.pk:
        raise Refused.at(field, "same_person", _("The second person is somebody else."))
    grants = (each.grant() for each in Membership.objects.in_force(now).filter(user=second_person))
    second = Actor(actor.client, second_person, tuple(grants))
    if not second_person.is_active or not second.may(Act.OVERRIDE_START, infusion.site_id, infusion.study_id):
        raise Refused.at(field, "not_permitted", _("The second person may not do this here."))


def note_overrides(
    actor: Actor,
    infusion: Infusion,
    overridden: Sequence[Finding],
    reason: str,
    second_person: User | None,
    now: datetime,
) -> None:
    for finding in overridden:
        GateOverride.objects.create(
            infusion=infusion,
            gate=finding.gate,
            detail=finding.detail,
            author=actor.user,
            second_person=second_person if finding.needs_second_person else None,
            reason=reason,
            recorded_at=now,
        )


def freeze(
    actor: Actor,
    infusion: Infusion,
    overridden: Sequence[Finding],
    reason: str,
    second_person: User | None,
    now: datetime,
) -> list[Change]:
    """Freezes the baseline of an infusion that has just been started."""
    assert infusion.started_at is not None
    without = any(finding.gate == "baseline" for finding in overridden)
    baseline = Baseline.objects.create(
        infusion=infusion,
        values=baseline_values(infusion, infusion.started_at),
        ctcae_version=_ctcae_version(infusion),
        override_by=actor.user if without else None,
        second_person=second_person if without else None,
        reason=reason if without else "",
        recorded_at=now,
    )
    return changes_of(baseline, [infusion.pk], infusion.started_at)


#: The columns of a subject that rules read.
FACTS = ("spo2_target", "transplant")


def note_facts(actor: Actor, infusion: Infusion, now: datetime, *, at_start: bool = False) -> list[Change]:
    """Keeps what rules read of the subject, as it is known now: found by a start, else changed while the
    infusion is watched.
    """
    assert infusion.started_at is not None
    facts = SubjectFacts.objects.create(
        infusion=infusion,
        at_start=at_start,
        author=actor.user,
        recorded_at=now,
        **{name: getattr(infusion.subject, name) for name in FACTS},
    )
    return changes_of(facts, [infusion.pk], infusion.started_at if at_start else now)


def _ctcae_version(infusion: Infusion) -> str:
    """The version that the first baseline froze, else the study's."""
    first = Baseline.objects.filter(infusion=infusion).order_by("pk").first()
    return first.ctcae_version if first is not None else infusion.study.ctcae_version


def override_baseline(
    actor: Actor, infusion: Infusion, values: Mapping[str, Decimal], *, reason: str, now: datetime
) -> Baseline:
    """Replaces the frozen baseline; the old one stays readable."""
    actor.require(Act.RECORD_READINGS, infusion.site_id, infusion.study_id)
    reason = require_reason(reason)
    with transaction.atomic():
        lock_patients([infusion.patient_id])
        infusion = Infusion.objects.get(pk=infusion.pk)
        if infusion.started_at is None:
            raise NotInThisPhase(_("Infusion %s has not started.") % infusion.number)
        baseline = Baseline.objects.create(
            infusion=infusion,
            values={name: str(value) for name, value in values.items()},
            ctcae_version=_ctcae_version(infusion),
            override_by=actor.user,
            reason=reason,
            recorded_at=now,
        )
        bump(changes_of(baseline, [infusion.pk], infusion.started_at))
    return baseline
