"""Each scale as one function from what was handed in to the answer that both doors show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from monitoring.core.grading import ctcae
from monitoring.core.grading.answer import Contradiction, Graded, Reason
from monitoring.core.grading.astct import AGENTS, agent_of, grade_crs
from monitoring.core.grading.icans import ICE_ITEMS, grade_icans, ice_score
from monitoring.core.grading.news2 import score_news2
from monitoring.grading.bodies import CrsIn, CtcaeIn, IcansIn, News2In, plausible
from monitoring.grading.words import label, sentence
from tracker.errors import FieldError, Refused

Answer = dict[str, Any]


class ReasonOut(msgspec.Struct):
    """Why the grade is what it is: a code that stays, and a sentence in the reader's language."""

    code: str
    detail: str


class GradeOut(msgspec.Struct):
    """`grade` is null where the missing parts leave a range; `missing` names what would narrow it."""

    grade: int | None
    lowest: int
    highest: int
    missing: list[str]
    reasons: list[ReasonOut]
    source: str


class IcansOut(GradeOut):
    """With the ICE score, where it is known."""

    ice: int | None


class News2Out(GradeOut):
    """With the points of each part; `grade` and `total` are the same number."""

    total: int | None
    parts: dict[str, int | None]
    single_parameter_3: bool | None
    risk: Literal["low", "low_medium", "medium", "high"] | None
    monitoring: (
        Literal["at_least_every_12_hours", "at_least_every_4_to_6_hours", "at_least_hourly", "continuous"]
        | None
    )


class CtcaeOut(GradeOut):
    """With the term, and the statements (`unsaid`) that would raise the grade as far as `highest_if_said`."""

    version: Literal["5.0", "6.0"]
    term: str
    highest_permitted_grade: int
    unsaid: list[str]
    highest_if_said: int


def _shown(graded: Graded, **more: Any) -> Answer:
    return {
        "grade": graded.grade,
        "lowest": graded.lowest,
        "highest": graded.highest,
        "missing": list(graded.missing),
        "reasons": [{"code": reason.code, "detail": sentence(reason)} for reason in graded.reasons],
        "source": graded.source,
        **more,
    }


def crs(body: CrsIn) -> Answer:
    """The CRS grade after ASTCT 2019.

    Raises: Refused naming each input at fault.
    """
    values = plausible(body)
    unknown = [name for name in body.vasopressors or () if agent_of(name) not in AGENTS]
    if unknown:
        detail = _("“%(name)s” is not known here as a vasopressor; known are %(known)s.") % {
            "name": unknown[0],
            "known": ", ".join(AGENTS),
        }
        raise Refused.at("vasopressors", "unknown_vasopressor", detail)
    try:
        return _shown(grade_crs(**values))
    except Contradiction as contradiction:
        raise _refused(contradiction) from contradiction


def icans(body: IcansIn) -> Answer:
    """The ICANS grade after ASTCT 2019, with the ICE score.

    Raises: Refused naming the input at fault.
    """
    values = plausible(body)
    items = {name: values.pop(name) for name in ICE_ITEMS}
    try:
        graded = grade_icans(**values, items=items)
        least, most = ice_score(body.ice, items)
    except Contradiction as contradiction:
        raise _refused(contradiction) from contradiction
    return _shown(graded, ice=least if least == most else None)


def news2(body: News2In) -> Answer:
    """The NEWS2 total with its parts, risk and monitoring.

    Raises: Refused naming each input at fault.
    """
    scored = score_news2(**plausible(body))
    return _shown(
        scored.total,
        total=scored.total.grade,
        parts=dict(scored.parts),
        single_parameter_3=scored.single_parameter_3,
        risk=scored.risk,
        monitoring=scored.monitoring,
    )


def ctcae_grade(body: Any) -> Answer:
    """The CTCAE grade of a term in a version.

    Raises: Refused naming the input at fault.
    """
    values = plausible(body)
    version, term = _VERSIONS.get(str(values.pop("version")), ""), values.pop("term")
    try:
        graded = ctcae.grade(version, term, **values)
    except ctcae.BadInput as fault:
        raise Refused.at(fault.name, "invalid", f"{label(fault.name)}: {fault.reason}.") from fault
    except ctcae.UnknownVersion as fault:
        known = ", ".join(ctcae.Version)
        raise Refused.at("version", "unknown_version", _("Known versions: %s.") % known) from fault
    except ctcae.NotInThisVersion as fault:
        raise Refused([_other_version(fault)]) from fault
    except ctcae.UnknownTerm as fault:
        raise Refused.at("term", "unknown_term", _("There is no such term; GET lists them.")) from fault
    reasons = [*graded.reasons, *(Reason(f"{name}_missing") for name in graded.missing)]
    if graded.highest == 0:
        reasons.insert(0, Reason("no_adverse_event"))
    return _shown(
        replace(graded, reasons=tuple(reasons)),
        version=graded.version.value,
        term=graded.term,
        highest_permitted_grade=graded.highest_permitted_grade,
        unsaid=list(graded.unsaid),
        highest_if_said=graded.highest_if_said,
    )


#: A version as text or as a JSON number, which may have lost its zero.
_VERSIONS = {text: version.value for version in ctcae.Version for text in (version.value, version.value[:-2])}


def _other_version(fault: ctcae.NotInThisVersion) -> FieldError:
    """Says that this version lacks the term, and what it has in its place."""
    detail = _("CTCAE %(version)s does not have this term.") % {"version": fault.version.value}
    if fault.instead:
        detail = f"{detail} " + _("In its place: %(term)s.") % {"term": fault.instead}
    return FieldError("/term", "not_in_this_version", detail, fault.instead)


def _refused(contradiction: Contradiction) -> Refused:
    detail = _("This contradicts: %(against)s.") % {"against": label(contradiction.against)}
    return Refused.at(contradiction.part, "contradicts", detail)


def ctcae_terms(version: str | None = None) -> list[Answer]:
    """The terms of one version or of every one, with their grades in words and the inputs that they read.

    Raises: Refused for a version that is not known.
    """
    if version is not None and version not in _VERSIONS:
        raise Refused.at("version", "unknown_version", _("Known versions: %s.") % ", ".join(ctcae.Version))
    wanted = ctcae.Version if version is None else [_VERSIONS[version]]
    return [_term(term) for each in wanted for term in ctcae.terms(each)]


def _term(term: ctcae.Term) -> Answer:
    return {
        "version": term.version.value,
        "term": term.id,
        "title": term.title,
        "soc": term.soc.value,
        "llt": term.llt,
        "grades": {str(grade): text for grade, text in term.grades.items()},
        "highest_permitted_grade": term.highest_permitted_grade,
        "inputs": [_input(term, name) for name in term.reads],
        "note": term.note,
    }


def _input(term: ctcae.Term, name: str) -> Answer:
    known = ctcae.INPUTS[name]
    words: tuple[str, ...] = term.choices.get(name, ())
    if known.kind is ctcae.Kind.UNIT and term.units is not None:
        words = term.units.names
    return {
        "name": name,
        "kind": known.kind.value,
        "unit": known.unit,
        "words": list(words),
        "only_when_so": known.aside,
    }


class TermInputOut(msgspec.Struct):
    """One input of a term. `only_when_so`: left out, it counts as not so; any other is then unknown."""

    name: str
    kind: Literal["number", "word", "statement", "unit"]
    unit: str
    words: list[str]
    only_when_so: bool


class TermOut(msgspec.Struct):
    """A term of CTCAE in a version; `llt` is its MedDRA code, `grades` says in words where each begins."""

    version: Literal["5.0", "6.0"]
    term: str
    title: str
    soc: str
    llt: int
    grades: dict[str, str]
    highest_permitted_grade: int
    inputs: list[TermInputOut]
    note: str


@dataclass(frozen=True, slots=True)
class Scale:
    """One scale: what it takes, what it answers, and what people call it."""

    title: Promise
    takes: Any
    gives: type[GradeOut]
    grade: Callable[[Any], Answer]


SCALES: Mapping[str, Scale] = {
    "astct-crs": Scale(gettext_lazy("CRS (ASTCT 2019)"), CrsIn, GradeOut, crs),
    "icans": Scale(gettext_lazy("ICANS (ASTCT 2019)"), IcansIn, IcansOut, icans),
    "news2": Scale(gettext_lazy("NEWS2"), News2In, News2Out, news2),
    "ctcae": Scale(gettext_lazy("CTCAE"), CtcaeIn, CtcaeOut, ctcae_grade),
}
"""Each scale by the last part of its address."""
