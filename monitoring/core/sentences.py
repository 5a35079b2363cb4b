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
from monitoring.core.rule_vocabulary import word

DECIMAL_COMMA = frozenset({"es"})
"""Languages that write a decimal comma."""


def title(rule: Rule, language: str) -> str:
    """The name of the problem."""
    return _in(rule.title, language)


def sentence(rule: Rule, priority: Priority, evidence: tuple[Evidence, ...], language: str) -> str:
    """The rule's sentence, with what was true at the highest priority reached, each by its worst value."""
    spoken = {condition.id: condition.says for condition in walk(rule.priorities[priority])}
    said = [
        _in(spoken[entry.condition], language).format(
            value=beside(entry.worst.value, entry.threshold, language),
            threshold="" if entry.threshold is None else plain(entry.threshold, language),
        )
        for entry in evidence
        if spoken.get(entry.condition)
    ]
    said = said or [_plainly(entry) for entry in evidence]
    return _in(rule.sentence, language).format(because="; ".join(dict.fromkeys(said)))


def plain(value: Value, language: str = "en", *, places: int = 1) -> str:
    """A value as people write it: a measured one as it is, a worked-out one to so many decimals, and to two
    where they say most of it (a shock index of 0.97).
    """
    if not isinstance(value, Decimal):
        return str(value).replace("_", " ")
    places = max(places, 2) if abs(value) < 10 else places
    exponent = value.as_tuple().exponent
    text = f"{value:.{places}f}" if isinstance(exponent, int) and exponent < -3 else f"{value:f}"
    return text.replace(".", ",") if language in DECIMAL_COMMA else text


def beside(value: Value, threshold: Value | None, language: str) -> str:
    """A value as people write it, with as many decimals as tell it from the limit that it has crossed.

    Words that a rule can name (one, or several in a list) are said in the language.
    """
    if isinstance(value, Decimal) and isinstance(threshold, Decimal) and value != threshold:
        for places in (1, 2, 3):
            if Decimal(plain(value, places=places)) != threshold:
                return plain(value, language, places=places)
    if isinstance(value, str):
        return ", ".join(word(part, language) for part in value.split(", "))
    return plain(value, language)


def _plainly(entry: Evidence) -> str:
    """A condition that has no words of its own."""
    unit = signals.unit(entry.signal) if signals.is_known(entry.signal) else ""
    return f"{entry.signal} {plain(entry.worst.value)} {unit}".strip()


def _in(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts["en"]
