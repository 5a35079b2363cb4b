"""Who somebody is: users, memberships, where they are reached, sending systems, their tokens, signatures; the
trail's own tables.
"""

from accounts.trail import AuditSeal, Epoch

from .clients import ApiToken, Client, ClientKind
from .contacts import ContactKind, ContactPoint, Verified
from .people import Membership, User, every_site_id
from .signatures import Signature

__all__ = [
    "ApiToken",
    "AuditSeal",
    "Client",
    "ClientKind",
    "ContactKind",
    "ContactPoint",
    "Epoch",
    "Membership",
    "Signature",
    "User",
    "Verified",
    "every_site_id",
]
