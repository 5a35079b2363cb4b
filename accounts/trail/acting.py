"""Under whose name the database writes its trail: a context handed to every statement of a request or task.

The context is complete before the first statement, so its row is inserted once and never updated.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pghistory
from pghistory import runtime

if TYPE_CHECKING:
    from accounts.permissions import Actor


def trail_names(actor: Actor | None) -> dict[str, str | None]:
    """How the trail names an actor: uuids alone."""
    return {
        "actor": str(actor.user.uuid) if actor and actor.user else None,
        "client": str(actor.client.uuid) if actor else None,
    }


@contextmanager
def acting(actor: Actor | None, **more: Any) -> Iterator[None]:
    """While it is open, every change this thread makes is put down to the actor.

    Opened inside another (a task run in a request's thread) it stands apart and gives way again at its end.
    """
    names = trail_names(actor) | more
    outer = getattr(runtime._tracker, "value", None)
    if outer is None:
        with pghistory.context(**names):
            yield
        return
    runtime._tracker.value = runtime.Context(id=uuid4(), metadata=names)
    try:
        yield
    finally:
        runtime._tracker.value = outer
