"""Where messages end: a mail server and a receiver of webhooks of this process; both can refuse and hang."""

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.smtp import SMTP


class Mood(Enum):
    """How a sink treats what comes."""

    TAKES = "takes"
    REFUSES = "refuses"
    HANGS = "hangs"


def moment() -> datetime:
    """The time by this machine's clock."""
    return datetime.now(UTC)  # noqa: TID251 - not our clock


@dataclass(frozen=True)
class Mail:
    """One message that was taken: when its sender began, whose it is, and the uuid that it carries."""

    began_at: datetime
    recipient: str
    delivery: str
    subject: str


class MailServer:
    """SMTP on a port of its own. Refused is the recipient, with 550; hanging it never answers to the text."""

    def __init__(self) -> None:
        self.mood = Mood.TAKES
        self.taken: list[Mail] = []
        self.refused = 0
        self.hanging = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail server", daemon=True)
        self._thread.start()
        listening = self._loop.create_server(lambda: SMTP(self, loop=self._loop), "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Notes when the sender began."""
        envelope.mail_from = address
        envelope.began_at = moment()
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """250 or, in that mood, 550."""
        if self.mood is Mood.REFUSES:
            self.refused += 1
            return "550 5.7.1 not taken"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Takes the message, or says nothing for longer than anybody waits."""
        if self.mood is Mood.HANGS:
            self.hanging += 1
            while self.mood is Mood.HANGS:
                await asyncio.sleep(0.1)
            return "451 4.3.0 too late"
        message = message_from_bytes(envelope.content)
        delivery = str(message["Message-ID"] or "").strip("<>").partition("@")[0]
        for recipient in envelope.rcpt_tos:
            self.taken.append(Mail(envelope.began_at, recipient, delivery, str(message["Subject"])))
        return "250 OK"

    def close(self) -> None:
        """Hang up on everybody."""
        self.mood = Mood.TAKES

        async def end() -> None:
            self._server.close()
            for task in asyncio.all_tasks():
                if task is not asyncio.current_task():
                    task.cancel()
            await asyncio.sleep(0.05)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@dataclass
class Receiver:
    """Webhooks over HTTP on a port of its own. Refused is answered 500; hanging it never answers."""

    mood: Mood = Mood.TAKES
    #: The headers and the body of each call that was answered 204.
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    refused: int = 0
    hanging: int = 0

    def __post_init__(self) -> None:
        receiver = self

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if receiver.mood is Mood.HANGS:
                    receiver.hanging += 1
                    while receiver.mood is Mood.HANGS:
                        receiver.ended.wait(0.1)
                    self.close_connection = True
                    return
                if receiver.mood is Mood.REFUSES:
                    receiver.refused += 1
                else:
                    receiver.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(500 if receiver.mood is Mood.REFUSES else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/febris"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.mood = Mood.TAKES
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
