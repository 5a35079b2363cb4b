"""The log and the stream: nothing is missed whatever the order of commits, and readers cost no connection."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction

from accounts.permissions import Actor, Role
from monitoring import alerts, log, stream
from monitoring.evaluate import evaluate_infusion
from tests.builders import NOW, make_actor, make_infusion, make_site, minutes, record_set

pytestmark = pytest.mark.django_db(transaction=True)

#: Those of clients: PostgreSQL's own housekeeping comes and goes.
CONNECTIONS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_type = 'client backend'"
)


def run_in_thread(work: Callable[[], Any]) -> threading.Thread:
    def body() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=body)
    thread.start()
    return thread


def test_a_settled_page_never_passes_a_transaction_that_is_still_writing() -> None:
    wrote, may_commit = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            alerts.raise_system_alert("slow", now=NOW)
            wrote.set()
            may_commit.wait(60)

    thread = run_in_thread(slow_writer)
    assert wrote.wait(60)
    alerts.raise_system_alert("quick", now=NOW)
    assert [entry.body["alert"]["problem"] for entry in log.visible(log.START)] == ["quick"]
    assert log.settled().entries == ()
    may_commit.set()
    thread.join()
    page = settled_rows(2)
    assert [entry.body["alert"]["problem"] for entry in page.entries] == ["slow", "quick"]
    assert log.settled(log.Cursor.parse(str(page.cursor))).entries == ()


def settled_rows(count: int) -> log.Page:
    """A page with so many rows: others who write in this cluster may hold the horizon back for a moment."""
    for _ in range(400):
        page = log.settled()
        if len(page.entries) >= count:
            break
        threading.Event().wait(0.05)
    return page


@pytest.mark.parametrize("text", ["", "x", "MS4y", "LTEuMS4xLjE", "MS4xLjkuMQ"])
def test_a_cursor_that_we_never_gave_out_is_refused(text: str) -> None:
    with pytest.raises(log.CursorError):
        log.Cursor.parse(text)


def test_eight_delayed_writers_and_one_reader_leave_no_gap() -> None:
    auditor = make_actor(Role.AUDITOR, None)
    writers, each = 8, 6
    expected = {f"p{writer}-{number}" for writer in range(writers) for number in range(each)}
    pause = threading.Event()

    def write(writer: int) -> None:
        for number in range(each):
            with transaction.atomic():
                alerts.raise_system_alert(f"p{writer}-{number}", now=NOW)
                pause.wait(0.005 * ((writer * 7 + number * 3) % 5))

    async def read() -> set[str]:
        seen: set[str] = set()
        cursor: str | None = str(log.START)
        threads = [run_in_thread(lambda writer=writer: write(writer)) for writer in range(writers)]
        async with asyncio.timeout(60):
            while not expected <= seen:
                source = stream.events(auditor, cursor)
                count = 0
                async for event in source:
                    cursor = event.id
                    if event.name == "alert":
                        seen.add(event.data["alert"]["problem"])
                        count += 1
                    if expected <= seen or count >= 7:  # comes back by its cursor, again and again
                        break
                await source.aclose()  # type: ignore[attr-defined]
        await asyncio.to_thread(lambda: [thread.join() for thread in threads])
        return seen

    assert asyncio.run(read()) >= expected


def test_a_hundred_open_streams_add_no_connection() -> None:
    auditor = make_actor(Role.AUDITOR, None)

    def open_connections() -> int:
        with connection.cursor() as cursor:
            cursor.execute(CONNECTIONS)
            return int(cursor.fetchone()[0])

    async def open_streams() -> tuple[int, int]:
        sources = [stream.events(auditor, None)]
        await anext(sources[0])
        with_one = await asyncio.to_thread(in_thread, open_connections)
        for _ in range(99):
            sources.append(stream.events(auditor, None))
            await anext(sources[-1])
        with_hundred = await asyncio.to_thread(in_thread, open_connections)
        for source in sources:
            await source.aclose()  # type: ignore[attr-defined]
        return with_one, with_hundred

    def in_thread(count: Callable[[], int]) -> int:
        try:
            return count()
        finally:
            connections.close_all()

    with_one, with_hundred = asyncio.run(open_streams())
    assert with_hundred <= with_one  # one that has just been closed may have counted


def test_a_reader_hears_of_its_own_sites_alone_and_at_once() -> None:
    here = make_infusion(started_at=NOW, site=make_site())
    there = make_infusion(started_at=NOW, site=make_site())
    nurse = make_actor(Role.NURSE, here.site)

    def write() -> None:
        for infusion in (there, here):
            record_set(infusion, NOW + minutes(5), temperature_c="39.5")
            evaluate_infusion(infusion.pk, NOW + minutes(5))

    events = asyncio.run(gather(nurse, write, until=lambda got: any(e.name == "alert" for e in got)))
    heard = {event.data["infusion"] for event in events if event.name == "reading"}
    heard |= {event.data["alert"]["infusion"] for event in events if event.name == "alert"}
    assert heard == {str(here.uuid)}


def test_an_alert_is_told_in_the_readers_language() -> None:
    infusion = make_infusion(started_at=NOW, site=make_site())
    nurse = make_actor(Role.NURSE, infusion.site)

    def write() -> None:
        record_set(infusion, NOW + minutes(5), temperature_c="39.5")
        evaluate_infusion(infusion.pk, NOW + minutes(5))

    events = asyncio.run(gather(nurse, write, until=lambda got: got[-1].name == "alert", language="es"))
    assert events[-1].data["alert"]["title"] == "Fiebre"


async def gather(
    actor: Actor,
    write: Callable[[], None],
    *,
    until: Callable[[list[stream.StreamEvent]], bool],
    language: str = "en",
) -> list[stream.StreamEvent]:
    """What one stream says after somebody wrote, until it has said enough."""
    source = stream.events(actor, None, language=language)
    got = [await anext(source)]
    thread = run_in_thread(write)
    async with asyncio.timeout(60):
        async for event in source:
            got.append(event)
            if until(got):
                break
    await source.aclose()  # type: ignore[attr-defined]
    thread.join()
    return got


def test_a_stream_whose_connection_is_cut_ends_so_that_its_reader_comes_back() -> None:
    auditor = make_actor(Role.AUDITOR, None)

    def cut() -> None:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'febris event feed'"
            )

    async def read() -> int:
        source = stream.events(auditor, None)
        await anext(source)
        thread = run_in_thread(cut)
        async with asyncio.timeout(60):
            rest = [event async for event in source]
        thread.join()
        return len(rest)

    assert asyncio.run(read()) == 0
