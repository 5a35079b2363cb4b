"""The only clock of clinical time, and the real one beside it. Imports nothing of ours.

Only doors (views, commands, tasks, receivers) read it; everything below is handed `now`.
"""

import os
from datetime import UTC, datetime

_RATE_VARIABLE = "CLOCK_RATE"
_ANCHOR_VARIABLE = "CLOCK_ANCHOR"


class ClockError(ValueError):
    """The clock's settings cannot be read; the message names the variable."""


def real_now() -> datetime:
    """The wall clock, aware and in UTC: for heartbeats, leases, tokens and sessions."""
    return datetime.now(UTC)  # noqa: TID251 - the one place


def _anchor() -> tuple[datetime, float] | None:
    anchor = os.environ.get(_ANCHOR_VARIABLE)
    if not anchor:
        return None
    try:
        moment = datetime.fromisoformat(anchor)
        rate = float(os.environ.get(_RATE_VARIABLE) or "1")
    except ValueError as error:
        raise ClockError(
            f"{_ANCHOR_VARIABLE} and {_RATE_VARIABLE} must be a time and a number: {error}"
        ) from error
    if moment.tzinfo is None or not rate > 0:
        raise ClockError(f"{_ANCHOR_VARIABLE} needs an offset and {_RATE_VARIABLE} must be above 0")
    return moment, rate


def is_simulated() -> bool:
    """True when clinical time runs from an anchor at a rate: the demo and the sandbox only."""
    return _anchor() is not None


def now() -> datetime:
    """Clinical time, aware and in UTC: real, or running from `CLOCK_ANCHOR` at `CLOCK_RATE`."""
    anchored = _anchor()
    if anchored is None:
        return real_now()
    moment, rate = anchored
    return moment + (real_now() - moment) * rate


def rate() -> float:
    """How many seconds of clinical time pass in one real second: 1 outside the demo and the sandbox."""
    anchored = _anchor()
    return 1.0 if anchored is None else anchored[1]
