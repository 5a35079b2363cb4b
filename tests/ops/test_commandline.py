"""Commands that cannot work at all: what they say, and that a blank setting is none."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of its own, with nothing of Febris in its environment but what is named."""
    inherited = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def the_one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    """What the command said last, once it has ended as it should: in one line and no traceback."""
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    return line


@pytest.fixture
def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_a_blank_address_is_none_so_the_embedded_database_is_meant_and_named(tmp_path: Path) -> None:
    blank = dict.fromkeys(("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY", "EMAIL_URL"), "")
    said = the_one_sentence(run("verify", DATA_DIR=str(tmp_path), DATABASE_ROLE=" ", **blank))
    assert f"The embedded PostgreSQL of {tmp_path} does not run" in said
    assert "manage.py up" in said


def test_a_database_that_is_down_is_named_without_its_password(closed_port: int) -> None:
    address = f"postgres://ward:topsecret@127.0.0.1:{closed_port}/febris"
    command = ("api_token", "x", "--role", "nurse", "--site", "HERE")
    said = the_one_sentence(run(*command, DATABASE_URL=address, SECRET_KEY="k" * 50))
    assert f"127.0.0.1:{closed_port}/febris (DATABASE_URL) cannot be reached" in said
    assert "topsecret" not in said


def test_a_setting_that_cannot_be_is_named(closed_port: int) -> None:
    said = the_one_sentence(run("verify", DATABASE_URL=f"postgres://ward@127.0.0.1:{closed_port}/febris"))
    assert "SECRET_KEY" in said
