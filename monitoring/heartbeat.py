"""Signs of life: each part that watches writes down when it last finished, in real time. Knows no record."""

from datetime import datetime
from typing import Any

from monitoring.models import Heartbeat

EVALUATION, DELIVERY, BEAT, SEALING = "evaluation", "delivery", "beat", "sealing"
AUDITOR = "auditor"
#: The canary's last completed pass, the last as far as the outbox, and its last word to the outside.
CANARY, CANARY_HEARD, PING = "canary", "canary_heard", "ping"


def alive(name: str, now: datetime, **detail: Any) -> None:
    """Writes down that the part has just done its work."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=now, detail=detail)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at", "detail"],
    )
