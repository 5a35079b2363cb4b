"""Several evaluators of one infusion, locks that are held too long, and the sweep that heals."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from accounts import statements
from monitoring import evaluate, locking, watchers
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, AlertLog, Evaluation, Watch
from tests.builders import NOW, make_infusion, minutes, record_set

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def somebody_holding(infusion_id: int) -> Iterator[None]:
    """Another connection holds the lock of the watch."""
    holds, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(Watch.objects.select_for_update(no_key=True).filter(pk=infusion_id))
            holds.set()
            done.wait(60)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    assert holds.wait(60)
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_eight_threads_evaluating_one_infusion_raise_one_alert() -> None:
    infusion = make_infusion(started_at=NOW)
    record_set(infusion, NOW + minutes(10), temperature_c="39.5", systolic_mmhg=80, diastolic_mmhg=50)
    together = threading.Barrier(8)
    states: list[str] = []

    def evaluate() -> None:
        together.wait(60)
        states.append(evaluate_infusion(infusion.pk, NOW + minutes(10)).state)
        connections.close_all()

    threads = [threading.Thread(target=evaluate) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(states) <= {"evaluated", "pending"}
    assert "evaluated" in states
    assert sorted(Alert.objects.values_list("problem", flat=True)) == ["crs", "fever", "hypotension", "news2"]
    assert AlertLog.objects.filter(kind="raised").count() == 4
    assert Evaluation.objects.count() == 1


def test_a_lock_that_is_not_had_in_time_leaves_the_reading_safe_and_the_answer_pending(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(locking, "LOCK_TIMEOUT", timedelta(milliseconds=100))
    infusion = make_infusion(started_at=NOW)
    evaluate_infusion(infusion.pk, NOW)
    record_set(infusion, NOW + minutes(10), temperature_c="39.5")
    with somebody_holding(infusion.pk):
        outcome = evaluate_infusion(infusion.pk, NOW + minutes(10))
    assert (outcome.state, outcome.signs) == ("pending", {})
    assert not Alert.objects.exists()


def test_the_sweep_heals_what_was_missed() -> None:
    infusion = make_infusion(started_at=NOW)
    record_set(infusion, NOW + minutes(10), temperature_c="39.5")
    assert watchers.sweep(NOW + minutes(11), NOW) == 1
    assert Alert.objects.filter(infusion=infusion).get().problem == "fever"
    assert watchers.sweep(NOW + minutes(11), NOW) == 0


def test_the_sweep_steps_back_at_once_from_a_watch_that_somebody_holds() -> None:
    infusion = make_infusion(started_at=NOW)
    evaluate_infusion(infusion.pk, NOW)
    record_set(infusion, NOW + minutes(10), temperature_c="39.5")
    with somebody_holding(infusion.pk):
        assert watchers.sweep(NOW + minutes(11), NOW) == 0
    assert watchers.sweep(NOW + minutes(11), NOW) == 1


def test_a_later_reading_is_never_marked_as_seen_unseen() -> None:
    """A writer commits between the moment at which the version is read and the moment at which rows are."""
    infusion = make_infusion(started_at=NOW)
    evaluate_infusion(infusion.pk, NOW)
    record_set(infusion, NOW + minutes(10), temperature_c="36.8")
    real = locking.hold

    def hold_and_then_somebody_writes(infusion_id: int, *, wait: bool) -> locking.Held:
        held = real(infusion_id, wait=wait)
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        return held

    def write() -> None:
        record_set(infusion, NOW + minutes(11), temperature_c="39.5")
        connections.close_all()

    from monitoring import evaluate

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "hold", hold_and_then_somebody_writes)
        evaluate_infusion(infusion.pk, NOW + minutes(11))
    assert not Alert.objects.filter(problem="fever").exists()
    evaluate_infusion(infusion.pk, NOW + minutes(11))
    assert Alert.objects.filter(problem="fever").count() == 1


def test_an_evaluation_in_order_reads_few_rows_whatever_the_length_of_the_record() -> None:
    read = {}
    # Others' readings: no planner reads a small table by its index.
    many_sets(make_infusion(started_at=NOW), 3_000)
    for stored in (100, 10_000):
        infusion = make_infusion(started_at=NOW)
        many_sets(infusion, stored)
        evaluate_infusion(infusion.pk, NOW + minutes(stored / 10))
        record_set(infusion, NOW + minutes(stored / 10 + 1), temperature_c="36.8")
        before = rows_read()
        evaluate_infusion(infusion.pk, NOW + minutes(stored / 10 + 1))
        after = rows_read()
        read[stored] = {
            table: count - before[table] for table, count in after.items() if count > before[table]
        }
    assert max(sum(tables.values()) for tables in read.values()) <= 200, str(read)


def many_sets(infusion: object, count: int) -> None:
    """Normal sets, six seconds apart, written in one statement with their changes."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(
            """
            WITH client AS (SELECT id FROM accounts_client LIMIT 1), infusion AS (
                SELECT id, patient_id, started_at FROM tracker_infusion WHERE id = %(id)s
            ), sets AS (
                INSERT INTO tracker_vitalsigns (uuid, patient_id, infusion_id, measured_at, recorded_at,
                    client_id, measured_offset_min, source_id, source_version, content_hash, void, reason,
                    temperature_typed, temperature_unit, temperature_c, temperature_site, absent, verified,
                    raw, note, position,
                    oxygen_device, consciousness, rigors, concern, bp_unrecordable, crossed, epoch, xid)
                SELECT gen_random_uuid(), i.patient_id, i.id, i.started_at + n * interval '6 seconds',
                    i.started_at + n * interval '6 seconds', c.id, 0, 'many-' || i.id || '-' || n, 1, n::text,
                    false, '', '', '', 36.8, '', '{}', '[]', '{}', '', '', '', '', '', '', false, false,
                    febris_epoch(), pg_current_xact_id()
                FROM generate_series(1, %(count)s) n, client c, infusion i RETURNING id, measured_at
            ), bumped AS (
                UPDATE tracker_record SET version = version + 1 WHERE infusion_id = %(id)s RETURNING version
            )
            INSERT INTO tracker_record_change
                (infusion_id, version, measured_at, table_name, row_id, epoch, xid)
            SELECT %(id)s, b.version, s.measured_at, 'tracker_vitalsigns', s.id, febris_epoch(),
                pg_current_xact_id()
            FROM sets s, bumped b
            """,
            {"id": infusion.pk, "count": count},  # type: ignore[attr-defined]
        )
        cursor.execute("ANALYZE")


def rows_read() -> dict[str, int]:
    """Rows that were read from each table of ours so far, by scans and by indexes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            """SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables
                WHERE relname LIKE 'tracker%' OR relname LIKE 'monitoring%'"""
        )
        return dict(cursor.fetchall())


@pytest.mark.parametrize(
    ("temperature", "waits"),
    [
        pytest.param("36.8", "off", id="nothing was said, and the sweep would look again"),
        pytest.param("39.5", "on", id="an alert was raised"),
    ],
)
def test_only_a_look_that_said_something_waits_for_the_disk(
    temperature: str, waits: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    infusion = make_infusion(started_at=NOW)
    record_set(infusion, NOW + minutes(10), temperature_c=temperature)
    modes: list[str] = []

    def execute_last(statement: str, values: statements.Values = ()) -> None:
        statements.execute(statement, values)
        modes.extend(mode for (mode,) in statements.fetch("SELECT current_setting('synchronous_commit')"))

    monkeypatch.setattr(evaluate, "execute_last", execute_last)
    assert evaluate_infusion(infusion.pk, NOW + minutes(10)).state == "evaluated"
    assert modes == [waits]


def test_a_look_within_another_transaction_leaves_that_one_waiting_for_the_disk() -> None:
    infusion = make_infusion(started_at=NOW)
    record_set(infusion, NOW + minutes(10), temperature_c="36.8")
    with transaction.atomic():
        evaluate_infusion(infusion.pk, NOW + minutes(10))
        assert statements.fetch("SELECT current_setting('synchronous_commit')") == [("on",)]
