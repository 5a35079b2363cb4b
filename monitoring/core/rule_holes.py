"""Holes: values that raise nothing, or less, though others nearer to the ordinary do.

Looked for signal by signal over all rules together, outwards from a value with which nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from decimal import Decimal
from itertools import pairwise
from typing import Any

from monitoring.core.condition import Condition, walk
from monitoring.core.findings import Priority
from monitoring.core.leaves import SITES, Compare
from monitoring.core.remarks import Remark, Severity, Work
from monitoring.core.rule_cells import SITE, Formula, Ranges, Space, disjuncts, numbers_read, samples
from monitoring.core.rule_set import Rule, RuleSet

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

_Level = tuple[int, str]
NOTHING: _Level = (0, "")
"""The highest priority that a value raises, and where it stands."""


def holes(rule_set: RuleSet, ranges: Ranges, work: Work) -> Iterator[Remark]:
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
    work: Work,
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
