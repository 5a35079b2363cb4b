"""Everything that is made to fail, one fault at a time: its beginning, what must be said of it, its end."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.stack.shape import Shape
from tests.stack.sinks import Mood

#: What must be said by when, wherever the watch is impaired. Source: the promise that people are told.
SAID_WITHIN_S = 60.0

Act = Callable[[Shape], None]


@dataclass(frozen=True)
class Fault:
    """`says` are the reasons of which one must be given; without any, nobody must be able to answer at all.

    `lasts_s` is how long it lasts at least where time is not short.
    """

    name: str
    begin: Act
    end: Act
    says: frozenset[str] = frozenset()
    lasts_s: float = 0.0


def killed(service: str, *says: str) -> Fault:
    """`kill -9`, and started again."""
    return Fault(
        f"{service} killed", lambda shape: shape.kill(service), lambda shape: shape.revive(), frozenset(says)
    )


def frozen(service: str, *says: str) -> Fault:
    """SIGSTOP, and SIGCONT: it holds its connections, its locks and its messages."""
    return Fault(
        f"{service} frozen",
        lambda shape: shape.freeze(service),
        lambda shape: shape.thaw(service),
        frozenset(says),
    )


def stopped(service: str, lasts_s: float, *says: str) -> Fault:
    """An orderly stop, and started again; Redis keeps nothing, so that it comes back empty."""
    return Fault(
        f"{service} stopped",
        lambda shape: shape.stop(service),
        lambda shape: shape.revive(),
        frozenset(says),
        lasts_s,
    )


def mail(mood: Mood, *says: str) -> Fault:
    """A mail server that does not take what it should."""
    return Fault(
        f"SMTP {mood.value}",
        lambda shape: setattr(shape.mail, "mood", mood),
        lambda shape: setattr(shape.mail, "mood", Mood.TAKES),
        frozenset(says),
    )


def webhook(mood: Mood, *says: str) -> Fault:
    """A receiver of webhooks that does not take what it should."""
    return Fault(
        f"webhook {mood.value}",
        lambda shape: setattr(shape.receiver, "mood", mood),
        lambda shape: setattr(shape.receiver, "mood", Mood.TAKES),
        frozenset(says),
    )


EVALUATION, DELIVERY, BEAT = "evaluation_stale", "delivery_stale", "beat_stale"
FAILED, FAILING, UNHEARD = "deliveries_failed", "deliveries_failing", "webhooks_failing"
DATABASE = "database_silent"

#: One of each kind.
FAULTS = (
    killed("worker-watch", EVALUATION),
    frozen("worker-slow", DELIVERY),
    killed("beat", BEAT),
    frozen("beat", BEAT),
    killed("web"),
    frozen("web"),
    stopped("redis", 60.0, EVALUATION, BEAT),
    stopped("postgres", 5.0, DATABASE),
    webhook(Mood.REFUSES, UNHEARD),
    webhook(Mood.HANGS, UNHEARD),
    mail(Mood.REFUSES, FAILED),
    mail(Mood.HANGS, FAILING),
)
#: The same of the other worker, and what differs little.
MORE_FAULTS = (
    frozen("worker-watch", EVALUATION),
    killed("worker-slow", DELIVERY),
    frozen("redis", EVALUATION, BEAT),
    killed("postgres", DATABASE),
)
