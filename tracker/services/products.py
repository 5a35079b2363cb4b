"""Cells: a collection, its activation and arming, and the bags they were filled into."""

from datetime import datetime
from typing import Any

from accounts.permissions import Actor
from tracker.models import Bag, CellProduct, Subject


def create_product(
    actor: Actor, subject: Subject, *, now: datetime, collection_id: str, **details: Any
) -> CellProduct:
    """Stores a product of the subject. `details` are further columns of CellProduct."""
    raise NotImplementedError


def update_product(actor: Actor, product: CellProduct, *, now: datetime, **changes: Any) -> CellProduct:
    """Changes a product."""
    raise NotImplementedError


def add_bag(
    actor: Actor, product: CellProduct, *, now: datetime, label: str, lot: str, **details: Any
) -> Bag:
    """Stores a bag. `details` are further columns of Bag."""
    raise NotImplementedError


def update_bag(actor: Actor, bag: Bag, *, now: datetime, **changes: Any) -> Bag:
    """Changes a bag that no infusion has used."""
    raise NotImplementedError
