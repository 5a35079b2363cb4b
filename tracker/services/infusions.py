"""The life of an infusion: planned, started through its gates, stopped, watched, ended.

`phase`, `started_at` and `stopped_at` are written here alone, from the events that stand.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Membership, User
from accounts.permissions import Act, Actor
from tracker.errors import AnotherIsRunning, GatesClosed, NotInThisPhase, Refused, Unprocessable
from tracker.gates import Finding, cell_unit_slip
from tracker.life import CannotFollow, Happening, Life, live
from tracker.models import (
    Bag,
    Baseline,
    EventKind,
    GateOverride,
    Infusion,
    InfusionEvent,
    Phase,
    Record,
    Subject,
)

from .answers import Recorded, Warning
from .changes import Change, bump, changes_of, concerned, infusions_of, lock_patients
from .keeping import (
    Key,
    Place,
    chain_of,
    content_hash,
    fresh_uuid,
    insert,
    place,
    place_of_correction,
    require_reason,
)
from .preflight import baseline_values, preflight

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Happened:
    """An event that was stored, and the infusion as it now stands."""

    infusion: Infusion
    event: InfusionEvent
    warnings: tuple[Warning, ...] = ()
    #: Gates that did not open and were passed with a reason.
    overridden: tuple[Finding, ...] = ()
    infusion_ids: tuple[int, ...] = ()
    #: False when the same event was there already.
    created: bool = True


def require_cells(**cells: Decimal | None) -> None:
    """Refuses numbers of cells in the wrong unit, naming what was probably meant."""
    for field, value in cells.items():
        if value is not None and (not value.is_finite() or value <= 0):
            raise Refused.at(field, "impossible", _("A number of cells is above 0."))
        meant = cell_unit_slip(value)
        if meant is not None:
            detail = _("The unit is 10⁹ cells: %(value)s × 10⁹ cannot be; was %(meant)s meant?")
            raise Refused.at(field, "unit_slip", detail % {"value": value, "meant": meant})


def plan_infusion(
    actor: Actor,
    subject: Subject,
    *,
    now: datetime,
    number: int | None = None,
    bag: Bag | None = None,
    planned_cells_e9: Decimal | None = None,
    planned_start_at: datetime | None = None,
    planned_end_at: datetime | None = None,
    route: str = "iv",
    product: str | None = None,
    watch_hours: int | None = None,
    historical: bool = False,
    is_canary: bool = False,
) -> Infusion:
    """Plans the subject's next infusion."""
    actor.require(Act.RECORD_EVENTS, subject.site_id, subject.study_id)
    require_cells(planned_cells_e9=planned_cells_e9)
    with transaction.atomic():
        lock_patients([subject.patient_id])
        if number is None:
            number = (subject.infusions.aggregate(last=Max("number"))["last"] or 0) + 1
        elif subject.infusions.filter(number=number).exists():
            raise Refused.at("number", "taken", _("The subject has an infusion %s already.") % number)
        infusion = Infusion.objects.create(
            subject=subject,
            patient_id=subject.patient_id,
            site_id=subject.site_id,
            study_id=subject.study_id,
            number=number,
            bag=bag,
            product=product if product is not None else subject.study.product,
            route=route,
            planned_cells_e9=planned_cells_e9,
            planned_start_at=planned_start_at,
            planned_end_at=planned_end_at,
            watch_hours=watch_hours if watch_hours is not None else subject.study.watch_hours,
            historical=historical,
            is_canary=is_canary,
        )
        Record.objects.create(infusion=infusion)
    return infusion


_PLAN = frozenset(
    {
        "bag", "product", "route", "planned_cells_e9", "actual_cells_e9", "planned_start_at",
        "planned_end_at", "watch_hours",
    }
)  # fmt: skip
#: What can still be put right once cells are in.
_AFTER_START = frozenset({"actual_cells_e9", "planned_end_at", "watch_hours"})


def update_infusion(actor: Actor, infusion: Infusion, *, now: datetime, **changes: Any) -> Infusion:
    """Changes the plan of an infusion (bag, cells, planned times, route, watch hours)."""
    actor.require(Act.RECORD_EVENTS, infusion.site_id, infusion.study_id)
    require_cells(**{name: changes[name] for name in changes if name.endswith("cells_e9")})
    with transaction.atomic():
        lock_patients([infusion.patient_id])
        infusion = Infusion.objects.get(pk=infusion.pk)
        allowed = _PLAN if infusion.phase == Phase.PLANNED else _AFTER_START
        for name, value in changes.items():
            if name not in allowed:
                raise Refused.at(name, "fixed", _("This can no longer be changed."))
            setattr(infusion, name, value)
        infusion.save(update_fields=list(changes))
        bump([Change(infusion.pk, infusion.started_at or now, "tracker_infusion", infusion.pk)])
    return infusion


def start_infusion(
    actor: Actor,
    infusion: Infusion,
    *,
    at: datetime,
    now: datetime,
    bag_label: str | None = None,
    rate_ml_per_h: Decimal | None = None,
    actual_cells_e9: Decimal | None = None,
    override_reason: str = "",
    second_person: User | None = None,
    source_id: str | None = None,
    note: str = "",
) -> Happened:
    """Starts the infusion and freezes its baseline.

    `second_person` is someone whom the door has just authenticated, never a name taken from a field.
    Raises: GatesClosed, AnotherIsRunning, NotInThisPhase.
    """
    require_cells(actual_cells_e9=actual_cells_e9)

    def passed_gates(fresh: Infusion) -> tuple[Finding, ...]:
        found = preflight(fresh, at=at, bag_label=bag_label, actual_cells_e9=actual_cells_e9)
        _require_passage(actor, fresh, found, override_reason, second_person, now)
        return found

    return _happen(
        actor,
        infusion,
        EventKind.START,
        at,
        now,
        source_id,
        columns={"rate_ml_per_h": rate_ml_per_h, "override_reason": override_reason, "note": note},
        actual_cells_e9=actual_cells_e9,
        gates=passed_gates,
        second_person=second_person,
    )


def _require_passage(
    actor: Actor,
    infusion: Infusion,
    found: Sequence[Finding],
    reason: str,
    second_person: User | None,
    now: datetime,
) -> None:
    """Refuses the start unless every closed gate may be passed and is passed as it asks.

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
    if actor.user is None or second_person.pk == actor.user.pk:
        raise Refused.at("second_person", "same_person", _("The second person is somebody else."))
    grants = (each.grant() for each in Membership.objects.in_force(now).filter(user=second_person))
    second = Actor(actor.client, second_person, tuple(grants))
    if not second_person.is_active or not second.may(Act.OVERRIDE_START, infusion.site_id, infusion.study_id):
        raise Refused.at("second_person", "not_permitted", _("The second person may not do this here."))


def pause_infusion(
    actor: Actor,
    infusion: Infusion,
    *,
    at: datetime,
    now: datetime,
    source_id: str | None = None,
    note: str = "",
) -> Happened:
    """Pauses it."""
    return _happen(actor, infusion, EventKind.PAUSE, at, now, source_id, {"note": note})


def resume_infusion(
    actor: Actor,
    infusion: Infusion,
    *,
    at: datetime,
    now: datetime,
    rate_ml_per_h: Decimal | None = None,
    source_id: str | None = None,
    note: str = "",
) -> Happened:
    """Resumes it after a pause, or after a stop that came too early."""
    columns = {"rate_ml_per_h": rate_ml_per_h, "note": note}
    return _happen(actor, infusion, EventKind.RESUME, at, now, source_id, columns)


def set_rate(
    actor: Actor,
    infusion: Infusion,
    *,
    at: datetime,
    now: datetime,
    rate_ml_per_h: Decimal,
    source_id: str | None = None,
    note: str = "",
) -> Happened:
    """Changes its rate."""
    if not rate_ml_per_h.is_finite() or rate_ml_per_h < 0:
        raise Refused.at("rate_ml_per_h", "impossible", _("A rate is not below 0."))
    columns = {"rate_ml_per_h": rate_ml_per_h, "note": note}
    return _happen(actor, infusion, EventKind.RATE, at, now, source_id, columns)


def stop_infusion(
    actor: Actor,
    infusion: Infusion,
    *,
    at: datetime,
    now: datetime,
    actual_cells_e9: Decimal | None = None,
    source_id: str | None = None,
    note: str = "",
) -> Happened:
    """Stops it; the watch goes on for its watch hours."""
    require_cells(actual_cells_e9=actual_cells_e9)
    return _happen(
        actor, infusion, EventKind.STOP, at, now, source_id, {"note": note}, actual_cells_e9=actual_cells_e9
    )


def cancel_infusion(
    actor: Actor,
    infusion: Infusion,
    *,
    at: datetime,
    now: datetime,
    source_id: str | None = None,
    note: str = "",
) -> Happened:
    """Cancels a planned infusion."""
    return _happen(actor, infusion, EventKind.CANCEL, at, now, source_id, {"note": note})


def discharge_infusion(
    actor: Actor,
    infusion: Infusion,
    *,
    at: datetime,
    now: datetime,
    source_id: str | None = None,
    note: str = "",
) -> Happened:
    """The patient goes home; the watch goes on there."""
    return _happen(actor, infusion, EventKind.DISCHARGE, at, now, source_id, {"note": note})


def readmit_infusion(
    actor: Actor,
    infusion: Infusion,
    *,
    at: datetime,
    now: datetime,
    source_id: str | None = None,
    note: str = "",
) -> Happened:
    """The patient comes back."""
    return _happen(actor, infusion, EventKind.READMIT, at, now, source_id, {"note": note})


def end_infusion(
    actor: Actor,
    infusion: Infusion,
    *,
    at: datetime,
    now: datetime,
    source_id: str | None = None,
    note: str = "",
) -> Happened:
    """Ends the watch of the infusion."""
    return _happen(actor, infusion, EventKind.END, at, now, source_id, {"note": note})


def _happen(
    actor: Actor,
    infusion: Infusion,
    kind: EventKind,
    at: datetime,
    now: datetime,
    source_id: str | None,
    columns: dict[str, Any],
    *,
    actual_cells_e9: Decimal | None = None,
    gates: Any = None,
    second_person: User | None = None,
) -> Happened:
    from .observations import require_moment

    actor.require(Act.RECORD_EVENTS, infusion.site_id, infusion.study_id)
    require_moment(at, now, "at")
    columns = {"kind": kind} | columns
    with transaction.atomic():
        lock_patients([infusion.patient_id])
        infusions = infusions_of([infusion.patient_id])[infusion.patient_id]
        fresh = next(each for each in infusions if each.pk == infusion.pk)
        uuid = fresh_uuid()
        digest = content_hash(fresh.patient_id, fresh.pk, at, columns)
        found = place(InfusionEvent, Key(actor.client, source_id), digest, uuid)
        if found.repeat_of is not None:
            return Happened(fresh, found.repeat_of, created=False)
        events = list(InfusionEvent.objects.current().filter(infusion=fresh).order_by("pk"))
        life = _life([*_happenings(events), Happening(kind, at)], fresh)
        _require_free(fresh, life, infusions)
        overridden: tuple[Finding, ...] = gates(fresh) if gates is not None else ()
        event = _insert_event(actor, fresh, columns, found, at, now, digest, uuid)
        before = _apply(fresh, life, actual_cells_e9)
        changed = _changes(event, [at], before, fresh, infusions)
        if kind == EventKind.START:
            _note_overrides(actor, fresh, overridden, columns["override_reason"], second_person, now)
            changed += _freeze(actor, fresh, overridden, columns["override_reason"], second_person, now)
        return Happened(fresh, event, _event_warnings(kind, at, fresh), overridden, bump(changed))


def _happenings(events: Iterable[InfusionEvent]) -> list[Happening]:
    return [Happening(EventKind(event.kind), event.measured_at) for event in events]


def _life(happenings: Iterable[Happening], infusion: Infusion) -> Life:
    try:
        return live(happenings)
    except CannotFollow as error:
        detail = _("“%(event)s” cannot happen while infusion %(number)s is %(phase)s.")
        words = {"event": error.event.kind.label, "number": infusion.number, "phase": error.phase.label}
        raise NotInThisPhase(detail % words) from error


def _require_free(infusion: Infusion, life: Life, infusions: Sequence[Infusion]) -> None:
    """Refuses an overlap with another infusion of the patient, naming it."""
    if life.started_at is None:
        return
    for other in infusions:
        if other.pk == infusion.pk or other.started_at is None:
            continue
        starts_before = life.stopped_at is None or other.started_at < life.stopped_at
        ends_after = other.stopped_at is None or life.started_at < other.stopped_at
        if not (starts_before and ends_after):
            continue
        if other.stopped_at is None:
            detail = _("Infusion %s of this patient is still running: record its stop first.") % other.number
            raise AnotherIsRunning(other, detail)
        raise Unprocessable(_("Infusion %s of this patient ran at that time.") % other.number)


def _insert_event(
    actor: Actor,
    infusion: Infusion,
    columns: Mapping[str, Any],
    found: Place[InfusionEvent],
    at: datetime,
    now: datetime,
    digest: str,
    uuid: object,
    *,
    void: bool = False,
    reason: str = "",
) -> InfusionEvent:
    return insert(
        InfusionEvent,
        columns,
        place=found,
        actor=actor,
        patient_id=infusion.patient_id,
        infusion_id=infusion.pk,
        measured_at=at,
        now=now,
        digest=digest,
        uuid=uuid,
        void=void,
        reason=reason,
    )


def _apply(infusion: Infusion, life: Life, actual_cells_e9: Decimal | None = None) -> Infusion:
    """Writes what the events add up to; returns the infusion as it was, for the windows it had."""
    before = Infusion(
        pk=infusion.pk,
        phase=infusion.phase,
        started_at=infusion.started_at,
        stopped_at=infusion.stopped_at,
        watch_hours=infusion.watch_hours,
    )
    infusion.phase, infusion.started_at, infusion.stopped_at = life.phase, life.started_at, life.stopped_at
    if actual_cells_e9 is not None:
        infusion.actual_cells_e9 = actual_cells_e9
    infusion.save(update_fields=["phase", "started_at", "stopped_at", "actual_cells_e9"])
    return before


def _changes(
    event: InfusionEvent,
    moments: Sequence[datetime],
    before: Infusion,
    infusion: Infusion,
    infusions: Sequence[Infusion],
) -> list[Change]:
    """An event concerns its own infusion, and others whose watch holds its moment."""
    ids = {*concerned(infusions, infusion.pk, moments), before.pk}
    return changes_of(event, ids, min(moments).astimezone(UTC))


def _note_overrides(
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


def _freeze(
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
        override_by=actor.user if without else None,
        second_person=second_person if without else None,
        reason=reason if without else "",
        recorded_at=now,
    )
    return changes_of(baseline, [infusion.pk], infusion.started_at)


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
            override_by=actor.user,
            reason=reason,
            recorded_at=now,
        )
        bump(changes_of(baseline, [infusion.pk], infusion.started_at))
    return baseline


def _event_warnings(kind: EventKind, at: datetime, infusion: Infusion) -> tuple[Warning, ...]:
    ends = infusion.watch_ends_at
    if kind == EventKind.END and ends is not None and at < ends:
        detail = _("The watch would have lasted %s hours after the stop.") % infusion.watch_hours
        return (Warning("at", "before_watch_ends", detail),)
    return ()


def amend_event(
    actor: Actor, event: InfusionEvent, values: Values, *, reason: str, now: datetime
) -> Recorded[InfusionEvent]:
    """Corrects an event (`at` or `measured_at`, rate, note); the phase and times follow anew."""
    from .observations import require_moment

    reason = require_reason(reason)
    given = dict(values)
    at = given.pop("at", None) or given.pop("measured_at", None) or event.measured_at
    require_moment(at, now, "at")
    for name in set(given) - {"rate_ml_per_h", "note", "override_reason"}:
        raise Refused.at(name, "unknown_field", _("An event has no such part to correct."))
    columns = {
        name: given.get(name, getattr(event, name)) for name in ("rate_ml_per_h", "note", "override_reason")
    }
    return _correct(actor, event, {"kind": event.kind} | columns, at, reason, now)


def void_event(actor: Actor, event: InfusionEvent, *, reason: str, now: datetime) -> Recorded[InfusionEvent]:
    """Takes an event back; the phase and times follow anew."""
    return _correct(actor, event, None, event.measured_at, require_reason(reason), now)


def _correct(
    actor: Actor,
    event: InfusionEvent,
    columns: dict[str, Any] | None,
    at: datetime,
    reason: str,
    now: datetime,
) -> Recorded[InfusionEvent]:
    assert event.infusion is not None
    actor.require(Act.RECORD_EVENTS, event.infusion.site_id, event.infusion.study_id)
    with transaction.atomic():
        lock_patients([event.patient_id])
        if chain_of(event)[-1].pk != event.pk or event.void:
            raise Unprocessable(_("This event was corrected meanwhile; look at what stands now."))
        infusions = infusions_of([event.patient_id])[event.patient_id]
        infusion = next(each for each in infusions if each.pk == event.infusion_id)
        digest = "void" if columns is None else content_hash(event.patient_id, infusion.pk, at, columns)
        if digest == event.content_hash:
            return Recorded(event, False)
        others = InfusionEvent.objects.current().filter(infusion=infusion).exclude(pk=event.pk).order_by("pk")
        happenings = _happenings(others)
        if columns is not None:
            happenings.append(Happening(EventKind(event.kind), at))
        life = _life(happenings, infusion)
        _require_free(infusion, life, infusions)
        uuid = fresh_uuid()
        found = place_of_correction(event, actor.client, uuid)
        new = _insert_event(
            actor, infusion, columns or {}, found, at, now, digest, uuid, void=columns is None, reason=reason
        )
        before = _apply(infusion, life)
        changed = _changes(new, [at, event.measured_at], before, infusion, infusions)
        if infusion.started_at is not None and infusion.started_at != before.started_at:
            changed += _freeze(actor, infusion, (), "", None, now)
        return Recorded(new, True, infusion_ids=bump(changed))
