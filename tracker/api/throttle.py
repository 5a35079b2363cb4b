"""How many requests one caller may send: a leaky bucket per caller, in this process's own memory.

No shared store on purpose: a frozen Redis must never hold up a reading. With n web processes a caller may
send n times as much.
"""

from dataclasses import dataclass, field
from math import ceil
from threading import Lock
from time import monotonic

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.permissions import Actor
from tracker.api.problems import Problem

#: How much of the minute's allowance may come at once.
BURST_SECONDS = 10


@dataclass
class Bucket:
    """What one caller has poured in and not yet leaked; `level` counts requests."""

    rate_per_s: float
    capacity: float
    levels: dict[tuple[str, int], tuple[float, float]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def wait(self, caller: tuple[str, int], at: float) -> float:
        """Seconds until the caller may go on; 0 when this request is let through."""
        with self.lock:
            level, since = self.levels.get(caller, (0.0, at))
            level = max(0.0, level - (at - since) * self.rate_per_s) + 1
            if level > self.capacity:
                return (level - self.capacity) / self.rate_per_s
            self.levels[caller] = (level, at)
            return 0.0


def bucket_of(per_minute: int) -> Bucket:
    """An empty bucket for so many requests a minute."""
    return Bucket(rate_per_s=per_minute / 60, capacity=max(1.0, per_minute / 60 * BURST_SECONDS))


_bucket = bucket_of(settings.API_REQUESTS_PER_MINUTE)


def let_through(actor: Actor) -> None:
    """Counts one request of the caller.

    Raises: Problem (429) that says when to come back.
    """
    caller = ("user", actor.user.pk) if actor.user is not None else ("client", actor.client.pk)
    if wait := _bucket.wait(caller, monotonic()):
        detail = _("Too many requests; come back in %(seconds)d s.") % {"seconds": ceil(wait)}
        raise Problem.of_status(429, detail, {"Retry-After": str(ceil(wait))})
