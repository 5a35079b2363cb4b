"""What is doubtful about a rule set that can be read: holes, overlaps, priorities that cannot be reached.

Proves, never guesses: limits on the signals of one moment are compared exactly, what is beyond that is either
left alone or said to be unchecked. Sentences are made at the doors, from the code and the values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import timedelta
from itertools import combinations
from typing import Any

from monitoring.core import signals
from monitoring.core.clearing import BySets, ByStop
from monitoring.core.findings import Priority
from monitoring.core.grades import Grade
from monitoring.core.happenings import UNSTATED, Happened
from monitoring.core.leaves import Change, Compare
from monitoring.core.remarks import Remark, Severity, Work
from monitoring.core.rule_cells import Ranges, Space
from monitoring.core.rule_holes import holes
from monitoring.core.rule_places import conditions as conditions_with_places
from monitoring.core.rule_set import Rule, RuleSet

WATCH = timedelta(hours=48)

EXPECTED = (
    "temperature_c",
    "systolic_mmhg",
    "heart_rate_bpm",
    "respiratory_rate_per_min",
    "spo2_percent",
    "consciousness",
)
"""The signs that a rule set for adults judges one way or another: those of NEWS2 (RCP 2017)."""

QUALITIES: Mapping[str, tuple[str, str]] = {
    "symptom": ("severities", "severity"),
    "intervention": ("indications", "reason"),
}
"""By the family of an event: where a document says how bad or what for, and what that is called."""


def check(
    rule_set: RuleSet,
    document: Any,
    *,
    ranges: Ranges | None = None,
    kinds: Mapping[str, Set[str]] | None = None,
) -> tuple[Remark, ...]:
    """Every remark on the rule set, the gravest first.

    `document` is what the rule set was read from, for the places. `ranges` are the values that the record
    takes, `kinds` the symptoms, interventions and infusion events that it knows, each by its family, and each
    severity and reason.
    """
    work = Work()
    found: list[Remark] = []
    for index, rule in enumerate(rule_set.rules.values()):
        place = f"/rules/{index}"
        found += _priorities(rule, place, ranges or {}, work)
        found += _clearing(rule, place, work)
        if kinds is not None:
            found += _unknown_kinds(rule, place, document, kinds)
    found += holes(rule_set, ranges or {}, work)
    found += _twins(rule_set, ranges or {}, work)
    found += _unjudged(rule_set)
    order = list(Severity)
    return tuple(sorted(found, key=lambda remark: order.index(remark.severity)))


def _priorities(rule: Rule, place: str, ranges: Ranges, work: Work) -> Iterator[Remark]:
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


def _clearing(rule: Rule, place: str, work: Work) -> Iterator[Remark]:
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
            if work.may(space) and not any(map(formula, space.assignments())):
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
    """What the rule waits for and nobody can ever record."""
    for pointer, condition in _events(rule, place, document):
        known, family = kinds.get(condition.family, frozenset()), condition.family
        if known.isdisjoint(condition.kinds):
            values: Mapping[str, Any] = {"kinds": condition.kinds, "family": family}
            yield Remark(f"{pointer}/kinds", Severity.ERROR, "no_known_kind", values)
        else:
            yield from _unknown(condition.kinds, known, f"{pointer}/kinds", family)
        member, quality = QUALITIES.get(family, ("", ""))
        if quality in kinds:
            known = kinds[quality] | {UNSTATED}
            yield from _unknown(condition.qualities, known, f"{pointer}/{member}", quality)
    if isinstance(rule.clears, ByStop):
        known = kinds.get("symptom", frozenset())
        yield from _unknown(rule.clears.kinds, known, f"{place}/clears/stop/kinds", "symptom")


def _events(rule: Rule, place: str, document: Any) -> Iterator[tuple[str, Happened]]:
    for pointer, condition in conditions_with_places(rule, place, document):
        if isinstance(condition, Happened):
            yield pointer, condition
    if isinstance(rule.clears, BySets) and rule.clears.masked_by is not None:
        yield f"{place}/clears/sets/masked_by/event", rule.clears.masked_by


def _unknown(words: Sequence[str], known: Set[str], pointer: str, family: str) -> Iterator[Remark]:
    for index, word in enumerate(words):
        if word not in known:
            values = {"kind": word, "family": family}
            yield Remark(f"{pointer}/{index}", Severity.ERROR, "unknown_kind", values)


def _twins(rule_set: RuleSet, ranges: Ranges, work: Work) -> Iterator[Remark]:
    """Rules that are always raised together: one of them is enough."""
    rules = [(index, rule, _names(rule)) for index, rule in enumerate(rule_set.rules.values())]
    for (_, one, names), (index, other, other_names) in combinations(rules, 2):
        if one.phases != other.phases or names != other_names:
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
