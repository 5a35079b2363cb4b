"""Many readings at once, set by set in the database rather than row by row.

New rows are copied in one stream. Whatever has a history (a repeat, a correction, a conflict, a second row
under the same id in this very batch) goes the way of a single reading, after the others and in the same
transaction.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor
from tracker.errors import Conflict, FieldError, Refused
from tracker.ingest import ReadingIn, Taken, take
from tracker.models import Infusion, KeptKind, Phase, SymptomReport, VitalSigns

from .answers import Door, Warning
from .changes import Change, bump, changes_of, concerned, locked_infusions
from .judging import NUMBERS, WORDS, Judged, judge_set
from .keeping import body_of, content_hash, fresh_uuid, keep_message
from .observations import is_watched, require_moment, store, window_warnings
from .symptoms import fresh_symptoms

Mode = Literal["atomic", "each"]
#: A row as the door read it: a struct, a mapping where a struct could not be made, or why neither could.
Row = ReadingIn | Mapping[str, Any] | FieldError

ROWS_MAX = 5000


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What became of one row of a batch. `uuid` is None when nothing stands for it."""

    index: int
    uuid: UUID | None
    created: bool
    warnings: tuple[Warning, ...] = ()
    errors: tuple[FieldError, ...] = ()
    watched: bool = True


@dataclass(frozen=True)
class BulkAnswer:
    """What became of a batch, row by row in the order sent."""

    rows: tuple[RowAnswer, ...]
    created: int
    infusion_ids: tuple[int, ...]


@dataclass(slots=True)
class _Set:
    """A set that was read and judged."""

    index: int
    values: ReadingIn
    judged: Judged
    infusion: Infusion
    digest: str = ""
    pk: int = 0
    uuid: Any = None


#: The version, the content hash and the uuid of a row that is there already.
_Sent = tuple[int, str, UUID]


def record_vitals_bulk(actor: Actor, rows: Sequence[Row], mode: Mode, *, now: datetime) -> BulkAnswer:
    """Stores up to 5,000 sets of possibly many infusions; a FieldError in `rows` is one that cannot be read.

    Raises: Refused in mode `atomic` when one row cannot be read, with pointers `/readings/<index>/<field>`.
    """
    if len(rows) > ROWS_MAX:
        raise Refused.at("readings", "too_many", _("At most %s rows at once.") % ROWS_MAX)
    batch = _Batch(actor, now)
    batch.read(rows)
    batch.require_all_readable(mode)
    with transaction.atomic():
        batch.write(mode)
        changed = bump(batch.changes)
    answers = tuple(batch.answers[index] for index in range(len(rows)))
    return BulkAnswer(answers, sum(answer.created for answer in answers), changed)


class _Batch:
    """One batch on its way in."""

    def __init__(self, actor: Actor, now: datetime) -> None:
        self.actor = actor
        self.now = now
        self.sets: list[_Set] = []
        self.answers: dict[int, RowAnswer] = {}
        self.changes: list[Change] = []

    def refuse(self, index: int, errors: Iterable[FieldError]) -> None:
        """Notes that a row cannot be stored."""
        self.answers[index] = RowAnswer(index, None, False, errors=tuple(errors))

    def read(self, rows: Sequence[Row]) -> None:
        """Reads and judges every row."""
        taken: list[tuple[int, Taken[ReadingIn]]] = []
        for index, row in enumerate(rows):
            if isinstance(row, FieldError):
                self.refuse(index, [row])
                continue
            try:
                each = take(row, ReadingIn)
                require_moment(each.values.measured_at, self.now)
            except Refused as refusal:
                self.refuse(index, refusal.errors)
                continue
            taken.append((index, each))
        infusions = self.permitted({each.values.infusion for _index, each in taken})
        for index, each in taken:
            infusion = infusions.get(each.values.infusion)
            if infusion is None:
                detail = _("There is no such infusion.")
                self.refuse(index, [FieldError("/infusion", "unknown", detail)])
                continue
            judged = judge_set(each, Door.MACHINE)
            if judged.errors:
                self.refuse(index, judged.errors)
            else:
                self.sets.append(_Set(index, each.values, judged, infusion))

    def permitted(self, uuids: set[UUID | None]) -> dict[UUID | None, Infusion]:
        """The infusions that the actor may write to; another site's simply is not among them."""
        return {
            infusion.uuid: infusion
            for infusion in Infusion.objects.filter(uuid__in=[uuid for uuid in uuids if uuid is not None])
            if self.actor.may(Act.RECORD_READINGS, infusion.site_id, infusion.study_id)
        }

    def require_all_readable(self, mode: Mode) -> None:
        """In mode `atomic`, refuses the batch when one row cannot be stored."""
        if mode != "atomic":
            return
        faults = [
            replace(error, pointer=f"/readings/{answer.index}{error.pointer}")
            for answer in self.answers.values()
            for error in answer.errors
            if error.code != "conflict"
        ]
        if faults:
            raise Refused(faults)

    def write(self, mode: Mode) -> None:
        """Stores the batch under the locks of its patients."""
        patient_ids = {each.infusion.patient_id for each in self.sets}
        self.infusions = locked_infusions(patient_ids)
        by_id = {infusion.pk: infusion for group in self.infusions.values() for infusion in group}
        standing = []
        for each in self.sets:
            each.infusion = by_id[each.infusion.pk]
            if each.infusion.phase == Phase.CANCELLED:
                detail = _("Infusion %s was cancelled.") % each.infusion.number
                self.refuse(each.index, [FieldError("/infusion", "cancelled", detail)])
            else:
                standing.append(each)
        self.require_all_readable(mode)
        fresh, known = self.divide(standing)
        if fresh:
            self.copy(fresh)
            self.tick(fresh)
        for each in known:
            self.store_singly(each)

    def divide(self, sets: Sequence[_Set]) -> tuple[list[_Set], list[_Set]]:
        """The sets that nobody sent before, and those with a history; plain repeats are answered here."""
        sent = self.sent({each.values.source_id for each in sets if each.values.source_id is not None})
        fresh: list[_Set] = []
        known: list[_Set] = []
        seen: set[str] = set()
        for each in sets:
            infusion, values = each.infusion, each.values
            each.digest = content_hash(
                infusion.patient_id,
                infusion.pk,
                values.measured_at,
                each.judged.columns,
                each.judged.symptoms,
            )
            source_id = values.source_id
            if source_id is None:
                fresh.append(each)
            elif source_id in sent:
                if not self.repeat(each, sent[source_id]):
                    known.append(each)
            elif source_id in seen:
                known.append(each)
            else:
                seen.add(source_id)
                fresh.append(each)
        return fresh, known

    def sent(self, source_ids: set[str]) -> dict[str, list[_Sent]]:
        """What the sender sent before under these ids."""
        found: dict[str, list[_Sent]] = {}
        if source_ids:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT source_id, source_version, content_hash, uuid FROM tracker_vitalsigns"
                    " WHERE client_id = %s AND source_id = ANY(%s) ORDER BY id",
                    [self.actor.client.pk, list(source_ids)],
                )
                for source_id, *rest in cursor.fetchall():
                    found.setdefault(source_id, []).append(tuple(rest))
        return found

    def repeat(self, each: _Set, sent: Sequence[_Sent]) -> bool:
        """Answers a set that was sent before just so; false where its place must be looked for."""
        version = each.values.source_version
        if version is not None and all(version != known for known, _digest, _uuid in sent):
            return False
        same = next((uuid for _version, digest, uuid in sent if digest == each.digest), None)
        if same is None:
            return False
        group = self.infusions[each.infusion.patient_id]
        watched = is_watched(group, each.values.measured_at)
        self.answers[each.index] = RowAnswer(each.index, same, False, watched=watched)
        return True

    def store_singly(self, each: _Set) -> None:
        """Gives a set with a history its place."""
        group = self.infusions[each.infusion.patient_id]
        try:
            with transaction.atomic():
                recorded, changes = store(
                    VitalSigns,
                    self.actor,
                    each.infusion.patient_id,
                    each.infusion,
                    each.values,
                    each.judged,
                    self.now,
                    group,
                )
        except Conflict as conflict:
            keep_message(
                self.actor,
                KeptKind.CONFLICT,
                path=VitalSigns._meta.db_table,
                body=body_of(each.values),
                reason=conflict.detail,
                now=self.now,
                infusion=each.infusion,
            )
            self.refuse(each.index, [FieldError("/source_id", "conflict", conflict.detail)])
            return
        self.changes += changes
        self.answers[each.index] = RowAnswer(
            each.index, recorded.row.uuid, recorded.created, recorded.warnings, watched=recorded.watched
        )

    def copy(self, fresh: Sequence[_Set]) -> None:
        """Writes new sets in one stream, and notes their answers and changes."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT febris_epoch(), pg_current_xact_id()::text, array("
                " SELECT nextval(pg_get_serial_sequence('tracker_vitalsigns', 'id'))"
                " FROM generate_series(1, %s))",
                [len(fresh)],
            )
            epoch, xid, keys = cursor.fetchone()
            author = self.actor.user.pk if self.actor.user else None
            said = "\\N" if author is None else author
            tail = f"\\N\t\\N\tf\t\t{self.now.isoformat()}\t{said}\t{self.actor.client.pk}\t{epoch}\t{xid}\n"
            with cursor.copy(_COPY) as stream:
                lines = []
                for each, pk in zip(fresh, keys, strict=True):
                    each.pk = pk
                    each.uuid = fresh_uuid()
                    lines.append(f"{_line(each)}\t{tail}")
                stream.write("".join(lines))
        table = VitalSigns._meta.db_table
        for each in fresh:
            group, moment = self.infusions[each.infusion.patient_id], each.values.measured_at
            for infusion_id in concerned(group, each.infusion.pk, [moment]):
                self.changes.append(Change(infusion_id, moment, table, each.pk))
            warnings = (*each.judged.warnings, *window_warnings(each.infusion, group, moment))
            watched = is_watched(group, moment)
            self.answers[each.index] = RowAnswer(each.index, each.uuid, True, warnings, watched=watched)

    def tick(self, fresh: Sequence[_Set]) -> None:
        """Writes the symptoms of the sets that were copied."""
        ticked: list[SymptomReport] = []
        for each in fresh:
            if each.judged.symptoms:
                row = VitalSigns(
                    pk=each.pk,
                    patient_id=each.infusion.patient_id,
                    infusion_id=each.infusion.pk,
                    measured_at=each.values.measured_at,
                )
                ticked += fresh_symptoms(row, each.judged.symptoms, self.actor, self.now)
        for symptom in SymptomReport.objects.bulk_create(ticked, batch_size=1000):
            group = self.infusions[symptom.patient_id]
            ids = concerned(group, symptom.infusion_id, [symptom.measured_at])
            self.changes += changes_of(symptom, ids, symptom.measured_at)


_HEAD = (
    "id", "uuid", "patient_id", "infusion_id", "measured_at", "measured_offset_min", "sent_at", "source_id",
    "source_version", "content_hash",
)  # fmt: skip
_NUMBERS = (*NUMBERS, "temperature_c")
#: Texts of a closed list, which need no escaping.
_CODES = (*WORDS, "temperature_unit", "temperature_site")
_FREE = ("temperature_typed", "concern", "note")
_FLAGS = ("bp_unrecordable", "crossed")
_JSON = ("absent", "verified", "raw")
_TAIL = ("amends_id", "root_id", "void", "reason", "recorded_at", "author_id", "client_id", "epoch", "xid")
_COLUMNS = (*_HEAD, *_NUMBERS, *_CODES, *_FREE, *_FLAGS, *_JSON, *_TAIL)
_COPY = f"COPY tracker_vitalsigns ({', '.join(_COLUMNS)}) FROM STDIN"

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\x00": None})


def _line(each: _Set) -> str:
    """The set as a line of COPY's text format, as far as it differs from set to set."""
    values, infusion, columns = each.values, each.infusion, each.judged.columns
    at = values.measured_at
    offset = at.utcoffset()
    parts = [
        str(each.pk),
        str(each.uuid),
        str(infusion.patient_id),
        str(infusion.pk),
        at.isoformat(),
        str(int(offset.total_seconds() // 60)) if offset else "0",
        values.sent_at.isoformat() if values.sent_at else "\\N",
        values.source_id.translate(_ESCAPES) if values.source_id is not None else str(each.uuid),
        str(values.source_version or 1),
        each.digest,
    ]
    parts += ["\\N" if columns[name] is None else str(columns[name]) for name in _NUMBERS]
    parts += [columns[name] for name in _CODES]
    parts += [columns[name].translate(_ESCAPES) for name in _FREE]
    parts += ["t" if columns[name] else "f" for name in _FLAGS]
    parts += [
        json.dumps(columns[name]).translate(_ESCAPES) if columns[name] else _EMPTY[name] for name in _JSON
    ]
    return "\t".join(parts)


_EMPTY = {"absent": "{}", "verified": "[]", "raw": "{}"}
