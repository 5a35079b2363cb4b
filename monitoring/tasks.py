"""What the workers run. Each takes ids, reads the clock, makes one call, returns a count, and may run twice
without harm.
"""

from celery import shared_task

from accounts.trail.seals import seal
from config.clock import now, real_now
from monitoring import deliveries, evaluate, heartbeat, watchers


@shared_task(name="monitoring.evaluate_infusions")
def evaluate_infusions(infusion_ids: list[int]) -> int:
    """How many of the infusions were evaluated."""
    return evaluate.evaluate_all(infusion_ids, now())


@shared_task(name="monitoring.sweep")
def sweep() -> int:
    """How many infusions were found that something had missed, or that time itself had changed."""
    return watchers.sweep(now(), real_now())


@shared_task(name="monitoring.escalate")
def escalate() -> int:
    """How many alerts climbed, lapsed or opened again."""
    return watchers.escalate(now(), real_now())


@shared_task(name="monitoring.deliver")
def deliver() -> int:
    """How many messages were handed to their channel."""
    count = deliveries.deliver_due(real_now(), now())
    watchers.watch_the_others(heartbeat.DELIVERY, now(), real_now())
    return count


@shared_task(name="monitoring.seal_audit")
def seal_audit() -> int:
    """How many runs of rows were sealed."""
    count = seal(real_now())
    heartbeat.alive(heartbeat.SEALING, real_now(), sealed=count)
    return count


@shared_task(name="monitoring.beat")
def beat() -> int:
    """One: the timetable runs and a worker took its task."""
    heartbeat.alive(heartbeat.BEAT, real_now())
    return 1
