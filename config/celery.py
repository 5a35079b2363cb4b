"""The Celery application and the one timetable. Tasks are doorbells: they find their work in the database.

Two queues, so that a hanging mail server never stops the watch: `watch` (evaluation, sweep, escalation) and
`slow` (deliveries, exports, replays, mapping, seals).
"""

import os
from datetime import timedelta
from typing import Any

from celery import Celery
from celery.beat import Scheduler
from celery.schedules import schedule
from celery.signals import setup_logging
from django.conf import settings
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("febris")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["monitoring.demo"])

WATCH, SLOW = "watch", "slow"
app.conf.task_queues = (Queue(WATCH), Queue(SLOW))
#: What is not named below waits on `slow`: a new task can never delay the watch by being forgotten here.
app.conf.task_default_queue = SLOW
app.conf.task_routes = {
    "monitoring.evaluate_infusions": {"queue": WATCH},
    "monitoring.sweep": {"queue": WATCH},
    "monitoring.escalate": {"queue": WATCH},
    "monitoring.beat": {"queue": WATCH},
    "monitoring.sing": {"queue": WATCH},
    "monitoring.audit": {"queue": WATCH},
}


_LATER = timedelta(seconds=2)
#: A tick waits so long at least: one that expired before a busy worker came round would never be done.
_KEPT_S = 5.0


class Timetable(Scheduler):
    """The timetable in memory: it keeps no file, and every line is due as soon as beat starts."""

    def setup_schedule(self) -> None:
        """Nothing is known of what ran before, so all of it runs now: a restart is watched at once.

        Deliveries 2 s later: they also ask whether anybody evaluates, which the first ticks then have shown.
        """
        super().setup_schedule()
        for name, entry in self.schedule.items():
            entry.last_run_at = app.now() - timedelta(days=1)
            if name == "deliver":
                assert isinstance(entry.schedule, schedule)
                every: timedelta = entry.schedule.run_every  # type: ignore[attr-defined]
                entry.last_run_at = app.now() - every + min(_LATER, every)


def _every(seconds: float, task: str) -> dict[str, Any]:
    """One line of the timetable. A tick expires with the next: a stopped worker meets one, not a thousand."""
    return {"task": f"monitoring.{task}", "schedule": seconds, "options": {"expires": max(seconds, _KEPT_S)}}


@app.on_after_configure.connect
def keep_time(**_: Any) -> None:
    """The timetable, by the tick of the settings, which are not read before somebody needs them."""
    tick = settings.TICK.total_seconds()
    app.conf.beat_schedule = {
        "sweep": _every(tick, "sweep"),
        "escalate": _every(tick, "escalate"),
        "deliver": _every(tick / 3, "deliver"),
        "send test messages": _every(tick / 3, "send_trials"),
        "run backtests": _every(5, "run_backtests"),
        "seal the audit": _every(60, "seal_audit"),
        "beat": _every(tick, "beat"),
        "send the canary": _every(settings.CANARY_EVERY.total_seconds(), "sing"),
        "audit": _every(settings.AUDIT_EVERY.total_seconds(), "audit"),
    }
    if settings.DEMO:
        app.conf.beat_schedule["feed the demo"] = _every(5, "feed_demo")


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Being connected is enough: Celery then leaves logging as settings.LOGGING has it."""
