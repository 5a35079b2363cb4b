"""Every term of both versions: its grades, its codes, and each boundary by name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from monitoring.core.grading import ctcae

BOTH = ("5.0", "6.0")

#: The highest grade, the grades that exist and the LLT of each term: v5.0, then v6.0 ("" where it has none).
PRINTED = {
    "fever": ("12345", "12345", 10016558),
    "chills": ("123", "123", 10008531),
    "hypotension": ("12345", "12345", 10021097),
    "hypertension": ("12345", "2345", 10020772),
    "hypoxia": ("2345", "12345", 10021143),
    "infusion_related_reaction": ("12345", "12345", 10051792),
    "cytokine_release_syndrome": ("12345", "12345", 10052015),
    "fatigue": ("123", "123", 10016256),
    "myalgia": ("123", "123", 10028411),
    "headache": ("123", "123", 10019211),
    "nausea": ("123", "123", 10028813),
    "vomiting": ("12345", "12345", 10047700),
    "sinus_tachycardia": ("123", "123", 10040752),
    "dyspnea": ("12345", "12345", 10013963),
    "rash_maculo_papular": ("123", "12345", 10037868),
    "anemia": ("12345", "12345", 10002272),
    "neutrophil_count_decreased": ("1234", "1234", 10029366),
    "lymphocyte_count_decreased": ("1234", "", 10025256),
    "lymphopenia": ("", "1", 10025327),
    "platelet_count_decreased": ("1234", "", 10035528),
    "thrombocytopenia": ("", "12345", 10043554),
    "white_blood_cell_decreased": ("1234", "1234", 10049182),
    "febrile_neutropenia": ("345", "345", 10016288),
    "icans": ("", "12345", 10083347),
    "malaise": ("123", "123", 10025482),
    "dizziness": ("123", "123", 10013573),
    "presyncope": ("2", "2", 10036653),
    "syncope": ("3", "3", 10042772),
    "hypothermia": ("2345", "2345", 10021113),
}


def graded(version: str, term: str, **inputs: Any) -> int | None:
    """The one grade; None where the inputs leave a range."""
    return ctcae.grade(version, term, **inputs).grade


@pytest.mark.parametrize("version", BOTH)
def test_the_terms_are_those_that_the_version_prints(version: str) -> None:
    printed = {id for id, row in PRINTED.items() if row[BOTH.index(version)]}
    assert {term.id for term in ctcae.terms(version)} == printed


@pytest.mark.parametrize(
    ("version", "id"),
    [(version, id) for version in BOTH for id in PRINTED if PRINTED[id][BOTH.index(version)]],
)
def test_a_term_has_the_grades_and_the_code_that_are_printed(version: str, id: str) -> None:
    term, (*grades, llt) = ctcae.term(version, id), PRINTED[id]
    assert "".join(str(grade) for grade in sorted(term.grades)) == grades[BOTH.index(version)]
    assert (term.llt, str(term.version)) == (llt, version)
    assert term.highest_permitted_grade == int(grades[BOTH.index(version)][-1])
    assert all(text for text in term.grades.values())


def steps(table: str) -> list[tuple[str, int]]:
    """Values with their grades, from "1.5:1 1.49:2"."""
    return [(value, int(grade)) for value, grade in (pair.split(":") for pair in table.split())]


COUNTS = {
    ("5.0", "neutrophil_count_decreased"): "1.8:0 1.79:1 1.5:1 1.49:2 1.0:2 0.99:3 0.5:3 0.49:4 0.45:4 0:4",
    ("6.0", "neutrophil_count_decreased"): (
        "1.8:0 1.5:0 1.49:1 1.2:1 1.0:1 0.99:2 0.5:2 0.49:3 0.45:3 0.1:3 0.09:4 0:4"
    ),
    ("5.0", "lymphocyte_count_decreased"): "1.8:0 1.79:1 0.8:1 0.79:2 0.5:2 0.49:3 0.2:3 0.19:4 0:4",
    ("6.0", "lymphopenia"): "1.8:0 1.79:1 0.19:1 0:1",
    ("5.0", "white_blood_cell_decreased"): "3.5:0 3.49:1 3.0:1 2.99:2 2.0:2 1.99:3 1.0:3 0.99:4 0:4",
    ("6.0", "white_blood_cell_decreased"): "3.5:0 3.49:1 3.0:1 2.99:2 2.0:2 1.99:3 1.0:3 0.99:4 0:4",
    ("5.0", "platelet_count_decreased"): "150:0 149:1 75:1 74.9:2 50:2 49:3 25:3 24.9:4 15:4 0:4",
    ("6.0", "thrombocytopenia"): "150:0 149:1 75:1 74.9:2 50:2 49.9:3 25:3 15:3 10:3 9.9:4 0:4",
}
LLN = {"lymphocyte": "1.8", "lymphopenia": "1.8", "neutrophil": "1.8", "white": "3.5"}


@pytest.mark.parametrize(
    ("version", "term", "value", "wanted"),
    [
        pytest.param(version, term, value, wanted, id=f"{version} {term} {value}")
        for (version, term), table in COUNTS.items()
        for value, wanted in steps(table)
    ],
)
@pytest.mark.parametrize(
    ("unit", "scale"),
    [("10^9/L", 1), ("10*3/uL", 1), ("x10^9/L", 1), ("K/µL", 1), ("/uL", 1000), ("cells/mm³", 1000)],
)
def test_a_count_at_a_cut_stays_in_the_milder_grade_in_every_unit(
    version: str, term: str, value: str, wanted: int, unit: str, scale: int
) -> None:
    lln = Decimal(LLN.get(term.split("_")[0], "150"))
    assert graded(version, term, value=Decimal(value) * scale, lln=lln * scale, unit=unit) == wanted


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(
    ("unit", "lln", "table"),
    [
        pytest.param("g/dL", "12", "12:0 11.9:1 10.0:1 9.99:2 8.0:2 7.99:3", id="g/dL"),
        pytest.param("g/L", "120", "120:0 119:1 100:1 99:2 80:2 79:3", id="g/L"),
        pytest.param("mmol/L", "7.4", "7.4:0 7.39:1 6.2:1 6.19:2 4.9:2 4.89:3", id="mmol/L"),
    ],
)
def test_hemoglobin_has_its_own_printed_cuts_in_each_unit(
    version: str, unit: str, lln: str, table: str
) -> None:
    found = {value: graded(version, "anemia", value=value, lln=lln, unit=unit) for value, _ in steps(table)}
    assert found == dict(steps(table))


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        pytest.param({}, 2, id="nothing said"),
        pytest.param({"transfusion_indicated": True}, 3, id="a transfusion is indicated"),
        pytest.param({"transfusion_indicated": False}, 2, id="none is"),
        pytest.param({"life_threatening": True}, 4, id="life is in danger"),
        pytest.param({"death": True}, 5, id="death"),
    ],
)
def test_what_is_said_beside_a_hemoglobin_of_9_raises_its_grade(
    version: str, said: dict[str, bool], wanted: int
) -> None:
    assert graded(version, "anemia", value=Decimal("9.0"), unit="g/dL", lln=12, **said) == wanted


def test_a_transfusion_raises_platelets_to_grade_3_in_version_6_alone() -> None:
    inputs: dict[str, Any] = {"value": 60, "unit": "10^9/L", "lln": 150, "transfusion_indicated": True}
    assert graded("6.0", "thrombocytopenia", **inputs) == 3
    assert graded("5.0", "platelet_count_decreased", **inputs) == 2


@pytest.mark.parametrize(
    ("written", "five", "six"),
    [
        pytest.param("<0.1", (4, 4), (4, 4), id="below 0.1"),
        pytest.param("<0.5", (4, 4), (3, 4), id="below 0.5"),
        pytest.param("<=0.5", (3, 4), (2, 4), id="at most 0.5"),
        pytest.param("<1.2", (2, 4), (1, 4), id="below 1.2"),
        pytest.param(">1.0", (0, 2), (0, 1), id="above 1.0"),
        pytest.param(">0.45", (0, 4), (0, 3), id="above 0.45"),
    ],
)
def test_a_result_beyond_what_can_be_counted_gives_a_range(
    written: str, five: tuple[int, int], six: tuple[int, int]
) -> None:
    for version, wanted in zip(BOTH, (five, six), strict=True):
        found = ctcae.grade(
            version, "neutrophil_count_decreased", value=written, unit="10^9/L", lln=Decimal("1.8")
        )
        assert (found.lowest, found.highest) == wanted
        assert found.missing == ()
        assert "bounded" in [reason.code for reason in found.reasons]


def test_without_the_laboratorys_limit_a_mild_count_is_grade_0_or_1() -> None:
    found = ctcae.grade("5.0", "neutrophil_count_decreased", value=Decimal("1.6"), unit="10^9/L")
    assert (found.lowest, found.highest, found.missing) == (0, 1, ("lln",))


def test_a_count_without_its_unit_says_nothing_and_the_unit_is_asked_for() -> None:
    found = ctcae.grade("5.0", "neutrophil_count_decreased", value=450, lln=1800)
    assert (found.lowest, found.highest, found.missing) == (1, 4, ("unit",))
