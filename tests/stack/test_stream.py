"""The event stream through the TLS proxy: events arrive at once, and open streams cost no connection."""

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from tests.stack.feed import Feed
from tests.stack.shape import Shape, wait_for

pytestmark = pytest.mark.stack

STREAM = "/api/v1/events/"


def events(answer: http.client.HTTPResponse) -> Iterator[tuple[str, str]]:
    """The name and the data of each event, as they come."""
    name = ""
    for line in answer:
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, value


@pytest.mark.proxy
def test_an_alert_comes_through_the_proxy_at_once(proxy: Shape) -> None:
    feed = Feed.at(proxy, infusions=1)
    connection = http.client.HTTPSConnection(
        "localhost", proxy.translation.ports["proxy"], timeout=20, context=proxy.trust()
    )
    connection.request("GET", STREAM, headers={"Authorization": f"Bearer {feed.token}"})
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    posted = feed.post_fever(feed.infusions[0])
    fever = next(alert["id"] for alert in posted.body["alerts"] if alert["problem"] == "fever")
    for name, data in events(answer):
        if name == "alert" and fever in data:
            assert json.loads(data)
            break
    answer.close()
    connection.close()


@pytest.mark.proxy
def test_a_page_comes_through_the_proxy_from_the_other_servers(proxy: Shape) -> None:
    before = proxy.log("events")
    assert proxy.status("/accounts/login/", "proxy") == 200
    assert proxy.log("events") == before


def test_a_hundred_open_streams_add_no_database_connection(shape: Shape) -> None:
    feed = Feed.at(shape, infusions=1)
    port = shape.translation.ports["events"]
    request = (
        f"GET {STREAM} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {feed.token}\r\n\r\n".encode()
    )

    def connections() -> int:
        ((count,),) = shape.query("SELECT count(*) FROM pg_stat_activity WHERE datname = 'febris'")
        return int(count)

    def open_stream() -> socket.socket:
        stream = socket.create_connection(("localhost", port), timeout=20)
        stream.sendall(request)
        assert stream.recv(4096).startswith(b"HTTP/1.1 200")
        return stream

    streams = [open_stream() for _ in range(10)]
    try:
        before = connections()
        streams += [open_stream() for _ in range(100)]
        # The pool may still grow to the sixteen that it may have; streams hold none of them.
        assert connections() <= before + 16
        wait_for("a pool at rest", lambda: connections() <= before, 30)
    finally:
        for stream in streams:
            stream.close()
