"""One file that holds the database, and the way back. Runs PostgreSQL's own programs as the database's owner.

The programs come from the wheel, so an old server elsewhere needs nothing installed here.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql

from config.postgres import Cluster, client_programs
from config.supervisor import hold

Address = Mapping[str, Any]


class BackupError(RuntimeError):
    """The database could not be copied or brought back; the message names the file or the database."""


def _environment(database: Address) -> dict[str, str]:
    """The address for libpq, by environment: a password in a command line is seen by everybody."""
    names = {
        "HOST": "PGHOST",
        "PORT": "PGPORT",
        "USER": "PGUSER",
        "PASSWORD": "PGPASSWORD",
        "NAME": "PGDATABASE",
    }
    found = {libpq: str(database[django]) for django, libpq in names.items() if database.get(django)}
    return {"PATH": os.defpath, "LANG": "C.UTF-8", **found}


def _program(name: str) -> str:
    return str(client_programs() / name)


@contextlib.contextmanager
def at_hand(data_dir: Path, embedded: bool, alone: bool) -> Iterator[None]:
    """The database runs within the block: the embedded one is started when nobody has.

    With `alone` nobody else may use the embedded one meanwhile.

    Raises: FolderTaken, PostgresError
    """
    if not embedded:
        yield
        return
    cluster = Cluster(data_dir)
    if cluster.pid() is not None and not alone:
        yield
        return
    cluster.make_data_dir()
    with hold(cluster.data_dir):
        cluster.prepare()
        cluster.start()
        try:
            cluster.ensure_roles()
            yield
        finally:
            cluster.stop()


def write_backup(database: Address, target: Path) -> None:
    """Copy the database into `target`, which appears whole or not at all and is ours alone to read.

    Raises: BackupError
    """
    half = target.with_name(f"{target.name}.half")
    try:
        with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            done = subprocess.run(  # noqa: S603 - our own program
                [_program("pg_dump"), "--format=custom", "--no-password"],
                env=_environment(database),
                stdout=file,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror}.") from error
    if done.returncode != 0:
        half.unlink()
        raise BackupError(f"The database {database['NAME']} cannot be copied: {done.stderr.strip()}")
    half.replace(target)


def make_place(owner: Address, application: Address) -> None:
    """Make the application's role and the database where they are missing; the database must be empty.

    Raises: BackupError
    """
    try:
        with _connect({**owner, "NAME": "postgres"}) as connection:
            _make_role(connection, application)
            name = owner["NAME"]
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        with _connect(owner) as connection:
            tables = connection.execute(
                "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            ).fetchone()
    except psycopg.Error as error:
        raise BackupError(f"The database {owner['NAME']} cannot be made ready: {error}") from error
    if tables is not None and tables[0]:
        raise BackupError(
            f"The database {owner['NAME']} is not empty. Restore into a new one: nothing is overwritten."
        )


def _make_role(connection: psycopg.Connection[Any], application: Address) -> None:
    role = application["USER"]
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        return
    connection.execute(
        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
            sql.Identifier(role), sql.Literal(application.get("PASSWORD") or None)
        )
    )


def _connect(database: Address) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=database["HOST"] or None,
        port=database["PORT"] or None,
        user=database["USER"] or None,
        password=database["PASSWORD"] or None,
        dbname=database["NAME"],
        autocommit=True,
    )


def read_backup(database: Address, source: Path) -> None:
    """Bring the content of `source` back into the empty `database`, all of it or nothing.

    Rights and owners are not taken from the file: the roles may be called otherwise here.

    Raises: BackupError
    """
    if not source.is_file():
        raise BackupError(f"There is no backup {source}.")
    reader = subprocess.Popen(  # noqa: S603 - our own program
        [_program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(source)],
        env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    writer = subprocess.Popen(  # noqa: S603 - our own program
        [_program("psql"), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"],
        env=_environment(database),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert reader.stdout is not None
    assert writer.stdin is not None
    assert reader.stderr is not None
    assert writer.stderr is not None
    with contextlib.suppress(BrokenPipeError):  # psql has given up and says why
        _pour(reader.stdout, writer.stdin)
    reader.stdout.close()
    read_words = reader.stderr.read()
    if reader.wait() != 0 and writer.poll() is None:
        writer.kill()  # before it meets the end of its input, where it would commit the half that it has
    with contextlib.suppress(BrokenPipeError):
        writer.stdin.close()
    write_words = writer.stderr.read()
    writer.wait()
    reader.stderr.close()
    writer.stderr.close()
    if reader.returncode != 0 or writer.returncode != 0:
        words = (write_words + read_words).decode(errors="replace").strip()
        raise BackupError(f"{source} cannot be brought back: {words}")


def _pour(source: IO[bytes], target: IO[bytes]) -> None:
    """Copy the statements, without the one that a server before 17 does not know."""
    for line in source:
        if line.startswith(b"SET transaction_timeout"):
            break
        target.write(line)
    shutil.copyfileobj(source, target)
