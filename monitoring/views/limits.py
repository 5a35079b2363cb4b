"""The figures of the rules that alarm, short enough for paper: from where on at once, from where on soon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Q
from django.utils.translation import gettext as _

from monitoring import rule_sets
from monitoring.core.condition import Condition, walk
from monitoring.core.findings import Priority
from monitoring.core.leaves import Change, Compare
from monitoring.core.rule_set import RuleSet
from monitoring.models import RuleSet as RuleSetRow
from monitoring.models import RuleSetStatus
from monitoring.views.latest import digits
from tracker.models import Subject

#: Which rules speak of which sign on the sheet. Falls and rises are those from the baseline.
SIGNS: dict[str, tuple[str, ...]] = {
    "temperature_c": ("fever", "hypothermia"),
    "systolic_mmhg": ("hypotension", "hypertension"),
    "map_mmhg": ("hypotension",),
    "diastolic_mmhg": ("hypertension",),
    "heart_rate_bpm": ("heart_rate",),
    "respiratory_rate_per_min": ("respiratory_rate",),
    "spo2_percent": ("hypoxia",),
}
OPS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥"}


@dataclass(frozen=True, slots=True)
class Limits:
    """One sign: what calls for somebody at once, and what soon."""

    title: str
    high: str
    medium: str


def rules_of_study(study_id: int) -> RuleSet | None:
    """The rules that would watch an infusion of the study now: its own, else everybody's."""
    active = RuleSetRow.objects.filter(status=RuleSetStatus.ACTIVE)
    own_first = F("study").asc(nulls_last=True)
    numbers = (
        active.filter(Q(study=study_id) | Q(study=None))
        .order_by(own_first, "pk")
        .values_list("pk", flat=True)
    )
    number = numbers.first()
    return rule_sets.parsed(number) if number is not None else None


def limits_on_paper(rules: RuleSet, subject: Subject) -> list[Limits]:
    """Every sign of the sheet with its figures. Exceptions are the rulebook's: on paper the figure counts."""
    titles = {
        "temperature_c": _("Temp °C"),
        "systolic_mmhg": _("Systolic mmHg"),
        "map_mmhg": _("MAP mmHg"),
        "diastolic_mmhg": _("Diastolic mmHg"),
        "heart_rate_bpm": _("HR /min"),
        "respiratory_rate_per_min": _("RR /min"),
        "spo2_percent": _("SpO₂ %"),
    }
    found = []
    for signal, problems in SIGNS.items():
        words = {
            priority: ", ".join(_figures(_conditions(rules, problems, priority), signal, subject))
            for priority in (Priority.HIGH, Priority.MEDIUM)
        }
        if any(words.values()):
            found.append(Limits(titles[signal], words[Priority.HIGH], words[Priority.MEDIUM]))
    return found


def _conditions(rules: RuleSet, problems: Iterable[str], priority: Priority) -> Iterator[Condition]:
    for problem in problems:
        rule = rules.rules.get(problem)
        if rule is not None and priority in rule.priorities:
            yield from walk(rule.priorities[priority])


def _figures(conditions: Iterable[Condition], signal: str, subject: Subject) -> Iterator[str]:
    ups: dict[Decimal, str] = {}
    downs: dict[Decimal, str] = {}
    moves: list[str] = []
    for part in conditions:
        if isinstance(part, Compare) and part.signal == signal and not (part.of_baseline or part.sites):
            if isinstance(part.value, Decimal) and part.op in OPS:
                (ups if part.op.startswith(">") else downs)[part.value] = OPS[part.op]
        elif isinstance(part, Change) and part.signal == signal and _is_from_baseline(part):
            moves.append(_move(part))
    if downs:
        # Who has a documented target is judged by the lower of the two limits.
        has_target = signal == "spo2_percent" and bool(subject.spo2_target)
        value = min(downs) if has_target else max(downs)
        yield f"{downs[value]} {digits(value)}"
    if ups:
        yield f"{ups[min(ups)]} {digits(min(ups))}"
    yield from dict.fromkeys(moves)


def _is_from_baseline(part: Change) -> bool:
    return part.window is None and part.op.startswith(">")


def _move(part: Change) -> str:
    unit = "%" if part.percent else ""
    figure = f"{OPS[part.op]} {digits(part.by)} {unit}".strip()
    word = _("risen %s") if part.direction == "rise" else _("fallen %s")
    return word % figure
