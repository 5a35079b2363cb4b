"""`manage.py up` as real processes: it answers, survives `kill -9` of each, and leaves nothing behind."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.postgres import Cluster
from config.processes import is_alive
from tests.ports import free_port

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def wait_for(what: str, condition: Callable[[], object], patience_s: float = 300) -> Any:
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come within {patience_s} s")


def children(pid: int) -> set[int]:
    """Every process below this one."""
    found: set[int] = set()
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return found
    for child in map(int, text.split()):
        found |= {child} | children(child)
    return found


class Ward:
    """One `manage.py up` on a folder and a port of its own."""

    def __init__(self) -> None:
        self.outer = Path(tempfile.mkdtemp(prefix="febris-up-"))
        self.outer.chmod(0o755)
        self.data_dir = self.outer / "data"
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None
        self.seen: set[int] = set()

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.data_dir)

    def spawn(self, **overrides: Any) -> subprocess.Popen[str]:
        environment = {"PATH": os.environ["PATH"], "PORT": str(self.port), "DATA_DIR": str(self.data_dir)}
        arguments = {"env": environment, "cwd": CHECKOUT, "text": True} | overrides
        return subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **arguments,
        )

    def start(self) -> None:
        self.process = self.spawn()
        wait_for("an answer", self.answers, 600)
        self.seen |= self.processes()

    def answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            assert self.process.stdout is not None
            raise AssertionError(f"it ended: {self.process.stdout.read()}")
        try:
            with urllib.request.urlopen(f"http://localhost:{self.port}/health/live", timeout=30) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://localhost:{self.port}/health/ready", timeout=30) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def processes(self) -> set[int]:
        assert self.process is not None
        return {self.process.pid} | children(self.process.pid)

    def processor_s(self) -> float:
        """What all its processes, and those that they have outlived, have cost so far."""
        ticks = 0
        for pid in self.processes():
            ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def web(self) -> int:
        """The process that does everything but the database."""
        return next(
            pid
            for pid in self.processes()
            if b"config.embedded" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        )

    def end(self, word: signal.Signals) -> str:
        assert self.process is not None
        self.seen |= self.processes()
        self.process.send_signal(word)
        said, _ = self.process.communicate(timeout=180)
        return said

    def all_gone(self) -> bool:
        return not any(is_alive(pid) for pid in self.seen)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        if self.data_dir.is_dir():
            self.cluster.stop()
        shutil.rmtree(self.outer, ignore_errors=True)


@pytest.fixture(scope="module")
def made() -> Iterator[Ward]:
    ward = Ward()
    yield ward
    ward.close()


@pytest.fixture
def ward(made: Ward) -> Ward:
    """A ward that answers; the database is made once for the module."""
    if made.process is None or made.process.poll() is not None:
        made.start()
    return made


def test_ctrl_c_leaves_no_process_and_no_socket_behind(ward: Ward) -> None:
    socket_folder = ward.cluster.socket
    assert socket_folder.is_dir()
    said = ward.end(signal.SIGINT)
    assert ward.process is not None
    assert ward.process.returncode == 0, said
    wait_for("the end of all processes", ward.all_gone, 60)
    assert not socket_folder.exists()


def test_sigterm_ends_it_as_orderly(ward: Ward) -> None:
    said = ward.end(signal.SIGTERM)
    assert ward.process is not None
    assert ward.process.returncode == 0, said
    wait_for("the end of all processes", ward.all_gone, 60)


def test_a_later_start_costs_less_than_ten_seconds(ward: Ward) -> None:
    """Of the processors' time: what others take of this machine meanwhile is not ours."""
    ward.end(signal.SIGTERM)
    began = time.monotonic()
    ward.start()
    assert ward.processor_s() < 10
    assert time.monotonic() - began < 120


def test_evaluation_delivery_and_the_timetable_all_run(ward: Ward) -> None:
    wait_for("readiness", ward.is_ready, 120)


def test_a_killed_application_comes_back_while_callers_wait(ward: Ward) -> None:
    before = ward.web()
    os.kill(before, signal.SIGKILL)
    wait_for("the end of the application", lambda: not is_alive(before), 60)
    # No connection is refused: the supervisor's socket holds this one until somebody answers.
    with urllib.request.urlopen(f"http://localhost:{ward.port}/health/live", timeout=180) as answer:
        assert answer.status == 200
    assert ward.web() != before


def test_a_killed_postgresql_comes_back(ward: Ward) -> None:
    before = ward.cluster.pid()
    assert before is not None
    os.kill(before, signal.SIGKILL)
    wait_for("another PostgreSQL", lambda: ward.cluster.pid() not in {None, before}, 60)

    def knows_the_database() -> bool:
        try:
            ward.cluster.connect("febris", "febris_app").close()
        except psycopg.OperationalError:  # starting up, or replaying its log
            return False
        return True

    wait_for("its answer", knows_the_database, 60)


def test_a_killed_supervisor_leaves_nothing_that_keeps_the_next_one_out(ward: Ward) -> None:
    ward.seen |= ward.processes()
    ward.end(signal.SIGKILL)
    ward.start()
    assert ward.answers()


def test_a_second_one_names_the_first(ward: Ward) -> None:
    assert ward.process is not None
    second = ward.spawn()
    said, _ = second.communicate(timeout=180)
    assert second.returncode == 1
    assert f"in use by the Febris that runs as process {ward.process.pid}" in said
    assert "Traceback" not in said


def test_a_taken_port_is_named(ward: Ward) -> None:
    other = Ward()
    other.port = ward.port
    try:
        process = other.spawn()
        said, _ = process.communicate(timeout=180)
        assert process.returncode == 1
        assert f"Port {ward.port} of localhost cannot be used: Address already in use" in said
        assert "Traceback" not in said
    finally:
        other.close()


def test_a_data_folder_that_is_a_file_is_named(made: Ward) -> None:
    other = Ward()
    other.data_dir.write_text("")
    try:
        process = other.spawn()
        said, _ = process.communicate(timeout=180)
        assert process.returncode == 1
        assert str(other.data_dir) in said
        assert "Traceback" not in said
    finally:
        shutil.rmtree(other.outer)


def python_for(user: pwd.struct_passwd) -> str | None:
    """A Python of our version that an ordinary user may run; ours may lie in root's own folder."""
    for candidate in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        try:
            ran = subprocess.run(
                [candidate, "-c", ""],
                user=user.pw_uid,
                group=user.pw_gid,
                extra_groups=[],
                cwd="/",
                check=False,
            )
        except OSError:
            continue
        if ran.returncode == 0:
            return candidate
    return None


@pytest.mark.skipif(os.geteuid() != 0, reason="we are an ordinary user, so every other test here is this one")
def test_an_ordinary_user_runs_it_too() -> None:
    nobody = pwd.getpwnam("nobody")
    python = python_for(nobody)
    if python is None or not os.access(CHECKOUT, os.X_OK):
        pytest.skip("no Python of this version is open to an ordinary user")
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    other = Ward()
    os.chown(other.outer, nobody.pw_uid, nobody.pw_gid)
    environment = {
        "PATH": os.defpath,
        "PORT": str(other.port),
        "DATA_DIR": str(other.data_dir),
        "PYTHONPATH": packages,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    process = subprocess.Popen(
        [python, "manage.py", "up"],
        env=environment,
        cwd=CHECKOUT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
    )
    other.process = process
    try:
        wait_for("an answer", other.answers)
        assert (other.data_dir / "postgres").stat().st_uid == nobody.pw_uid
        other.end(signal.SIGINT)
        assert process.returncode == 0
        wait_for("the end of all processes", other.all_gone, 60)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
        other.process = None
        shutil.rmtree(other.outer, ignore_errors=True)
