"""Correcting what was observed: a new row that names the old one and says why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor
from tracker.errors import Unprocessable
from tracker.models import InfusionEvent, VitalSigns

from .answers import Door, Kind, Recorded, door_of
from .changes import bump, locked_infusions
from .events import amend_event, void_event
from .keeping import chain_of, fresh_uuid, insert, place_of_correction, require_reason
from .nouns import NOUNS
from .observations import Given, is_watched, judge, link, note_change, require_moment, window_warnings

Values = Mapping[str, Any]


def amend(
    actor: Actor, row: Kind, values: Values, *, reason: str, now: datetime, door: Door | None = None
) -> Recorded[Kind]:
    """Stores a correction of `row`: the given values replace its own, the others stay as they were."""
    if isinstance(row, InfusionEvent):
        return cast(Recorded[Kind], amend_event(actor, row, values, reason=reason, now=now))
    reason = require_reason(reason)
    model = type(row)
    noun = NOUNS[model]
    _require_right(actor, noun.act, row)
    with transaction.atomic():
        infusions = locked_infusions([row.patient_id])[row.patient_id]
        tip = _standing(row)
        if tip.void:
            raise Unprocessable(_("This row was voided."))
        read, judged = judge(noun, _merged(noun.values_of(tip), values), door or door_of(actor))
        require_moment(read.measured_at, now)
        given = Given(noun, read, judged, row.patient_id, tip.infusion)
        if given.digest == tip.content_hash:
            return Recorded(tip, False, watched=is_watched(infusions, tip.measured_at))
        link(model, given, infusions)
        uuid = fresh_uuid()
        new = insert(
            model,
            judged.columns,
            place=place_of_correction(tip, actor.client, uuid),
            actor=actor,
            patient_id=row.patient_id,
            infusion_id=tip.infusion_id,
            measured_at=read.measured_at,
            now=now,
            digest=given.digest,
            uuid=uuid,
            reason=reason,
        )
        return Recorded(
            new,
            True,
            (*judged.warnings, *window_warnings(tip.infusion, infusions, new.measured_at)),
            bump(note_change(new, tip, judged, infusions, actor, now)),
            is_watched(infusions, new.measured_at),
        )


def amend_vitals(
    actor: Actor, row: VitalSigns, values: Values, *, reason: str, now: datetime, door: Door | None = None
) -> Recorded[VitalSigns]:
    """Stores a correction of a set."""
    return amend(actor, row, values, reason=reason, now=now, door=door)


def void(actor: Actor, row: Kind, *, reason: str, now: datetime) -> Recorded[Kind]:
    """Stores that `row` never was true. The void row carries no values."""
    if isinstance(row, InfusionEvent):
        return cast(Recorded[Kind], void_event(actor, row, reason=reason, now=now))
    reason = require_reason(reason)
    _require_right(actor, NOUNS[type(row)].act, row)
    with transaction.atomic():
        infusions = locked_infusions([row.patient_id])[row.patient_id]
        tip = _standing(row)
        if tip.void:
            return Recorded(tip, False)
        new = void_row(tip, actor, reason, now)
        changed = note_change(new, tip, None, infusions, actor, now)
        return Recorded(new, True, (), bump(changed), is_watched(infusions, new.measured_at))


def void_row(tip: Kind, actor: Actor, reason: str, now: datetime) -> Kind:
    """Writes the row that voids `tip`."""
    uuid = fresh_uuid()
    return insert(
        type(tip),
        {},
        place=place_of_correction(tip, actor.client, uuid),
        actor=actor,
        patient_id=tip.patient_id,
        infusion_id=tip.infusion_id,
        measured_at=tip.measured_at,
        now=now,
        digest="void",
        uuid=uuid,
        void=True,
        reason=reason,
    )


def _require_right(actor: Actor, act: Act, row: Any) -> None:
    site_id = row.infusion.site_id if row.infusion is not None else row.patient.site_id
    actor.require(act, site_id, row.infusion.study_id if row.infusion is not None else None)


def _standing(row: Kind) -> Kind:
    """The last of the row's chain.

    Raises: Unprocessable when the row was corrected meanwhile: the person has not seen what stands.
    """
    tip = chain_of(row)[-1]
    if tip.pk != row.pk:
        raise Unprocessable(_("This row was corrected meanwhile; look at what stands now."))
    return tip


_TEMPERATURE = frozenset({"temperature_c", "temperature_f", "temperature_typed"})


def _merged(stored: dict[str, Any], given: Values) -> dict[str, Any]:
    """What would have been sent had the given values been right from the start."""
    merged = dict(stored)
    named = set(given)
    if named & _TEMPERATURE:
        named |= _TEMPERATURE | {"temperature_c"}
        for name in _TEMPERATURE:
            merged.pop(name, None)
    for name in ("confirmed", "verified"):
        if name in merged:
            merged[name] = [field for field in merged[name] if field not in named]
            merged[name] += given.get(name) or []
    if "absent" in merged:
        filled = {name for name in named if given.get(name) not in (None, "")}
        if filled & _TEMPERATURE:
            filled.add("temperature_c")
        merged["absent"] = {name: why for name, why in merged["absent"].items() if name not in filled}
        merged["absent"] |= given.get("absent") or {}
    rest = {name: value for name, value in given.items() if name not in {"confirmed", "verified", "absent"}}
    return merged | rest
