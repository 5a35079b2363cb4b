"""A rule in plain words, for a clinician to read: conditions, priorities, clearing, phases, the schedule.

Made from what the rule does, never from what somebody wrote about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
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

_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "=", "in": "in"}
_CHANGED = {">": "more_than", ">=": "at_least", "<": "less_than", "<=": "at_most"}


Figure = Callable[[Any, str, str], str]
"""Writes a figure: of what it is (a condition, a way of clearing, a place of the schedule), the member of the
document that holds it, and its text."""


def as_it_is(of: Any, member: str, text: str) -> str:
    """The figure as plain text."""
    return text


@dataclass(frozen=True, slots=True)
class Voice:
    """The language in which is spoken, and how figures are written."""

    language: str
    figure: Figure = as_it_is


def condition(held: Condition, language: str = "en", figure: Figure = as_it_is) -> str:
    """What a condition asks, in one sentence without its end."""
    return _condition(held, Voice(known(language), figure))


def alternatives(held: Condition, language: str = "en", figure: Figure = as_it_is) -> list[str]:
    """Each of the sentences of which one alone is enough."""
    return [condition(part, language, figure) for part in disjuncts(held)]


def _condition(held: Condition, voice: Voice) -> str:
    return _SAY.get(type(held), _by_name)(held, voice)


def clearing(clears: Clearing, language: str = "en", figure: Figure = as_it_is) -> list[str]:
    """How a problem clears, in whole sentences."""
    voice = Voice(known(language), figure)
    match clears:
        case BySets():
            said = [
                _phrase(
                    "one_set" if clears.sets == 1 else "sets",
                    voice,
                    n=voice.figure(clears, "normal", str(clears.sets)),
                    span=voice.figure(clears, "apart_minutes", span(clears.apart)),
                    n_home=voice.figure(clears, "normal_at_home", str(clears.sets_at_home)),
                    span_home=voice.figure(clears, "apart_minutes_at_home", span(clears.apart_at_home)),
                )
            ]
            if clears.masked_by is not None:
                said.append(_phrase("masked", voice, part=_condition(clears.masked_by, voice)))
            if clears.absolute_without_baseline:
                said.append(_phrase("absolute", voice))
            return said
        case ByStop():
            said = [_phrase("stop", voice, kinds=_either(clears.kinds, voice))]
            if clears.or_when is not None:
                said.append(_phrase("or_when", voice, part=_condition(clears.or_when, voice)))
            return said
        case ByAssessment():
            return [_phrase("assessment", voice)]
        case ByComing():
            return [_phrase("coming", voice)]


def phases(rule: Rule, language: str = "en") -> str:
    """Where a rule applies."""
    if rule.phases == frozenset(WATCHED_PHASES):
        return _phrase("everywhere", Voice(known(language)))
    return ", ".join(word(phase, language) for phase in WATCHED_PHASES if phase in rule.phases)


def schedule(template: Template, language: str = "en", figure: Figure = as_it_is) -> list[str]:
    """An observation schedule, one sentence a stretch."""
    voice = Voice(known(language), figure)
    said = []
    if (before := template.baseline) is not None:
        place = "/schedule/baseline"
        readings = voice.figure(place, "readings", str(before.readings))
        within = voice.figure(place, "within_minutes", span(before.within))
        said.append(_phrase("before_start", voice, n=readings, span=within))
    running = _asked(template.while_running.asked, "/schedule/while_running", voice)
    said.append(_phrase("while_running", voice, asked=running))
    for index, stretch in enumerate(template.afterwards):
        place = f"/schedule/afterwards/{index}"
        where = f"{word(stretch.where, voice.language)}, " if stretch.where else ""
        until = "" if stretch.until is None else voice.figure(place, "until_minutes", span(stretch.until))
        name = "to_the_end" if stretch.until is None else "until"
        asked = _asked(stretch.asked, place, voice)
        sentence = _phrase(name, voice, where=where, until=until, asked=asked)
        said.append(sentence[0].upper() + sentence[1:])
    if (tight := template.tightened) is not None:
        place = "/schedule/tightened"
        problems = [_phrase("any_high", voice)] + [
            word(each, voice.language) for each in sorted(tight.problems)
        ]
        asked = "; ".join(
            f"{word(where, voice.language)} {_asked(each, f'{place}/{where}', voice)}"
            for where, each in tight.asked.items()
        )
        sets = voice.figure(place, "until_normal_sets", str(tight.until_normal_sets))
        said.append(_phrase("tightened", voice, problems=", ".join(problems), n=sets, asked=asked))
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


def measured_change(step: Decimal, signal: str, language: str) -> str:
    """A step of a signal that counts as worsening: “temperature 0.5 °C”."""
    return f"{word(signal, language)} {measured(step, signal, language)}"


def _compare(held: Compare, voice: Voice, op: str = "") -> str:
    """The comparison, or with `op` its opposite."""
    signal = word(held.signal, voice.language)
    if isinstance(held.value, bool):
        return signal if held.value else _phrase("not", voice, part=signal)
    if held.of_baseline:
        signal = _phrase("of_baseline", voice, signal=signal)
    if not is_number(held.signal):
        words = held.value if isinstance(held.value, tuple) else (str(held.value),)
        name = "is_not" if op else "is"
        return _phrase(name, voice, signal=signal, value=_either(words, voice))
    if held.sites:
        signal = f"{signal} ({_either(held.sites, voice)})"
    said = f"{signal} {_phrase(op or held.op, voice, value=_figure(held, 'value', held.value, voice))}"
    sites = [
        f"{word(site, voice.language)} {voice.figure(held, f'by_site/{site}', plain(value, voice.language))}"
        for site, value in held.by_site.items()
    ]
    return f"{said} ({', '.join(sites)})" if sites else said


def _figure(held: Compare | Change, member: str, value: Any, voice: Voice, unit: str | None = None) -> str:
    """A value with its unit, by default that of its signal."""
    if unit is None:
        unit = signals.unit(held.signal) if signals.is_known(held.signal) else ""
    return f"{voice.figure(held, member, plain(value, voice.language))} {unit}".strip()


def _change(held: Change, voice: Voice) -> str:
    unit = "%" if held.percent else None
    by = _phrase(_CHANGED[held.op], voice, value=_figure(held, "by", held.by, voice, unit))
    change = _phrase(held.direction, voice, signal=word(held.signal, voice.language), by=by)
    if held.window is None:
        return _phrase("from_baseline", voice, change=change)
    window = voice.figure(held, "from/window_minutes", span(held.window))
    return _phrase("in_window", voice, change=change, span=window)


def _grade(held: Grade | Missing, voice: Voice) -> str:
    at_least = voice.figure(held, "at_least", str(held.at_least))
    return _phrase("grade", voice, scale=word(f"scale:{held.scale}", voice.language), value=at_least)


def _missing(held: Missing, voice: Voice) -> str:
    return _phrase("left_open", voice, grade=_grade(held, voice))


def _happened(held: Happened, voice: Voice) -> str:
    what = _what(held, voice)
    if held.begins:
        return _phrase("known" if held.family == "subject" else "begins", voice, what=what)
    if not held.within:
        return _phrase("running", voice, what=what)
    within = voice.figure(held, "within_minutes", span(held.within))
    return _phrase("running_or_within" if held.running else "within", voice, what=what, span=within)


def _what(held: Happened, voice: Voice) -> str:
    said = _either(held.kinds, voice)
    more = [_either(held.qualities, voice), _either(held.details, voice)]
    return f"{said} ({'; '.join(each for each in more if each)})" if any(more) else said


def _overdue(held: Overdue, voice: Voice) -> str:
    name = "missing" if held.what == "baseline" else "overdue"
    what = word(held.what, voice.language)
    if held.in_a_row == 1:
        return _phrase(name, voice, what=what)
    in_a_row = voice.figure(held, "in_a_row", str(held.in_a_row))
    return _phrase(f"{name}_row", voice, what=what, n=in_a_row)


def _sustained(held: Sustained, voice: Voice) -> str:
    part = _inner(held.condition, voice)
    if held.readings:
        readings = voice.figure(held, "readings", str(held.readings))
        within = voice.figure(held, "within_minutes", span(held.span))
        said = _phrase("for_readings", voice, part=part, n=readings, span=within)
    else:
        lasting = voice.figure(held, "for_minutes", span(held.span))
        said = _phrase("for_time", voice, part=part, span=lasting)
    if held.gap in (timedelta(), held.span):
        return said
    return _phrase("gap", voice, part=said, span=voice.figure(held, "gap_minutes", span(held.gap)))


def _seen(held: Seen, voice: Voice) -> str:
    within = voice.figure(held, "within_minutes", span(held.within))
    name = "seen_newest" if held.newest else "seen"
    return _phrase(name, voice, part=_inner(held.condition, voice), span=within)


def _still(held: Still, voice: Voice) -> str:
    after = voice.figure(held, "minutes", span(held.span))
    event = _what(held.after, voice)
    return _phrase("still", voice, part=_inner(held.condition, voice), span=after, event=event)


def _absence(held: Absence, voice: Voice) -> str:
    return _phrase(
        "absence_baseline" if held.of_baseline else "absence",
        voice,
        signals=_both((word(name, voice.language) for name in held.signals), voice),
        span=voice.figure(held, "minutes", span(held.after)),
        event=_what(held.since, voice),
    )


def _all(held: AllOf, voice: Voice) -> str:
    return _both((_inner(part, voice) for part in held.parts), voice)


def _any(held: AnyOf, voice: Voice) -> str:
    return PHRASES[voice.language]["or"].join(_inner(part, voice) for part in held.parts)


def _not(held: Not, voice: Voice) -> str:
    part = held.part
    if isinstance(part, Happened) or (isinstance(part, Compare) and part.value is True):
        return _phrase("without", voice, part=_condition(part, voice))
    if isinstance(part, Compare) and not isinstance(part.value, bool) and part.op in _OPPOSITE:
        return _compare(part, voice, op=_OPPOSITE[part.op])
    return _phrase("not", voice, part=_condition(part, voice))


def _unless(held: Unless, voice: Voice) -> str:
    exception = _condition(held.exception, voice)
    return _phrase("unless", voice, part=_inner(held.condition, voice), exception=exception)


_SAY: Mapping[type, Callable[[Any, Voice], str]] = {
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


def _by_name(held: Condition, voice: Voice) -> str:
    """A kind that has no words yet: its name and its fields."""
    named = [
        f"{each.name} {getattr(held, each.name)}"
        for each in fields(held)  # type: ignore[arg-type]
        if each.name not in ("id", "says") and not hasattr(getattr(held, each.name), "judge")
    ]
    return f"{type(held).__name__.lower()} ({', '.join(named)})"


def _inner(part: Condition, voice: Voice) -> str:
    """A part inside a sentence, in brackets where it has an or, an and or an exception of its own."""
    said = _condition(part, voice)
    several = isinstance(part, AllOf | AnyOf) and len(part.parts) > 1
    return f"({said})" if several or isinstance(part, Unless) else said


def _either(names: Iterable[str], voice: Voice) -> str:
    return PHRASES[voice.language]["or_word"].join(word(name, voice.language) for name in names)


def _both(said: Iterable[str], voice: Voice) -> str:
    return PHRASES[voice.language]["and"].join(said)


def _asked(asked: Asked, place: str, voice: Voice) -> str:
    every = voice.figure(place, "every_minutes", span(asked.every))
    grace = voice.figure(place, "grace_minutes", span(asked.grace))
    return _phrase("every", voice, what=word(asked.what, voice.language), every=every, grace=grace)


def _phrase(name: str, voice: Voice, **values: Any) -> str:
    said = PHRASES[voice.language][name].format(**values)
    return said.replace(" de el ", " del ") if voice.language == "es" else said
