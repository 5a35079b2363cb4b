"""What must hold before cells are given, and before the patient goes home: pure rules over plain values.

Which gate is hard is the study's data:

`hard` stops, `warn` asks for a reason, `off` is silent. A hard gate can be passed by two people with a
reason, unless it is absolute: another patient's bag, or a number of cells in the wrong unit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _


class Gate(StrEnum):
    """One question each."""

    IDENTITY = "identity"
    CELL_UNITS = "cell_units"
    ROUTE = "route"
    CONSENT = "consent"
    CD20 = "cd20"
    LEUKAPHERESIS = "leukapheresis"
    DOSE = "dose"
    ARMING = "arming"
    ACTIVATION = "activation"
    NUMBER = "number"
    GAP = "gap"
    BASELINE = "baseline"
    IDENTITY_CHECK = "identity_check"
    DRUGS = "drugs"
    CLOSE_WATCH = "close_watch"


class Mode(StrEnum):
    """What a gate does when it does not open."""

    HARD = "hard"
    WARN = "warn"
    OFF = "off"


#: The modes of a study that names none. Source: the fact sheet's table of checks (S2 to S17).
DEFAULT_MODES: dict[Gate, Mode] = {
    Gate.IDENTITY: Mode.HARD,
    Gate.CELL_UNITS: Mode.HARD,
    Gate.ROUTE: Mode.HARD,
    Gate.CONSENT: Mode.HARD,
    Gate.CD20: Mode.HARD,
    Gate.LEUKAPHERESIS: Mode.WARN,
    Gate.DOSE: Mode.WARN,
    Gate.ARMING: Mode.WARN,
    Gate.ACTIVATION: Mode.WARN,
    Gate.NUMBER: Mode.HARD,
    Gate.GAP: Mode.HARD,
    Gate.BASELINE: Mode.HARD,
    Gate.IDENTITY_CHECK: Mode.HARD,
    Gate.DRUGS: Mode.WARN,
    Gate.CLOSE_WATCH: Mode.HARD,
}
#: No study can switch these off or soften them.
FIXED = frozenset({Gate.IDENTITY, Gate.CELL_UNITS})
#: Beyond what the study allows: a second person is asked even where the gate only warns.
LIMITS_OF_THE_STUDY = frozenset({Gate.DOSE, Gate.NUMBER, Gate.GAP, Gate.BASELINE})

#: A dose is written in 10⁹ cells; published doses reach 160. Beyond these a unit was mistaken.
CELLS_E9_LOW = Decimal("0.01")
CELLS_E9_HIGH = Decimal(1000)
BASELINE_AGE_MAX = timedelta(minutes=30)
#: A look by the bed counts for so long before a start, and identity is looked at so often. Defaults, to be
#: confirmed.
CHECK_AGE_MAX = timedelta(minutes=60)
IDENTITY_CHECKS = 2


@dataclass(frozen=True)
class Finding:
    """A gate that did not open."""

    gate: Gate
    mode: Mode
    code: str
    detail: str
    #: Nobody may go on past this one.
    absolute: bool = False
    #: Going on needs a second person as well as a reason.
    needs_second_person: bool = False


@dataclass(frozen=True)
class Limits:
    """What the protocol allows."""

    dose_low_e9: Decimal = Decimal(5)
    dose_high_e9: Decimal = Decimal(40)
    infusions_max: int = 8
    gap_min: timedelta = timedelta(hours=48)
    arming_ng_per_e6: Decimal = Decimal(50)
    arming_tolerance_percent: Decimal = Decimal(20)
    activation_days_low: int = 6
    activation_days_high: int = 14
    close_watch: timedelta = timedelta(hours=2)
    #: By how many people the identity checks are made.
    identity_checkers: int = 2
    modes: Mapping[str, str] = field(default_factory=dict)

    def mode(self, gate: Gate) -> Mode:
        """What the study makes of the gate."""
        if gate in FIXED:
            return Mode.HARD
        return Mode(self.modes.get(gate, DEFAULT_MODES[gate]))


@dataclass(frozen=True)
class BagFacts:
    """The bag that is to be given, and the chain that it came through."""

    label: str
    is_this_patients: bool
    used_elsewhere: bool = False
    cells_e9: Decimal | None = None
    expires_at: datetime | None = None
    arming_ng_per_e6: Decimal | None = None
    activation: timedelta | None = None
    #: The steps of the chain that are dated, in the order in which they must have happened.
    steps: tuple[datetime, ...] = ()
    collected_on: date | None = None


@dataclass(frozen=True)
class LookFacts:
    """One look by the bed: when, by whom, and what was missing or did not agree."""

    at: datetime
    by: int | None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What is known at the moment of the start."""

    at: datetime
    route: str
    number: int
    planned_cells_e9: Decimal | None = None
    actual_cells_e9: Decimal | None = None
    bag: BagFacts | None = None
    #: What was scanned at the bedside; None when nothing was.
    scanned_label: str | None = None
    consent_signed_at: datetime | None = None
    is_myeloma: bool = False
    #: The newest assessment of CD20: whether it was positive, and when its specimen was taken.
    cd20_positive: bool | None = None
    cd20_specimen_on: date | None = None
    last_anti_cd20_on: date | None = None
    leukapheresis_passed: bool | None = None
    leukapheresis_assessed_on: date | None = None
    #: The last stop of the infusion before, and how many there were.
    previous_stopped_at: datetime | None = None
    newest_reading_at: datetime | None = None
    #: Looks at who the patient is and whose the bag that is assigned now, oldest first.
    identity_looks: tuple[LookFacts, ...] = ()
    #: The newest look at the emergency drugs; `missing` in words.
    drugs: LookFacts | None = None

    def looks_that_agree(self) -> tuple[LookFacts, ...]:
        """The looks at the identity that count: young enough, and later than any that did not agree."""
        counting: list[LookFacts] = []
        for look in self.identity_looks:
            counting = [] if look.missing else [*counting, look]
        return tuple(look for look in counting if self.at - look.at <= CHECK_AGE_MAX)


def cell_unit_slip(cells_e9: Decimal | None) -> Decimal | None:
    """What was probably meant by a number of cells in the wrong unit (5,000,000 for 5), or None.

    Units: 10⁹ cells.
    """
    if cells_e9 is None or CELLS_E9_LOW <= cells_e9 <= CELLS_E9_HIGH:
        return None
    meant = cells_e9
    while meant > CELLS_E9_HIGH:
        meant /= 1000
    while Decimal(0) < meant < CELLS_E9_LOW:
        meant *= 1000
    return meant


def examine(facts: Facts, limits: Limits) -> tuple[Finding, ...]:
    """The gates that do not open, hard ones first; empty when the infusion may start."""
    found = []
    for gate, code, detail, absolute in _closed(facts, limits):
        mode = limits.mode(gate)
        if gate is Gate.CD20 and facts.is_myeloma:
            mode = Mode.HARD  # myeloma is treated only where it carries CD20, whatever the study says
        if mode is Mode.OFF:
            continue
        second = not absolute and (mode is Mode.HARD or gate in LIMITS_OF_THE_STUDY)
        found.append(Finding(gate, mode, code, detail, absolute, second))
    return tuple(sorted(found, key=lambda finding: (not finding.absolute, finding.mode is not Mode.HARD)))


Closed = tuple[Gate, str, str, bool]


def examine_discharge(
    at: datetime, stopped_at: datetime | None, zone: tzinfo, limits: Limits
) -> tuple[Finding, ...]:
    """The gate that does not open while the patient is to be watched closely; says until when, in `zone`.

    Source: close observation for 1 to 2 hours after each infusion (the product's patient information, S17).
    """
    mode = limits.mode(Gate.CLOSE_WATCH)
    if stopped_at is None or mode is Mode.OFF or at >= stopped_at + limits.close_watch:
        return ()
    detail = _("The close watch lasts until %(until)s: %(minutes)s minutes from the stop.")
    until = (stopped_at + limits.close_watch).astimezone(zone)
    figures = {"until": f"{until:%Y-%m-%d %H:%M}", "minutes": limits.close_watch // timedelta(minutes=1)}
    by_two = mode is Mode.HARD
    finding = Finding(
        Gate.CLOSE_WATCH, mode, "close_watch_lasts", detail % figures, needs_second_person=by_two
    )
    return (finding,)


def _closed(facts: Facts, limits: Limits) -> Iterator[Closed]:
    yield from _identity(facts)
    yield from _cells(facts, limits)
    yield from _subject(facts)
    yield from _making(facts, limits)
    yield from _course(facts, limits)
    yield from _looks(facts, limits)


def _looks(facts: Facts, limits: Limits) -> Iterator[Closed]:
    """What was looked at by the bed itself."""
    counting = facts.looks_that_agree()
    # Febris itself (the demonstration) has no colleague: each of its looks stands for one.
    people = {look.by or -number for number, look in enumerate(counting, start=1)}
    if facts.identity_looks and facts.identity_looks[-1].missing:
        detail = _("The newest identity check did not agree. Check again from the start.")
        yield Gate.IDENTITY_CHECK, "identity_differs", detail, False
    elif len(counting) < IDENTITY_CHECKS:
        detail = _("Identity was checked %(done)s of %(asked)s times.")
        figures = {"done": len(counting), "asked": IDENTITY_CHECKS}
        yield Gate.IDENTITY_CHECK, "identity_unchecked", detail % figures, False
    elif len(people) < limits.identity_checkers:
        detail = _("Identity was checked twice by one person; the study asks for two people.")
        yield Gate.IDENTITY_CHECK, "identity_by_one", detail, False
    if facts.drugs is None or facts.at - facts.drugs.at > CHECK_AGE_MAX:
        yield Gate.DRUGS, "drugs_unchecked", _("Nobody has confirmed the emergency drugs."), False
    elif facts.drugs.missing:
        yield Gate.DRUGS, "drugs_missing", _("Not at hand: %s.") % ", ".join(facts.drugs.missing), False


def _identity(facts: Facts) -> Iterator[Closed]:
    bag = facts.bag
    if bag is None:
        yield Gate.IDENTITY, "no_bag", _("No bag is assigned to this infusion."), False
        return
    if not bag.is_this_patients:
        yield Gate.IDENTITY, "another_patients_bag", _("Bag %s is for another patient.") % bag.label, True
    if bag.used_elsewhere:
        yield Gate.IDENTITY, "bag_used", _("Bag %s was given in another infusion.") % bag.label, True
    if facts.scanned_label is not None and facts.scanned_label != bag.label:
        detail = _("The bag at the bedside is %(scanned)s, but %(label)s is assigned.")
        yield (
            Gate.IDENTITY,
            "wrong_label",
            detail % {"scanned": facts.scanned_label, "label": bag.label},
            True,
        )
    if list(bag.steps) != sorted(bag.steps) or any(step > facts.at for step in bag.steps):
        detail = _("Collection, activation, arming and start are not in this order.")
        yield Gate.IDENTITY, "broken_chain", detail, False
    if bag.expires_at is not None and bag.expires_at < facts.at:
        yield Gate.IDENTITY, "expired", _("Bag %s has expired.") % bag.label, False


def _cells(facts: Facts, limits: Limits) -> Iterator[Closed]:
    stated = (facts.planned_cells_e9, facts.actual_cells_e9, facts.bag.cells_e9 if facts.bag else None)
    for cells in stated:
        meant = cell_unit_slip(cells)
        if cells is not None and meant is not None:
            detail = _("%(cells)s × 10⁹ cells cannot be a dose; was %(meant)s × 10⁹ meant?")
            yield Gate.CELL_UNITS, "unit_slip", detail % {"cells": cells, "meant": meant}, True
            return
    if facts.route != "iv":
        yield (
            Gate.ROUTE,
            "not_iv",
            _("These cells are given into a vein only, not by “%s”.") % facts.route,
            False,
        )
    dose = facts.actual_cells_e9 if facts.actual_cells_e9 is not None else facts.planned_cells_e9
    if dose is not None and not limits.dose_low_e9 <= dose <= limits.dose_high_e9:
        detail = _("%(dose)s × 10⁹ cells lie outside the study's %(low)s to %(high)s.")
        figures = {"dose": dose, "low": limits.dose_low_e9, "high": limits.dose_high_e9}
        yield Gate.DOSE, "outside_dose_range", detail % figures, False


def _subject(facts: Facts) -> Iterator[Closed]:
    if facts.consent_signed_at is None or facts.consent_signed_at > facts.at:
        yield Gate.CONSENT, "no_consent", _("No consent is in force."), False
    if facts.cd20_positive is None:
        yield Gate.CD20, "cd20_missing", _("CD20 was not looked for."), False
    elif not facts.cd20_positive:
        yield Gate.CD20, "cd20_negative", _("The newest specimen is not CD20-positive."), False
    elif (
        facts.last_anti_cd20_on is not None
        and facts.cd20_specimen_on is not None
        and facts.cd20_specimen_on <= facts.last_anti_cd20_on
    ):
        detail = _(
            "CD20 was last looked for on %(specimen)s, not after the last anti-CD20 therapy on %(therapy)s."
        )
        days = {"specimen": facts.cd20_specimen_on, "therapy": facts.last_anti_cd20_on}
        yield Gate.CD20, "cd20_before_therapy", detail % days, False
    if facts.leukapheresis_passed is None:
        yield (
            Gate.LEUKAPHERESIS,
            "leukapheresis_missing",
            _("Eligibility for leukapheresis is not recorded."),
            False,
        )
    elif not facts.leukapheresis_passed:
        yield (
            Gate.LEUKAPHERESIS,
            "leukapheresis_failed",
            _("Eligibility for leukapheresis was not met."),
            False,
        )
    elif (
        facts.bag is not None
        and facts.bag.collected_on is not None
        and facts.leukapheresis_assessed_on is not None
        and facts.leukapheresis_assessed_on > facts.bag.collected_on
    ):
        detail = _("Eligibility for leukapheresis was assessed after the collection.")
        yield Gate.LEUKAPHERESIS, "leukapheresis_late", detail, False


def _making(facts: Facts, limits: Limits) -> Iterator[Closed]:
    if facts.bag is None:
        return
    ratio, aim = facts.bag.arming_ng_per_e6, limits.arming_ng_per_e6
    if ratio is not None and abs(ratio - aim) * 100 > aim * limits.arming_tolerance_percent:
        detail = _("Armed with %(ratio)s ng per 10⁶ cells; the study asks for %(aim)s ± %(tolerance)s %%.")
        figures = {"ratio": round(ratio, 2), "aim": aim, "tolerance": limits.arming_tolerance_percent}
        yield Gate.ARMING, "outside_arming_ratio", detail % figures, False
    days = facts.bag.activation
    low, high = timedelta(days=limits.activation_days_low), timedelta(days=limits.activation_days_high)
    if days is not None and not low <= days <= high:
        detail = _("Activated for %(days)s days; the study asks for %(low)s to %(high)s.")
        spans = {"days": round(days / timedelta(days=1), 1), "low": low.days, "high": high.days}
        yield Gate.ACTIVATION, "outside_activation_days", detail % spans, False


def _course(facts: Facts, limits: Limits) -> Iterator[Closed]:
    if facts.number > limits.infusions_max:
        detail = _("This is infusion %(number)s; the study plans %(most)s.")
        yield Gate.NUMBER, "too_many", detail % {"number": facts.number, "most": limits.infusions_max}, False
    if facts.previous_stopped_at is not None and facts.at - facts.previous_stopped_at < limits.gap_min:
        hours = round((facts.at - facts.previous_stopped_at) / timedelta(hours=1), 1)
        detail = _("The infusion before stopped %(hours)s hours ago; the study asks for %(least)s.")
        figures = {"hours": hours, "least": round(limits.gap_min / timedelta(hours=1))}
        yield Gate.GAP, "too_soon", detail % figures, False
    newest = facts.newest_reading_at
    if newest is None or facts.at - newest > BASELINE_AGE_MAX:
        detail = _("No set of vital signs was taken in the last %s minutes.")
        yield Gate.BASELINE, "no_baseline", detail % (BASELINE_AGE_MAX // timedelta(minutes=1)), False
