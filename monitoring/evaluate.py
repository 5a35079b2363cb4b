"""The only way to evaluate an infusion. Safe to run any number of times, by anybody, at any moment.

It locks the watch, reads the version before anything else, gathers exactly the changes up to it, thinks,
applies, and writes that version back: a later reading can never be marked as seen unseen. Whatever goes wrong
here never costs a reading.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import OperationalError, connection, transaction
from django.db.models import prefetch_related_objects
from psycopg import errors

from accounts.statements import execute, execute_last, fetch
from accounts.trail import Untracked
from monitoring import alerts, overlaps, rule_sets
from monitoring.alert_rows import value_of
from monitoring.core import state_data
from monitoring.core.findings import Priority
from monitoring.core.state import CORE_VERSION
from monitoring.deciding import Hook, decide
from monitoring.gathering import Tables, gather, schedule_of
from monitoring.judgement import Judgement, Kept, episodes_text, judge, kept_episodes
from monitoring.locking import Held, Window, hold
from monitoring.models import Alert, Checkpoint, Condition, DueObservation, Response
from monitoring.models.alerts import SHOWN
from monitoring.outcome import Outcome, outcome_as_stored, outcome_of, signs_data
from monitoring.rule_sets import Book
from monitoring.timeline import Gathered
from tracker.models import Infusion, Patient, Phase
from tracker.statements import columns_of, row_of

__all__ = ["Outcome", "evaluate_all", "evaluate_infusion"]

log = logging.getLogger(__name__)

#: After the planned end and this, an infusion without a stop is asked about.
STOP_ASKED_AFTER = timedelta(minutes=30)
STOP_NOT_RECORDED = "stop_not_recorded"

#: So many events are thought about for longer than PostgreSQL lets a transaction be idle.
MANY_EVENTS = 1_000
THINK_LONGER = Untracked("SET LOCAL idle_in_transaction_session_timeout = '120s'")

#: The watch as it now stands, and the log of the look: one statement, because every reading pays for it. A
#: null leaves a text as it is. A look that said nothing new does not wait for the disk: lost in a crash, the
#: sweep finds the record ahead of its watch and looks again.
STORE = Untracked("""
WITH logged AS (
    INSERT INTO monitoring_evaluation
           (epoch, xid, infusion_id, version, evaluated_at, rule_sets, overrides, core_version, rules_failed,
            watch_hours)
    VALUES (febris_epoch(), pg_current_xact_id(), %(infusion_id)s, %(version)s, %(evaluated_at)s,
            %(rule_sets)s, %(overrides)s, %(core_version)s, %(rules_failed)s, %(watch_hours)s)
)
UPDATE monitoring_watch
   SET seen_version = %(seen_version)s, next_due_at = %(next_due_at)s, state = %(state)s,
       through = %(through)s, core_version = %(core_version)s, rule_book = %(rule_book)s,
       opened_at = %(opened_at)s, closes_at = %(closes_at)s, course = coalesce(%(course)s, course),
       taken = coalesce(%(taken)s, taken), awaited = coalesce(%(awaited)s, awaited),
       next_set_reason = %(next_set_reason)s, episodes = coalesce(%(episodes)s, episodes),
       has_alerts = %(has_alerts)s, signs = coalesce(%(signs)s, signs),
       next_set_due_at = %(next_set_due_at)s, overdue_since = %(overdue_since)s,
       rules_failed = %(rules_failed)s, evaluated_at = %(evaluated_at)s
 WHERE infusion_id = %(infusion_id)s
RETURNING CASE WHEN NOT %(waits)s THEN set_config('synchronous_commit', 'off', true) END
""")


#: The alerts near an evaluation. Composing the same by Django, and planning it anew, took a third of the time
#: of a reading beside a standing alert.
ALERTS = f"""
SELECT {columns_of(Alert, "a")} FROM monitoring_alert a
 WHERE a.patient_id = %(patient)s AND a.infusion_id = ANY(%(infusions)s::bigint[])
   AND a.condition <> '{Condition.RETRACTED.value}'
   AND (%(since)s::timestamptz IS NULL OR a.response <> '{Response.CLOSED.value}'
        OR a.raised_at = ANY(%(begun)s::timestamptz[])
        OR a.cleared_at IS NULL OR a.cleared_at > %(since)s::timestamptz)
 ORDER BY a.raised_at, a.id FOR NO KEY UPDATE
"""  # noqa: S608 - only names of our own are put in


def evaluate_infusion(infusion_id: int, now: datetime, *, wait: bool = True) -> Outcome:
    """What the watch says after looking at everything that the record holds now.

    Without `wait` it steps back at once from a watch that somebody else holds. A watch that cannot be had in
    time, and a judgement that fails, are `pending`: the sweep looks again.
    """
    try:
        with transaction.atomic():
            return _evaluate(infusion_id, now, wait=wait)
    except OperationalError as error:
        if isinstance(
            error.__cause__, errors.LockNotAvailable | errors.QueryCanceled | errors.DeadlockDetected
        ):
            return Outcome.pending(now)
        raise
    except Exception as error:
        log.exception("the record of infusion %s could not be judged", infusion_id)
        _report_failure(infusion_id, error, now)
        return Outcome.pending(now)


def evaluate_all(infusion_ids: Iterable[int], now: datetime) -> int:
    """How many of the infusions were evaluated; the others are pending and the sweep's."""
    return sum(evaluate_infusion(number, now).state != "pending" for number in sorted(set(infusion_ids)))


def _evaluate(infusion_id: int, now: datetime, *, wait: bool) -> Outcome:
    held = hold(infusion_id, wait=wait)
    book = rule_sets.book(held.rule_set_ids, held.override_ids)
    if not _has_work(held, book, now):
        return outcome_as_stored(held, now)
    gathered, resume, turn = gather(Tables(), held, book)
    if len(gathered.events) > MANY_EVENTS:
        execute(THINK_LONGER)
    as_of = max(at for at in (now, held.evaluated_at, gathered.recorded_at) if at is not None)
    is_late = turn is not None or resume.through != held.through
    known = schedule_of(Tables(), held, book, gathered, resume)
    judgement = judge(resume, gathered.events, book.rules, known, turn, as_of)
    rows, changed = _reconcile(held, book, judgement, gathered, as_of)
    # Within somebody else's transaction there is more to be lost than a look.
    waits = _ask_for_stop(held, now) or bool(changed) or bool(connection.savepoint_ids)
    _store(held, book, judgement, as_of, is_late=is_late, has_alerts=bool(rows), waits=waits)
    return outcome_of(held, judgement, rows, changed, as_of)


def _has_work(held: Held, book: Book, now: datetime) -> bool:
    return (
        held.version > held.seen_version
        or held.rule_book != book.identity
        or held.core_version != CORE_VERSION
        or (held.next_due_at is not None and held.next_due_at <= now)
    )


def _reconcile(
    held: Held,
    book: Book,
    judgement: Judgement,
    gathered: Gathered,
    as_of: datetime,
) -> tuple[list[Alert], list[Alert]]:
    """The alerts of the infusion that stand or wait for people, and those that this evaluation changed."""
    own = _window(held, judgement)
    beside = overlaps.overlapping(own, held.siblings)
    near = [own, *beside]
    since = None if beside else judgement.since
    begun = {episode.raised_at for episode in judgement.episodes}
    rows = _rows(held, book, near, since, begun) if held.has_alerts or beside else []
    values = [value_of(row) for row in rows]
    decided = decide(
        own,
        beside,
        judgement,
        values,
        over=Tables().over([window.infusion_id for window in near]) if beside else {},
        stored=held.episodes,
        book=book,
        known_at=gathered.known_at,
        first_of=gathered.first_of,
        as_of=as_of,
    )
    silent = held.historical or judgement.is_over
    patient = Patient(pk=held.patient_id, uuid=held.patient_uuid)

    def place(hook: Hook) -> alerts.Place:
        on = hook.on
        infusion = Infusion(pk=on.infusion_id, uuid=on.uuid, site_id=on.site_id, study_id=on.study_id)
        return alerts.Place(patient, infusion, silent, tuple(other.uuid for other in hook.others))

    started = judgement.watched.state.started_at or as_of
    rules = book.rules.in_force(started).rule_set.rules
    changed = alerts.apply_decisions(
        decided.decisions,
        {str(row.pk): row for row in rows},
        place_of=lambda episode: place(decided.hook_of(episode)),
        rules=rules,
        book=book,
        at=as_of,
    )
    for row in rows:
        hook = decided.hooks.get((row.problem, row.raised_at))
        if hook is not None and row.condition != Condition.RETRACTED and alerts.hang(row, place(hook), as_of):
            changed = _with(changed, [row])
    return _with(rows, changed), changed


def _with(rows: list[Alert], more: Iterable[Alert]) -> list[Alert]:
    known = {row.pk for row in rows}
    return rows + [row for row in more if row.pk not in known]


def _window(held: Held, judgement: Judgement) -> Window:
    state = judgement.watched.state
    return Window(
        held.infusion_id, held.uuid, held.site_id, held.study_id, state.started_at, judgement.watched.ends_at
    )


def _rows(
    held: Held, book: Book, windows: list[Window], since: datetime | None, begun: set[datetime]
) -> list[Alert]:
    """The alerts of these watches that were not over before `since` or that `begun` at one of these moments,
    and those that still wait for people; locked against them, and with what showing them needs.
    """
    uuids = {window.infusion_id: window.uuid for window in windows}
    asked = {"patient": held.patient_id, "infusions": [*uuids], "since": since, "begun": sorted(begun)}
    rows = [row_of(Alert, values) for values in fetch(ALERTS, asked)]
    rules = {row.pk: row for row in book.rows}
    known = {row.pk: row for row in rows}
    patient = Patient(pk=held.patient_id, uuid=held.patient_uuid)
    for row in rows:
        row.patient = patient
        row.infusion = Infusion(pk=row.infusion_id, uuid=uuids[row.infusion_id or 0])
        if row.rule_set_id in rules:
            row.rule_set = rules[row.rule_set_id]
        if row.explained_by_id in known:
            row.explained_by = known[row.explained_by_id]
    for name in SHOWN:
        missing = [row for row in rows if getattr(row, f"{name}_id") is not None and not _is_known(row, name)]
        if missing:
            prefetch_related_objects(missing, name)
    return rows


def _is_known(row: Alert, name: str) -> bool:
    return name in row._state.fields_cache


def _store(
    held: Held,
    book: Book,
    judgement: Judgement,
    as_of: datetime,
    *,
    is_late: bool,
    has_alerts: bool,
    waits: bool,
) -> None:
    """The state, the checkpoints, the due rows, the summary for screens, and what was looked at. `waits` for
    the disk: what was said of an alert must not be lost.
    """
    watched, plan, overdue = judgement.watched, judgement.schedule, judgement.overdue
    kept = kept_episodes(held.episodes, judgement)
    _store_checkpoints(held, judgement, kept, is_late=is_late)
    if judgement.new_dues:
        DueObservation.objects.bulk_create(
            DueObservation(
                infusion_id=held.infusion_id,
                recorded_at=due.recorded_at,
                what=due.what,
                due_at=due.due_at,
                grace=due.grace,
                opens_at=due.opens_at,
                reason=due.reason,
            )
            for due in judgement.new_dues
        )
    still = [gap.overdue_at for gap in overdue.gaps if gap.answered_at is None] if overdue else []
    watching = not judgement.is_over
    awaited = overdue.next_due if overdue and watching else None
    signs = signs_data(judgement)
    texts = {
        "course": _text(plan.course) if plan else "",
        "taken": _text(plan.taken) if plan else "[]",
        "awaited": _text(plan.dues) if plan else "",
        "episodes": episodes_text(kept.with_watch),
    }
    stored = {
        "infusion_id": held.infusion_id,
        "version": held.version,
        "watch_hours": held.watch_hours,
        "seen_version": max(held.version, held.seen_version),
        "next_due_at": _next_look(held, judgement, as_of),
        "state": _text(state_data.to_data(watched.state)),
        "through": watched.state.through,
        "core_version": CORE_VERSION,
        "rule_book": book.identity,
        "opened_at": watched.state.started_at,
        "closes_at": watched.ends_at,
        "has_alerts": held.has_alerts or has_alerts,
        "signs": None if signs == held.signs else _text(signs),
        "next_set_due_at": awaited.due_at if awaited else None,
        "next_set_reason": awaited.reason if awaited else "",
        "overdue_since": min(still, default=None) if watching else None,
        "rules_failed": _text(watched.rules_failed),
        "evaluated_at": as_of,
        "rule_sets": _text(held.rule_set_ids),
        "overrides": _text(held.override_ids),
        "waits": waits,
    }
    stored |= {name: None if text == getattr(held, name) else text for name, text in texts.items()}
    execute_last(STORE, stored)


def _store_checkpoints(held: Held, judgement: Judgement, kept: Kept, *, is_late: bool) -> None:
    """Keeps one state per hour of infusion time, with the episodes that it saw end; those that a late event
    has made untrue go.
    """
    if is_late and held.state:
        later = Checkpoint.objects.filter(infusion_id=held.infusion_id)
        if judgement.since is not None:
            later = later.filter(through__gt=judgement.since)
        later.delete()
    points = [(point.state.through, point.state) for point in judgement.watched.checkpoints]
    if points:
        Checkpoint.objects.bulk_create(
            [
                Checkpoint(
                    infusion_id=held.infusion_id,
                    through=through,
                    core_version=CORE_VERSION,
                    state=_text(state_data.to_data(state)),
                    over=episodes_text(kept.with_checkpoint.get(through, ())),
                )
                for through, state in points
                if through is not None
            ],
            ignore_conflicts=True,
        )


def _next_look(held: Held, judgement: Judgement, as_of: datetime) -> datetime | None:
    """When time alone may change something: the fold, the schedule, or the question for a missing stop."""
    asks_at = _asks_for_stop_at(held)
    moments = [judgement.next_due_at, asks_at if asks_at is not None and asks_at > as_of else None]
    return min((at for at in moments if at is not None), default=None)


def _asks_for_stop_at(held: Held) -> datetime | None:
    if (
        held.historical
        or held.started_at is None
        or held.stopped_at is not None
        or held.planned_end_at is None
    ):
        return None
    return None if held.phase == Phase.CANCELLED else held.planned_end_at + STOP_ASKED_AFTER


def _ask_for_stop(held: Held, now: datetime) -> bool:
    """While no stop is recorded the watch stays open; after the planned end somebody is asked. True when an
    alert about that was looked at.
    """
    about = str(held.uuid)
    asks_at = _asks_for_stop_at(held)
    if asks_at is not None and asks_at <= now:
        infusion = Infusion.objects.select_related("site", "study").get(pk=held.infusion_id)
        alerts.raise_system_alert(
            STOP_NOT_RECORDED, about=about, infusion=infusion, now=now, priority=Priority.MEDIUM
        )
        return True
    if held.stopped_at is not None and held.state and held.closes_at is None:
        alerts.clear_system_alert(STOP_NOT_RECORDED, about=about, now=now)
        return True
    return False


def _text(data: Any) -> str:
    return msgspec.json.encode(data).decode()


def _report_failure(infusion_id: int, error: Exception, now: datetime) -> None:
    """Says aloud that a record could not be judged; never raises, because the reading is stored and safe."""
    try:
        infusion = Infusion.objects.select_related("site", "study").get(pk=infusion_id)
        alerts.raise_system_alert(
            "evaluation_failed",
            about=str(infusion.uuid),
            infusion=infusion,
            detail={"error": type(error).__name__},
            now=now,
        )
    except Exception:
        log.exception("nor could that be said")
