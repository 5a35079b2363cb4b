"""Real receivers for messages: a mail server and a web server of this process, on ports of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from tests.ports import free_port


@dataclass
class Mailbox:
    """What a mail server has taken, and over how many connections."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)
    refuses: str = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """The answer to a recipient: the refusal that is set, else yes."""
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Takes the message."""
        self.connections.add(session.peer)
        self.messages.append(BytesParser(policy=default).parsebytes(envelope.content))
        return "250 OK"


@contextmanager
def mail_sink() -> Iterator[Mailbox]:
    """A mail server that takes everything."""
    box = Mailbox(port=free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@dataclass
class Taken:
    """One request that a web server has had."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Web:
    """A web server: what it has had, and what it answers (a status, or what to do with the request)."""

    url: str = ""
    requests: list[Taken] = field(default_factory=list)
    answers: Callable[[Taken], int] = lambda taken: 204


@contextmanager
def web_sink() -> Iterator[Web]:
    """A web server that takes everything; a status of 3xx leads to another of its pages."""
    web = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            taken = Taken(self.path, headers, self.rfile.read(length))
            web.requests.append(taken)
            self.send_response(web.answers(taken))
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
