"""A term of CTCAE as one version prints it, and the inputs from which its grade follows.

Knows how a term is made, not which terms there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from monitoring.core.grading.ctcae.amount import Amount, Units
from monitoring.core.grading.ctcae.criteria import Criterion


class Version(StrEnum):
    """The versions that are graded here. Which one holds is the study's decision, never a default."""

    V5 = "5.0"
    V6 = "6.0"


PUBLISHED: Mapping[Version, str] = {
    Version.V5: "NCI CTCAE v5.0, 27 November 2017 (MedDRA 20.1)",
    Version.V6: "NCI CTCAE v6.0, 22 July 2025 (MedDRA 28.0)",
}
"""Each version as a source names it."""


class Soc(StrEnum):
    """The system organ classes of MedDRA that the terms belong to."""

    GENERAL = "General disorders and administration site conditions"
    VASCULAR = "Vascular disorders"
    RESPIRATORY = "Respiratory, thoracic and mediastinal disorders"
    INJURY = "Injury, poisoning and procedural complications"
    IMMUNE = "Immune system disorders"
    MUSCULOSKELETAL = "Musculoskeletal and connective tissue disorders"
    NERVOUS = "Nervous system disorders"
    GASTROINTESTINAL = "Gastrointestinal disorders"
    CARDIAC = "Cardiac disorders"
    SKIN = "Skin and subcutaneous tissue disorders"
    BLOOD = "Blood and lymphatic system disorders"
    INVESTIGATIONS = "Investigations"


class Kind(StrEnum):
    """What an input is."""

    NUMBER = "number"
    WORD = "word"
    STATEMENT = "statement"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that a grader may be told.

    `aside`: said only when it is so, and left out it counts as not so; any other input is a question, unknown
    when it is left out. `words` are those of a choice.
    """

    name: str
    kind: Kind
    unit: str = ""
    words: tuple[str, ...] = ()
    lowest: Decimal | None = None
    highest: Decimal | None = None
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Begin:
    """Where a grade begins. A table of these has no gap and no overlap: the highest that is met holds."""

    grade: int
    criterion: Criterion


@dataclass(frozen=True, slots=True)
class Follows:
    """An input that follows from others: nothing was above 40.0 °C for any time if the peak was not.

    Whoever hands in another value contradicts themselves.
    """

    input: str
    amount: Amount
    when: Criterion


@dataclass(frozen=True, slots=True)
class Term:
    """One term in one version.

    `grades` holds, for each grade that exists, what it means in our words. `choices` are the words of its
    inputs that are choices, in rising order. `note` says what a reader must know beside the grades.
    """

    id: str
    version: Version
    title: str
    soc: Soc
    llt: int
    grades: Mapping[int, str]
    begins: tuple[Begin, ...]
    choices: Mapping[str, tuple[str, ...]]
    units: Units | None = None
    follows: tuple[Follows, ...] = ()
    note: str = ""

    @property
    def highest_permitted_grade(self) -> int:
        """The highest grade that the term has."""
        return max(self.grades)

    @property
    def source(self) -> str:
        """The version and the term, as a reader can look them up."""
        return f"{PUBLISHED[self.version]}: {self.title}"

    @property
    def reads(self) -> tuple[str, ...]:
        """The names of the inputs that it looks at; a death is one of them where the term has grade 5."""
        names = dict.fromkeys(name for begin in self.begins for name in begin.criterion.reads)
        return (*names, "death") if 5 in self.grades else tuple(names)


class CtcaeError(ValueError):
    """Something asked of CTCAE that it does not have, or was not told rightly."""


class UnknownVersion(CtcaeError):
    """A version that is not graded here."""

    def __init__(self, version: str) -> None:
        super().__init__(f"CTCAE {version} is not graded here; {' and '.join(Version)} are")
        self.version = version


class UnknownTerm(CtcaeError):
    """A term that none of the versions graded here has."""

    def __init__(self, term: str) -> None:
        super().__init__(f"no term of CTCAE is known here as {term!r}")
        self.term = term


class NotInThisVersion(CtcaeError):
    """A term that another version has. `instead` is what this one has in its place, if anything."""

    def __init__(self, term: str, version: Version, instead: str | None) -> None:
        other = next(other for other in Version if other is not version)
        words = f"{term} is a term of CTCAE {other}, not of {version}"
        super().__init__(f"{words}, which has {instead} in its place" if instead else words)
        self.term, self.version, self.instead = term, version, instead


class BadInput(CtcaeError):
    """An input that the grader does not know or cannot read. `name` is the input's."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} {reason}")
        self.name, self.reason = name, reason


def begins(steps: Mapping[int, Criterion]) -> tuple[Begin, ...]:
    """Where each grade begins, from a table of them."""
    return tuple(Begin(grade, criterion) for grade, criterion in sorted(steps.items()))


def both(term: Term) -> Iterator[Term]:
    """A term that reads the same in both versions."""
    yield term
    yield replace(term, version=Version.V6)
