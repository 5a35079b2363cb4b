"""From a POST to its event on the stream, beside an empty Celery task over Redis."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime

from bench.ground import HOST, Ground
from bench.load import Connection, UnexpectedAnswer, percentile
from bench.scene import Scene, moment
from bench.table import Result

SAMPLES = 80
ECHOES = 300
_PATIENCE_S = 15.0


class Stream(threading.Thread):
    """A reader of the event stream that notes when each infusion's first alert came.

    It is open with the first event, not with the first line: headers say nothing of where a reader begins.
    """

    def __init__(self, port: int, token: str) -> None:
        super().__init__(daemon=True)
        self._socket = socket.create_connection((HOST, port), timeout=60)
        lines = ("GET /api/v1/events/ HTTP/1.1", f"Host: {HOST}", f"Authorization: Bearer {token}")
        self._socket.sendall("\r\n".join([*lines, "Accept: text/event-stream", "", ""]).encode())
        self.came: dict[str, float] = {}
        self.came_at: dict[str, datetime] = {}
        self.news = threading.Condition()
        self.open = threading.Event()

    def run(self) -> None:
        """Read until the end."""
        for line in self._lines():
            if line.startswith("event:"):
                self.open.set()
            if line.startswith("data:") and '"infusion"' in line:
                infusion = json.loads(line[5:]).get("alert", {}).get("infusion")
                if infusion:
                    with self.news:
                        self.came.setdefault(str(infusion), time.perf_counter())
                        self.came_at.setdefault(str(infusion), moment())
                        self.news.notify_all()

    def _lines(self) -> Iterator[str]:
        rest = b""
        while more := self._socket.recv(65_536):
            *lines, rest = (rest + more).split(b"\n")
            for raw in lines:
                yield raw.decode().strip()

    def wait_for(self, infusion: str) -> float:
        """When the infusion's alert came."""
        with self.news:
            if not self.news.wait_for(lambda: infusion in self.came, _PATIENCE_S):
                raise UnexpectedAnswer(f"no event for infusion {infusion} within {_PATIENCE_S:g} s")
            return self.came[infusion]


def to_the_stream(ground: Ground, scene: Scene, port: int) -> list[Result]:
    """The time from the POST of a fever to its event, and of an empty task, in ms."""
    stream = Stream(ground.events(), scene.token)
    stream.start()
    if not stream.open.wait(_PATIENCE_S):
        raise UnexpectedAnswer(f"the stream did not open within {_PATIENCE_S:g} s")
    connection = Connection(port)
    fever = scene.single(scene.ruled, temperature_c=39.5)
    took = []
    for infusion in scene.ruled[-SAMPLES:]:
        request = fever.request(infusion)
        began = time.perf_counter()
        status, body = connection.send(request)
        if status != 201:
            raise UnexpectedAnswer(f"{status}: {body[:500].decode(errors='replace')}")
        try:
            took.append((stream.wait_for(str(infusion)) - began) * 1000)
        except UnexpectedAnswer as missed:
            raise UnexpectedAnswer(
                f"{missed}; the POST was answered {body.decode(errors='replace')}"
            ) from None
    idle = echoes(ground)
    return [
        Result(
            f"POST → event ÷ empty Celery task, p{percent}",
            percentile(took, percent) / percentile(idle, percent),
            detail=f"{percentile(took, percent):.1f} ms ÷ {percentile(idle, percent):.1f} ms",
        )
        for percent in (50, 99)
    ]


def echoes(ground: Ground) -> list[float]:
    """How long an empty task took from its sending to its result, in ms, one after another."""
    ground.worker("bench.echo", "--queues", "echo")
    from bench.echo import app, echo

    took = []
    for _number in range(ECHOES + 20):
        began = time.perf_counter()
        echo.apply_async(queue="echo").get(timeout=_PATIENCE_S)
        took.append((time.perf_counter() - began) * 1000)
    app.close()
    return took[20:]
