"""Rings for the workers without ever making the caller wait: a bounded queue and one thread that publishes.

A doorbell only makes somebody look sooner. When the broker is frozen, gone or slow the queue fills and rings
are dropped: the sweep finds the same work in the database. Nothing here may raise into a request.
"""

import logging
import os
import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

log = logging.getLogger(__name__)

#: Infusions waiting to be rung for, and how many one message carries.
WAITING, BATCH = 10_000, 500

#: In the place of an infusion's number: the outbox has something to send. A ring that is late is dropped.
MESSAGES, GOOD_FOR_S = 0, 15

_rings: queue.Queue[int] = queue.Queue(WAITING)
_starting = threading.Lock()
_ringer: tuple[int, threading.Thread] | None = None
_silenced: ContextVar[bool] = ContextVar("doorbell_silenced", default=False)


def ring(infusion_ids: Iterable[int]) -> int:
    """How many of the infusions were put in the queue: fewer when it is full. Never blocks."""
    _ensure_ringer()
    rung = 0
    for infusion_id in infusion_ids:
        try:
            _rings.put_nowait(infusion_id)
        except queue.Full:
            log.warning("the doorbell's queue is full; the sweep will find what was not rung for")
            break
        rung += 1
    return rung


def ring_for_messages() -> None:
    """Rings for who sends: messages were committed. Never blocks."""
    ring([MESSAGES])


@contextmanager
def silenced() -> Iterator[None]:
    """Within it a changed record does not ring, because the caller evaluates at once."""
    token = _silenced.set(True)
    try:
        yield
    finally:
        _silenced.reset(token)


def on_record_changed(sender: Any, infusion_ids: Iterable[int], **_: Any) -> None:
    """Rings for the infusions of a record that changed, unless the caller looks itself."""
    if not _silenced.get():
        ring(infusion_ids)


def _ensure_ringer() -> None:
    """Starts the thread in this process; a fork leaves its parent's thread behind, so the process is
    compared.
    """
    global _ringer
    if _ringer is not None and _ringer[0] == os.getpid() and _ringer[1].is_alive():
        return
    with _starting:
        if _ringer is None or _ringer[0] != os.getpid() or not _ringer[1].is_alive():
            thread = threading.Thread(target=_publish_for_ever, name="doorbell", daemon=True)
            _ringer = (os.getpid(), thread)
            thread.start()


def _publish_for_ever() -> None:
    while True:
        batch = {_rings.get()}
        while len(batch) < BATCH:
            try:
                batch.add(_rings.get_nowait())
            except queue.Empty:
                break
        try:
            publish(sorted(batch))
        except Exception:
            log.exception("the broker did not take a ring; the sweep will find the work")


def publish(infusion_ids: list[int]) -> None:
    """Hands the task to the broker. Only the ringing thread calls this: a frozen broker holds it."""
    from monitoring.tasks import deliver, evaluate_infusions

    if MESSAGES in infusion_ids:
        deliver.apply_async(expires=GOOD_FOR_S)  # type: ignore[attr-defined]
    if infusions := [number for number in infusion_ids if number != MESSAGES]:
        evaluate_infusions.delay(infusions)  # type: ignore[attr-defined]
