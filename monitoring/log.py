"""The log that streams and lists read: changes of alerts, and readings, in an order in which nothing can be
missed.

Numbers from a sequence are no such order: a transaction that drew a low number may commit last. Rows are
paged by (epoch, xid, table, id) and a cursor never passes the oldest transaction that is still writing. Rows
beyond it may be seen at once, but only *settled* ones are counted on.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

ALERTS, READINGS = 1, 2

#: One statement, so that the rows and the horizon come from one snapshot. It reads one epoch: readers go on
#: to the next when one is exhausted. A bulk write shows once per infusion, by its last row.
VISIBLE_AFTER = """
WITH horizon AS MATERIALIZED (
    SELECT febris_epoch() AS epoch, pg_snapshot_xmin(pg_current_snapshot()) AS xid
)
SELECT epoch, xid::text::bigint, source, id, site_id, study_id, body::text, settled FROM (
    (SELECT l.epoch, l.xid, 1 AS source, l.id, l.site_id, a.study_id,
            jsonb_build_object('kind', l.kind, 'at', l.at, 'alert', l.snapshot) AS body,
            (l.epoch < h.epoch OR l.xid < h.xid) AS settled
       FROM monitoring_alertlog l JOIN monitoring_alert a ON a.id = l.alert_id CROSS JOIN horizon h
      WHERE l.epoch = %(epoch)s AND l.xid >= %(xid)s::text::xid8
        AND (l.xid, 1, l.id) > (%(xid)s::text::xid8, %(source)s, %(id)s)
      ORDER BY l.xid, l.id LIMIT %(limit)s)
    UNION ALL
    (SELECT c.epoch, c.xid, 2, max(c.id), i.site_id, i.study_id,
            jsonb_build_object('infusion', i.uuid, 'measured_at', max(c.measured_at), 'version',
            max(c.version), 'rows', count(*)), (c.epoch < h.epoch OR c.xid < h.xid) FROM tracker_record_change
            c JOIN tracker_infusion i ON i.id = c.infusion_id CROSS JOIN horizon h WHERE %(readings)s AND
            c.epoch = %(epoch)s AND c.xid >= %(xid)s::text::xid8 AND (c.xid, 2, c.id) > (%(xid)s::text::xid8,
            %(source)s, %(id)s) GROUP BY c.epoch, c.xid, i.id, h.epoch, h.xid ORDER BY c.xid, max(c.id) LIMIT
            %(limit)s) ) rows ORDER BY epoch, xid, source, id LIMIT %(limit)s
"""

#: The epoch after one that is over; nothing when it is the one that runs.
NEXT_EPOCH = "SELECT CASE WHEN febris_epoch() > %(epoch)s THEN %(epoch)s + 1 END"


class CursorError(ValueError):
    """A cursor that we never gave out; the message names it."""


class Cursor(NamedTuple):
    """A place in the log. Opaque outside."""

    epoch: int
    xid: int
    source: int
    id: int

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(".".join(map(str, self[:])).encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """The place that an opaque cursor names.

        Raises: CursorError.
        """
        try:
            plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
            epoch, xid, source, row = (int(part) for part in plain.split("."))
        except (ValueError, binascii.Error) as error:
            raise CursorError(f"not a cursor of this log: {text!r}") from error
        if not (
            0 <= epoch < 2**31 and 0 <= xid < 2**63 and source in (0, ALERTS, READINGS) and 0 <= row < 2**63
        ):
            raise CursorError(f"not a cursor of this log: {text!r}")
        return cls(epoch, xid, source, row)


START = Cursor(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the log: its place, whose it is, what it says, and whether nothing can still appear before
    it.
    """

    cursor: Cursor
    site_id: int | None
    study_id: int | None
    body: dict[str, Any]
    settled: bool

    @property
    def event(self) -> str:
        """The name of its event on the stream."""
        return "alert" if self.cursor.source == ALERTS else "reading"

    @classmethod
    def of(cls, row: tuple[Any, ...]) -> Entry:
        """The entry of one row of `VISIBLE_AFTER`."""
        epoch, xid, source, number, site_id, study_id, body, settled = row
        return cls(Cursor(epoch, xid, source, number), site_id, study_id, json.loads(body), settled)


@dataclass(frozen=True, slots=True)
class Page:
    """Settled rows and the cursor after them; `more` when another page is there already."""

    entries: tuple[Entry, ...]
    cursor: Cursor
    more: bool


def parameters(after: Cursor, limit: int, *, readings: bool) -> dict[str, Any]:
    """What `VISIBLE_AFTER` is asked with."""
    return {**after._asdict(), "limit": limit, "readings": readings}


def visible(after: Cursor, *, limit: int = 500, readings: bool = True) -> list[Entry]:
    """The rows after a place that can be seen now, settled or not, in their order."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute(VISIBLE_AFTER, parameters(after, limit, readings=readings))
            if rows := cursor.fetchall():
                return [Entry.of(row) for row in rows]
            cursor.execute(NEXT_EPOCH, {"epoch": after.epoch})
            (epoch,) = cursor.fetchone()
            if epoch is None:
                return []
            after = Cursor(epoch, 0, 0, 0)


def settled(after: Cursor = START, *, limit: int = 500, readings: bool = False) -> Page:
    """The next page of rows before which nothing can still appear."""
    rows = visible(after, limit=limit, readings=readings)
    entries = tuple(entry for entry in rows if entry.settled)
    return Page(entries, entries[-1].cursor if entries else after, len(entries) == limit)


def horizon() -> Cursor:
    """The place that separates what is settled from what is not, now: where a new reader begins."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT febris_epoch(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        epoch, xid = cursor.fetchone()
    return Cursor(epoch, xid, 0, 0)
