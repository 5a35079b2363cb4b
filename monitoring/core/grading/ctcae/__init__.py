"""CTCAE v5.0 and v6.0: the terms that Febris grades, and the grades that what was measured and said allows.

    terms("6.0")                      every term of a version, by title
    term("5.0", "anemia")             one: its grades in words, inputs, LLT, highest permitted grade
    grade("6.0", "neutrophil_count_decreased", value=Decimal("0.45"), unit="10^9/L")
    id_in("6.0", "platelet_count_decreased")       "thrombocytopenia": what stands in its place there

The version is always an argument, since the same number is another grade in another version: ANC 0.45 is
grade 4 in v5.0 and grade 3 in v6.0. Nothing is ever graded anew.

An input is a *question* or an *aside* (`Input.aside`). A question that is left out widens the answer and is
named in `missing`. An aside is said only when it is so (`transfusion_indicated`, `life_threatening`,
`death`): left out, it counts as not so, and `unsaid` names each that would raise the grade, up to
`highest_if_said`. An input that another term or version reads is no error: a reason `not_read` names it.
Inputs are Decimal, int, bool, words, `Amount(Decimal("0.1"), "<")` or the text "<0.1".

Raises, all of them CtcaeError: UnknownVersion, UnknownTerm, NotInThisVersion (`.instead` is the term that
this version has in its place), BadInput (`.name`, `.reason`).
"""

from __future__ import annotations

from monitoring.core.grading.ctcae.amount import Amount
from monitoring.core.grading.ctcae.book import id_in, term, terms
from monitoring.core.grading.ctcae.grading import CtcaeGrade, grade
from monitoring.core.grading.ctcae.inputs import INPUTS
from monitoring.core.grading.ctcae.term import (
    BadInput,
    CtcaeError,
    Input,
    Kind,
    NotInThisVersion,
    Soc,
    Term,
    UnknownTerm,
    UnknownVersion,
    Version,
)

__all__ = [
    "INPUTS",
    "Amount",
    "BadInput",
    "CtcaeError",
    "CtcaeGrade",
    "Input",
    "Kind",
    "NotInThisVersion",
    "Soc",
    "Term",
    "UnknownTerm",
    "UnknownVersion",
    "Version",
    "grade",
    "id_in",
    "term",
    "terms",
]
