"""Who somebody is: users, memberships, where they are reached, sending systems, their tokens, signatures; the
devices of wards and who comes back to them; emergency access; the trail's own tables.
"""

from accounts.trail import AuditSeal, Epoch

from .clients import ApiToken, Client, ClientKind
from .contacts import ContactKind, ContactPoint, Verified
from .emergencies import SHORTEST_REASON, EmergencyAccess, EmergencyStep
from .people import Membership, User, every_site_id, sites_of
from .signatures import Signature
from .wards import KEEPERS, Ended, Pin, Presence, WardDevice

__all__ = [
    "KEEPERS",
    "SHORTEST_REASON",
    "ApiToken",
    "AuditSeal",
    "Client",
    "ClientKind",
    "ContactKind",
    "ContactPoint",
    "EmergencyAccess",
    "EmergencyStep",
    "Ended",
    "Epoch",
    "Membership",
    "Pin",
    "Presence",
    "Signature",
    "User",
    "Verified",
    "WardDevice",
    "every_site_id",
    "sites_of",
]
