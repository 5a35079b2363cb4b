"""Three-valued logic after Kleene: true, false, and unknown, which is neither.

Knows only truth values; None stands for unknown.
"""

from __future__ import annotations

from collections.abc import Iterable

Truth = bool | None


def all_of(truths: Iterable[Truth]) -> Truth:
    """False as soon as one is false, true only when every one is true, else unknown."""
    known = list(truths)
    if False in known:
        return False
    return None if None in known else True


def any_of(truths: Iterable[Truth]) -> Truth:
    """True as soon as one is true, false only when every one is false, else unknown."""
    known = list(truths)
    if True in known:
        return True
    return None if None in known else False


def not_(truth: Truth) -> Truth:
    """The opposite; the opposite of unknown is unknown."""
    return None if truth is None else not truth
