"""Who changed what: append-only tables, the trail of every other change, its seals.

Knows no table of the record. Import it where models may be imported.
"""

from .columns import CurrentEpoch, CurrentXid, XidField
from .tables import AppendOnly, AuditSeal, Epoch, TrailEvent, append_only_models, track

__all__ = [
    "AppendOnly",
    "AuditSeal",
    "CurrentEpoch",
    "CurrentXid",
    "Epoch",
    "TrailEvent",
    "XidField",
    "append_only_models",
    "track",
]
