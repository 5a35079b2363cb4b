"""Seals: settled rows are digested in order; whoever touches one is found out."""

import threading
import time

import pytest
from django.db import connection, connections, transaction

from accounts import models
from accounts.models import AuditSeal
from accounts.trail import begin_epoch, seal, seals, verify_seals

from .builders import NOW, make_user

pytestmark = pytest.mark.django_db(transaction=True)

TABLE = "accounts_usertrail"
_PATIENCE_S = 60


@pytest.fixture(autouse=True)
def _one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trail of users alone: other tables may come with rows of their own."""
    monkeypatch.setattr(seals, "append_only_models", lambda: [models.UserTrail])  # type: ignore[attr-defined]


def seal_all() -> int:
    """Seal once everything written so far is settled: transactions of the whole cluster hold that back."""
    deadline = time.monotonic() + _PATIENCE_S
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        newest = cursor.fetchone()[0]
        while time.monotonic() < deadline:
            cursor.execute("SELECT %s::xid8 < pg_snapshot_xmin(pg_current_snapshot())", [newest])
            if cursor.fetchone()[0]:
                break
            threading.Event().wait(0.05)
    return seal(NOW)


def tamper(statement: str) -> None:
    """Change rows as somebody could who owns the table."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute(f"ALTER TABLE {TABLE} ENABLE TRIGGER USER")


def test_sealing_covers_every_settled_row_once() -> None:
    make_user("a")
    make_user("b")

    assert seal_all() == 2
    assert seal_all() == 0
    assert verify_seals() == []


def test_a_seal_leans_on_the_one_before_it() -> None:
    make_user("a")
    seal_all()
    make_user("b")
    seal_all()

    first, second = AuditSeal.objects.filter(table_name=TABLE).order_by("pk")
    assert (second.from_epoch, second.from_xid, second.from_id) == (first.to_epoch, first.to_xid, first.to_id)
    assert first.digest != second.digest


def test_a_changed_row_is_named_by_table_and_range() -> None:
    make_user("a")
    seal_all()
    make_user("b")
    seal_all()
    good = AuditSeal.objects.filter(table_name=TABLE).order_by("-pk").first()
    assert good is not None

    tamper(f"UPDATE {TABLE} SET name = 'Somebody else' WHERE username = 'b'")

    (difference,) = verify_seals()
    assert difference.table_name == TABLE
    assert difference.to == (good.to_epoch, good.to_xid, good.to_id)
    assert "not those that were sealed" in difference.what


def test_a_deleted_row_is_missed() -> None:
    make_user("a")
    make_user("b")
    seal_all()

    tamper(f"DELETE FROM {TABLE} WHERE username = 'a'")

    (difference,) = verify_seals()
    assert "2 rows were sealed, 1 are there" in str(difference)


def test_a_row_slipped_in_among_sealed_ones_is_found() -> None:
    make_user("a")
    make_user("b")
    seal_all()

    columns = "pgh_created_at, pgh_label, pgh_obj_id, id, uuid, username, name, email, language, is_active"
    tamper(
        f"INSERT INTO {TABLE} (epoch, xid, {columns}) SELECT epoch, xid, {columns} FROM {TABLE}"
        f" WHERE username = 'a'"
    )

    (difference,) = verify_seals()
    assert "2 rows were sealed, 3 are there" in str(difference)


def test_a_missing_seal_is_noticed() -> None:
    for name in "abc":
        make_user(name)
        seal_all()
    middle = AuditSeal.objects.filter(table_name=TABLE).order_by("pk")[1]
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("ALTER TABLE accounts_auditseal DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM accounts_auditseal WHERE id = %s", [middle.pk])
        cursor.execute("ALTER TABLE accounts_auditseal ENABLE TRIGGER USER")

    assert any("a seal is missing" in str(difference) for difference in verify_seals())


def test_a_row_whose_predecessor_may_still_appear_is_not_sealed_yet() -> None:
    begun, done = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            make_user("slow")
            begun.set()
            done.wait(60)
        connections.close_all()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    assert begun.wait(60)
    make_user("quick")
    try:
        assert seal(NOW) == 0
    finally:
        done.set()
        writer.join(60)

    assert seal_all() == 2
    assert verify_seals() == []


def test_rows_of_an_older_epoch_are_settled_and_the_chain_goes_on() -> None:
    make_user("a")
    begin_epoch(NOW, "restored")
    make_user("b")

    assert seal_all() == 2
    assert verify_seals() == []


def test_many_rows_are_sealed_in_several_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "_ROWS_PER_SEAL", 2)
    for name in "abcde":
        make_user(name)

    assert seal_all() == 5
    assert list(AuditSeal.objects.order_by("pk").values_list("count", flat=True)) == [2, 2, 1]
    assert verify_seals() == []


def test_the_zone_of_a_session_changes_no_digest() -> None:
    make_user("a")
    seal_all()
    with connection.cursor() as cursor:
        cursor.execute("SET timezone = 'Asia/Tokyo'")
    try:
        assert verify_seals() == []
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET timezone = 'UTC'")
