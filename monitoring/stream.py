"""The event stream: per process one connection listens and one reads, for all readers, whatever their number.

A reader gets each visible row at once. The `id:` of its event is the *settled* cursor, so that a reader who
comes back misses nothing; it may see a row twice and drops it by its `row`. Nothing here uses Django's
connection: an open stream holds none.
"""

from __future__ import annotations

import asyncio
import json
import logging
import weakref
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.db import connections

from accounts.permissions import Act, Actor
from config.clock import real_now
from monitoring import log
from monitoring.sentences import in_language

log_ = logging.getLogger(__name__)

Connection = psycopg.AsyncConnection[Any]

CHANNEL = "febris_log"
HEARTBEAT_EVERY = timedelta(seconds=15)
#: A reader signs in again this often: a membership that ended must not stream on.
LONGEST = timedelta(minutes=10)
#: Rows that a slow reader may lag behind before it must come back by its cursor.
LAG = 1_000
PAGE = 500
LOST_DOORBELL = timedelta(seconds=1)

READINESS = """SELECT name, extract(epoch FROM %(now)s - at)::float FROM monitoring_heartbeat"""


class StreamBroken(Exception):
    """The listening connection is gone; readers come back by their cursors."""


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One server-sent event: its name, its data, and the settled cursor to come back with."""

    name: str
    data: dict[str, Any]
    id: str

    def encode(self) -> str:
        """The event as the text that goes over the wire."""
        return f"event: {self.name}\nid: {self.id}\ndata: {json.dumps(self.data, separators=(',', ':'))}\n\n"


@dataclass(eq=False, slots=True)
class Reader:
    """One open stream: what waits for it. `broken` ends it; the empty message wakes it to see that."""

    waiting: asyncio.Queue[tuple[log.Entry | None, log.Cursor, dict[str, Any]] | None] = field(
        default_factory=lambda: asyncio.Queue(LAG)
    )
    broken: bool = False

    def end(self) -> None:
        """Ends the stream: its reader comes back by its cursor."""
        self.broken = True
        with suppress(asyncio.QueueFull):
            self.waiting.put_nowait(None)


class Feed:
    """Follows the log for one process, for all its readers. It ends with the last of them."""

    def __init__(self) -> None:
        self.settled = log.START
        self.readers: set[Reader] = set()
        self._sent: set[log.Cursor] = set()
        self._asking = asyncio.Lock()
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None

    async def backlog(self, after: log.Cursor | None) -> tuple[list[log.Entry], log.Cursor]:
        """The rows after a reader's cursor that are there already, and the place from which it reads."""
        await self._ensure_running()
        place = after = self.settled if after is None else min(after, self.settled)
        rows: list[log.Entry] = []
        while page := await self._read(place):
            rows += page
            place = page[-1].cursor
            if len(page) < PAGE:
                break
        return rows, after

    def leave(self, reader: Reader) -> None:
        """Forgets the reader; the last one to go lets the connections go too."""
        self.readers.discard(reader)
        if not self.readers:
            self._end()

    def _end(self) -> None:
        """Makes room for another feed at once; what is still open closes behind."""
        for loop, current in list(_feeds.items()):
            if current is self:
                del _feeds[loop]
        if self._task is not None:
            self._task.cancel()

    async def _ensure_running(self) -> None:
        async with self._asking:
            if self._task is None:
                listening, self._connection = await _connect(), await _connect()
                await listening.execute(f"LISTEN {CHANNEL}")
                cursor = await self._connection.execute(
                    "SELECT febris_epoch(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
                )
                row = await cursor.fetchone()
                assert row is not None
                self.settled = log.Cursor(row[0], row[1], 0, 0)
                following = self._follow(listening, self._connection)
                self._task = asyncio.create_task(following, name="event feed")

    async def _read(self, after: log.Cursor) -> list[log.Entry]:
        async with self._asking:
            if self._connection is None or self._connection.closed:
                raise StreamBroken
            while True:
                cursor = await self._connection.execute(
                    log.VISIBLE_AFTER, log.parameters(after, PAGE, readings=True)
                )
                if rows := await cursor.fetchall():
                    return [log.Entry.of(row) for row in rows]
                cursor = await self._connection.execute(log.NEXT_EPOCH, {"epoch": after.epoch})
                row = await cursor.fetchone()
                if row is None or row[0] is None:
                    return []
                after = log.Cursor(row[0], 0, 0, 0)

    async def _follow(self, listening: Connection, reading: Connection) -> None:
        """Reads what is new at each notification, and each second: a lost doorbell costs no more."""
        beat_at = real_now() + HEARTBEAT_EVERY
        try:
            while True:
                await self._catch_up()
                if real_now() >= beat_at:
                    beat_at = real_now() + HEARTBEAT_EVERY
                    self._tell(None, await self._pulse(reading))
                async for _ in listening.notifies(timeout=LOST_DOORBELL.total_seconds(), stop_after=1):
                    pass
        except (psycopg.Error, OSError, StreamBroken):
            log_.warning("the event feed lost its connection; readers come back by their cursors")
        finally:
            self._end()
            for reader in tuple(self.readers):
                reader.end()
            for connection in (listening, reading):
                with suppress(Exception):
                    await connection.close()

    async def _catch_up(self) -> None:
        place = self.settled
        while page := await self._read(place):
            for entry in page:
                place = entry.cursor
                if entry.settled:
                    self.settled = entry.cursor
                if entry.cursor not in self._sent:
                    self._sent.add(entry.cursor)
                    self._tell(entry, entry.body)
            self._sent = {cursor for cursor in self._sent if cursor > self.settled}
            if len(page) < PAGE:
                break

    async def _pulse(self, connection: Connection) -> dict[str, Any]:
        now = real_now()
        async with self._asking:
            cursor = await connection.execute(READINESS, {"now": now})
            ages = {name: round(age, 1) for name, age in await cursor.fetchall()}
        return {"at": now.isoformat(), "ages": ages}

    def _tell(self, entry: log.Entry | None, body: dict[str, Any]) -> None:
        for reader in self.readers:
            try:
                reader.waiting.put_nowait((entry, self.settled, body))
            except asyncio.QueueFull:
                reader.end()


async def _connect() -> Connection:
    """A connection of our own to the database that Django uses, in autocommit: it only reads and listens."""
    given = connections["default"].get_connection_params()
    wanted = {key: value for key, value in given.items() if key not in ("cursor_factory", "context", "pool")}
    return await psycopg.AsyncConnection.connect(
        **wanted, autocommit=True, application_name="febris event feed"
    )


_feeds: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Feed] = weakref.WeakKeyDictionary()


def feed() -> Feed:
    """The one feed of this process (of its running event loop)."""
    return _feeds.setdefault(asyncio.get_running_loop(), Feed())


async def events(
    actor: Actor, cursor: str | None, *, language: str = "en", opened_at: datetime | None = None
) -> AsyncIterator[StreamEvent]:
    """What happens from now on, or from the cursor on, at the sites that the actor may read; a heartbeat
    every 15 s.

    Ends after ten minutes, when the reader lags too far behind or when the database goes: readers come back
    with the last `id`.

    Raises: CursorError for a cursor that we never gave out.
    """
    after = log.Cursor.parse(cursor) if cursor else None
    ends_at = (opened_at or real_now()) + LONGEST
    source, reader = feed(), Reader()
    source.readers.add(reader)
    try:
        backlog, place = await source.backlog(after)
        seen = {entry.cursor for entry in backlog}
        yield StreamEvent("heartbeat", {"at": real_now().isoformat(), "ages": {}}, str(place))
        for entry in backlog:
            if entry.settled:
                place = entry.cursor
            if _concerns(entry, actor):
                yield _event(entry, entry.body, place, language)
        while not reader.broken and real_now() < ends_at:
            message = await reader.waiting.get()
            if message is None:
                break
            told, settled, body = message
            place = max(place, settled)
            if told is None:
                yield StreamEvent("heartbeat", body, str(place))
            elif told.cursor in seen:
                seen.discard(told.cursor)
            elif _concerns(told, actor):
                yield _event(told, body, place, language)
    except (psycopg.Error, OSError, StreamBroken):
        log_.warning("a stream lost its database; its reader comes back by its cursor")
    finally:
        source.leave(reader)


def _concerns(entry: log.Entry, actor: Actor) -> bool:
    """True for what the actor may see on a board; an alert about the system itself concerns everybody."""
    if entry.site_id is None:
        return actor.may_anywhere(Act.READ_BOARD)
    return actor.may(Act.READ_BOARD, entry.site_id, entry.study_id)


def _event(entry: log.Entry, body: dict[str, Any], place: log.Cursor, language: str) -> StreamEvent:
    row = f"{entry.cursor.source}-{entry.cursor.epoch}-{entry.cursor.id}"
    data = in_language(body, language) if entry.event == "alert" else body
    return StreamEvent(entry.event, {"row": row, **data}, str(place))
