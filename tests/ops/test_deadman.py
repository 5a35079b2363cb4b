"""The word to the outside: after a whole pass only, once, in time, and its address is told to nobody."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from config.clock import real_now
from monitoring import deadman, health, heartbeat
from monitoring.models import Heartbeat
from tests.ports import free_port


class Outside(BaseHTTPRequestHandler):
    """A service that answers by the path it is asked for, and remembers being asked."""

    asked: list[str]

    def do_GET(self) -> None:
        """The status that the path names; a redirect leads to /200."""
        type(self).asked.append(self.path)
        status = int(self.path.strip("/").split("-")[0])
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/200-elsewhere")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def outside() -> Iterator[str]:
    """The address of the service."""
    Outside.asked = []
    server = HTTPServer(("127.0.0.1", 0), Outside)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        pytest.param("200-secret", "", id="it answers"),
        pytest.param("404-secret", "answered 404", id="it does not know us"),
        pytest.param("500-secret", "answered 500", id="it has a fault"),
        pytest.param("302-secret", "answered 302", id="it sends us elsewhere, where nobody goes"),
    ],
)
def test_what_the_address_answers_is_said_without_the_address(outside: str, path: str, fault: str) -> None:
    assert deadman.ask(outside + path) == fault
    assert Outside.asked == [f"/{path}"]


def test_an_address_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadman, "PATIENCE_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fault = deadman.ask(f"http://127.0.0.1:{silent.getsockname()[1]}/secret")
    assert "Timeout" in fault or "timeout" in fault
    assert "secret" not in fault


def test_an_address_that_is_not_there_is_said_without_the_address() -> None:
    assert deadman.ask(f"http://127.0.0.1:{free_port()}/secret") == "not reached: ConnectionRefusedError"


def finish() -> None:
    """Wait for the thread that asks."""
    for thread in threading.enumerate():
        if thread.name == "dead man":
            thread.join()


@pytest.mark.django_db(transaction=True)
def test_it_is_asked_when_every_part_is_alive_and_that_is_written_down(outside: str, settings: Any) -> None:
    settings.DEADMAN_URL = outside + "200"
    for part in health.SILENCE:
        heartbeat.alive(part, real_now())
    assert deadman.tell_outside()
    finish()
    assert Outside.asked == ["/200"]
    assert Heartbeat.objects.filter(name=heartbeat.PING).exists()


@pytest.mark.django_db(transaction=True)
def test_a_word_that_was_not_taken_is_logged_without_the_address(
    outside: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.DEADMAN_URL = outside + "500-secret"
    for part in health.SILENCE:
        heartbeat.alive(part, real_now())
    deadman.tell_outside()
    finish()
    assert "answered 500" in caplog.text
    assert "secret" not in caplog.text
    assert not Heartbeat.objects.filter(name=heartbeat.PING).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("silent", ["auditor", "evaluation", "beat", "canary"])
def test_it_is_not_asked_while_a_part_is_silent(outside: str, settings: Any, silent: str) -> None:
    settings.DEADMAN_URL = outside + "200"
    for part in health.SILENCE:
        if part != silent:
            heartbeat.alive(part, real_now())
    assert not deadman.tell_outside()
    assert Outside.asked == []


@pytest.mark.django_db
def test_without_an_address_nobody_is_asked(settings: Any) -> None:
    settings.DEADMAN_URL = ""
    for part in health.SILENCE:
        heartbeat.alive(part, real_now())
    assert not deadman.tell_outside()
