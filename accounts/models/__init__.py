"""Who somebody is: users, memberships, sending systems, their tokens, signatures; the trail's own tables."""

from accounts.trail import AuditSeal, Epoch

from .clients import ApiToken, Client, ClientKind
from .people import Membership, User, every_site_id
from .signatures import Signature

__all__ = [
    "ApiToken",
    "AuditSeal",
    "Client",
    "ClientKind",
    "Epoch",
    "Membership",
    "Signature",
    "User",
    "every_site_id",
]
