"""The event stream on a real ASGI server: what happens arrives, nothing is missed, no connection is held."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from math import inf

import httpx
import pytest
import uvicorn
from django.db import connection
from django.test import Client as Browser
from httpx_sse import ServerSentEvent, aconnect_sse

from accounts.permissions import Role
from config.clock import now
from monitoring import rule_sets, stream
from tests import builders
from tests.api.conftest import Api
from tests.api.test_errors import problem
from tests.api.test_vitals import reading
from tracker.models import Infusion, Site

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_S = 60


@pytest.fixture
def server() -> Iterator[str]:
    """The address of an ASGI server in a thread of this process."""
    from config.asgi import application

    config = uvicorn.Config(application, port=0, log_config=None, lifespan="off")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        thread.join(0.02)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield f"http://localhost:{port}"
    running.should_exit = running.force_exit = True
    thread.join(PATIENCE_S)


@pytest.fixture
def infusion(site: Site) -> Infusion:
    """An infusion that runs."""
    rule_sets.load_shipped()
    return builders.make_infusion(site=site, started_at=now() - timedelta(minutes=10))


def read_stream(
    server: str,
    caller: Api,
    until: Callable[[list[ServerSentEvent]], bool],
    then: Callable[[], object] = lambda: None,
    last: str = "",
) -> list[ServerSentEvent]:
    """The events up to the one that satisfies `until`; `then` is done once the stream is open."""

    async def read() -> list[ServerSentEvent]:
        headers = {"Authorization": f"Bearer {caller.token}"} | ({"Last-Event-ID": last} if last else {})
        found: list[ServerSentEvent] = []
        async with (
            httpx.AsyncClient(timeout=PATIENCE_S) as client,
            aconnect_sse(client, "GET", f"{server}/api/v1/events/", headers=headers) as source,
        ):
            assert source.response.status_code == 200, await source.response.aread()
            waiting = None
            async for event in source.aiter_sse():
                found.append(event)
                if waiting is None:
                    waiting = asyncio.get_running_loop().run_in_executor(None, _in_own_connection, then)
                if until(found):
                    await waiting
                    break
        return found

    return asyncio.run(asyncio.wait_for(read(), PATIENCE_S))


def _in_own_connection(act: Callable[[], object]) -> None:
    try:
        act()
    finally:
        connection.close()


def alerts_of(events: list[ServerSentEvent]) -> list[str]:
    """The problems of the alert events."""
    return [event.json()["alert"]["problem"] for event in events if event.event == "alert"]


def test_a_fever_arrives_on_the_stream_and_again_for_one_who_was_away(
    server: str, nurse: Api, infusion: Infusion
) -> None:
    def post() -> None:
        assert nurse.post("vitals/", reading(infusion, temperature_c=39.5)).status_code == 201

    events = read_stream(server, nurse, lambda found: "fever" in alerts_of(found), then=post)
    assert events[0].event == "heartbeat"
    assert {"reading", "alert"} <= {event.event for event in events}
    assert {event.json()["infusion"] for event in events if event.event == "reading"} == {str(infusion.uuid)}
    again = read_stream(server, nurse, lambda found: "fever" in alerts_of(found), last=events[0].id)
    rows = [event.json()["row"] for event in again if event.event == "alert"]
    assert set(rows) == {event.json()["row"] for event in events if event.event == "alert"}


def test_what_happens_once_the_answer_has_begun_arrives_however_slowly_the_feed_comes_up(
    server: str, nurse: Api, infusion: Infusion, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted = threading.Event()
    connect = stream._connect

    async def slowly() -> stream.Connection:
        await asyncio.to_thread(posted.wait, PATIENCE_S)
        return await connect()

    def post() -> None:
        nurse.post("vitals/", reading(infusion, temperature_c=39.5))
        posted.set()

    async def read() -> bool:
        address, headers = f"{server}/api/v1/events/", {"Authorization": f"Bearer {nurse.token}"}
        async with (
            httpx.AsyncClient(timeout=PATIENCE_S) as client,
            client.stream("GET", address, headers=headers) as answer,
        ):
            await asyncio.to_thread(_in_own_connection, post)
            pulses = 0
            async for line in answer.aiter_lines():
                if '"fever"' in line:
                    return True
                pulses += line == "event: heartbeat"
                if pulses == 2:
                    break
        return False

    monkeypatch.setattr(stream, "_connect", slowly)
    assert asyncio.run(asyncio.wait_for(read(), PATIENCE_S))


def test_another_site_hears_nothing(server: str, nurse: Api, stranger: Api, infusion: Infusion) -> None:
    both = builders.make_infusion(
        site=builders.Site.objects.get(code="ELSEWHERE"), started_at=now() - timedelta(minutes=10)
    )

    def post() -> None:
        nurse.post("vitals/", reading(infusion, temperature_c=39.5))
        stranger.post("vitals/", reading(both, temperature_c=39.5))

    events = read_stream(server, stranger, lambda found: "fever" in alerts_of(found), then=post)
    assert {event.json()["infusion"] for event in events if event.event == "reading"} == {str(both.uuid)}


@pytest.mark.parametrize("way", ["token", "session"])
def test_open_streams_hold_no_connection_of_the_database(
    way: str, server: str, nurse: Api, by_session: Callable[..., Api], site: Site
) -> None:
    if way == "token":
        headers = {"Authorization": f"Bearer {nurse.token}"}
    else:
        headers = {"Cookie": f"sessionid={by_session(Role.NURSE, site).browser.cookies['sessionid'].value}"}

    def count() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND backend_type = 'client backend'"
            )
            return int(cursor.fetchone()[0])

    async def open_many(number: int, at_most: float = inf) -> int:
        async with httpx.AsyncClient(timeout=PATIENCE_S, limits=httpx.Limits(max_connections=200)) as client:

            async def one(ready: asyncio.Event, done: asyncio.Event) -> None:
                async with aconnect_sse(client, "GET", f"{server}/api/v1/events/", headers=headers) as source:
                    async for _ in source.aiter_sse():
                        ready.set()
                        await done.wait()
                        return

            done = asyncio.Event()
            ready = [asyncio.Event() for _ in range(number)]
            tasks = [asyncio.create_task(one(each, done)) for each in ready]
            await asyncio.gather(*(each.wait() for each in ready))
            # Those of the requests are closed a moment after the answer has begun.
            while (open_now := await asyncio.to_thread(_counted, count)) > at_most:
                await asyncio.sleep(0.05)
            done.set()
            await asyncio.gather(*tasks)
            return open_now

    few = asyncio.run(asyncio.wait_for(open_many(1), PATIENCE_S))
    many = asyncio.run(asyncio.wait_for(open_many(40, at_most=few), PATIENCE_S))
    assert many <= few


def _counted(count: Callable[[], int]) -> int:
    try:
        return count()
    finally:
        connection.close()


def test_under_wsgi_the_stream_says_where_it_is(nurse: Api, settings: object) -> None:
    settings.EVENTS_URL = "https://events.example/api/v1/events/"  # type: ignore[attr-defined]
    found = problem(nurse.get("events/"), 503)
    assert "https://events.example" in found["detail"]


def test_a_stranger_hears_nothing(by_token: Callable[..., Api], site: Site) -> None:
    problem(Browser().get("/api/v1/events/"), 401)
    problem(by_token(Role.ADMINISTRATOR, site).get("events/"), 403)


def test_an_id_that_no_stream_gave_is_refused(server: str, nurse: Api) -> None:
    headers = {"Authorization": f"Bearer {nurse.token}", "Last-Event-ID": "nonsense"}
    answer = httpx.get(f"{server}/api/v1/events/", headers=headers, timeout=PATIENCE_S)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "?last_event_id"


def test_a_body_without_end_is_cut_off(server: str, nurse: Api) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield b" " * 100_000

    headers = {"Authorization": f"Bearer {nurse.token}", "Content-Type": "application/json"}
    answer = httpx.post(f"{server}/api/v1/vitals/", headers=headers, content=endless(), timeout=PATIENCE_S)
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
