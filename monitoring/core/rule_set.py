"""Rule sets: what a document says about each clinical problem, read once into frozen values.

A rule set is data. It is never evaluated as text, and every number in it is exactly what somebody wrote.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from monitoring.core import clearing, conditions, signals
from monitoring.core.clearing import ByComing, Clearing
from monitoring.core.combinations import AllOf, AnyOf, Unless
from monitoring.core.condition import LONGEST_LOOK_BACK, Condition, Thresholds, duration, walk
from monitoring.core.document import Node, RuleSetError
from monitoring.core.findings import Priority
from monitoring.core.happenings import Overdue
from monitoring.core.lasting import Seen, Sustained
from monitoring.core.leaves import Change, Compare, is_number
from monitoring.core.loading import check_form
from monitoring.core.schedule import Template, parse_template

__all__ = ["Phase", "Rule", "RuleSet", "RuleSetError", "limits", "parse", "thresholds", "with_thresholds"]

FORMAT = 1
RULES_LIMIT = 60
CONDITIONS_LIMIT = 60
"""In one rule, its clearing included."""
ALL_CONDITIONS_LIMIT = 1000


class Phase(StrEnum):
    """Where an infusion stands, as far as the watch is concerned."""

    PLANNED = "planned"
    INFUSING = "infusing"
    PAUSED = "paused"
    OBSERVING = "observing"
    HOME = "home"
    CANCELLED = "cancelled"


WATCHED_PHASES = (Phase.INFUSING, Phase.PAUSED, Phase.OBSERVING, Phase.HOME)


@dataclass(frozen=True, eq=False)
class Rule:
    """One clinical problem: when it is there and how badly, how it clears, and how it is said to people."""

    problem: str
    title: Mapping[str, str]
    priorities: Mapping[Priority, Condition]
    clears: Clearing
    phases: frozenset[Phase]
    explains: tuple[str, ...]
    steps: Mapping[str, Decimal]
    reopens_after: Mapping[Priority, timedelta]
    sentence: Mapping[str, str]
    source: str

    def conditions(self) -> Iterator[Condition]:
        """Every condition of its priorities, at any depth."""
        for condition in self.priorities.values():
            yield from walk(condition)

    @property
    def is_about_schedule(self) -> bool:
        """True for what is overdue, which is judged outside the fold."""
        return isinstance(self.clears, ByComing)


@dataclass(frozen=True, eq=False)
class RuleSet:
    """A named, versioned list of rules, and the observation schedule that goes with it.

    `carry` is how long a grade may rest on an earlier reading of a signal.
    """

    name: str
    version: int
    title: Mapping[str, str]
    source: str
    rules: Mapping[str, Rule]
    schedule: Template
    fingerprint: str
    carry: Mapping[str, timedelta] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Its name and version, as alerts keep it."""
        return f"{self.name}@{self.version}"

    @property
    def look_back(self) -> timedelta:
        """The longest time that any of its rules must have seen before it can judge."""
        return max(
            (condition.look_back for rule in self.rules.values() for condition in rule.priorities.values()),
            default=timedelta(),
        )


def parse(document: Any) -> RuleSet:
    """The rule set that a JSON document describes (numbers as text, or read as Decimal).

    Raises: RuleSetError naming the JSON pointer and what is wrong there.
    """
    check_form(document)
    parts = Node(document).fields(
        required=("format", "name", "version", "title", "source", "rules", "schedule"),
        optional=("note", "steps", "reopens_after_minutes", "carry_minutes"),
    )
    parts["format"].whole(at_least=FORMAT, at_most=FORMAT)
    if "note" in parts:
        parts["note"].text()
    rules: dict[str, Rule] = {}
    for node in parts["rules"].items(at_least=0, at_most=RULES_LIMIT):
        rule = _rule(node, _steps(parts), _reopening(parts))
        if rule.problem in rules:
            raise node.at("problem").fault(f"there are two rules for {rule.problem!r}")
        rules[rule.problem] = rule
        if sum(len(list(known.conditions())) for known in rules.values()) > ALL_CONDITIONS_LIMIT:
            raise node.fault(f"is where the conditions of all rules pass {ALL_CONDITIONS_LIMIT}")
    _check_ids(parts["rules"], rules)
    _check_causes(parts["rules"], rules)
    return RuleSet(
        name=parts["name"].text(at_most=100),
        version=parts["version"].whole(at_least=1, at_most=10_000),
        title=parts["title"].texts(),
        source=parts["source"].text(),
        rules=rules,
        schedule=parse_template(parts["schedule"]),
        fingerprint=fingerprint(document),
        carry=_carry(parts),
    )


def fingerprint(document: Any) -> str:
    """A digest of the document, whatever the order of its members."""
    text = json.dumps(document, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def thresholds(rule_set: RuleSet) -> Mapping[str, Decimal]:
    """Every named number that an override may replace: `id`, or `id@site` for a site's variant."""
    found: dict[str, Decimal] = {}
    for rule in rule_set.rules.values():
        for condition in rule.conditions():
            if isinstance(condition, Compare) and condition.id and isinstance(condition.value, Decimal):
                found[condition.id] = condition.value
                found |= {f"{condition.id}@{site}": value for site, value in condition.by_site.items()}
            elif isinstance(condition, Change) and condition.id:
                found[condition.id] = condition.by
    return found


def limits(rule_set: RuleSet, signal: str) -> tuple[Decimal, ...]:
    """Where readings of a signal begin to count: the outermost number of each priority, up and down."""
    found = set[Decimal]()
    for rule in rule_set.rules.values():
        for condition in rule.priorities.values():
            held = [
                (part.op, part.value)
                for part in _counting(condition)
                if isinstance(part, Compare)
                and part.signal == signal
                and not (part.of_baseline or part.sites)
            ]
            found |= {min(up)} if (up := _numbers(held, ">", ">=")) else set()
            found |= {max(down)} if (down := _numbers(held, "<", "<=")) else set()
    return tuple(sorted(found))


def _counting(condition: Condition) -> Iterator[Condition]:
    """The condition and those within it, but for exceptions and what only bounds a rise or a fall."""
    match condition:
        case Unless() | Sustained() | Seen():
            yield from _counting(condition.condition)
        case AllOf() if any(isinstance(part, Change) for part in condition.parts):
            return
        case AllOf() | AnyOf():
            for part in condition.parts:
                yield from _counting(part)
        case _:
            yield condition


def _numbers(held: list[tuple[str, Any]], *ops: str) -> list[Decimal]:
    return [value for op, value in held if op in ops and isinstance(value, Decimal)]


def with_thresholds(rule_set: RuleSet, values: Thresholds) -> RuleSet:
    """The rule set with some named thresholds replaced, as a subject's overrides ask."""
    if not values:
        return rule_set
    return replace(
        rule_set,
        rules={
            problem: replace(
                rule,
                priorities={
                    priority: condition.with_thresholds(values)
                    for priority, condition in rule.priorities.items()
                },
            )
            for problem, rule in rule_set.rules.items()
        },
    )


def _rule(node: Node, steps: Mapping[str, Decimal], reopens_after: Mapping[Priority, timedelta]) -> Rule:
    parts = node.fields(
        required=("problem", "title", "priorities", "clears", "sentence", "source"),
        optional=("phases", "explains", "steps", "reopens_after_minutes"),
    )
    priorities = {}
    for word, condition in parts["priorities"].members():
        if word not in ("low", "medium", "high"):
            raise condition.fault("must be low, medium or high")
        priorities[Priority.of(word)] = conditions.parse(condition)
    if not priorities:
        raise parts["priorities"].fault("must name at least one of low, medium, high")
    rule = Rule(
        problem=parts["problem"].name(),
        title=parts["title"].texts(),
        priorities=dict(sorted(priorities.items(), reverse=True)),
        clears=clearing.parse(parts["clears"], conditions.parse),
        phases=_phases(parts),
        explains=parts["explains"].words() if "explains" in parts else (),
        steps={**steps, **_steps(parts)},
        reopens_after={**reopens_after, **_reopening(parts)},
        sentence=parts["sentence"].texts(places=("because",)),
        source=parts["source"].text(),
    )
    _check_limits(node, rule)
    return rule


def _phases(parts: Mapping[str, Node]) -> frozenset[Phase]:
    if "phases" not in parts:
        return frozenset(WATCHED_PHASES)
    return frozenset(Phase(word) for word in parts["phases"].words(among=WATCHED_PHASES))


def _steps(parts: Mapping[str, Node]) -> Mapping[str, Decimal]:
    """How far beyond the worst value acknowledged a value must lie to count as worse, by signal."""
    if "steps" not in parts:
        return {}
    steps = {}
    for signal, node in parts["steps"].members():
        if not signals.is_known(signal):
            raise node.fault(f"no signal is called {signal!r}")
        if not is_number(signal):
            raise node.fault(f"{signal} is no number: it has no step")
        steps[signal] = node.number()
        if steps[signal] <= 0:
            raise node.fault("must be above 0")
    return steps


def _carry(parts: Mapping[str, Node]) -> Mapping[str, timedelta]:
    """How long an earlier reading of a signal may stand in for one that is missing, by signal."""
    carry = {}
    for signal, node in parts["carry_minutes"].members() if "carry_minutes" in parts else ():
        if signal not in signals.MEASURED:
            raise node.fault(f"nothing that is measured is called {signal!r}")
        carry[signal] = duration(node)
    return carry


def _reopening(parts: Mapping[str, Node]) -> Mapping[Priority, timedelta]:
    """How long after an assessment an alert that is still active opens again, by priority."""
    if "reopens_after_minutes" not in parts:
        return {}
    fields = parts["reopens_after_minutes"].fields(optional=("low", "medium", "high"))
    return {Priority.of(word): node.minutes(at_most=24 * 60) for word, node in fields.items()}


def _check_limits(node: Node, rule: Rule) -> None:
    known = list(rule.conditions())
    if len(known) > CONDITIONS_LIMIT:
        raise node.at("priorities").fault(f"holds {len(known)} conditions, the limit is {CONDITIONS_LIMIT}")
    if any(condition.look_back > LONGEST_LOOK_BACK for condition in known):
        raise node.at("priorities").fault(f"looks back more than {LONGEST_LOOK_BACK}")
    overdue = [condition for condition in known if isinstance(condition, Overdue)]
    if rule.is_about_schedule != bool(overdue) or (overdue and len(overdue) != len(known)):
        raise node.at("clears").fault('"coming" and "overdue" go together, and with nothing else')


def _check_ids(node: Node, rules: Mapping[str, Rule]) -> None:
    """One id may stand at several places only when it means the same there: evidence is kept by it."""
    meaning: dict[str, tuple[Condition, str]] = {}
    for index, rule in enumerate(rules.values()):
        for condition in rule.conditions():
            known, first = meaning.setdefault(condition.id, (condition, rule.problem))
            if condition.id and known != condition:
                fault = f"the id {condition.id!r} means something else in {first!r}: change both or rename"
                raise Node(None, f"{node.pointer}/{index}").fault(fault)


def _check_causes(node: Node, rules: Mapping[str, Rule]) -> None:
    """What a rule explains is another rule of the set, and no problem explains itself, however far round.

    Walked without recursion: what no open problem explains is put aside until nothing is left.
    """
    place = {problem: index for index, problem in enumerate(rules)}
    for index, rule in enumerate(rules.values()):
        for nth, other in enumerate(rule.explains):
            if other not in rules:
                fault = f"no rule of this set is called {other!r}"
                raise Node(None, f"{node.pointer}/{index}/explains/{nth}").fault(fault)
    left = {problem: set(rule.explains) for problem, rule in rules.items()}
    while ends := [problem for problem, others in left.items() if not others & left.keys()]:
        for problem in ends:
            del left[problem]
    if left:
        circle = [min(left, key=lambda problem: place[problem])]
        while circle[-1] not in circle[:-1]:
            circle.append(next(other for other in rules[circle[-1]].explains if other in left))
        circle = circle[circle.index(circle[-1]) :]
        at = f"{node.pointer}/{place[circle[0]]}/explains/{rules[circle[0]].explains.index(circle[1])}"
        raise Node(None, at).fault(f"explains itself: {' → '.join(circle)}")
