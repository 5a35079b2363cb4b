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


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(
    ("temperature", "hours", "wanted"),
    [
        pytest.param("37.96", None, 0, id="37.96 is no fever, unrounded"),
        pytest.param("38.0", None, 1, id="38.0 itself is one"),
        pytest.param("39.0", None, 1, id="39.0 is still grade 1"),
        pytest.param("39.01", None, 2, id="above 39.0"),
        pytest.param("40.0", None, 2, id="40.0 is still grade 2"),
        pytest.param("40.1", 0, 3, id="above 40.0"),
        pytest.param("40.1", 24, 3, id="above 40.0 for 24 h"),
        pytest.param("40.1", Decimal("24.01"), 4, id="above 40.0 for more than 24 h"),
    ],
)
def test_a_fever_is_graded_by_its_height_and_its_time(
    version: str, temperature: str, hours: Any, wanted: int
) -> None:
    assert graded(version, "fever", temperature_c=temperature, hours_above_40c=hours) == wanted


def test_above_40_without_its_duration_is_grade_3_or_4() -> None:
    found = ctcae.grade("5.0", "fever", temperature_c="40.5")
    assert (found.lowest, found.highest, found.missing) == (3, 4, ("hours_above_40c",))


def test_hours_above_40_contradict_a_peak_of_40() -> None:
    with pytest.raises(ctcae.BadInput, match="hours_above_40c contradicts temperature_c"):
        ctcae.grade("5.0", "fever", temperature_c="40.0", hours_above_40c=3)


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(
    ("inputs", "wanted"),
    [
        pytest.param(("0.99", "38.31", None), (3, 3), id="one temperature above 38.3"),
        pytest.param(("0.99", "38.3", None), (0, 3), id="38.3 itself, for an unknown time"),
        pytest.param(("0.99", "38.3", 60), (0, 0), id="38.3 for one hour exactly"),
        pytest.param(("0.99", "38.3", 61), (3, 3), id="38.3 for more than one hour"),
        pytest.param(("0.99", "38.0", 61), (3, 3), id="38.0 for more than one hour"),
        pytest.param(("0.99", "37.99", None), (0, 0), id="37.99 was never 38.0"),
        pytest.param(("1.0", "39.5", 300), (0, 0), id="1.0 itself is no neutropenia"),
        pytest.param((None, "39.5", 300), (0, 3), id="neutrophils unknown"),
        pytest.param(("0.4", None, None), (0, 3), id="temperature unknown"),
        pytest.param(("0.4", None, 61), (3, 3), id="only its duration known"),
        pytest.param(("<0.1", "38.4", None), (3, 3), id="neutrophils below what can be counted"),
    ],
)
def test_febrile_neutropenia_has_two_arms_of_fever(
    version: str, inputs: tuple[Any, Any, Any], wanted: tuple[int, int]
) -> None:
    names = ("anc_10e9_l", "peak_temperature_c", "minutes_at_or_above_38c")
    found = ctcae.grade(version, "febrile_neutropenia", **dict(zip(names, inputs, strict=True)))
    assert (found.lowest, found.highest) == wanted


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(
    ("temperature", "wanted"), steps("36:0 35.01:0 35.0:2 32.01:2 32.0:3 28.01:3 28.0:4 25:4")
)
def test_each_printed_lower_end_of_hypothermia_belongs_to_the_next_grade(
    version: str, temperature: str, wanted: int
) -> None:
    assert graded(version, "hypothermia", temperature_c=temperature) == wanted


@pytest.mark.parametrize(
    ("pressure", "wanted"),
    [
        ("119/79", 0),
        ("120/70", 1),
        ("110/80", 1),
        ("139/89", 1),
        ("140/70", 2),
        ("130/90", 2),
        ("159/99", 2),
        ("160/90", 3),
        ("150/100", 3),
        ("250/130", 3),
    ],
)
def test_hypertension_in_version_5_begins_at_120_over_80(pressure: str, wanted: int) -> None:
    systolic, diastolic = pressure.split("/")
    assert graded("5.0", "hypertension", systolic_mmhg=systolic, diastolic_mmhg=diastolic) == wanted


@pytest.mark.parametrize(
    ("pressure", "lasting", "wanted"),
    [
        pytest.param("139/89", True, (0, 0), id="139/89: there is no grade 1"),
        pytest.param("140/89", True, (2, 2), id="140"),
        pytest.param("159/99", True, (2, 2), id="159/99"),
        pytest.param("160/99", True, (3, 3), id="160 lasting"),
        pytest.param("160/99", False, (2, 2), id="160 passing"),
        pytest.param("160/99", None, (2, 3), id="160 for an unknown time"),
        pytest.param("150/100", True, (3, 3), id="100 diastolic lasting"),
        pytest.param("179/109", True, (3, 3), id="179/109 lasting"),
        pytest.param("180/99", True, (4, 4), id="180 lasting"),
        pytest.param("150/110", True, (4, 4), id="110 diastolic lasting"),
        pytest.param("180/99", False, (2, 2), id="180 passing"),
        pytest.param("180/99", None, (2, 4), id="180 for an unknown time"),
    ],
)
def test_hypertension_in_version_6_asks_whether_it_lasts(
    pressure: str, lasting: bool | None, wanted: tuple[int, int]
) -> None:
    systolic, diastolic = pressure.split("/")
    found = ctcae.grade(
        "6.0",
        "hypertension",
        systolic_mmhg=systolic,
        diastolic_mmhg=diastolic,
        persisting_over_1h=lasting,
    )
    assert (found.lowest, found.highest) == wanted
    assert found.missing == (("persisting_over_1h",) if lasting is None else ())


@pytest.mark.parametrize(
    ("systolic", "rise", "wanted"),
    [
        pytest.param("141", {"systolic_rise_mmhg": 21}, 3, id="141, risen by 21"),
        pytest.param("141", {"systolic_rise_mmhg": 20}, 2, id="141, risen by 20"),
        pytest.param("140", {"systolic_rise_mmhg": 40}, 2, id="140 is not above 140"),
        pytest.param("141", {"map_rise_mmhg": 16}, 3, id="141, the mean risen by 16"),
        pytest.param("141", {"map_rise_mmhg": 15}, 2, id="141, the mean risen by 15"),
    ],
)
def test_a_rise_over_baseline_is_grade_3_in_version_6_above_140(
    systolic: str, rise: dict[str, int], wanted: int
) -> None:
    inputs: dict[str, Any] = {"systolic_mmhg": systolic, "diastolic_mmhg": 80, "persisting_over_1h": False}
    assert graded("6.0", "hypertension", **inputs, **rise) == wanted


@pytest.mark.parametrize(
    ("version", "inputs", "wanted"),
    [
        pytest.param("5.0", {"spo2_percent": 88, "oxygen_need": "none"}, (0, 0), id="88 at rest"),
        pytest.param("5.0", {"spo2_percent": 87, "oxygen_need": "none"}, (3, 3), id="87 at rest"),
        pytest.param("5.0", {"spo2_percent": 90}, (0, 2), id="5.0: 90, oxygen unknown"),
        pytest.param("5.0", {"spo2_percent": 90, "oxygen_need": "intermittent"}, (2, 2), id="now and then"),
        pytest.param(
            "5.0", {"spo2_percent": 90, "oxygen_need": "continuous"}, (2, 2), id="5.0: all the time"
        ),
        pytest.param(
            "6.0", {"spo2_percent": 95, "lower_limit_percent": 95, "oxygen_need": "none"}, (0, 0), id="95"
        ),
        pytest.param(
            "6.0", {"spo2_percent": 94, "lower_limit_percent": 95, "oxygen_need": "none"}, (1, 1), id="94"
        ),
        pytest.param(
            "6.0", {"spo2_percent": 94, "oxygen_need": "none"}, (0, 1), id="the site's limit unknown"
        ),
        pytest.param(
            "6.0", {"spo2_percent": 94, "oxygen_need": "continuous"}, (3, 3), id="6.0: all the time"
        ),
        pytest.param("6.0", {"spo2_percent": 90}, (0, 3), id="6.0: 90, oxygen unknown"),
    ],
)
def test_hypoxia_begins_at_grade_2_in_version_5_and_at_grade_1_in_version_6(
    version: str, inputs: dict[str, Any], wanted: tuple[int, int]
) -> None:
    found = ctcae.grade(version, "hypoxia", **inputs)
    assert (found.lowest, found.highest) == wanted


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(("pressure", "wanted"), [(55, 3), ("55.1", 0)])
def test_an_arterial_oxygen_pressure_counts_where_it_was_taken(
    version: str, pressure: Any, wanted: int
) -> None:
    inputs = {"spo2_percent": 96, "lower_limit_percent": 94, "oxygen_need": "none"}
    assert graded(version, "hypoxia", **inputs, pao2_mmhg=pressure) == wanted


@pytest.mark.parametrize("version", BOTH)
def test_a_fast_heart_alone_only_suggests_a_grade(version: str) -> None:
    found = ctcae.grade(version, "sinus_tachycardia", heart_rate_bpm=101)
    assert (found.lowest, found.highest, found.missing) == (1, 3, ("intervention",))
    assert graded(version, "sinus_tachycardia", heart_rate_bpm=100) == 0
    words = ("not_indicated", "non_urgent", "urgent")
    given = [graded(version, "sinus_tachycardia", heart_rate_bpm=130, intervention=word) for word in words]
    assert given == [1, 2, 3]


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(
    ("term", "choice", "table"),
    [
        ("chills", "severity", "absent:0 mild:1 moderate:2 severe:3"),
        ("hypotension", "intervention", "absent:0 not_indicated:1 non_urgent:2 hospital:3 urgent:4"),
        (
            "infusion_related_reaction",
            "course",
            "absent:0 mild_transient:1 prompt_response:2 prolonged_or_recurrent:3",
        ),
        ("fatigue", "limits", "absent:0 relieved_by_rest:1 instrumental_adl:2 self_care_adl:3"),
        ("myalgia", "severity", "absent:0 mild:1 moderate:2 severe:3"),
        ("headache", "severity", "absent:0 mild:1 moderate:2 severe:3"),
        ("malaise", "severity", "absent:0 mild:1 moderate:2 severe:3"),
        ("dizziness", "severity", "absent:0 mild:1 moderate:2 severe:3"),
        ("nausea", "intake", "absent:0 less_appetite:1 eats_less:2 inadequate:3"),
        ("vomiting", "intervention", "absent:0 not_indicated:1 outpatient:2 hospital:3 urgent:4"),
        ("dyspnea", "exertion", "absent:0 moderate:1 minimal:2 at_rest:3"),
    ],
)
def test_a_term_that_people_judge_is_graded_by_the_word_they_choose(
    version: str, term: str, choice: str, table: str
) -> None:
    assert {word: graded(version, term, **{choice: word}) for word, _ in steps(table)} == dict(steps(table))
    assert ctcae.term(version, term).choices[choice] == tuple(word for word, _ in steps(table))


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(
    ("term", "inputs", "wanted"),
    [
        pytest.param("chills", {"severity": "mild", "narcotics_indicated": True}, 2, id="opioid indicated"),
        pytest.param(
            "chills",
            {"severity": "moderate", "no_response_to_narcotics": True},
            3,
            id="opioid without effect",
        ),
        pytest.param("hypotension", {"intervention": "non_urgent", "life_threatening": True}, 4, id="danger"),
        pytest.param(
            "infusion_related_reaction",
            {"course": "mild_transient", "hospitalization_indicated": True},
            3,
            id="hospital",
        ),
        pytest.param("presyncope", {"present": True}, 2, id="presyncope"),
        pytest.param("presyncope", {"present": False}, 0, id="no presyncope"),
        pytest.param("syncope", {"present": True}, 3, id="syncope"),
    ],
)
def test_what_is_said_beside_a_word_counts(
    version: str, term: str, inputs: dict[str, Any], wanted: int
) -> None:
    assert graded(version, term, **inputs) == wanted


def test_something_by_vein_makes_nausea_grade_2_in_version_6_alone() -> None:
    inputs: dict[str, Any] = {"intake": "less_appetite", "iv_intervention_indicated": True}
    assert [graded(version, "nausea", **inputs) for version in BOTH] == [1, 2]


@pytest.mark.parametrize(
    ("bsa", "symptoms", "five", "six"),
    [
        ("0", "none", 0, 0),
        ("9.9", "none", 1, 1),
        ("10", "none", 2, 1),
        ("30", "severe", 2, 3),
        ("30.1", "moderate", 3, 3),
        ("40", "mild", 2, 2),
        ("50", "none", 2, 1),
        ("50.1", "none", 2, 3),
        ("5", "moderate", 1, 3),
    ],
)
def test_a_rash_is_graded_by_its_surface_in_version_5_and_its_symptoms_in_version_6(
    bsa: str, symptoms: str, five: int, six: int
) -> None:
    found = [graded(version, "rash_maculo_papular", bsa_percent=bsa, symptoms=symptoms) for version in BOTH]
    assert found == [five, six]


@pytest.mark.parametrize(
    ("version", "inputs", "wanted"),
    [
        pytest.param("5.0", {"fio2_percent": 21}, (1, 1), id="fever alone"),
        pytest.param("5.0", {"fio2_percent": 39}, (2, 2), id="39 % oxygen"),
        pytest.param("5.0", {"fio2_percent": 40}, (3, 3), id="40 % oxygen"),
        pytest.param("5.0", {}, (1, 3), id="oxygen unknown"),
        pytest.param("6.0", {"oxygen": "low_flow"}, (2, 2), id="low flow"),
        pytest.param("6.0", {"oxygen": "high_flow"}, (3, 3), id="high flow"),
        pytest.param("6.0", {"oxygen": "positive_pressure"}, (3, 4), id="positive pressure"),
        pytest.param(
            "6.0", {"oxygen": "none", "hypotension": "one_vasopressor"}, (3, 3), id="one vasopressor"
        ),
        pytest.param(
            "6.0",
            {"oxygen": "none", "hypotension": "multiple_vasopressors"},
            (3, 4),
            id="several vasopressors",
        ),
        pytest.param(
            "5.0",
            {"fio2_percent": 21, "hypotension": "multiple_vasopressors", "life_threatening": False},
            (3, 3),
            id="several vasopressors, no danger",
        ),
    ],
)
def test_cytokine_release_is_graded_by_oxygen_in_percent_then_by_device(
    version: str, inputs: dict[str, Any], wanted: tuple[int, int]
) -> None:
    held = {"temperature_c": "38.5", "hypotension": "none", **inputs}
    found = ctcae.grade(version, "cytokine_release_syndrome", **held)
    assert (found.lowest, found.highest) == wanted


@pytest.mark.parametrize(("ice", "wanted"), steps("10:0 9:1 7:1 6:2 3:2 2:3 0:3"))
def test_icans_is_graded_by_ice_in_version_6(ice: str, wanted: int) -> None:
    assert graded("6.0", "icans", ice=ice) == wanted
    assert graded("6.0", "icans", ice=ice, life_threatening=True) == 4
