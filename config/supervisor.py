"""Keeps the two children of the embedded mode alive: PostgreSQL and the process that does everything else.

It holds the lock of DATA_DIR and the listening sockets, so one that is taken is named at once, and a
caller who arrives while the application restarts waits instead of being refused. Knows nothing of Django.
"""

import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from config.postgres import Cluster, PostgresError
from config.processes import die_with

log = logging.getLogger(__name__)

SOCKETS_VARIABLE = "FEBRIS_SOCKETS"
_LOOK_EVERY_S = 0.2
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.3, 10.0
#: A child that has lived this long has recovered: its next death is met with the first pause again.
_SETTLED_S = 60.0
_PATIENCE_S = 15.0


class PortTaken(RuntimeError):
    """Another program listens on the port; the message names it."""


class FolderTaken(RuntimeError):
    """Another Febris runs on this data folder; the message names its process."""


@contextmanager
def hold(data_dir: Path) -> Iterator[None]:
    """Hold the lock of `data_dir` as long as the block runs. The kernel gives it back however we die.

    Raises: FolderTaken, PostgresError when the folder is not writable.
    """
    path = data_dir / "up.lock"
    try:
        file = path.open("a+")
    except OSError as error:
        raise PostgresError(f"The data folder {data_dir} is not writable: {error.strerror}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise FolderTaken(
                f"The data folder {data_dir} is in use by the Febris that runs as process {holder}. "
                f"Stop it, or name another folder with DATA_DIR."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
        file.truncate(0)


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on `port` of every address that `host` has.

    Raises: PortTaken
    """
    sockets: list[socket.socket] = []
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, kind, protocol, _, address in dict.fromkeys(addresses):
        try:
            opened = socket.socket(family, kind, protocol)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            opened.bind(address)
        except OSError as error:
            if family == socket.AF_INET6 and len(addresses) > 1:
                continue  # a machine without IPv6 still has the name
            raise PortTaken(
                f"Port {port} of {host} cannot be used: {error.strerror}. "
                f"Stop the program that uses it, or name another port with PORT."
            ) from error
        opened.listen(512)
        sockets.append(opened)
    return sockets


class Supervisor:
    """Runs until it is told to stop; restarts what dies."""

    def __init__(
        self, cluster: Cluster, sockets: list[socket.socket], environment: Mapping[str, str]
    ) -> None:
        self.cluster = cluster
        self.sockets = sockets
        self.environment = dict(environment)
        self.web: subprocess.Popen[bytes] | None = None
        self._pause_s = _FIRST_PAUSE_S
        self._started_at = 0.0
        self._stopping = False

    def obey_signals(self) -> None:
        """From now on SIGTERM and Ctrl-C ask for an orderly end."""
        for word in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(word, self._on_signal)

    def _on_signal(self, _: int, __: FrameType | None) -> None:
        self._stopping = True

    @property
    def is_stopping(self) -> bool:
        """True once somebody asked us to stop."""
        return self._stopping

    def run(self) -> None:
        """Start the application and watch over both children until asked to stop; then stop them."""
        try:
            if not self._stopping:  # nobody asked while the database was made
                self._start_web()
            while not self._stopping:
                if self.cluster.pid() is None:
                    log.warning("PostgreSQL is gone; starting it again")
                    self._start_postgres()
                if self.web is not None and (status := self.web.poll()) is not None:
                    log.warning("the application ended with status %s; starting it again", status)
                    self._restart_web()
                time.sleep(_LOOK_EVERY_S)
        finally:
            self._stop_web()
            self.cluster.stop()

    def _start_postgres(self) -> None:
        try:
            self.cluster.start()
        except PostgresError as error:
            log.error("%s", error)
            self._wait()

    def _start_web(self) -> None:
        descriptors = [opened.fileno() for opened in self.sockets]
        self._started_at = time.monotonic()
        self.web = subprocess.Popen(
            [sys.executable, "-m", "config.embedded"],
            env=self.environment | {SOCKETS_VARIABLE: ",".join(map(str, descriptors))},
            cwd=self.cluster.checkout,
            stdin=subprocess.DEVNULL,
            pass_fds=descriptors,
            start_new_session=True,  # Ctrl-C at the terminal is for us alone
            preexec_fn=die_with(os.getpid(), signal.SIGKILL),
        )

    def _restart_web(self) -> None:
        if time.monotonic() - self._started_at > _SETTLED_S:
            self._pause_s = _FIRST_PAUSE_S
        self._wait()
        if not self._stopping:
            self._start_web()

    def _wait(self) -> None:
        until = time.monotonic() + self._pause_s
        self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
        while time.monotonic() < until and not self._stopping:
            time.sleep(0.05)

    def _stop_web(self) -> None:
        if self.web is None or self.web.poll() is not None:
            return
        self.web.terminate()
        try:
            self.web.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.web.kill()
            self.web.wait()
