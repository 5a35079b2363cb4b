"""What the lock of a left-alone page must know."""

from dataclasses import dataclass

from django import template
from django.conf import settings

register = template.Library()


@dataclass(frozen=True)
class IdleTimes:
    """Units: seconds."""

    lock_after: int
    warn_before: int


@register.simple_tag
def idle_times() -> IdleTimes:
    """After how long without anybody a page locks, and how long before that it asks."""
    return IdleTimes(
        int(settings.IDLE_LOCK_AFTER.total_seconds()), int(settings.IDLE_WARNING_BEFORE.total_seconds())
    )
