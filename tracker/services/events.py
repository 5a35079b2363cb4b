"""What happens to an infusion: started through its gates, paused, stopped, ended; and such events corrected.

`phase`, `started_at` and `stopped_at` are written here alone, from the events that stand.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Act, Actor
from tracker.errors import AnotherIsRunning, GatesClosed, NotInThisPhase, Refused, Unprocessable
from tracker.gates import Finding
from tracker.life import CannotFollow, Happening, Life, live
from tracker.models import EventKind, Infusion, InfusionEvent, Phase

from .answers import Recorded, Warning
from .changes import Change, bump, changes_of, concerned, locked_infusions
from .infusions import require_cells
from .keeping import (
    Key,
    PlaceInChain,
    chain_of,
    content_hash,
    fresh_uuid,
    insert,
    place,
    place_of_correction,
    require_reason,
)
from .observations import require_moment
from .passage import freeze, note_facts, note_overrides, require_passage
from .preflight import before_discharge, preflight

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
        require_passage(actor, fresh, found, override_reason, second_person, now)
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
    override_reason: str = "",
    second_person: User | None = None,
    source_id: str | None = None,
    note: str = "",
) -> Happened:
    """The patient goes home; the watch goes on there.

    Before the close watch has ended that is a gate of the study, to be passed as a start passes its own.
    Raises: GatesClosed, NotInThisPhase.
    """

    def passed_gates(fresh: Infusion) -> tuple[Finding, ...]:
        found = before_discharge(fresh, at=at)
        require_passage(actor, fresh, found, override_reason, second_person, now)
        return found

    return _happen(
        actor,
        infusion,
        EventKind.DISCHARGE,
        at,
        now,
        source_id,
        {"note": note} | ({"override_reason": override_reason} if override_reason else {}),
        gates=passed_gates,
        second_person=second_person,
    )


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
    """Ends the watch of the infusion: never the close watch, which only a discharge goes past.

    Raises: GatesClosed, NotInThisPhase.
    """

    def not_watched_closely(fresh: Infusion) -> tuple[Finding, ...]:
        if fresh.phase == Phase.OBSERVING:
            _require_close_watch_over(fresh, at)
        return ()

    return _happen(
        actor, infusion, EventKind.END, at, now, source_id, {"note": note}, gates=not_watched_closely
    )


def _require_close_watch_over(infusion: Infusion, at: datetime) -> None:
    if found := before_discharge(infusion, at=at):
        raise GatesClosed(found)


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
    gates: Callable[[Infusion], tuple[Finding, ...]] | None = None,
    second_person: User | None = None,
) -> Happened:
    actor.require(Act.RECORD_EVENTS, infusion.site_id, infusion.study_id)
    require_moment(at, now, "at")
    columns = {"kind": kind} | columns
    with transaction.atomic():
        infusions = locked_infusions([infusion.patient_id])[infusion.patient_id]
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
        if overridden:
            note_overrides(actor, fresh, overridden, columns["override_reason"], second_person, now)
        if kind == EventKind.START:
            changed += freeze(actor, fresh, overridden, columns["override_reason"], second_person, now)
            changed += note_facts(actor, fresh, now, at_start=True)
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
    found: PlaceInChain[InfusionEvent],
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
        infusions = locked_infusions([event.patient_id])[event.patient_id]
        if chain_of(event)[-1].pk != event.pk or event.void:
            raise Unprocessable(_("This event was corrected meanwhile; look at what stands now."))
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
        if columns is not None and event.kind == EventKind.DISCHARGE and at < event.measured_at:
            _require_close_watch_over(infusion, at)  # who went past it did so for the moment that stood
        changed = _changes(new, [at, event.measured_at], before, infusion, infusions)
        if infusion.started_at is not None and infusion.started_at != before.started_at:
            changed += freeze(actor, infusion, (), "", None, now)
        return Recorded(new, True, infusion_ids=bump(changed))
