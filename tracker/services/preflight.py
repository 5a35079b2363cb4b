"""Gathering what the gates ask about an infusion that is to be started, and freezing its baseline."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model, QuerySet

from tracker.gates import BagFacts, Facts, Finding, Limits, LookFacts, examine, examine_discharge
from tracker.models import (
    Bag,
    Cd20Assessment,
    Cd20Result,
    CheckKind,
    Consent,
    Diagnosis,
    Infusion,
    InterventionKind,
    LeukapheresisEligibility,
    Phase,
    StartCheck,
    Study,
    TemperatureLog,
    VitalSigns,
)
from tracker.plausibility import RANGES

from .changes import BASELINE_WINDOW

#: The columns whose median becomes the baseline.
BASELINE_COLUMNS = tuple(name for name in RANGES if name != "weight_kg")
#: Who starts tells the time in whole minutes: a look of the same minute lies before the start.
AHEAD = timedelta(minutes=1)
_UNTRUE_WHEN_CROSSED = frozenset({"diastolic_mmhg", "map_mmhg"})


def limits_of(study: Study) -> Limits:
    """What the study allows."""
    return Limits(
        dose_low_e9=study.dose_low_e9,
        dose_high_e9=study.dose_high_e9,
        infusions_max=study.infusions_max,
        gap_min=timedelta(hours=study.gap_hours_min),
        arming_ng_per_e6=study.arming_ng_per_e6,
        arming_tolerance_percent=study.arming_tolerance_percent,
        activation_days_low=study.activation_days_low,
        activation_days_high=study.activation_days_high,
        close_watch=timedelta(minutes=study.close_watch_minutes),
        identity_checkers=study.identity_checkers,
        modes=study.gates,
    )


def preflight(
    infusion: Infusion,
    *,
    at: datetime,
    bag_label: str | None = None,
    actual_cells_e9: Decimal | None = None,
) -> tuple[Finding, ...]:
    """The gates that would not open if the infusion were started at `at`; empty when all would."""
    return examine(facts_of(infusion, at, bag_label, actual_cells_e9), limits_of(infusion.study))


def before_discharge(infusion: Infusion, *, at: datetime) -> tuple[Finding, ...]:
    """The gate that would not open if the patient went home at `at`; its words are in the site's own time."""
    zone = ZoneInfo(infusion.site.time_zone)
    return examine_discharge(at, infusion.stopped_at, zone, limits_of(infusion.study))


def _newest(rows: QuerySet[Any], *order: str) -> Any:
    return rows.order_by(*order).last()


def others_started(infusion: Infusion, at: datetime) -> list[Infusion]:
    """The patient's other infusions that had started by then, in the order of their starts."""
    others = Infusion.objects.filter(patient_id=infusion.patient_id, started_at__lte=at)
    return list(others.exclude(pk=infusion.pk).order_by("started_at"))


def facts_of(
    infusion: Infusion,
    at: datetime,
    scanned: str | None = None,
    actual: Decimal | None = None,
    others: Iterable[Infusion] | None = None,
) -> Facts:
    """What the record knows of the infusion that its gates ask about. `others` are those of `others_started`
    where they are known already, and so are looks that were fetched with the infusion.
    """
    subject = infusion.subject
    consent: Consent | None = _newest(
        subject.consents.filter(signed_at__lte=at).exclude(withdrawn_at__lte=at), "signed_at"
    )
    cd20: Cd20Assessment | None = _newest(
        subject.cd20_assessments.filter(specimen_on__lte=at.date()), "specimen_on", "pk"
    )
    eligibility: LeukapheresisEligibility | None = _newest(
        subject.leukapheresis_eligibilities.all(), "assessed_on", "pk"
    )
    known = others_started(infusion, at) if others is None else others
    stops = [other.stopped_at for other in known if other.stopped_at is not None]
    looks = sorted(
        (look for look in infusion.start_checks.all() if look.recorded_at <= at + AHEAD),
        key=lambda look: look.pk,
    )
    return Facts(
        at=at,
        route=infusion.route,
        number=infusion.number,
        planned_cells_e9=infusion.planned_cells_e9,
        actual_cells_e9=actual if actual is not None else infusion.actual_cells_e9,
        bag=_bag_facts(infusion, infusion.bag) if infusion.bag else None,
        scanned_label=scanned,
        consent_signed_at=consent.signed_at if consent else None,
        is_myeloma=subject.diagnosis == Diagnosis.MYELOMA,
        cd20_positive=cd20.result == Cd20Result.POSITIVE if cd20 else None,
        cd20_specimen_on=cd20.specimen_on if cd20 else None,
        last_anti_cd20_on=subject.last_anti_cd20_on,
        leukapheresis_passed=eligibility.passed if eligibility else None,
        leukapheresis_assessed_on=eligibility.assessed_on if eligibility else None,
        previous_stopped_at=max(stops, default=None),
        newest_reading_at=_newest_reading_at(infusion, at),
        identity_looks=tuple(
            LookFacts(look.recorded_at, look.checked_by_id, tuple(look.missing))
            for look in looks
            if look.kind == CheckKind.IDENTITY and look.bag_id == infusion.bag_id
        ),
        drugs=_drugs(looks),
    )


def _drugs(looks: Iterable[StartCheck]) -> LookFacts | None:
    seen = [look for look in looks if look.kind == CheckKind.DRUGS]
    if not seen:
        return None
    names = tuple(str(InterventionKind(code).label) for code in seen[-1].missing)
    return LookFacts(seen[-1].recorded_at, seen[-1].checked_by_id, names)


def _bag_facts(infusion: Infusion, bag: Bag) -> BagFacts:
    product = bag.product
    steps = (
        product.collected_at,
        product.activation_started_at,
        product.activation_ended_at,
        product.armed_at,
    )
    used = bag.infusions.exclude(pk=infusion.pk).exclude(started_at=None).exclude(phase=Phase.CANCELLED)
    return BagFacts(
        label=bag.label,
        is_this_patients=product.patient_id == infusion.patient_id,
        used_elsewhere=used.exists(),
        cells_e9=bag.cells_e9,
        expires_at=bag.expires_at,
        arming_ng_per_e6=product.arming_ng_per_e6,
        activation=product.activation,
        steps=tuple(step for step in steps if step is not None),
        collected_on=product.collected_at.date() if product.collected_at else None,
    )


def _in_baseline_window(infusion: Infusion, at: datetime) -> QuerySet[VitalSigns]:
    window = (at - BASELINE_WINDOW, at)
    return VitalSigns.objects.current().filter(patient_id=infusion.patient_id, measured_at__range=window)


def _newest_reading_at(infusion: Infusion, at: datetime) -> datetime | None:
    sets = _in_baseline_window(infusion, at).order_by("measured_at")
    return next(
        (
            row.measured_at
            for row in reversed(sets)
            if any(getattr(row, name) is not None for name in RANGES if hasattr(row, name))
        ),
        None,
    )


def baseline_values(infusion: Infusion, at: datetime) -> dict[str, str]:
    """{column: median as text} of the readings of the hour before `at`.

    The oxygen device is the newest: what the patient is on already is no new need.
    """
    sets = list(_in_baseline_window(infusion, at).order_by("measured_at"))
    alone = TemperatureLog.objects.current().filter(
        patient_id=infusion.patient_id, measured_at__range=(at - BASELINE_WINDOW, at)
    )
    medians = {}
    for name in BASELINE_COLUMNS:
        rows: Iterable[Model] = [row for row in sets if not (row.crossed and name in _UNTRUE_WHEN_CROSSED)]
        if name == "temperature_c":
            rows = [*rows, *alone]
        numbers = [number for row in rows if (number := getattr(row, name)) is not None]
        if numbers:
            medians[name] = str(median(numbers))
    devices = [row.oxygen_device for row in sets if row.oxygen_device]
    return medians | ({"oxygen_device": devices[-1]} if devices else {})
