"""Recording what was observed, and correcting it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.permissions import Actor
from tracker.errors import Conflict, Refused, Unprocessable
from tracker.ingest import (
    InterventionIn,
    LabIn,
    NeuroIn,
    ObservedIn,
    ReadingIn,
    ResponseIn,
    SymptomIn,
    Taken,
    TemperatureIn,
    take,
)
from tracker.models import (
    Infusion,
    Intervention,
    KeptKind,
    LabResult,
    NeuroAssessment,
    Patient,
    Phase,
    ResponseAssessment,
    SymptomReport,
    TemperatureLog,
    VitalSigns,
)

from .answers import Door, Kind, Recorded, Warning, door_of
from .changes import (
    COUNTS_WINDOW,
    Change,
    bump,
    changes_of,
    concerned,
    is_baseline,
    locked_infusions,
)
from .judging import Judged
from .keeping import (
    Key,
    body_of,
    chain_of,
    content_hash,
    fresh_uuid,
    insert,
    keep_message,
    place,
)
from .nouns import NOUNS, Noun
from .symptoms import tick, untick

Values = Mapping[str, Any]

#: A clock may run ahead this much. Source: the watch window of the design.
AHEAD_MAX = timedelta(minutes=5)
#: What still counts for an infusion that began up to the window of counts after it. Of a temperature that is
#: the antipyretic that it names.
KNOWN_FROM_BEFORE = (LabResult, NeuroAssessment, Intervention, TemperatureLog)
#: Nothing that is recorded here happened earlier.
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)


def record_vitals(
    actor: Actor, infusion: Infusion, values: ReadingIn | Values, *, now: datetime, door: Door | None = None
) -> Recorded[VitalSigns]:
    """Stores one set. `door` defaults to what the actor's client is: bedside and diary are forms."""
    return _record(VitalSigns, actor, infusion.patient_id, infusion, values, now, door)


def record_again(
    model: type[Kind], actor: Actor, infusion: Infusion, values: Values, *, now: datetime
) -> Recorded[Kind]:
    """Stores for another infusion what was stored once: what a person confirmed then is confirmed."""
    return _record(model, actor, infusion.patient_id, infusion, values, now, None)


def record_temperature(
    actor: Actor,
    infusion: Infusion,
    values: TemperatureIn | Values,
    *,
    now: datetime,
    door: Door | None = None,
) -> Recorded[TemperatureLog]:
    """Stores a temperature taken without a set."""
    return _record(TemperatureLog, actor, infusion.patient_id, infusion, values, now, door)


def record_symptom(
    actor: Actor, infusion: Infusion, values: SymptomIn | Values, *, now: datetime, door: Door | None = None
) -> Recorded[SymptomReport]:
    """Stores a symptom."""
    return _record(SymptomReport, actor, infusion.patient_id, infusion, values, now, door)


def record_intervention(
    actor: Actor,
    infusion: Infusion,
    values: InterventionIn | Values,
    *,
    now: datetime,
    door: Door | None = None,
) -> Recorded[Intervention]:
    """Stores something given."""
    return _record(Intervention, actor, infusion.patient_id, infusion, values, now, door)


def record_neuro(
    actor: Actor, infusion: Infusion, values: NeuroIn | Values, *, now: datetime, door: Door | None = None
) -> Recorded[NeuroAssessment]:
    """Stores a neurological assessment."""
    return _record(NeuroAssessment, actor, infusion.patient_id, infusion, values, now, door)


def record_lab(
    actor: Actor,
    patient: Patient,
    values: LabIn | Values,
    *,
    now: datetime,
    infusion: Infusion | None = None,
    door: Door | None = None,
) -> Recorded[LabResult]:
    """Stores a laboratory result; it concerns every infusion that watches its moment."""
    return _record(LabResult, actor, patient.pk, infusion, values, now, door, site_id=patient.site_id)


def record_response(
    actor: Actor,
    patient: Patient,
    values: ResponseIn | Values,
    *,
    now: datetime,
    infusion: Infusion | None = None,
    door: Door | None = None,
) -> Recorded[ResponseAssessment]:
    """Stores an assessment of the response."""
    return _record(
        ResponseAssessment, actor, patient.pk, infusion, values, now, door, site_id=patient.site_id
    )


def require_moment(measured_at: datetime, now: datetime, field: str = "measured_at") -> None:
    """Refuses a time without an offset, and one that lies ahead."""
    if measured_at.tzinfo is None:
        raise Refused.at(field, "offset_missing", _("A time needs its offset from UTC, as in +01:00 or Z."))
    if measured_at < EARLIEST:
        raise Refused.at(field, "impossible", _("This time lies before every study."))
    if measured_at > now + AHEAD_MAX:
        raise Refused.at(field, "in_the_future", _("This time lies more than 5 minutes ahead."))


@dataclass(frozen=True)
class Given:
    """A message that was read and judged, before it has a place."""

    noun: Noun
    values: ObservedIn
    judged: Judged
    patient_id: int
    infusion: Infusion | None

    @property
    def digest(self) -> str:
        return content_hash(
            self.patient_id,
            self.infusion.pk if self.infusion else None,
            self.values.measured_at,
            self.judged.columns,
            self.judged.symptoms,
        )


def judge(noun: Noun, values: Any, door: Door) -> tuple[ObservedIn, Judged]:
    taken: Taken[ObservedIn] = take(values, noun.shape)
    judged = noun.judge(taken, door)
    if judged.errors:
        raise Refused(judged.errors)
    return taken.values, judged


def _record(
    model: type[Kind],
    actor: Actor,
    patient_id: int,
    infusion: Infusion | None,
    values: Any,
    now: datetime,
    door: Door | None,
    site_id: int | None = None,
) -> Recorded[Kind]:
    noun = NOUNS[model]
    actor.require(
        noun.act,
        infusion.site_id if infusion else site_id,
        infusion.study_id if infusion else None,
    )
    read, judged = judge(noun, values, door or door_of(actor))
    require_moment(read.measured_at, now)
    # Whoever wants to go on in a transaction of his own after a refusal opens a savepoint around this call.
    with transaction.atomic(savepoint=False):
        infusions = locked_infusions([patient_id])[patient_id]
        answer, changes = store(model, actor, patient_id, infusion, read, judged, now, infusions)
        return replace(answer, infusion_ids=bump(changes))


def store(
    model: type[Kind],
    actor: Actor,
    patient_id: int,
    infusion: Infusion | None,
    values: ObservedIn,
    judged: Judged,
    now: datetime,
    infusions: Sequence[Infusion],
) -> tuple[Recorded[Kind], list[Change]]:
    """Gives a judged message its place and writes it, under the patient's lock; the caller bumps.

    On a Conflict the transaction (or savepoint) around the call has to go back.

    Raises: Conflict, Unprocessable for a cancelled infusion.
    """
    given = Given(NOUNS[model], values, judged, patient_id, named(infusion, infusions))
    key = Key(actor.client, values.source_id, values.source_version, values.corrected, values.sent_at)
    uuid = fresh_uuid()
    digest = given.digest
    found = place(model, key, digest, uuid)
    if found.repeat_of is not None:
        return Recorded(found.repeat_of, False, watched=is_watched(infusions, values.measured_at)), []
    if found.superseded_by is not None:
        return _superseded(actor, given, found.superseded_by, now), []
    link(model, given, infusions)
    reason = values.reason or (_("Corrected by the sender.") if found.amends is not None else "")
    try:
        row = insert(
            model,
            judged.columns,
            place=found,
            actor=actor,
            patient_id=patient_id,
            infusion_id=given.infusion.pk if given.infusion else None,
            measured_at=values.measured_at,
            now=now,
            digest=digest,
            uuid=uuid,
            sent_at=values.sent_at,
            reason=reason,
        )
    except IntegrityError as error:
        raise Conflict(None, _("This id was sent before for another patient.")) from error
    changes = note_change(row, found.amends, judged, infusions, actor, now)
    warnings = (*judged.warnings, *window_warnings(given.infusion, infusions, values.measured_at))
    return Recorded(row, True, warnings, watched=is_watched(infusions, values.measured_at)), changes


def named(infusion: Infusion | None, infusions: Sequence[Infusion]) -> Infusion | None:
    """The named infusion as it is under the lock; a cancelled one takes no readings."""
    if infusion is None:
        return None
    fresh = next((each for each in infusions if each.pk == infusion.pk), None)
    if fresh is None:
        raise Unprocessable(_("This infusion is another patient's."))
    if fresh.phase == Phase.CANCELLED:
        raise Unprocessable(_("Infusion %s was cancelled.") % fresh.number)
    return fresh


def _superseded(actor: Actor, given: Given, standing: Kind, now: datetime) -> Recorded[Kind]:
    detail = _("A newer message stands; this one is kept and changes nothing.")
    keep_message(
        actor,
        KeptKind.SUPERSEDED,
        path=given.noun.model._meta.db_table,
        body=body_of(given.values),
        reason=detail,
        now=now,
        infusion=given.infusion,
    )
    return Recorded(standing, False, (Warning("source_version", "superseded", detail),))


def is_watched(infusions: Sequence[Infusion], moment: datetime) -> bool:
    return any(infusion.watches(moment) for infusion in infusions)


def window_warnings(
    infusion: Infusion | None, infusions: Sequence[Infusion], moment: datetime
) -> tuple[Warning, ...]:
    if infusion is None or infusion.watches(moment) or is_baseline(infusion, moment):
        return ()
    code = "watched_elsewhere" if is_watched(infusions, moment) else "unwatched"
    return (
        Warning("measured_at", code, _("Outside the watch of this infusion: stored, and not watched by it.")),
    )


def link(model: type[Kind], given: Given, infusions: Sequence[Infusion]) -> None:
    """Ties a stop to the start that it ends."""
    values = given.values
    if not isinstance(values, SymptomIn | InterventionIn):
        return
    columns = given.judged.columns
    if values.mark != "stop":
        columns["starts"] = None
        return
    rows = cast(Any, model).objects.filter(patient_id=given.patient_id, mark="start")
    if values.starts is not None:
        named = rows.filter(uuid=values.starts).first()
        start = chain_of(named)[-1] if named is not None else None
        if start is None or start.void:
            raise Refused.at("starts", "unknown", _("There is no such start."))
    else:
        running = rows.current().filter(kind=columns["kind"], measured_at__lte=values.measured_at)
        running = running.exclude(ended_by__in=cast(Any, model).objects.current())
        start = running.order_by("-measured_at").first()
    columns["starts"] = start


def note_change(
    row: Any,
    amended: Any,
    judged: Judged | None,
    infusions: Sequence[Infusion],
    actor: Actor,
    now: datetime,
) -> list[Change]:
    """The changes that a row brings to each infusion, with those of the symptoms of a set."""
    moments = [row.measured_at, *([amended.measured_at] if amended is not None else [])]
    before = COUNTS_WINDOW if isinstance(row, KNOWN_FROM_BEFORE) else timedelta()
    ids = set(concerned(infusions, row.infusion_id, moments, before))
    if amended is not None and amended.infusion_id is not None:
        ids.add(amended.infusion_id)
    since = min(moments)
    changed = changes_of(row, ids, since)
    if isinstance(row, VitalSigns):
        if judged is None:
            symptoms = untick(row, amended, actor, now)
        else:
            symptoms = tick(row, amended, judged.symptoms, actor, now)
        for symptom in symptoms:
            changed += changes_of(symptom, ids, since)
    return changed
