"""Where a message belongs among those before it: new, a repeat, a correction, too old, or in conflict.

Everything here runs under the patient's lock.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Generic

import msgspec
from django.db import models
from django.utils.translation import gettext as _

from accounts.identifiers import uuid7
from accounts.models import Client
from accounts.permissions import Actor
from accounts.statements import fetch_one
from tracker.errors import Conflict, Refused
from tracker.ingest import ObservedIn
from tracker.models import Infusion, KeptKind, KeptMessage
from tracker.statements import insert_row

from .answers import Kind

#: What is derived from another column, or is the same content written differently.
_NOT_CONTENT = frozenset({"temperature_typed"})


def _canonical(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, models.Model):
        return str(value.pk)
    if isinstance(value, Mapping):
        return repr(sorted((key, str(part)) for key, part in value.items()))
    return str(value)


def content_hash(
    patient_id: int,
    infusion_id: int | None,
    measured_at: datetime,
    columns: Mapping[str, Any],
    symptoms: Iterable[str] = (),
) -> str:
    """A digest of what a row says, blind to how its numbers are written and to parts left blank."""
    parts = [
        f"{name}={value.normalize() if type(value) is Decimal else _canonical(value)}"
        for name, value in columns.items()
        if value is not None and value is not False and (value or value == 0) and name not in _NOT_CONTENT
    ]
    parts.extend(symptoms)
    parts.sort()
    parts.append(f"{patient_id}|{infusion_id}|{measured_at.astimezone(UTC).isoformat()}")
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def storable(value: Any) -> Any:
    """The value without NUL characters, which PostgreSQL's text cannot hold."""
    return value.replace("\x00", "") if isinstance(value, str) else value


@dataclass(frozen=True)
class Key:
    """What the sender calls its message."""

    client: Client
    source_id: str | None
    source_version: int | None = None
    corrected: bool = False
    sent_at: datetime | None = None


@dataclass(frozen=True)
class PlaceInChain(Generic[Kind]):
    """Where a message belongs."""

    source_id: str
    source_version: int
    #: The row that it corrects.
    amends: Kind | None = None
    #: The row that answers instead of it.
    repeat_of: Kind | None = None
    #: The row that stands although this came: the message is older.
    superseded_by: Kind | None = None


def chain_of(row: Kind) -> list[Kind]:
    """The row's whole chain, first to last; the last stands, unless it is void."""
    model = type(row)
    first = row.root_id or row.pk
    return list(model._base_manager.filter(models.Q(pk=first) | models.Q(root=first)).order_by("pk"))


def place(model: type[Kind], key: Key, digest: str, uuid: object) -> PlaceInChain[Kind]:
    """Where a message belongs among those of its sender under the same id.

    Raises: Conflict for the same key with other content that is not called a correction.
    """
    if key.source_id is None:
        return PlaceInChain(str(uuid), key.source_version or 1)
    source_id = storable(key.source_id)
    if not _was_sent(model, key.client, source_id):
        return PlaceInChain(source_id, key.source_version or 1)
    sent = list(model._base_manager.filter(client=key.client, source_id=source_id).order_by("pk"))
    chain = chain_of(sent[0])
    tip, newest = chain[-1], max(row.source_version for row in sent)
    version = key.source_version
    same = next((row for row in chain if row.content_hash == digest), None)
    known = next((row for row in sent if row.source_version == version), None)
    if version is None or known is not None:
        if same is not None:
            return PlaceInChain(source_id, same.source_version, repeat_of=same)
        if not key.corrected:
            detail = _("This id was sent before with other content.")
            raise Conflict(known or sent[0], detail)
        if key.sent_at is not None and tip.sent_at is not None and key.sent_at < tip.sent_at:
            return PlaceInChain(source_id, newest, superseded_by=tip)
        return PlaceInChain(source_id, newest + 1, amends=tip)
    if version < newest:
        return PlaceInChain(source_id, version, superseded_by=tip)
    if tip.content_hash == digest and not tip.void:
        return PlaceInChain(source_id, tip.source_version, repeat_of=tip)
    return PlaceInChain(source_id, version, amends=tip)


def _was_sent(model: type[Kind], client: Client, source_id: str) -> bool:
    """True when the sender used the id before: asked by a fixed statement, because it rarely did."""
    table = model._meta.db_table
    asks = f"SELECT EXISTS (SELECT FROM {table} WHERE client_id = %s AND source_id = %s)"  # noqa: S608
    return fetch_one(asks, [client.pk, source_id]) == (True,)


def place_of_correction(tip: Kind, client: Client, uuid: object) -> PlaceInChain[Kind]:
    """The place of a correction that somebody makes of the row that stands.

    Under the sender's own id when the same client corrects itself, else under an id of its own: another
    client's ids are not ours to number.
    """
    chain = chain_of(tip)
    own = [
        row.source_version for row in chain if row.client_id == client.pk and row.source_id == tip.source_id
    ]
    if own:
        return PlaceInChain(tip.source_id, max(own) + 1, amends=tip)
    return PlaceInChain(str(uuid), len(chain) + 1, amends=tip)


def compose(
    model: type[Kind],
    columns: Mapping[str, Any],
    *,
    place: PlaceInChain[Kind],
    actor: Actor,
    patient_id: int,
    infusion_id: int | None,
    measured_at: datetime,
    now: datetime,
    digest: str,
    uuid: object,
    sent_at: datetime | None = None,
    void: bool = False,
    reason: str = "",
) -> Kind:
    """The row at its place, not yet written."""
    offset = measured_at.utcoffset()
    return model(
        uuid=uuid,
        patient_id=patient_id,
        infusion_id=infusion_id,
        measured_at=measured_at.astimezone(UTC),
        measured_offset_min=int(offset.total_seconds() // 60) if offset else 0,
        recorded_at=now,
        sent_at=sent_at,
        author=actor.user,
        client=actor.client,
        source_id=place.source_id,
        source_version=place.source_version,
        content_hash=digest,
        amends=place.amends,
        root_id=(place.amends.root_id or place.amends.pk) if place.amends else None,
        void=void,
        reason=reason,
        **{name: storable(value) for name, value in columns.items()},
    )


def insert(model: type[Kind], columns: Mapping[str, Any], **rest: Any) -> Kind:
    """Writes the row that `compose` makes of the same arguments."""
    row: Kind = compose(model, columns, **rest)
    insert_row(row)
    return row


def keep_message(
    actor: Actor,
    kind: KeptKind,
    *,
    path: str,
    body: str,
    reason: str,
    now: datetime,
    infusion: Infusion | None = None,
) -> KeptMessage:
    """Keeps a message that changed nothing, as it came."""
    return KeptMessage.objects.create(
        client=actor.client,
        infusion=infusion,
        received_at=now,
        kind=kind,
        path=path,
        body=body,
        reason=reason,
    )


def body_of(values: ObservedIn) -> str:
    """The values as JSON text, for keeping."""
    return msgspec.json.encode(values).decode()


def fresh_uuid() -> object:
    """A new public id."""
    return uuid7()


def require_reason(reason: str) -> str:
    """The reason of a correction.

    Raises: Refused when there is none.
    """
    if not reason.strip():
        raise Refused.at("reason", "required", _("Say why."))
    return reason.strip()
