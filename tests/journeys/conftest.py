"""A real server with the event stream on the test's own database, and a browser before it."""

import asyncio
import gc
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import expect, sync_playwright

from accounts.models import Membership
from accounts.permissions import Role
from config import clock
from config.clock import real_now
from monitoring import heartbeat, rule_sets
from tests import builders
from tracker.models import Infusion

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

#: How long a page may take, however busy the machine is. Whoever waits goes on as soon as it has come.
PATIENCE_S = 60.0
expect.set_options(timeout=PATIENCE_S * 1_000)

#: Static files go through a synchronous middleware here; Django says so and leaves them to the collector.
SERVED = (
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume:Warning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
)


class Server:
    """Febris in a thread of this process: pages, API and stream, as the embedded mode serves them."""

    def __init__(self) -> None:
        import uvicorn

        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        settings = uvicorn.Config(
            "config.asgi:application", log_level="error", lifespan="off", timeout_graceful_shutdown=1
        )
        self.server = uvicorn.Server(settings)
        self.server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self.thread = threading.Thread(target=self._run, name="journey server", daemon=True)
        self.started = threading.Event()

    def _run(self) -> None:
        asyncio.run(self.server.serve(sockets=[self.socket]))

    def start(self) -> None:
        """Serves until `stop`."""
        self.thread.start()
        wait_for(lambda: self.server.started)

    def stop(self) -> None:
        """Ends at once; open streams are cut."""
        self.server.should_exit = True
        self.server.force_exit = True
        self.thread.join(PATIENCE_S)
        self.socket.close()


def wait_for(holds: Any, seconds: float = PATIENCE_S) -> None:
    """Waits until something holds; fails when it does not in time."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"did not come to hold within {seconds} s"
        threading.Event().wait(0.05)


@pytest.fixture
def server(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A running server with the shipped rules and everything at work."""
    # As under ASGI: a connection lives as long as its request, so that none outlives the server's threads.
    monkeypatch.setitem(connections.databases["default"], "CONN_MAX_AGE", 0)
    rule_sets.load_shipped()
    for part in (heartbeat.EVALUATION, heartbeat.DELIVERY, heartbeat.BEAT):
        heartbeat.alive(part, real_now())
    serving = Server()
    serving.start()
    yield serving
    serving.stop()
    gc.collect()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, started once: each test has a context of its own, with nothing in common."""
    if not CHROMIUM:
        pytest.skip("no Chromium: apt-get install chromium")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop runs in the tests' own thread
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()
        # While that loop runs, this thread counts as another context with a connection of its own.
        connections.close_all()


@pytest.fixture
def browser(chromium: Any, server: Server) -> Iterator[Any]:
    """A browser that was never here; a page that breaks the content policy or throws fails the test."""
    context = chromium.new_context(viewport={"width": 1024, "height": 600}, base_url=server.url)
    context.set_default_timeout(PATIENCE_S * 1_000)
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on(
        "console",
        lambda message: problems.append(message.text) if "Content Security" in message.text else None,
    )
    yield context
    for each in chromium.contexts:
        each.close()
    assert problems == []


@pytest.fixture
def infusion(server: Server) -> Infusion:
    """Astrid Lindqvist, observed since three quarters of an hour; Nora, a nurse, may see her name."""
    site = builders.make_site("WARD", time_zone="Europe/Berlin")
    nora = builders.make_user("nora")
    Membership.objects.create(user=nora, role=Role.NURSE, site=site, identified=True)
    now = clock.now().replace(second=0, microsecond=0)
    patient = builders.make_patient(site, family_name="Lindqvist", given_name="Astrid")
    subject = builders.make_subject(site=site, study=builders.make_study(site), patient=patient)
    begun = builders.make_infusion(
        subject, started_at=now - timedelta(minutes=30), planned_start_at=now - timedelta(minutes=30)
    )
    builders.record_set(
        begun, now - timedelta(minutes=5), now=now, temperature_c="36.9", systolic_mmhg="124",
        diastolic_mmhg="76", heart_rate_bpm="78", spo2_percent="98", rigors="none",
    )  # fmt: skip
    return begun


def sign_in(page: Any, name: str = "nora", onward: str = "/") -> None:
    """Signs in by the page, as a person does."""
    page.goto(f"/accounts/login/?next={onward}")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", "secret")
    page.click("main button.primary")
    page.wait_for_url(f"**{onward}")


def cut_off(page: Any, server: Server) -> None:
    """Ends the server, and waits until the page has lost its stream."""
    with page.expect_event("requestfailed", lambda request: "/events/" in request.url):
        server.stop()
