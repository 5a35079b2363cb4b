"""A rule in plain words, for a clinician to read: conditions, priorities, clearing, phases, the schedule.

Made from what the rule does, never from what somebody wrote about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from monitoring.core import signals
from monitoring.core.clearing import ByAssessment, ByComing, BySets, ByStop, Clearing
from monitoring.core.combinations import AllOf, AnyOf, Not, Unless
from monitoring.core.condition import Condition
from monitoring.core.grades import Grade, Missing
from monitoring.core.happenings import Absence, Happened, Overdue
from monitoring.core.lasting import Seen, Still, Sustained
from monitoring.core.leaves import Change, Compare, is_number
from monitoring.core.rule_cells import disjuncts
from monitoring.core.rule_phrases import PHRASES
from monitoring.core.rule_set import WATCHED_PHASES, Rule
from monitoring.core.rule_vocabulary import known, word
from monitoring.core.sentences import plain
from monitoring.core.template import Asked, Template

_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_CHANGED = {">": "more_than", ">=": "at_least", "<": "less_than", "<=": "at_most"}


def condition(held: Condition, language: str = "en") -> str:
    """What a condition asks, in one sentence without its end."""
    say = _SAY.get(type(held), _by_name)
    return say(held, known(language))


def alternatives(held: Condition, language: str = "en") -> list[str]:
    """Each of the sentences of which one alone is enough."""
    return [condition(part, language) for part in disjuncts(held)]


def clearing(clears: Clearing, language: str = "en") -> list[str]:
    """How a problem clears, in whole sentences."""
    language = known(language)
    match clears:
        case BySets():
            said = [
                _phrase(
                    "one_set" if clears.sets == 1 else "sets",
                    language,
                    n=clears.sets,
                    span=span(clears.apart),
                    n_home=clears.sets_at_home,
                    span_home=span(clears.apart_at_home),
                )
            ]
            if clears.masked_by is not None:
                said.append(_phrase("masked", language, part=condition(clears.masked_by, language)))
            if clears.absolute_without_baseline:
                said.append(_phrase("absolute", language))
            return said
        case ByStop():
            said = [_phrase("stop", language, kinds=_either(clears.kinds, language))]
            if clears.or_when is not None:
                said.append(_phrase("or_when", language, part=condition(clears.or_when, language)))
            return said
        case ByAssessment():
            return [_phrase("assessment", language)]
        case ByComing():
            return [_phrase("coming", language)]


def phases(rule: Rule, language: str = "en") -> str:
    """Where a rule applies."""
    if rule.phases == frozenset(WATCHED_PHASES):
        return _phrase("everywhere", known(language))
    return ", ".join(word(phase, language) for phase in WATCHED_PHASES if phase in rule.phases)


def schedule(template: Template, language: str = "en") -> list[str]:
    """An observation schedule, one sentence a stretch."""
    language = known(language)
    said = []
    if template.baseline is not None:
        before = template.baseline
        said.append(_phrase("before_start", language, n=before.readings, span=span(before.within)))
    said.append(_phrase("while_running", language, asked=_asked(template.while_running.asked, language)))
    for stretch in template.afterwards:
        where = f"{word(stretch.where, language)}, " if stretch.where else ""
        until = "" if stretch.until is None else span(stretch.until)
        name = "to_the_end" if stretch.until is None else "until"
        asked = _asked(stretch.asked, language)
        sentence = _phrase(name, language, where=where, until=until, asked=asked)
        said.append(sentence[0].upper() + sentence[1:])
    if (tight := template.tightened) is not None:
        problems = ", ".join(
            [_phrase("any_high", language), *(word(each, language) for each in sorted(tight.problems))]
        )
        asked = "; ".join(
            f"{word(place, language)} {_asked(each, language)}" for place, each in tight.asked.items()
        )
        said.append(_phrase("tightened", language, problems=problems, n=tight.until_normal_sets, asked=asked))
    return said


def span(length: timedelta) -> str:
    """A length of time: 15 min, 4 h, 1 h 30 min."""
    hours, minutes = divmod(length // timedelta(minutes=1), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def measured(value: Any, signal: str, language: str) -> str:
    """A value with the unit of its signal; a word or a statement as it is said."""
    if isinstance(value, Decimal):
        unit = signals.unit(signal) if signals.is_known(signal) else ""
        return f"{plain(value, language)} {unit}".strip()
    return word(str(value), language)


def _compare(held: Compare, language: str, name: str = "is") -> str:
    signal = word(held.signal, language)
    if isinstance(held.value, bool):
        return signal if held.value else _phrase("not", language, part=signal)
    if held.of_baseline:
        signal = _phrase("of_baseline", language, signal=signal)
    if not is_number(held.signal):
        words = held.value if isinstance(held.value, tuple) else (str(held.value),)
        return _phrase(name, language, signal=signal, value=_either(words, language))
    if held.sites:
        signal = f"{signal} ({_either(held.sites, language)})"
    said = f"{signal} {_phrase(held.op, language, value=measured(held.value, held.signal, language))}"
    sites = [f"{word(site, language)} {plain(value, language)}" for site, value in held.by_site.items()]
    return f"{said} ({', '.join(sites)})" if sites else said


def _change(held: Change, language: str) -> str:
    unit = f"{plain(held.by, language)} %" if held.percent else measured(held.by, held.signal, language)
    by = _phrase(_CHANGED[held.op], language, value=unit)
    change = _phrase(held.direction, language, signal=word(held.signal, language), by=by)
    if held.window is None:
        return _phrase("from_baseline", language, change=change)
    return _phrase("in_window", language, change=change, span=span(held.window))


def _grade(held: Grade | Missing, language: str) -> str:
    return _phrase("grade", language, scale=word(f"scale:{held.scale}", language), value=held.at_least)


def _missing(held: Missing, language: str) -> str:
    return _phrase("left_open", language, grade=_grade(held, language))


def _happened(held: Happened, language: str) -> str:
    what = _what(held, language)
    if held.begins:
        return _phrase("begins", language, what=what)
    name = "running_or_within" if held.running and held.within else "within" if held.within else "running"
    return _phrase(name, language, what=what, span=span(held.within))


def _what(held: Happened, language: str) -> str:
    said = _either(held.kinds, language)
    more = [_either(held.qualities, language), _either(held.details, language)]
    return f"{said} ({'; '.join(each for each in more if each)})" if any(more) else said


def _overdue(held: Overdue, language: str) -> str:
    name = "missing" if held.what == "baseline" else "overdue"
    what = word(held.what, language)
    if held.in_a_row == 1:
        return _phrase(name, language, what=what)
    return _phrase(f"{name}_row", language, what=what, n=held.in_a_row)


def _sustained(held: Sustained, language: str) -> str:
    part = _inner(held.condition, language)
    name = "for_readings" if held.readings else "for_time"
    said = _phrase(name, language, part=part, n=held.readings, span=span(held.span))
    return (
        _phrase("gap", language, part=said, span=span(held.gap))
        if held.gap not in (timedelta(), held.span)
        else said
    )


def _seen(held: Seen, language: str) -> str:
    name = "seen_newest" if held.newest else "seen"
    return _phrase(name, language, part=_inner(held.condition, language), span=span(held.within))


def _still(held: Still, language: str) -> str:
    event = _what(held.after, language)
    return _phrase(
        "still", language, part=_inner(held.condition, language), span=span(held.span), event=event
    )


def _absence(held: Absence, language: str) -> str:
    return _phrase(
        "absence_baseline" if held.of_baseline else "absence",
        language,
        signals=_both((word(name, language) for name in held.signals), language),
        span=span(held.after),
        event=_what(held.since, language),
    )


def _all(held: AllOf, language: str) -> str:
    return _both((_inner(part, language) for part in held.parts), language)


def _any(held: AnyOf, language: str) -> str:
    return PHRASES[language]["or"].join(_inner(part, language) for part in held.parts)


def _not(held: Not, language: str) -> str:
    part = held.part
    if isinstance(part, Happened) or (isinstance(part, Compare) and part.value is True):
        return _phrase("without", language, part=condition(part, language))
    if isinstance(part, Compare) and not isinstance(part.value, bool):
        if part.op in _OPPOSITE:
            return _compare(replace(part, op=_OPPOSITE[part.op]), language)
        return _compare(part, language, name="is_not")
    return _phrase("not", language, part=condition(part, language))


def _unless(held: Unless, language: str) -> str:
    exception = condition(held.exception, language)
    return _phrase("unless", language, part=_inner(held.condition, language), exception=exception)


_SAY: Mapping[type, Callable[[Any, str], str]] = {
    Compare: _compare,
    Change: _change,
    Grade: _grade,
    Missing: _missing,
    Happened: _happened,
    Overdue: _overdue,
    Absence: _absence,
    Sustained: _sustained,
    Seen: _seen,
    Still: _still,
    AllOf: _all,
    AnyOf: _any,
    Not: _not,
    Unless: _unless,
}
"""How each kind of condition is said."""


def _by_name(held: Condition, language: str) -> str:
    """A kind that has no words yet: its name and its fields."""
    named = [
        f"{each.name} {getattr(held, each.name)}"
        for each in fields(held)  # type: ignore[arg-type]
        if each.name not in ("id", "says") and not hasattr(getattr(held, each.name), "judge")
    ]
    return f"{type(held).__name__.lower()} ({', '.join(named)})"


def _inner(part: Condition, language: str) -> str:
    """A part inside a sentence, in brackets where it has an or, an and or an exception of its own."""
    said = condition(part, language)
    several = isinstance(part, AllOf | AnyOf) and len(part.parts) > 1
    return f"({said})" if several or isinstance(part, Unless) else said


def _either(names: Iterable[str], language: str) -> str:
    return PHRASES[language]["or_word"].join(word(name, language) for name in names)


def _both(said: Iterable[str], language: str) -> str:
    return PHRASES[language]["and"].join(said)


def _asked(asked: Asked, language: str) -> str:
    return _phrase(
        "every", language, what=word(asked.what, language), every=span(asked.every), grace=span(asked.grace)
    )


def _phrase(name: str, language: str, **values: Any) -> str:
    said = PHRASES[language][name].format(**values)
    return said.replace(" de el ", " del ") if language == "es" else said
