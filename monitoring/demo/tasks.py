"""The task by which the demo's monitors send. Beat has it in its timetable in the demo alone."""

from celery import shared_task
from django.conf import settings

from config.clock import now, real_now
from monitoring.demo.feed import feed
from monitoring.demo.state import read_state


@shared_task(name="monitoring.feed_demo")
def feed_demo() -> int:
    """How many new readings were posted."""
    state = read_state(settings.DATA_DIR)
    curtain = state.curtain() if state is not None else None
    return feed(curtain, real_now(), now()) if curtain is not None else 0
