"""CTCAE terms that people judge, and what is said beside them, against the printed tables."""

from __future__ import annotations

from typing import Any

import pytest

from monitoring.core.grading import ctcae
from tests.core.grading.test_ctcae_tables import BOTH, graded, steps


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
