"""CTCAE's terms about blood counts, in both versions.

Each table holds where a grade begins. A value equal to a printed cut stays in the milder grade. Source: NCI
workbook of CTCAE v6.0, sheets "Clean Copy" and "v5.0 to v6.0 Mapping" [V].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from monitoring.core.grading.ctcae.amount import CELLS, HEMOGLOBIN, Amount
from monitoring.core.grading.ctcae.criteria import LLN, VALUE, Aside, Count, Under, any_one, every, number
from monitoring.core.grading.ctcae.term import Begin, Follows, Soc, Term, Version, begins, both

BELOW_LLN = Under(VALUE, LLN)


def _cells(*cuts: str) -> Mapping[int, Count]:
    """Where grade 2 and the following begin, in 10^9 cells per litre."""
    return {grade: Count({"10^9/L": Decimal(cut)}) for grade, cut in enumerate(cuts, start=2)}


def _texts(*cuts: str, unit: str = "10^9/L") -> dict[int, str]:
    """The grades of a count in words, from the cuts between them."""
    first = {1: f"below the laboratory's lower limit, down to {cuts[0]} {unit}"}
    middle = {
        grade: f"below {upper}, down to {lower} {unit}"
        for grade, (upper, lower) in enumerate(pairwise(cuts), start=2)
    }
    return first | middle | {len(cuts) + 1: f"below {cuts[-1]} {unit}"}


def _counted(id: str, title: str, llt: int, *cuts: str) -> Term:
    """A term of v5.0 about cells: grade 1 begins below the laboratory's limit, the next below each cut."""
    return Term(
        id=id,
        version=Version.V5,
        title=title,
        soc=Soc.INVESTIGATIONS,
        llt=llt,
        grades=_texts(*cuts),
        begins=begins({1: BELOW_LLN, **_cells(*cuts)}),
        choices={},
        units=CELLS,
    )


def _neutrophils() -> Iterator[Term]:
    term = _counted("neutrophil_count_decreased", "Neutrophil count decreased", 10029366, "1.5", "1.0", "0.5")
    yield term
    cuts = ("1.5", "1.0", "0.5", "0.1")
    yield replace(
        term,
        version=Version.V6,
        grades={
            1: "below 1.5, down to 1.0 10^9/L",
            2: "below 1.0, down to 0.5 10^9/L",
            3: "below 0.5, down to 0.1 10^9/L",
            4: "below 0.1 10^9/L",
        },
        begins=begins({grade: Count({"10^9/L": Decimal(cut)}) for grade, cut in enumerate(cuts, start=1)}),
        note="The laboratory's lower limit no longer counts, and each number of v5.0 is one grade lower.",
    )


def _lymphocytes() -> Iterator[Term]:
    yield _counted("lymphocyte_count_decreased", "Lymphocyte count decreased", 10025256, "0.8", "0.5", "0.2")
    yield Term(
        id="lymphopenia",
        version=Version.V6,
        title="Lymphopenia",
        soc=Soc.BLOOD,
        llt=10025327,
        grades={1: "present"},
        begins=(Begin(1, any_one(BELOW_LLN, Aside("diagnosed"))),),
        choices={},
        units=CELLS,
        note="Present is read as below the laboratory's lower limit [I], or as a clinician's statement.",
    )


def _platelets() -> Iterator[Term]:
    term = _counted("platelet_count_decreased", "Platelet count decreased", 10035528, "75", "50", "25")
    yield term
    steps = _cells("75", "50", "10")
    yield replace(
        term,
        id="thrombocytopenia",
        version=Version.V6,
        title="Thrombocytopenia",
        soc=Soc.BLOOD,
        llt=10043554,
        grades={
            1: "below the laboratory's lower limit, down to 75 10^9/L",
            2: "below 75, down to 50 10^9/L",
            3: "below 50, down to 10 10^9/L; or a transfusion is indicated",
            4: "below 10 10^9/L",
            5: "death",
        },
        begins=begins({1: BELOW_LLN, **steps, 3: any_one(steps[3], Aside("transfusion_indicated"))}),
    )


def _white_cells() -> Iterator[Term]:
    yield from both(
        _counted("white_blood_cell_decreased", "White blood cell decreased", 10049182, "3.0", "2.0", "1.0")
    )


def _anemia() -> Iterator[Term]:
    """Hemoglobin has its own printed cuts in each unit."""
    two = Count({"g/dL": Decimal("10.0"), "g/L": Decimal(100), "mmol/L": Decimal("6.2")})
    three = Count({"g/dL": Decimal("8.0"), "g/L": Decimal(80), "mmol/L": Decimal("4.9")})
    yield from both(
        Term(
            id="anemia",
            version=Version.V5,
            title="Anemia",
            soc=Soc.BLOOD,
            llt=10002272,
            grades={
                1: "hemoglobin below the laboratory's lower limit, down to 10.0 g/dL (100 g/L, 6.2 mmol/L)",
                2: "below 10.0, down to 8.0 g/dL (80 g/L, 4.9 mmol/L)",
                3: "below 8.0 g/dL (80 g/L, 4.9 mmol/L); or a transfusion is indicated",
                4: "life is in danger, urgent intervention indicated",
                5: "death",
            },
            begins=begins(
                {
                    1: BELOW_LLN,
                    2: two,
                    3: any_one(three, Aside("transfusion_indicated")),
                    4: Aside("life_threatening"),
                }
            ),
            choices={},
            units=HEMOGLOBIN,
        )
    )


def _febrile_neutropenia() -> Iterator[Term]:
    """Either of two fevers: one temperature above 38.3 °C, or 38.0 °C and more for longer than one hour."""
    fever = any_one(
        number("peak_temperature_c", ">", "38.3"),
        number("minutes_at_or_above_38c", ">", "60"),
    )
    cool = number("peak_temperature_c", "<", "38.0")
    yield from both(
        Term(
            id="febrile_neutropenia",
            version=Version.V5,
            title="Febrile neutropenia",
            soc=Soc.BLOOD,
            llt=10016288,
            grades={
                3: (
                    "neutrophils below 1.0 10^9/L, with one temperature above 38.3 °C"
                    " or with 38.0 °C and more for longer than 1 h"
                ),
                4: "life is in danger, urgent intervention indicated",
                5: "death",
            },
            begins=begins({3: every(number("anc_10e9_l", "<", "1.0"), fever), 4: Aside("life_threatening")}),
            choices={},
            follows=(Follows("minutes_at_or_above_38c", Amount(Decimal(0)), cool),),
        )
    )


TERMS: tuple[Term, ...] = (
    *_anemia(),
    *_febrile_neutropenia(),
    *_neutrophils(),
    *_lymphocytes(),
    *_platelets(),
    *_white_cells(),
)
"""The terms about counts."""
