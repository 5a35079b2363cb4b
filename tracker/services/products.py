"""Cells: a collection, its activation and arming, and the bags they were filled into."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor
from tracker.errors import Refused
from tracker.models import Bag, CellProduct, Subject

from .infusions import require_cells
from .patients import apply_changes, save_checked

_PRODUCT = frozenset(
    {
        "name", "source", "donor_id", "collected_at", "collected_cells_e9", "activation_started_at",
        "activation_ended_at", "armed_at", "arming_antibody_ug", "arming_cells_e9",
    }
)  # fmt: skip
_BAG = frozenset({"lot", "cells_e9", "viability_percent", "volume_ml", "released_on", "expires_at"})


def _require_known(details: dict[str, Any], known: frozenset[str]) -> None:
    for name in set(details) - known:
        raise Refused.at(name, "unknown_field", _("There is no such part."))


def create_product(
    actor: Actor, subject: Subject, *, now: datetime, collection_id: str, **details: Any
) -> CellProduct:
    """Stores a product of the subject. `details` are further columns of CellProduct."""
    actor.require(Act.WRITE_PRODUCT, subject.site_id, subject.study_id)
    _require_known(details, _PRODUCT)
    require_cells(
        collected_cells_e9=details.get("collected_cells_e9"), arming_cells_e9=details.get("arming_cells_e9")
    )
    details.setdefault("name", subject.study.product)
    return save_checked(
        CellProduct(subject=subject, patient_id=subject.patient_id, collection_id=collection_id, **details)
    )


def update_product(actor: Actor, product: CellProduct, *, now: datetime, **changes: Any) -> CellProduct:
    """Changes a product."""
    actor.require(Act.WRITE_PRODUCT, product.subject.site_id, product.subject.study_id)
    require_cells(
        collected_cells_e9=changes.get("collected_cells_e9"), arming_cells_e9=changes.get("arming_cells_e9")
    )
    return apply_changes(product, changes, _PRODUCT)


def add_bag(
    actor: Actor, product: CellProduct, *, now: datetime, label: str, lot: str, **details: Any
) -> Bag:
    """Stores a bag. `details` are further columns of Bag."""
    actor.require(Act.WRITE_PRODUCT, product.subject.site_id, product.subject.study_id)
    _require_known(details, _BAG)
    require_cells(cells_e9=details.get("cells_e9"))
    return save_checked(Bag(product=product, label=label, lot=lot, **details))


def update_bag(actor: Actor, bag: Bag, *, now: datetime, **changes: Any) -> Bag:
    """Changes a bag that no infusion has used."""
    actor.require(Act.WRITE_PRODUCT, bag.product.subject.site_id, bag.product.subject.study_id)
    if bag.infusions.filter(started_at__isnull=False).exists():
        raise Refused.at("bag", "given", _("Bag %s was given and is no longer changed.") % bag.label)
    require_cells(cells_e9=changes.get("cells_e9"))
    return apply_changes(bag, changes, _BAG)
