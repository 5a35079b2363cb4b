"""The one thing the record says to whoever listens. Sent by hand, after commit; nothing is sent on save."""

from collections.abc import Iterable

from django.db import transaction
from django.dispatch import Signal

#: Sent with `infusion_ids` (a tuple of bigint keys, ascending) after a commit that changed their record.
record_changed = Signal()


def announce(infusion_ids: Iterable[int]) -> None:
    """Sends `record_changed` once this transaction has committed. A receiver that fails costs nobody else."""
    ids = tuple(sorted(set(infusion_ids)))

    def send() -> None:
        record_changed.send_robust(sender=None, infusion_ids=ids)

    if ids:
        transaction.on_commit(send, robust=True)
