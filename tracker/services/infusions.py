"""The life of an infusion: planned, started through its gates, stopped, watched, ended."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.models import User
from accounts.permissions import Actor
from tracker.gates import Finding
from tracker.models import Bag, Infusion, InfusionEvent, Subject

from .observations import Warning


@dataclass(frozen=True)
class Happened:
    """An event that was stored, and the infusion as it now stands."""

    infusion: Infusion
    event: InfusionEvent
    warnings: tuple[Warning, ...] = ()
    #: Gates that did not open and were passed with a reason.
    overridden: tuple[Finding, ...] = ()
    infusion_ids: tuple[int, ...] = ()


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
    historical: bool = False,
    is_canary: bool = False,
) -> Infusion:
    """Plans the subject's next infusion."""
    raise NotImplementedError


def update_infusion(actor: Actor, infusion: Infusion, *, now: datetime, **changes: Any) -> Infusion:
    """Changes the plan of an infusion (bag, cells, planned times, route, watch hours)."""
    raise NotImplementedError


def preflight(infusion: Infusion, *, at: datetime, bag_label: str | None = None) -> tuple[Finding, ...]:
    """The gates that would not open if the infusion were started at `at`; empty when all would."""
    raise NotImplementedError


def start_infusion(
    actor: Actor,
    infusion: Infusion,
    *,
    at: datetime,
    now: datetime,
    bag_label: str | None = None,
    rate_ml_per_h: Decimal | None = None,
    actual_cells_e9: Decimal | None = None,
    override_reason: str = "",
    second_person: User | None = None,
    source_id: str | None = None,
    note: str = "",
) -> Happened:
    """Starts the infusion and freezes its baseline.

    `second_person` is someone whom the door has just authenticated, never a name taken from a field.
    Raises: GatesClosed, AnotherIsRunning, NotInThisPhase.
    """
    raise NotImplementedError


def pause_infusion(
    actor: Actor,
    infusion: Infusion,
    *,
    at: datetime,
    now: datetime,
    source_id: str | None = None,
    note: str = "",
) -> Happened:
    """Pauses it."""
    raise NotImplementedError


def resume_infusion(
    actor: Actor, infusion: Infusion, *, at: datetime, now: datetime, rate_ml_per_h: Decimal | None = None,
    source_id: str | None = None, note: str = "",
) -> Happened:  # fmt: skip
    """Resumes it."""
    raise NotImplementedError


def set_rate(
    actor: Actor, infusion: Infusion, *, at: datetime, now: datetime, rate_ml_per_h: Decimal,
    source_id: str | None = None, note: str = "",
) -> Happened:  # fmt: skip
    """Changes its rate."""
    raise NotImplementedError


def stop_infusion(
    actor: Actor, infusion: Infusion, *, at: datetime, now: datetime, actual_cells_e9: Decimal | None = None,
    source_id: str | None = None, note: str = "",
) -> Happened:  # fmt: skip
    """Stops it; the watch goes on for its watch hours."""
    raise NotImplementedError


def cancel_infusion(
    actor: Actor,
    infusion: Infusion,
    *,
    at: datetime,
    now: datetime,
    source_id: str | None = None,
    note: str = "",
) -> Happened:
    """Cancels a planned infusion."""
    raise NotImplementedError


def discharge_infusion(
    actor: Actor,
    infusion: Infusion,
    *,
    at: datetime,
    now: datetime,
    source_id: str | None = None,
    note: str = "",
) -> Happened:
    """The patient goes home; the watch goes on there."""
    raise NotImplementedError


def readmit_infusion(
    actor: Actor,
    infusion: Infusion,
    *,
    at: datetime,
    now: datetime,
    source_id: str | None = None,
    note: str = "",
) -> Happened:
    """The patient comes back."""
    raise NotImplementedError


def end_infusion(
    actor: Actor,
    infusion: Infusion,
    *,
    at: datetime,
    now: datetime,
    source_id: str | None = None,
    note: str = "",
) -> Happened:
    """Ends the watch of the infusion."""
    raise NotImplementedError
