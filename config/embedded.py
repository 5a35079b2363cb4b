"""The one process of the embedded mode: pages, API and event stream, two workers and beat as threads.

A thread that dies ends the process, and the supervisor starts it again: a watch that has silently stopped is
worse than one that restarts. The supervisor starts `python -m config.embedded` and hands its sockets down.
"""

import logging
import os
import signal
import socket
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import uvicorn

from config.celery import SLOW, WATCH

log = logging.getLogger("config.embedded")

_THREAD_DIED = 70
_LOOK_EVERY_S = 1.0
_PATIENCE_S = 5.0
_WORKER_PATIENCE_S = 30.0


def worker(queue: str, consumes: Callable[[object], object]) -> Any:
    """A Celery worker for one queue, in its own thread; `consumes` is called once it listens."""
    from celery.exceptions import SecurityWarning

    from config.celery import app

    # It warns root of pickled messages; ours are JSON, and never leave the process.
    warnings.simplefilter("ignore", SecurityWarning)
    return app.Worker(
        hostname=f"{queue}@embedded",
        queues=[queue],
        ready_callback=consumes,
        pool="solo",
        concurrency=1,
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )


def beat() -> Any:
    """The timetable's clock as a thread."""
    from celery.beat import EmbeddedService

    from config.celery import Timetable, app

    return EmbeddedService(app, thread=True, scheduler_cls=Timetable)


class Threads:
    """The workers and beat; each is named, so that the one that died can be."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._beat = beat()
        self._threads: list[threading.Thread] = []

    def _start_worker(self, queue: str) -> None:
        """Start a worker and wait until it listens.

        Workers of one process share the application, and with it the choice of queues: one that is made
        before the other listens would take the other's queue from it.
        """
        listens = threading.Event()
        self._start_thread(queue, worker(queue, lambda consumer: listens.set()).start)
        if not listens.wait(_WORKER_PATIENCE_S):
            raise TimeoutError(f"the worker of the queue {queue} does not listen")

    def _start_thread(self, name: str, run: Callable[[], object]) -> None:
        def until_it_ends() -> None:
            try:
                run()
            except SystemExit as ended:
                log.info("the thread %s ended with %s", name, ended.code)
            except BaseException:
                log.exception("the thread %s died", name)

        thread = threading.Thread(target=until_it_ends, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def start(self) -> None:
        """Start them all, and the look-out that ends the process when one of them dies."""
        for queue in (WATCH, SLOW):
            self._start_worker(queue)
        self._start_thread("beat", self._beat.run)
        threading.Thread(target=self._look_out, name="look-out", daemon=True).start()

    def _look_out(self) -> None:
        while not self._stopping.wait(_LOOK_EVERY_S):
            for thread in self._threads:
                if not thread.is_alive() and not self._stopping.is_set():
                    log.critical("the thread %s is gone; the process ends to be started anew", thread.name)
                    os._exit(_THREAD_DIED)

    def stop(self) -> None:
        """Ask them to end and wait a little: what they leave undone is found in the database."""
        from celery.worker import state

        self._stopping.set()
        state.should_stop = 0  # type: ignore[assignment]  # an exit status, says its own documentation
        self._beat.service.stop()
        until = time.monotonic() + _PATIENCE_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))


def main() -> None:
    """Serve until told to stop."""
    from config.supervisor import SOCKETS_VARIABLE

    sockets = [socket.socket(fileno=int(number)) for number in os.environ[SOCKETS_VARIABLE].split(",")]
    from config.asgi import application

    threads = Threads()
    threads.start()
    server = uvicorn.Server(
        uvicorn.Config(
            application,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=2,
        )
    )
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    server.run(sockets=sockets)
    threads.stop()
    # Threads that did not end in time must not keep a stopped ward's process alive.
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main()
