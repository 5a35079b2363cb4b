"""The outbox: messages are rows, claimed with a lease, done when the channel accepted them, at least once.

A worker that dies between claim and send loses nothing: the lease runs out and another sends it.
"""

from monitoring.channels import NotDelivered
from monitoring.deliveries.outbox import ATTEMPTS, LEASE, claim
from monitoring.deliveries.receipts import Receipt, mark_seen
from monitoring.deliveries.receipts import receipts as receipts_of
from monitoring.deliveries.sending import deliver_due
from monitoring.deliveries.trying import CodeNotSent, send_code, test_message

__all__ = [
    "ATTEMPTS",
    "LEASE",
    "CodeNotSent",
    "NotDelivered",
    "Receipt",
    "claim",
    "deliver_due",
    "mark_seen",
    "receipts_of",
    "send_code",
    "test_message",
]
