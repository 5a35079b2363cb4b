"""Many sets at once: over HTTP, against a raw COPY of the same rows into the same table."""

import itertools
import json
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

from bench.load import Connection, UnexpectedAnswer, post
from bench.scene import BULK, CALM, Scene, moment
from bench.table import Result

ROWS = 5_000
BATCHES = 6
#: Of each batch, so many rows were in the batch before it.
REPEATED = 500
TABLE = "tracker_vitalsigns"
_OWN = {"id", "epoch", "xid"}  # the database's own: drawn anew for each row


def against_copy(scene: Scene, port: int) -> Result:
    """Rows per second through the door ÷ through COPY, both over one connection and a batch a transaction."""
    batches = _batches(scene)
    requests = [
        post(
            BULK,
            json.dumps({"readings": rows}).encode(),
            Authorization=f"Bearer {scene.token}",
            Idempotency_Key=uuid4().hex,
        )
        for rows in batches
    ]
    connection = Connection(port)
    _send(connection, requests[0])  # warm
    began = time.perf_counter()
    for request in requests[1:]:
        _send(connection, request)
    over_http = (len(requests) - 1) * ROWS / (time.perf_counter() - began)
    connection.close()
    copied = _copy()
    return Result(
        "bulk over HTTP ÷ raw COPY",
        over_http / copied,
        0.35,
        detail=f"{over_http:,.0f} rows/s ÷ {copied:,.0f} rows/s, {REPEATED / ROWS:.0%} repeats",
    )


def _send(connection: Connection, request: bytes) -> None:
    status, body = connection.send(request)
    if status not in (200, 201):
        raise UnexpectedAnswer(f"{status}: {body[:500].decode(errors='replace')}")


def _batches(scene: Scene) -> list[list[dict[str, Any]]]:
    """Batches of sets of twenty infusions, a second apart, each beginning with the end of the one before."""
    start = moment() - timedelta(minutes=9)
    step = timedelta(minutes=8) / (ROWS * (BATCHES + 1) / 20)
    number = itertools.count()
    last: list[dict[str, Any]] = []
    batches = []
    for _batch in range(BATCHES + 1):
        fresh = [
            _row(scene.ruled[n % 20], start + step * (n // 20))
            for n in itertools.islice(number, ROWS - len(last))
        ]
        batches.append(last + fresh)
        last = fresh[-REPEATED:]
    return batches


def _row(infusion: UUID, at: datetime) -> dict[str, Any]:
    return {"infusion": str(infusion), "measured_at": at.isoformat(), "source_id": uuid4().hex} | CALM


def _copy() -> float:
    """Rows per second that psycopg copies as the application: the rows just stored, under new names."""
    from django.db import connection as django

    settings = django.get_connection_params()
    settings = {name: settings[name] for name in ("dbname", "user", "host") if name in settings}
    with psycopg.connect(**settings) as connection:
        columns = [
            name
            for (name,) in connection.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
                " AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
                [TABLE],
            )
            if name not in _OWN
        ]
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        select = sql.SQL("SELECT {} FROM {} ORDER BY id DESC LIMIT %s").format(names, sql.Identifier(TABLE))
        stored = connection.execute(select, [ROWS]).fetchall()
        at = {name: place for place, name in enumerate(columns)}
        copies = []
        for _batch in range(BATCHES):
            rows = [list(row) for row in stored]
            for row in rows:
                row[at["uuid"]], row[at["source_id"]] = uuid4(), uuid4().hex
                for name in ("absent", "verified", "raw"):
                    row[at[name]] = json.dumps(row[at[name]])
            copies.append(rows)
        copy = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(TABLE), names)
        connection.commit()
        began = time.perf_counter()
        for rows in copies:
            with connection.cursor().copy(copy) as sink:
                for row in rows:
                    sink.write_row(row)
            connection.commit()
        return BATCHES * ROWS / (time.perf_counter() - began)
