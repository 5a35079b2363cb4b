"""Studies, their arms, and the sites where they run."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accounts.permissions import Actor
from tracker.models import Arm, Site, Study, StudySite


def create_site(
    actor: Actor,
    *,
    now: datetime,
    code: str,
    name: str,
    time_zone: str = "UTC",
    languages: Sequence[str] = ("en",),
) -> Site:
    """Stores a site."""
    raise NotImplementedError


def create_study(
    actor: Actor, *, now: datetime, protocol_number: str, version: str, product: str, **details: Any
) -> Study:
    """Stores a study. `details` are further columns of Study."""
    raise NotImplementedError


def update_study(actor: Actor, study: Study, *, now: datetime, **changes: Any) -> Study:
    """Changes a study, its limits or its gates."""
    raise NotImplementedError


def join_study(actor: Actor, study: Study, site: Site, *, now: datetime) -> StudySite:
    """Makes the site take part in the study."""
    raise NotImplementedError


def create_arm(actor: Actor, study: Study, *, now: datetime, code: str, **details: Any) -> Arm:
    """Stores an arm. `details` are further columns of Arm."""
    raise NotImplementedError
