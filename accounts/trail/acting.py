"""Under whose name the database writes its trail: a context handed to the statements of a request or task.

The context is complete before the first statement, so its row is inserted once and never updated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db import connection
from pghistory import runtime

if TYPE_CHECKING:
    from accounts.permissions import Actor


class Untracked(str):
    """A fixed statement that changes no tracked table, so that it need not say who acts.

    Handing the context over costs as much as a small statement; every reading pays for each of its own.
    """

    __slots__ = ()


#: What Django itself says between two changes.
_BETWEEN = ("SAVEPOINT ", "RELEASE SAVEPOINT ", "ROLLBACK TO SAVEPOINT ")


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
    outer = getattr(runtime._tracker, "value", None)
    runtime._tracker.value = runtime.Context(id=uuid4(), metadata=trail_names(actor) | more)
    try:
        if outer is None:
            with connection.execute_wrapper(_in_context):
                yield
        else:
            yield
    finally:
        if outer is None:
            del runtime._tracker.value
        else:
            runtime._tracker.value = outer


def _in_context(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    """Runs the statement, preceded by the context where it may reach a tracked table."""
    if isinstance(sql, Untracked) or (isinstance(sql, str) and sql.startswith(_BETWEEN)):
        return execute(sql, params, many, context)
    return runtime._inject_history_context(execute, sql, params, many, context)
