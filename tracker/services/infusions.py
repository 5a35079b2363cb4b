"""Planning an infusion, and changing its plan."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor
from tracker.errors import Refused
from tracker.gates import cell_unit_slip
from tracker.models import Bag, Infusion, Phase, Record, Subject

from .changes import Change, bump, lock_patients


def require_cells(**cells: Decimal | None) -> None:
    """Refuses numbers of cells in the wrong unit, naming what was probably meant."""
    for field, value in cells.items():
        if value is not None and (not value.is_finite() or abs(value.adjusted()) > 20 or value <= 0):
            raise Refused.at(field, "impossible", _("A number of cells is above 0."))
        meant = cell_unit_slip(value)
        if meant is not None:
            detail = _("The unit is 10⁹ cells: %(value)s × 10⁹ cannot be; was %(meant)s meant?")
            raise Refused.at(field, "unit_slip", detail % {"value": value, "meant": meant})


def plan_infusion(
    actor: Actor,
    subject: Subject,
    *,
    now: datetime,
    number: int | None = None,
    bag: Bag | None = None,
    planned_cells_e9: Decimal | None = None,
    planned_start_at: datetime | None = None,
    planned_end_at: datetime | None = None,
    route: str = "iv",
    product: str | None = None,
    watch_hours: int | None = None,
    bed: str = "",
    historical: bool = False,
    is_canary: bool = False,
) -> Infusion:
    """Plans the subject's next infusion."""
    actor.require(Act.RECORD_EVENTS, subject.site_id, subject.study_id)
    require_cells(planned_cells_e9=planned_cells_e9)
    with transaction.atomic():
        lock_patients([subject.patient_id])
        if number is None:
            number = (subject.infusions.aggregate(last=Max("number"))["last"] or 0) + 1
        elif subject.infusions.filter(number=number).exists():
            raise Refused.at("number", "taken", _("The subject has an infusion %s already.") % number)
        infusion = Infusion.objects.create(
            subject=subject,
            patient_id=subject.patient_id,
            site_id=subject.site_id,
            study_id=subject.study_id,
            number=number,
            bag=bag,
            product=product if product is not None else subject.study.product,
            route=route,
            planned_cells_e9=planned_cells_e9,
            planned_start_at=planned_start_at,
            planned_end_at=planned_end_at,
            watch_hours=watch_hours if watch_hours is not None else subject.study.watch_hours,
            bed=bed,
            historical=historical,
            is_canary=is_canary,
        )
        Record.objects.create(infusion=infusion)
    return infusion


_PLAN = frozenset(
    {
        "bag", "product", "route", "planned_cells_e9", "actual_cells_e9", "planned_start_at",
        "planned_end_at", "watch_hours", "bed",
    }
)  # fmt: skip
#: What can still be put right once cells are in.
_AFTER_START = frozenset({"actual_cells_e9", "planned_end_at", "watch_hours", "bed"})


def update_infusion(actor: Actor, infusion: Infusion, *, now: datetime, **changes: Any) -> Infusion:
    """Changes the plan of an infusion (bag, cells, planned times, route, watch hours, bed)."""
    actor.require(Act.RECORD_EVENTS, infusion.site_id, infusion.study_id)
    require_cells(**{name: changes[name] for name in changes if name.endswith("cells_e9")})
    with transaction.atomic():
        lock_patients([infusion.patient_id])
        infusion = Infusion.objects.get(pk=infusion.pk)
        allowed = _PLAN if infusion.phase == Phase.PLANNED else _AFTER_START
        for name, value in changes.items():
            if name not in allowed:
                raise Refused.at(name, "fixed", _("This can no longer be changed."))
            setattr(infusion, name, value)
        infusion.save(update_fields=list(changes))
        bump([Change(infusion.pk, infusion.started_at or now, "tracker_infusion", infusion.pk)])
    return infusion
