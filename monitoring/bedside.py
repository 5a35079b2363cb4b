"""A person at the bedside: what they write is stored and judged before they get their answer."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.permissions import Actor
from monitoring import doorbell
from monitoring.evaluate import evaluate_infusion
from monitoring.outcome import Outcome
from tracker import services
from tracker.models import Infusion, Observed, VitalSigns


def record_and_watch(
    actor: Actor,
    infusion: Infusion,
    values: Any,
    now: datetime,
    *,
    given: Sequence[Any] = (),
    paused_at: tuple[datetime, str] | None = None,
) -> tuple[services.Recorded[VitalSigns], Outcome]:
    """The stored set and what the watch made of it. A watch that cannot answer in time costs nothing of the
    set. What was given since, and a pause, are stored with the set or not at all.
    """
    with doorbell.silenced(), transaction.atomic() if given or paused_at else nullcontext():
        recorded = services.record_vitals(actor, infusion, values, now=now)
        changed = set(recorded.infusion_ids)
        for one in given:
            changed |= set(services.record_intervention(actor, infusion, one, now=now).infusion_ids)
        if paused_at is not None:
            at, source_id = paused_at
            paused = services.pause_infusion(actor, infusion, at=at, now=now, source_id=source_id)
            changed |= set(paused.infusion_ids)
    outcome = watch_at_once(infusion.pk, sorted(changed), now)
    return recorded, outcome if recorded.watched else replace(outcome, state="unwatched")


def amend_and_watch(
    actor: Actor, row: Observed, values: Any, *, reason: str, now: datetime
) -> tuple[services.Recorded[Any], Outcome]:
    """The corrected row and what the watch made of it."""
    with doorbell.silenced():
        recorded = services.amend(actor, row, values, reason=reason, now=now)
    return recorded, watch_at_once(row.infusion_id, recorded.infusion_ids, now)


def void_and_watch(
    actor: Actor, row: Observed, *, reason: str, now: datetime
) -> tuple[services.Recorded[Any], Outcome]:
    """The voiding row and what the watch made of it."""
    with doorbell.silenced():
        recorded = services.void(actor, row, reason=reason, now=now)
    return recorded, watch_at_once(row.infusion_id, recorded.infusion_ids, now)


def move_and_watch(
    actor: Actor, row: Observed, infusion: Infusion, *, reason: str, now: datetime
) -> tuple[services.Moved[Any], Outcome]:
    """The reading struck here and entered there, and what the watch made of it where it belongs."""
    with doorbell.silenced():
        moved = services.move(actor, row, infusion, reason=reason, now=now)
    watch_at_once(row.infusion_id, moved.struck.infusion_ids, now)
    return moved, watch_at_once(infusion.pk, moved.entered.infusion_ids, now)


def watch_at_once(infusion_id: int | None, infusion_ids: Iterable[int], now: datetime) -> Outcome:
    """The answer for one infusion, after every infusion whose record changed was evaluated."""
    outcome = Outcome.unwatched(now)
    for changed in infusion_ids:
        answer = evaluate_infusion(changed, now)
        if changed == infusion_id or infusion_id is None:
            outcome = answer
    return outcome
