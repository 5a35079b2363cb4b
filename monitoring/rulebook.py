"""A rule set as a book that a clinician can read and sign: each rule with its limits, clearing and source.

Composes the words of the core; the pages and the command lay them out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from monitoring.core import rule_words
from monitoring.core.condition import Condition, walk
from monitoring.core.findings import Priority
from monitoring.core.leaves import Change, Compare
from monitoring.core.rule_set import Rule, RuleSet
from monitoring.core.rule_vocabulary import word
from monitoring.core.sentences import plain


@dataclass(frozen=True, slots=True)
class Level:
    """One priority of a rule: the sentences of which one is enough."""

    priority: str
    title: str
    alternatives: list[str]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One rule in words."""

    problem: str
    title: str
    levels: list[Level]
    clearing: list[str]
    phases: str
    explains: list[str]
    steps: list[str]
    reopens: list[str]
    sentence: str
    source: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """A named figure that an override may replace, in words."""

    name: str
    problem: str
    title: str
    sentence: str
    value: str


def chapters(rules: RuleSet, language: str) -> list[Chapter]:
    """Every rule in words, in the order of the set."""
    return [_chapter(rule, rules, language) for rule in rules.rules.values()]


def text_of(texts: object, language: str) -> str:
    """A text in the language, else in English."""
    assert isinstance(texts, dict)
    return str(texts.get(language[:2]) or texts["en"])


def thresholds(rules: RuleSet, language: str) -> list[Threshold]:
    """Every figure that an override may replace, each once."""
    found: dict[str, Threshold] = {}
    for rule in rules.rules.values():
        for condition in rule.conditions():
            for name, sentence, value in _named(condition, language):
                title = text_of(rule.title, language)
                found.setdefault(name, Threshold(name, rule.problem, title, sentence, value))
    return list(found.values())


def _named(condition: Condition, language: str) -> Iterator[tuple[str, str, str]]:
    said = rule_words.condition(condition, language)
    if isinstance(condition, Change) and condition.id:
        yield condition.id, said, plain(condition.by, language)
    elif (
        isinstance(condition, Compare)
        and condition.id
        and not isinstance(condition.value, str | bool | tuple)
    ):
        yield condition.id, said, plain(condition.value, language)
        for site, value in condition.by_site.items():
            yield f"{condition.id}@{site}", f"{said}: {word(site, language)}", plain(value, language)


def _chapter(rule: Rule, rules: RuleSet, language: str) -> Chapter:
    read = {
        part.signal
        for condition in rule.priorities.values()
        for part in walk(condition)
        if isinstance(part, Compare | Change)
    }
    return Chapter(
        problem=rule.problem,
        title=text_of(rule.title, language),
        levels=[
            Level(priority.word, word(priority.word, language), rule_words.alternatives(condition, language))
            for priority, condition in rule.priorities.items()
        ],
        clearing=rule_words.clearing(rule.clears, language),
        phases=rule_words.phases(rule, language),
        explains=[text_of(rules.rules[problem].title, language) for problem in rule.explains],
        steps=[
            rule_words.measured_change(step, signal, language)
            for signal, step in rule.steps.items()
            if signal in read
        ],
        reopens=[_reopening(priority, span, language) for priority, span in rule.reopens_after.items()],
        sentence=text_of(rule.sentence, language),
        source=rule.source,
    )


def _reopening(priority: Priority, span: timedelta, language: str) -> str:
    return f"{word(priority.word, language)} {rule_words.span(span)}"
