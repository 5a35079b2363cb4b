"""What is doubtful about a rule set that can be read: holes, overlaps, priorities that cannot be reached.

Proves, never guesses: limits on the signals of one moment are compared exactly, what is beyond that is either
left alone or said to be unchecked. Sentences are made at the doors, from the code and the values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import combinations, pairwise
from typing import Any

from monitoring.core import signals
from monitoring.core.clearing import BySets, ByStop
from monitoring.core.condition import Condition, walk
from monitoring.core.findings import Priority
from monitoring.core.grades import Grade
from monitoring.core.happenings import Happened
from monitoring.core.leaves import SITES, Change, Compare
from monitoring.core.rule_cells import SITE, Formula, Ranges, Space, disjuncts, numbers_read, samples
from monitoring.core.rule_places import conditions as conditions_with_places
from monitoring.core.rule_set import Rule, RuleSet

WORK_LIMIT = 2_000_000
"""How many conditions are tried on an assignment, all in all, before the rest is left unchecked."""
WORK_LIMIT_OF_ONE = 400_000

WATCH = timedelta(hours=48)

ORDINARY: Mapping[str, Decimal] = {
    "temperature_c": Decimal("37.0"),
    "systolic_mmhg": Decimal(130),
    "diastolic_mmhg": Decimal(80),
    "map_mmhg": Decimal(95),
    "pulse_pressure_mmhg": Decimal(50),
    "heart_rate_bpm": Decimal(70),
    "shock_index": Decimal("0.55"),
    "respiratory_rate_per_min": Decimal(16),
    "spo2_percent": Decimal(98),
    "oxygen_flow_l_min": Decimal(0),
    "fio2_percent": Decimal(21),
}
"""A value of each signal with which nothing is wrong.

Source: inside the bands that NEWS2 (RCP 2017) scores 0; the pressures worked out from 130/80; diastolic:
default, to be confirmed.
"""

EXPECTED = (
    "temperature_c",
    "systolic_mmhg",
    "heart_rate_bpm",
    "respiratory_rate_per_min",
    "spo2_percent",
    "consciousness",
)
"""The signs that a rule set for adults judges one way or another: those of NEWS2 (RCP 2017)."""


class Severity(StrEnum):
    """How a remark bears on approval: an error refuses it, a warning is shown, a note says what is open."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know about a rule set: where, how grave, which, and the values of its sentence."""

    pointer: str
    severity: Severity
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


_Level = tuple[int, str]
NOTHING: _Level = (0, "")
"""The highest priority that a value raises, and where it stands."""


@dataclass(slots=True)
class _Work:
    """What of the work is left to be done before the rest stays unchecked."""

    left: int = WORK_LIMIT

    def may(self, space: Space) -> bool:
        cost = space.size * space.conditions
        if cost > min(self.left, WORK_LIMIT_OF_ONE):
            return False
        self.left -= cost
        return True


def check(
    rule_set: RuleSet,
    document: Any,
    *,
    ranges: Ranges | None = None,
    kinds: Mapping[str, Set[str]] | None = None,
) -> tuple[Remark, ...]:
    """Every remark on the rule set, the gravest first.

    `document` is what the rule set was read from, for the places. `ranges` are the values that the record
    takes, `kinds` the symptoms, interventions and infusion events that it knows, each by its family.
    """
    work = _Work()
    found: list[Remark] = []
    for index, rule in enumerate(rule_set.rules.values()):
        place = f"/rules/{index}"
        found += _priorities(rule, place, ranges or {}, work)
        found += _clearing(rule, place)
        if kinds is not None:
            found += _unknown_kinds(rule, place, document, kinds)
    found += _holes(rule_set, ranges or {}, work)
    found += _twins(rule_set, ranges or {}, work)
    found += _unjudged(rule_set)
    order = list(Severity)
    return tuple(sorted(found, key=lambda remark: order.index(remark.severity)))


def _priorities(rule: Rule, place: str, ranges: Ranges, work: _Work) -> Iterator[Remark]:
    """Priorities that can never be, that a higher one always hides, or that always are."""
    space = Space(ranges)
    formulas = {priority: space.formula(condition) for priority, condition in rule.priorities.items()}
    if not work.may(space):
        yield Remark(f"{place}/priorities", Severity.NOTE, "not_checked", {"problem": rule.problem})
        return
    ever: set[Priority] = set()
    alone: set[Priority] = set()
    as_higher = set(Priority)
    rests = False
    for given in space.assignments():
        held = [priority for priority, formula in formulas.items() if formula(given)]
        rests = rests or not held
        ever.update(held)
        if held:
            alone.add(max(held))
        as_higher = {
            lower for lower in as_higher if lower in held or not any(priority > lower for priority in held)
        }
    for priority in formulas:
        pointer = f"{place}/priorities/{priority.word}"
        if priority not in ever:
            yield Remark(pointer, Severity.ERROR, "never_true", {"priority": priority})
        elif priority not in alone:
            code = "same_as_higher" if priority in as_higher else "hidden_by_higher"
            yield Remark(pointer, Severity.ERROR, code, {"priority": priority})
    if not rests:
        yield Remark(f"{place}/priorities", Severity.ERROR, "always_true", {"problem": rule.problem})


def _clearing(rule: Rule, place: str) -> Iterator[Remark]:
    """Ways of clearing that can never come."""
    clears, pointer = rule.clears, f"{place}/clears"
    if isinstance(clears, ByStop):
        stoppable = set(clears.kinds)
        for condition in rule.conditions():
            if isinstance(condition, Happened) and condition.family == "symptom":
                if missed := sorted(set(condition.kinds) - stoppable):
                    yield Remark(
                        f"{pointer}/stop/kinds", Severity.ERROR, "never_stops", {"kinds": tuple(missed)}
                    )
            elif not condition.parts and clears.or_when is None:
                yield Remark(
                    f"{pointer}/stop", Severity.ERROR, "only_symptoms_stop", {"problem": rule.problem}
                )
                break
        if clears.or_when is not None:
            space = Space()
            formula = space.formula(clears.or_when)
            if space.size <= WORK_LIMIT_OF_ONE and not any(map(formula, space.assignments())):
                yield Remark(f"{pointer}/stop/or_when", Severity.ERROR, "never_over", {})
    if isinstance(clears, BySets):
        for at_home in (False, True):
            sets, apart = clears.needs(at_home=at_home)
            if (sets - 1) * apart >= WATCH:
                suffix = "_at_home" if at_home else ""
                values = {"sets": sets, "apart": apart, "watch": WATCH}
                yield Remark(f"{pointer}/sets/normal{suffix}", Severity.ERROR, "clears_too_late", values)
        falls = [part for part in rule.conditions() if isinstance(part, Change) and part.window is None]
        if falls and not clears.absolute_without_baseline:
            yield Remark(
                f"{pointer}/sets", Severity.WARNING, "needs_baseline", {"signals": _signals_of(falls)}
            )


def _signals_of(changes: Sequence[Change]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(change.signal for change in changes))


def _unknown_kinds(rule: Rule, place: str, document: Any, kinds: Mapping[str, Set[str]]) -> Iterator[Remark]:
    for pointer, condition in conditions_with_places(rule, place, document):
        if isinstance(condition, Happened):
            known = kinds.get(condition.family, frozenset())
            if not known & set(condition.kinds):
                values: Mapping[str, Any] = {"kinds": condition.kinds, "family": condition.family}
                yield Remark(f"{pointer}/kinds", Severity.ERROR, "no_known_kind", values)
                continue
            for index, kind in enumerate(condition.kinds):
                if kind not in known:
                    values = {"kind": kind, "family": condition.family}
                    yield Remark(f"{pointer}/kinds/{index}", Severity.WARNING, "unknown_kind", values)


def _holes(rule_set: RuleSet, ranges: Ranges, work: _Work) -> Iterator[Remark]:
    """Values further from the ordinary than others that raise something, and yet raise nothing, or less."""
    for signal in sorted({name for rule in rule_set.rules.values() for name in _read_by(rule)}):
        held = [
            (f"/rules/{index}/priorities/{priority.word}", priority, part)
            for index, rule in enumerate(rule_set.rules.values())
            for priority, condition in rule.priorities.items()
            for part in disjuncts(condition)
            if signal in numbers_read(part)
        ]
        if signal not in ORDINARY:
            yield Remark("/rules", Severity.NOTE, "no_ordinary_value", {"signal": signal})
            continue
        said = set[tuple[str, str]]()
        for site in _sites(part for _, _, part in held):
            for remark in _holes_of(signal, site, held, ranges, work):
                if (remark.code, str(remark.values)) not in said:
                    said.add((remark.code, str(remark.values)))
                    yield remark


def _read_by(rule: Rule) -> frozenset[str]:
    return frozenset(name for condition in rule.priorities.values() for name in numbers_read(condition))


def _sites(parts: Iterator[Condition]) -> tuple[str, ...]:
    """Each site with limits of its own, and one that stands for all others."""
    own = {
        site
        for part in parts
        for leaf in walk(part)
        if isinstance(leaf, Compare)
        for site in (*leaf.by_site, *leaf.sites)
    }
    others = [site for site in SITES if site not in own]
    return (*others[:1], *sorted(own))


def _holes_of(
    signal: str,
    site: str,
    held: Sequence[tuple[str, Priority, Condition]],
    ranges: Ranges,
    work: _Work,
) -> Iterator[Remark]:
    limits = {
        limit
        for _, _, part in held
        for leaf in walk(part)
        if isinstance(leaf, Compare) and leaf.signal == signal and not leaf.of_baseline
        for limit in (leaf.value, *leaf.by_site.values())
        if isinstance(limit, Decimal)
    }
    ordinary = ORDINARY[signal]
    if signal in ranges and not ranges[signal][0] <= ordinary <= ranges[signal][1]:
        return
    cells = samples(limits | {ordinary}, ranges.get(signal))
    surely: dict[Decimal, _Level] = dict.fromkeys(cells, NOTHING)
    at_most: dict[Decimal, _Level] = dict.fromkeys(cells, NOTHING)
    for pointer, priority, part in held:
        space = Space(ranges)
        formula = space.formula(part)
        space.cut((signal,), limits | {ordinary})
        if not work.may(space):
            yield Remark(pointer, Severity.NOTE, "not_checked", {"signal": signal})
            return
        always, sometimes = _where_true(space, formula, signal, site)
        for value in sometimes:
            at_most[value] = max(at_most[value], (int(priority), pointer))
        for value in always:
            surely[value] = max(surely[value], (int(priority), pointer))
    if surely[ordinary] != NOTHING:
        values = {"signal": signal, "value": ordinary}
        yield Remark(surely[ordinary][1], Severity.WARNING, "ordinary_value_raises", values)
        return
    middle = cells.index(ordinary)
    for outwards in (cells[middle:], cells[middle::-1]):
        yield from _dips(signal, outwards, surely, at_most, limits)


def _where_true(space: Space, formula: Formula, signal: str, site: str) -> tuple[set[Decimal], set[Decimal]]:
    """The values with which the formula holds whatever else is so, and those with which it may hold."""
    true, false = set[Decimal](), set[Decimal]()
    for given in space.assignments():
        if given.get(SITE, site) == site:
            (true if formula(given) else false).add(given[(signal,)])
    return true - false, true


def _dips(
    signal: str,
    outwards: Sequence[Decimal],
    surely: Mapping[Decimal, _Level],
    at_most: Mapping[Decimal, _Level],
    limits: Set[Decimal],
) -> Iterator[Remark]:
    """Where the way from the ordinary to the extreme meets less than it surely met before."""
    reached = NOTHING
    stretch: list[Decimal] = []
    for value, following in [*pairwise(outwards), (outwards[-1], None)]:
        level, place = at_most[value]
        if level >= reached[0]:
            reached = max(reached, surely[value])
            continue
        stretch.append(value)
        if following is None or at_most[following][0] != level:
            span = {"signal": signal, **_span(stretch, limits)}
            if level == 0:
                yield Remark(reached[1], Severity.ERROR, "hole", span)
            else:
                values = {**span, "less": Priority(level), "more": Priority(reached[0])}
                yield Remark(place, Severity.WARNING, "less_beyond", values)
            stretch = []


def _span(stretch: Sequence[Decimal], limits: Set[Decimal]) -> Mapping[str, Any]:
    """The stretch by its limits: each end, and whether it is part of it; None where it has no end."""
    low, high = min(stretch), max(stretch)
    below = [limit for limit in limits if limit < low]
    above = [limit for limit in limits if limit > high]
    return {
        "low": low if low in limits else max(below, default=None),
        "high": high if high in limits else min(above, default=None),
        "with_low": low in limits,
        "with_high": high in limits,
    }


def _twins(rule_set: RuleSet, ranges: Ranges, work: _Work) -> Iterator[Remark]:
    """Rules that are always raised together: one of them is enough."""
    rules = list(enumerate(rule_set.rules.values()))
    for (_, one), (index, other) in combinations(rules, 2):
        if one.phases != other.phases or _names(one) != _names(other):
            continue
        space = Space(ranges)
        first, second = (
            [space.formula(condition) for condition in rule.priorities.values()] for rule in (one, other)
        )
        if not work.may(space):
            continue
        if all(
            any(formula(given) for formula in first) == any(formula(given) for formula in second)
            for given in space.assignments()
        ):
            values = {"problem": other.problem, "other": one.problem}
            yield Remark(f"/rules/{index}", Severity.WARNING, "same_as_rule", values)


def _names(rule: Rule) -> frozenset[tuple[Any, ...]]:
    space = Space()
    for condition in rule.priorities.values():
        space.formula(condition)
    return space.names()


def _unjudged(rule_set: RuleSet) -> Iterator[Remark]:
    read: set[str] = set()
    for rule in rule_set.rules.values():
        for condition in rule.conditions():
            if isinstance(condition, Compare | Change):
                derived = signals.DERIVED.get(condition.signal)
                read |= {condition.signal, *(derived.parts if derived else ())}
            elif isinstance(condition, Grade) and condition.scale.startswith("news2"):
                read |= set(EXPECTED)
    for signal in EXPECTED:
        if signal not in read:
            yield Remark("/rules", Severity.WARNING, "unjudged_sign", {"signal": signal})
