"""What differs between two versions of a rule set, each difference by its place and in words.

Rules are the same rule when they are about the same problem. Conditions are matched by what they ask, then by
their ids, then by their kind; what is left was added or removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any

from monitoring.core import rule_words
from monitoring.core.combinations import AllOf, AnyOf
from monitoring.core.condition import Condition
from monitoring.core.findings import Priority
from monitoring.core.rule_cells import meaning
from monitoring.core.rule_set import Rule, RuleSet
from monitoring.core.rule_vocabulary import word
from monitoring.core.sentences import plain


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was. An empty `before` was added, an empty `after` removed.

    `pointer` leads into the later document, for what was removed into the earlier. `problem` is empty for
    what concerns the whole set; `about` says more closely what of it differs.
    """

    pointer: str
    what: str
    problem: str = ""
    priority: Priority | None = None
    about: str = ""
    before: str = ""
    after: str = ""


def differences(before: RuleSet, after: RuleSet, language: str = "en") -> tuple[Difference, ...]:
    """All that differs, rule by rule in the order of the later set, then the set itself and its schedule."""
    found: list[Difference] = []
    was = {problem: index for index, problem in enumerate(before.rules)}
    for index, (problem, rule) in enumerate(after.rules.items()):
        place = f"/rules/{index}"
        if problem not in before.rules:
            found.append(Difference(place, "rule", problem, after=_in(rule.title, language)))
        else:
            found += _rule(before.rules[problem], rule, place, language)
    for problem, rule in before.rules.items():
        if problem not in after.rules:
            found.append(
                Difference(f"/rules/{was[problem]}", "rule", problem, before=_in(rule.title, language))
            )
    found += _texts("/title", "title", before.title, after.title, Difference("", ""))
    if before.source != after.source:
        found.append(Difference("/source", "source", before=before.source, after=after.source))
    found += _spans("/carry_minutes", "carry", before.carry, after.carry, Difference("", ""), language)
    found += _lines(
        "/schedule",
        "schedule",
        rule_words.schedule(before.schedule, language),
        rule_words.schedule(after.schedule, language),
        Difference("", ""),
    )
    return tuple(dict.fromkeys(found))


def _rule(before: Rule, after: Rule, place: str, language: str) -> Iterator[Difference]:
    here = Difference(place, "", after.problem)
    for priority in sorted({*before.priorities, *after.priorities}, reverse=True):
        old, new = before.priorities.get(priority), after.priorities.get(priority)
        at = replace(here, pointer=f"{place}/priorities/{priority.word}", priority=priority)
        if old is None or new is None:
            yield _said(replace(at, what="priority"), old, new, language)
        else:
            yield from _condition(old, new, at, language)
    yield from _lines(
        f"{place}/clears",
        "clearing",
        rule_words.clearing(before.clears, language),
        rule_words.clearing(after.clears, language),
        here,
    )
    if before.phases != after.phases:
        yield replace(
            here,
            pointer=f"{place}/phases",
            what="phases",
            before=rule_words.phases(before, language),
            after=rule_words.phases(after, language),
        )
    if set(before.explains) != set(after.explains):
        yield replace(
            here,
            pointer=f"{place}/explains",
            what="explains",
            before=", ".join(before.explains),
            after=", ".join(after.explains),
        )
    for signal in sorted({*before.steps, *after.steps}):
        old_step, new_step = before.steps.get(signal), after.steps.get(signal)
        if old_step != new_step:
            yield replace(
                here,
                pointer=f"{place}/steps/{signal}",
                what="step",
                about=word(signal, language),
                before="" if old_step is None else plain(old_step, language),
                after="" if new_step is None else plain(new_step, language),
            )
    old_spans, new_spans = (
        {priority.word: span for priority, span in each.reopens_after.items()} for each in (before, after)
    )
    yield from _spans(f"{place}/reopens_after_minutes", "reopening", old_spans, new_spans, here, language)
    yield from _texts(f"{place}/title", "title", before.title, after.title, here)
    yield from _texts(f"{place}/sentence", "sentence", before.sentence, after.sentence, here)
    if before.source != after.source:
        yield replace(
            here, pointer=f"{place}/source", what="source", before=before.source, after=after.source
        )


def _condition(before: Condition, after: Condition, at: Difference, language: str) -> Iterator[Difference]:
    """The smallest conditions that differ."""
    if type(before) is not type(after):
        yield _said(replace(at, what="condition"), before, after, language)
    elif isinstance(before, AllOf | AnyOf):
        for old, new in _pairs(before.parts, after.parts):
            if old is None or new is None:
                yield _said(replace(at, what="condition"), old, new, language)
            else:
                yield from _condition(old, new, at, language)
    elif meaning(_alone(before)) != meaning(_alone(after)):
        leaf = not before.parts and _asks_of(before) == _asks_of(after)
        yield _said(replace(at, what="limit" if leaf else "condition"), before, after, language)
    else:
        for old, new in zip(before.parts, after.parts, strict=True):
            yield from _condition(old, new, at, language)
    if type(before) is type(after):
        for language_of in sorted({*before.says, *after.says}):
            old_text, new_text = before.says.get(language_of, ""), after.says.get(language_of, "")
            if old_text != new_text:
                about = f"{after.id or before.id} ({language_of})".strip()
                yield replace(at, what="words", about=about, before=old_text, after=new_text)


def _pairs(
    before: Sequence[Condition], after: Sequence[Condition]
) -> list[tuple[Condition | None, Condition | None]]:
    """Parts that belong together, in the order of the later ones; then what is no more."""
    left = list(before)
    paired: dict[int, Condition] = {}
    for matches in (
        lambda one, other: meaning(one) == meaning(other),
        lambda one, other: bool(one.id) and one.id == other.id,
        lambda one, other: type(one) is type(other) and _asks_of(one) == _asks_of(other),
    ):
        for index, new in enumerate(after):
            old = next((each for each in left if matches(each, new)), None) if index not in paired else None
            if old is not None:
                paired[index] = old
                left.remove(old)
    return [*((paired.get(index), new) for index, new in enumerate(after)), *((old, None) for old in left)]


def _asks_of(held: Condition) -> tuple[Any, ...]:
    """What a condition is about, whatever its numbers."""
    names = ("signal", "scale", "what", "family", "direction", "percent", "of_baseline")
    return (type(held), *(getattr(held, name, None) for name in names))


def _alone(held: Condition) -> tuple[Any, ...]:
    """What a condition asks by itself, without its parts."""
    own = [getattr(held, each.name) for each in fields(held) if each.name not in ("id", "says")]  # type: ignore[arg-type]
    return tuple(value for value in own if not any(value is part for part in held.parts))


def _said(at: Difference, before: Condition | None, after: Condition | None, language: str) -> Difference:
    return replace(
        at,
        before="" if before is None else rule_words.condition(before, language),
        after="" if after is None else rule_words.condition(after, language),
    )


def _texts(
    pointer: str, what: str, before: Mapping[str, str], after: Mapping[str, str], here: Difference
) -> Iterator[Difference]:
    for language in sorted({*before, *after}):
        if before.get(language) != after.get(language):
            yield replace(
                here,
                pointer=f"{pointer}/{language}",
                what=what,
                about=language,
                before=before.get(language, ""),
                after=after.get(language, ""),
            )


def _spans(
    pointer: str,
    what: str,
    before: Mapping[str, timedelta],
    after: Mapping[str, timedelta],
    here: Difference,
    language: str,
) -> Iterator[Difference]:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            old, new = (
                "" if name not in spans else rule_words.span(spans[name]) for spans in (before, after)
            )
            about = word(name, language)
            yield replace(here, pointer=f"{pointer}/{name}", what=what, about=about, before=old, after=new)


def _lines(
    pointer: str, what: str, before: Iterable[str], after: Iterable[str], here: Difference
) -> Iterator[Difference]:
    """Sentences that are new or no more; the first of either belong together."""
    old, new = list(before), list(after)
    gone = [line for line in old if line not in new]
    come = [line for line in new if line not in old]
    for index in range(max(len(gone), len(come))):
        yield replace(
            here,
            pointer=pointer,
            what=what,
            before=gone[index] if index < len(gone) else "",
            after=come[index] if index < len(come) else "",
        )
    if not gone and not come and old != new:
        yield replace(here, pointer=pointer, what=what, before=" ".join(old), after=" ".join(new))


def _in(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts["en"]
