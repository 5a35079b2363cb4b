"""What an episode says to people, in a language of its rule.

The words are the rule set's; here they are filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitoring.core import signals
from monitoring.core.condition import walk
from monitoring.core.events import Value
from monitoring.core.findings import Evidence, Priority
from monitoring.core.rule_set import Rule


def title(rule: Rule, language: str) -> str:
    """The name of the problem."""
    return _in(rule.title, language)


def sentence(rule: Rule, priority: Priority, evidence: tuple[Evidence, ...], language: str) -> str:
    """The rule's sentence, with what was true at the highest priority reached, each by its worst value."""
    spoken = {condition.id: condition.says for condition in walk(rule.priorities[priority])}
    said = [
        _in(spoken[entry.condition], language).format(
            value=plain(entry.worst.value),
            threshold="" if entry.threshold is None else plain(entry.threshold),
        )
        for entry in evidence
        if spoken.get(entry.condition)
    ]
    said = said or [_plainly(entry) for entry in evidence]
    return _in(rule.sentence, language).format(because="; ".join(dict.fromkeys(said)))


def plain(value: Value) -> str:
    """A value as people write it: a worked-out number to one decimal, a measured one as it is."""
    if not isinstance(value, Decimal):
        return str(value).replace("_", " ")
    exponent = value.as_tuple().exponent
    return f"{value:.1f}" if isinstance(exponent, int) and exponent < -3 else f"{value:f}"


def _plainly(entry: Evidence) -> str:
    """A condition that has no words of its own."""
    unit = signals.unit(entry.signal) if signals.is_known(entry.signal) else ""
    return f"{entry.signal} {plain(entry.worst.value)} {unit}".strip()


def _in(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts["en"]
