"""Backup and restore: into a fresh database, with the rights, a new epoch, and nothing overwritten."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, connections
from psycopg import sql

from accounts.models import User
from config.backup import BackupError, make_place, read_backup, write_backup

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.as_owner]

FRESH = "test_febris_restored"


def connect(database: dict[str, Any]) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=database["HOST"],
        port=database["PORT"] or None,
        user=database["USER"],
        password=database["PASSWORD"] or None,
        dbname=database["NAME"],
        autocommit=True,
    )


def drop(name: str) -> None:
    with connect({**settings.DATABASES["default"], "NAME": "postgres"}) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def fresh() -> Iterator[dict[str, Any]]:
    """The address of a database that is not there yet."""
    drop(FRESH)
    yield {**connection.settings_dict, "NAME": FRESH}
    drop(FRESH)


def test_what_was_written_is_there_after_a_restore(tmp_path: Path, fresh: dict[str, Any]) -> None:
    User.objects.create(username="ada", name="Ada Nurse", email="ada@example.org")
    file = tmp_path / "febris.backup"
    write_backup(connection.settings_dict, file)
    make_place(fresh, settings.APPLICATION_DATABASE)
    read_backup(fresh, file)
    with connect(fresh) as restored:
        assert restored.execute("SELECT name FROM accounts_user").fetchall() == [("Ada Nurse",)]


def test_the_file_is_ours_alone_to_read(tmp_path: Path) -> None:
    file = tmp_path / "febris.backup"
    write_backup(connection.settings_dict, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_database_that_holds_something_is_never_overwritten() -> None:
    with pytest.raises(BackupError, match="is not empty"):
        make_place(connection.settings_dict, settings.APPLICATION_DATABASE)


@pytest.fixture
def much_to_copy() -> Iterator[None]:
    """A table whose rows fill most of a backup."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE much AS SELECT md5(n::text) FROM generate_series(1, 100000) AS n")
        yield
        cursor.execute("DROP TABLE much")


@pytest.mark.usefixtures("much_to_copy")
def test_a_file_that_was_cut_off_leaves_nothing_behind(tmp_path: Path, fresh: dict[str, Any]) -> None:
    file = tmp_path / "febris.backup"
    write_backup(connection.settings_dict, file)
    file.write_bytes(file.read_bytes()[:-1_000_000])
    make_place(fresh, settings.APPLICATION_DATABASE)
    with pytest.raises(BackupError, match=r"febris\.backup"):
        read_backup(fresh, file)
    with connect(fresh) as restored:
        assert restored.execute("SELECT to_regclass('accounts_user')").fetchone() == (None,)


def test_a_file_that_is_not_there_is_named(tmp_path: Path, fresh: dict[str, Any]) -> None:
    with pytest.raises(BackupError, match="nowhere"):
        read_backup(fresh, tmp_path / "nowhere")


def test_a_backup_that_cannot_be_written_is_named() -> None:
    with pytest.raises(CommandError, match="/proc/febris"):
        call_command("backup", "/proc/febris")


def test_restore_gives_the_rights_begins_an_epoch_and_verifies(
    tmp_path: Path, fresh: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.create(username="ada", name="Ada Nurse", email="ada@example.org")
    file = tmp_path / "febris.backup"
    write_backup(connection.settings_dict, file)
    said = io.StringIO()
    default = connections["default"]
    default.close()
    monkeypatch.setattr(settings, "EMBEDDED", False)
    monkeypatch.setitem(default.settings_dict, "NAME", FRESH)
    call_command("restore", str(file), stdout=said)
    default.close()
    monkeypatch.undo()
    assert "epoch 2 begins" in said.getvalue()
    with connect(fresh) as restored:
        restored.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(settings.APPLICATION_ROLE)))
        assert restored.execute("SELECT febris_epoch()").fetchone() == (2,)
        assert restored.execute("SELECT has_table_privilege('accounts_user', 'UPDATE')").fetchone() == (True,)
        assert restored.execute("SELECT has_table_privilege('accounts_auditseal', 'UPDATE')").fetchone() == (
            False,
        )
