"""The grade of a term: the highest whose beginning is met, and the range that what is left out allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from monitoring.core.events import Value
from monitoring.core.grading.answer import Graded, Reason
from monitoring.core.grading.ctcae.amount import Amount
from monitoring.core.grading.ctcae.book import term as term_of
from monitoring.core.grading.ctcae.criteria import Given
from monitoring.core.grading.ctcae.inputs import INPUTS, Written, read
from monitoring.core.grading.ctcae.term import BadInput, Follows, Term, Version
from monitoring.core.value import value

DEATH = "death"


@value(frozen=True, slots=True)
class CtcaeGrade(Graded):
    """The grades of a term that the inputs allow. Grade 0 is no adverse event.

    `unsaid`: asides that nobody made and that would raise the grade, to `highest_if_said` at most.
    """

    term: str = ""
    version: Version = Version.V5
    highest_permitted_grade: int = 0
    unsaid: tuple[str, ...] = ()
    highest_if_said: int = 0


def grade(version: str, term: str, **inputs: Written) -> CtcaeGrade:
    """The grade of a term in a version, as far as these inputs tell; None is an input left out.

    Raises: UnknownVersion, UnknownTerm, NotInThisVersion, BadInput.
    """
    held = term_of(version, term)
    given = _with_what_follows(held, read(held, inputs))
    unread = _unread(held, inputs)
    if given.statements.get(DEATH):
        return _answer(held, 5, 5, (), (Reason("stated", {"input": DEATH}), *unread))
    truths = {begin.grade: begin.criterion.judge(given) for begin in held.begins}
    lowest = max((number for number, truth in truths.items() if truth), default=0)
    highest = _highest(truths, lowest)
    reasons = [
        reason for begin in held.begins if begin.grade == lowest for reason in begin.criterion.met(given)
    ]
    missing = _unknown(held, given, above=lowest)
    asking = replace(given, silence=None)
    if_said = _highest({begin.grade: begin.criterion.judge(asking) for begin in held.begins}, highest)
    unsaid = [name for name in _unknown(held, asking, above=lowest) if INPUTS[name].aside]
    answer = _answer(held, lowest, highest, missing, (*reasons, *_inexact(held, given), *unread))
    named = tuple(name for name in unsaid if name not in missing)
    return replace(answer, unsaid=named, highest_if_said=if_said)


def _answer(
    term: Term, lowest: int, highest: int, missing: Iterable[str], reasons: tuple[Reason, ...]
) -> CtcaeGrade:
    return CtcaeGrade(
        lowest=lowest,
        highest=highest,
        missing=tuple(missing),
        reasons=reasons,
        source=term.source,
        term=term.id,
        version=term.version,
        highest_permitted_grade=term.highest_permitted_grade,
        highest_if_said=highest,
    )


def _highest(truths: Mapping[int, bool | None], lowest: int) -> int:
    """The highest grade that nothing excludes."""
    return max((number for number, truth in truths.items() if truth is not False), default=lowest)


def _unknown(term: Term, given: Given, *, above: int) -> tuple[str, ...]:
    """The inputs left out on which a grade above one hangs."""
    names = [name for begin in term.begins if begin.grade > above for name in begin.criterion.unknown(given)]
    return tuple(dict.fromkeys(names))


def _inexact(term: Term, given: Given) -> tuple[Reason, ...]:
    """The amounts that are only bounded: they may leave a range that no further input would narrow."""
    found: list[Reason] = []
    for name, amount in given.amounts.items():
        if amount.comparator:
            values: dict[str, Value] = {"input": name, "comparator": amount.comparator, "value": amount.value}
            found.append(Reason("bounded", values))
    return tuple(found)


def _unread(term: Term, inputs: Mapping[str, Written]) -> tuple[Reason, ...]:
    """The inputs handed in that this term, in this version, does not look at."""
    names = [name for name, given in inputs.items() if given is not None and name not in term.reads]
    return tuple(Reason("not_read", {"input": name}) for name in names)


def _with_what_follows(term: Term, given: Given) -> Given:
    """The same, with the inputs that follow from those that were given.

    Raises: BadInput where one was given that contradicts the others.
    """
    for following in term.follows:
        if following.when.judge(given) is not True:
            continue
        held = given.amounts.get(following.input)
        if held is not None and _contradicts(held, following):
            names = " and ".join(following.when.reads)
            raise BadInput(following.input, f"contradicts {names}: it could only be {following.amount.value}")
        given = replace(given, amounts={**given.amounts, following.input: following.amount})
    return given


def _contradicts(held: Amount, following: Follows) -> bool:
    """True when an amount cannot be the one that follows."""
    least = following.amount.value
    return held.is_below(least) is True or held.is_at_most(least) is False
