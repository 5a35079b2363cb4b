"""Who changed what: append-only tables, the trail of every other change, its seals.

Knows no table of the record. Import it where models may be imported.
"""

from .acting import Untracked, acting, trail_names
from .columns import CurrentEpoch, CurrentXid, XidField
from .grants import grant_application_role
from .seals import Difference, begin_epoch, seal, verify_seals
from .tables import AppendOnly, AuditSeal, Epoch, TrailEvent, append_only_models, track

__all__ = [
    "AppendOnly",
    "AuditSeal",
    "CurrentEpoch",
    "CurrentXid",
    "Difference",
    "Epoch",
    "TrailEvent",
    "Untracked",
    "XidField",
    "acting",
    "append_only_models",
    "begin_epoch",
    "grant_application_role",
    "seal",
    "track",
    "trail_names",
    "verify_seals",
]
