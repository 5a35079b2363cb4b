"""The ground a benchmark stands on: a PostgreSQL, a Redis and servers of its own, on this machine alone."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import postgres
from config.processes import die_with

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
PATIENCE_S = 60.0


class NotAnswering(RuntimeError):
    """A process of the benchmark does not come up; the message holds the end of its log."""


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Ground:
    """PostgreSQL and Redis of this run, the environment that names them, and the processes on top."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="febris-bench-"))
        self.folder.chmod(0o755)
        self.cluster = postgres.Cluster(self.folder / "data")
        self.redis_port = free_port()
        self.running: list[subprocess.Popen[bytes]] = []
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": "only for the benchmarks",
            "DATA_DIR": str(self.folder / "data"),
            "DATABASE_URL": postgres.database_url(self.cluster.data_dir, postgres.APPLICATION),
            "DATABASE_OWNER_URL": postgres.database_url(self.cluster.data_dir, postgres.OWNER),
            "REDIS_URL": f"redis://{HOST}:{self.redis_port}/0",
        }

    def __enter__(self) -> "Ground":
        self.cluster.prepare()
        self.cluster.start()
        self.cluster.ensure_roles()
        self.redis = self.start(
            [
                *("redis-server", "--port", str(self.redis_port), "--bind", HOST, "--dir", str(self.folder)),
                *("--save", "", "--appendonly", "no"),
            ],
            port=self.redis_port,
        )
        os.environ.update(self.environment)
        self.run("migrate", "--verbosity", "0")
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.running):
            stop(process)
        self.cluster.stop()
        shutil.rmtree(self.cluster.folder.parent, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *command: str) -> None:
        """Run one of Febris's own commands to its end."""
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, check=True)

    def start(
        self, command: list[str], *, port: int | None = None, environment: dict[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """A process that runs until the end of the benchmark, once it listens on `port`."""
        log = self.folder / f"{len(self.running)}-{Path(command[0]).name}.log"
        with open(log, "wb") as sink:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | self.environment | (environment or {}),
                stdout=sink,
                stderr=sink,
                start_new_session=True,
                preexec_fn=die_with(os.getpid(), signal.SIGTERM),
            )
        self.running.append(process)
        deadline = time.monotonic() + PATIENCE_S
        while port is not None and not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise NotAnswering(
                    f"{command[0]} does not come up:\n{log.read_text(errors='replace')[-3000:]}"
                )
            time.sleep(0.05)
        return process

    def web(self, application: str = "config.wsgi:application", **environment: str) -> int:
        """The port of a granian with WSGI that serves `application` as the compose file's web does."""
        port = free_port()
        self.start(
            [
                *(_script("granian"), "--interface", "wsgi", "--host", HOST, "--port", str(port)),
                *("--workers", "2", "--blocking-threads", "8", "--no-access-log", application),
            ],
            port=port,
            environment=environment,
        )
        return port

    def events(self) -> int:
        """The port of the event stream, as the production shape serves it."""
        port = free_port()
        self.start(
            [
                *(_script("uvicorn"), "--host", HOST, "--port", str(port), "--no-access-log"),
                "config.asgi:application",
            ],
            port=port,
        )
        return port

    def celery(self, application: str, *words: str) -> None:
        """A program of Celery, as the production shape runs it."""
        self.start([_script("celery"), "-A", application, *words])

    def worker(self, application: str, *options: str) -> None:
        """A Celery worker of one thread."""
        self.celery(application, "worker", "--pool", "solo", "--loglevel", "WARNING", *options)

    @contextmanager
    def for_a_while(self) -> Iterator[None]:
        """What is started within ends with it."""
        before = len(self.running)
        yield
        for process in reversed(self.running[before:]):
            stop(process)
        del self.running[before:]

    @contextmanager
    def redis_frozen(self) -> Iterator[None]:
        """Redis stopped by a signal: connections stand, nothing answers."""
        self.redis.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.redis.send_signal(signal.SIGCONT)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process politely, then at once."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
