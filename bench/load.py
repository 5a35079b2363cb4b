"""A load of prepared HTTP requests over kept-alive connections, light enough not to be what is measured."""

import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from bench.ground import HOST


def post(path: str, body: bytes, **headers: str) -> bytes:
    """One POST as the bytes on the wire."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {HOST}", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def get(path: str, **headers: str) -> bytes:
    """One GET as the bytes on the wire."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


class Connection:
    """One kept-alive connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HOST, port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> tuple[int, bytes]:
        """The status and body that a request is answered with (a body in chunks as it came)."""
        self._socket.sendall(request)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        head = received[:end].lower()
        if b"\r\ntransfer-encoding: chunked" in head:
            while not received.endswith(b"\r\n0\r\n\r\n"):
                received += self._more()
        else:
            length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            while len(received) < end + 4 + length:
                received += self._more()
        return int(head.split(b" ", 2)[1]), received[end + 4 :]

    def _more(self) -> bytes:
        more = self._socket.recv(65_536)
        if not more:
            raise ConnectionError("the server closed the connection")
        return more

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


@dataclass
class Load:
    """What a load found: how long each answer took, how many of which status, how long it all took."""

    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def __add__(self, other: "Load") -> "Load":
        return Load(
            self.seconds + other.seconds,
            self.latencies_ms + other.latencies_ms,
            self.statuses + other.statuses,
        )

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.latencies_ms) / self.seconds

    def percentile(self, percent: int) -> float:
        """The latency, in ms, that so many percent of the answers kept."""
        return percentile(self.latencies_ms, percent)


def percentile(values: Iterable[float], percent: int) -> float:
    """The value that so many percent do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


class UnexpectedAnswer(RuntimeError):
    """A request of a benchmark was not answered as it must be; the message holds the answer."""


def load(
    port: int,
    requests: Callable[[int], Iterator[bytes]],
    *,
    seconds: float,
    connections: int = 4,
    status: int,
) -> Load:
    """The load of `connections` that each send their own requests, one after another, for `seconds`.

    Raises: UnexpectedAnswer for any status but `status`.
    """
    found = Load()
    wrong: list[str] = []
    lock = threading.Lock()
    start = threading.Barrier(connections + 1)

    def run(number: int) -> None:
        connection, mine, stream = Connection(port), Load(), requests(number)
        start.wait()
        until = time.perf_counter() + seconds
        while (began := time.perf_counter()) < until and not wrong:
            answer, body = connection.send(next(stream))
            mine.latencies_ms.append((time.perf_counter() - began) * 1000)
            mine.statuses[answer] += 1
            if answer != status:
                wrong.append(f"{answer}: {body[:500].decode(errors='replace')}")
        connection.close()
        with lock:
            found.latencies_ms.extend(mine.latencies_ms)
            found.statuses.update(mine.statuses)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    found.seconds = time.perf_counter() - began
    if wrong:
        raise UnexpectedAnswer(wrong[0])
    return found
