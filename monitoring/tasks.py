"""What the workers run. Each takes ids, reads the clock, makes one call, returns a count, and may run twice
without harm.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from celery import shared_task

from accounts.actors import system_actor
from accounts.trail import acting
from accounts.trail.seals import seal
from config.clock import now, rate, real_now
from monitoring import (
    auditor,
    backtests,
    canary,
    deadman,
    deliveries,
    evaluate,
    feeds,
    heartbeat,
    trials,
    watchers,
)

Given = ParamSpec("Given")


def _task(name: str) -> Callable[[Callable[Given, int]], Callable[Given, int]]:
    """Makes a task of the function; what it changes is put down to Febris itself."""

    def made(work: Callable[Given, int]) -> Callable[Given, int]:
        @shared_task(name=f"monitoring.{name}")
        @wraps(work)
        def run(*args: Given.args, **options: Given.kwargs) -> int:
            with acting(system_actor("watch"), task=name):
                return work(*args, **options)

        task: Callable[Given, int] = run
        return task

    return made


@_task("evaluate_infusions")
def evaluate_infusions(infusion_ids: list[int]) -> int:
    """How many of the infusions were evaluated."""
    return evaluate.evaluate_all(infusion_ids, now())


@_task("sweep")
def sweep() -> int:
    """How many infusions were found that something had missed, or that time itself had changed."""
    return watchers.sweep(now(), real_now())


@_task("escalate")
def escalate() -> int:
    """How many alerts climbed, lapsed or opened again."""
    return watchers.escalate(now(), real_now())


@_task("deliver")
def deliver() -> int:
    """How many messages were handed to their channel."""
    count = deliveries.deliver_due(real_now(), now())
    if canary.complete():
        deadman.tell_outside()
    watchers.watch_the_others(heartbeat.DELIVERY, now(), real_now())
    return count


@_task("send_trials")
def send_trials() -> int:
    """How many test messages got a receipt."""
    return trials.send_owed(real_now())


@_task("run_backtests")
def run_backtests() -> int:
    """How many patients rule sets were tried on. While some are left it queues again, behind the others."""
    count = backtests.run_next(real_now())
    if count and backtests.is_waiting():
        run_backtests.delay()  # type: ignore[attr-defined]
    return count


@_task("seal_audit")
def seal_audit() -> int:
    """How many runs of rows were sealed."""
    count = seal(real_now())
    heartbeat.alive(heartbeat.SEALING, real_now(), sealed=count)
    return count


@_task("sing")
def sing() -> int:
    """One: the canary's reading went as far as the outbox; the worker that sends takes it from there."""
    return canary.sing(now(), real_now())


@_task("audit")
def audit() -> int:
    """How many things were found that should not be, sending systems gone quiet among them."""
    at = auditor.Moment(now(), real_now(), rate())
    return auditor.audit(at) + feeds.listen(at.now, at.real_now)


@_task("beat")
def beat() -> int:
    """One: the timetable runs and a worker took its task."""
    heartbeat.alive(heartbeat.BEAT, real_now())
    return 1
