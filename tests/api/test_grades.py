"""The stateless grades over HTTP: what they answer, what they refuse, and that they touch no record."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.permissions import Role
from monitoring.api.grade_examples import ANSWERED, ASKED
from tests.api.conftest import Api
from tests.api.test_errors import problem
from tracker.models import Site

pytestmark = pytest.mark.django_db

SCALES = ["astct-crs", "icans", "news2", "ctcae"]


def graded(caller: Api, scale: str, **body: Any) -> dict[str, Any]:
    """The answer of that scale."""
    answer = caller.post(f"grade/{scale}/", body)
    assert answer.status_code == 200, answer.content
    document: dict[str, Any] = answer.json()
    assert document.keys() >= {"grade", "lowest", "highest", "missing", "reasons", "source"}
    assert all(reason["code"] and reason["detail"] for reason in document["reasons"])
    return document


def fault(caller: Api, scale: str, body: Any) -> dict[str, Any]:
    """The one fault that a refusal names."""
    errors = problem(caller.post(f"grade/{scale}/", body), 400)["errors"]
    assert len(errors) == 1, errors
    found: dict[str, Any] = errors[0]
    return found


@pytest.mark.parametrize("scale", SCALES)
def test_each_example_of_the_description_is_answered_as_it_says(nurse: Api, scale: str) -> None:
    assert graded(nurse, scale, **ASKED[scale]) == ANSWERED[scale]


# --- CRS -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "grade"),
    [
        pytest.param({"temperature_c": 37.96, "hypotension": "none", "oxygen": "none"}, 0, id="37.96 °C"),
        pytest.param({"temperature_c": 38.0, "hypotension": "none", "oxygen": "none"}, 1, id="38.0 °C"),
        pytest.param({"temperature_f": 100.4, "hypotension": "none", "oxygen": "none"}, 1, id="100.4 °F"),
        pytest.param({"temperature_f": 100.3, "hypotension": "none", "oxygen": "none"}, 0, id="100.3 °F"),
        pytest.param({"temperature_c": 39, "hypotension": "fluids", "oxygen": "none"}, 2, id="fluids"),
        pytest.param(
            {"temperature_c": 39, "hypotension": "one_vasopressor", "oxygen": "low_flow"}, 3, id="the example"
        ),
        pytest.param(
            {"temperature_c": 39, "vasopressors": ["norepinephrine", "vasopressin"], "oxygen": "none"},
            3,
            id="vasopressin is not counted",
        ),
        pytest.param(
            {"temperature_c": 39, "vasopressors": ["norepinephrine", "epinephrine"], "oxygen": "none"},
            4,
            id="two vasopressors",
        ),
        pytest.param(
            {
                "temperature_c": 39,
                "hypotension": "none",
                "oxygen_device": "nasal_cannula",
                "oxygen_flow_l_min": 6,
            },
            2,
            id="cannula at 6 L/min",
        ),
        pytest.param(
            {
                "temperature_c": 39,
                "hypotension": "none",
                "oxygen_device": "nasal_cannula",
                "oxygen_flow_l_min": 6.5,
            },
            3,
            id="cannula above 6 L/min",
        ),
        pytest.param(
            {"temperature_c": 36.8, "crs_treated": True, "hypotension": "fluids", "oxygen": "none"},
            2,
            id="the waiver",
        ),
        pytest.param(
            {"temperature_c": 39, "fever_other_cause": True, "hypotension": "fluids", "oxygen": "none"},
            0,
            id="another cause",
        ),
        pytest.param({"death": True}, 5, id="death"),
    ],
)
def test_crs(nurse: Api, body: dict[str, Any], grade: int) -> None:
    assert graded(nurse, "astct-crs", **body)["grade"] == grade


def test_a_crs_of_unknown_parts_is_a_range_that_names_them(nurse: Api) -> None:
    found = graded(nurse, "astct-crs", temperature_c=38.5, hypotension=None)
    assert (found["grade"], found["lowest"], found["highest"]) == (None, 1, 4)
    assert found["missing"] == ["hypotension", "oxygen"]
    assert "doi 10.1016/j.bbmt.2018.12.758" in found["source"]


def test_a_name_that_is_no_vasopressor_is_refused_with_those_that_are(nurse: Api) -> None:
    found = fault(nurse, "astct-crs", {"temperature_c": 39, "vasopressors": ["dopamine", "aspirin"]})
    assert found["pointer"] == "/vasopressors"
    assert "aspirin" in found["detail"]
    assert "norepinephrine" in found["detail"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param(
            {"hypotension": "none", "vasopressors": ["dopamine"]}, "/vasopressors", id="none, yet one runs"
        ),
        pytest.param({"oxygen": "none", "oxygen_device": "cpap"}, "/oxygen_device", id="none, yet CPAP"),
    ],
)
def test_inputs_of_crs_that_contradict_each_other_are_refused(
    nurse: Api, body: dict[str, Any], pointer: str
) -> None:
    found = fault(nurse, "astct-crs", {"temperature_c": 39, **body})
    assert (found["pointer"], found["code"]) == (pointer, "contradicts")


# --- ICANS -----------------------------------------------------------------------------------------

AWAKE = {
    "consciousness": "spontaneous",
    "seizure": "none",
    "deep_focal_motor_weakness": False,
    "cerebral_edema": "none",
}


@pytest.mark.parametrize(
    ("ice", "grade"), [(10, 0), (9, 1), (7, 1), (6, 2), (3, 2), (2, 3), (0, 3)], ids=lambda value: str(value)
)
def test_icans_by_ice(nurse: Api, ice: int, grade: int) -> None:
    found = graded(nurse, "icans", ice=ice, **AWAKE)
    assert (found["grade"], found["ice"]) == (grade, ice)


def test_icans_by_the_items_of_ice(nurse: Api) -> None:
    items = {"orientation": 3, "naming": 3, "commands": 1, "writing": 0, "attention": 0}
    found = graded(nurse, "icans", **items, **AWAKE)
    assert (found["grade"], found["ice"]) == (1, 7)
    begun = graded(nurse, "icans", orientation=3, **AWAKE)
    assert (begun["grade"], begun["ice"], begun["lowest"], begun["highest"]) == (None, None, 1, 2)
    assert begun["missing"] == ["naming", "commands", "writing", "attention"]


def test_a_total_that_its_items_cannot_give_is_refused(nurse: Api) -> None:
    items = {"orientation": 4, "naming": 3, "commands": 1, "writing": 1, "attention": 1}
    found = fault(nurse, "icans", {"ice": 8, **items})
    assert (found["pointer"], found["code"]) == ("/ice", "contradicts")


def test_a_patient_who_cannot_be_roused_is_grade_4_without_any_ice(nurse: Api) -> None:
    found = graded(nurse, "icans", consciousness="unarousable")
    assert (found["grade"], found["missing"]) == (4, [])


# --- NEWS2 -----------------------------------------------------------------------------------------

WELL = {
    "respiratory_rate_per_min": 16,
    "spo2_percent": 97,
    "on_oxygen": False,
    "systolic_mmhg": 120,
    "heart_rate_bpm": 70,
    "consciousness": "A",
    "temperature_c": 37,
}


def test_news2_of_a_well_patient(nurse: Api) -> None:
    found = graded(nurse, "news2", **WELL)
    assert (found["total"], found["grade"], found["risk"]) == (0, 0, "low")
    assert found["single_parameter_3"] is False
    assert found["monitoring"] == "at_least_every_12_hours"
    assert set(found["parts"].values()) == {0}
    assert "Royal College of Physicians" in found["source"]


@pytest.mark.parametrize(
    ("changed", "total"),
    [
        pytest.param({"temperature_c": 38.04}, 0, id="38.04 °C is read as 38.0"),
        pytest.param({"temperature_c": 38.05}, 1, id="38.05 °C is read as 38.1"),
        pytest.param({"temperature_c": None, "temperature_f": 100.4}, 0, id="100.4 °F is 38.0 °C"),
        pytest.param(
            {"on_oxygen": True, "spo2_percent": 97, "spo2_scale": 2}, 5, id="97 % on oxygen, scale 2"
        ),
        pytest.param({"on_oxygen": False, "spo2_percent": 97, "spo2_scale": 2}, 0, id="97 % on air, scale 2"),
        pytest.param({"spo2_percent": 90}, 3, id="90 % on scale 1"),
        pytest.param({"spo2_percent": 90, "spo2_scale": 2}, 0, id="90 % on scale 2"),
        pytest.param({"consciousness": "C"}, 3, id="new confusion"),
    ],
)
def test_news2(nurse: Api, changed: dict[str, Any], total: int) -> None:
    assert graded(nurse, "news2", **WELL | changed)["total"] == total


def test_a_news2_of_unknown_parts_is_a_range_that_names_them(nurse: Api) -> None:
    found = graded(nurse, "news2", **WELL | {"consciousness": None, "heart_rate_bpm": None})
    assert (found["total"], found["lowest"], found["highest"]) == (None, 0, 6)
    assert found["missing"] == ["heart_rate_bpm", "consciousness"]
    assert (found["risk"], found["monitoring"], found["single_parameter_3"]) == (None, None, None)
    assert found["parts"]["heart_rate_bpm"] is None


# --- CTCAE -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["5.0", "6.0", 5.0, 6, 5])
def test_a_version_of_ctcae_may_be_a_number(nurse: Api, version: Any) -> None:
    found = graded(nurse, "ctcae", version=version, term="fever", temperature_c=38.0)
    assert found["version"] == f"{float(version):.1f}"
    assert found["grade"] == 1


@pytest.mark.parametrize(
    ("version", "grade", "highest"), [pytest.param("5.0", 4, 4), pytest.param("6.0", 3, 4)]
)
def test_the_same_count_is_another_grade_in_another_version(
    nurse: Api, version: str, grade: int, highest: int
) -> None:
    body = {"term": "neutrophil_count_decreased", "value": 0.45, "unit": "10^9/L", "lln": 1.8}
    found = graded(nurse, "ctcae", version=version, **body)
    assert (found["grade"], found["highest_permitted_grade"]) == (grade, highest)


def test_a_fever_of_ctcae_takes_fahrenheit(nurse: Api) -> None:
    assert graded(nurse, "ctcae", version="5.0", term="fever", temperature_f=102.2)["grade"] == 1
    found = graded(nurse, "ctcae", version="5.0", term="fever", temperature_f=104.1)
    assert (found["lowest"], found["highest"], found["missing"]) == (3, 4, ["hours_above_40c"])


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        pytest.param({"version": "4.03", "term": "fever"}, "/version", "unknown_version", id="version"),
        pytest.param({"version": True, "term": "fever"}, "/version", "unknown_version", id="true"),
        pytest.param({"version": "5.0", "term": "joy"}, "/term", "unknown_term", id="term"),
        pytest.param(
            {"version": "6.0", "term": "platelet_count_decreased"},
            "/term",
            "not_in_this_version",
            id="a term that v6.0 dropped",
        ),
        pytest.param(
            {"version": "5.0", "term": "anemia", "value": 9, "unit": "furlongs"},
            "/unit",
            "invalid",
            id="unit",
        ),
        pytest.param(
            {"version": "5.0", "term": "anemia", "value": -1, "unit": "g/dL"}, "/value", "invalid", id="minus"
        ),
        pytest.param({"term": "fever"}, "/version", "required", id="no version, which has no default"),
        pytest.param({"version": "5.0"}, "/term", "required", id="no term"),
    ],
)
def test_what_ctcae_cannot_grade_names_its_field(
    nurse: Api, body: dict[str, Any], pointer: str, code: str
) -> None:
    found = fault(nurse, "ctcae", body)
    assert (found["pointer"], found["code"]) == (pointer, code)


def test_the_term_in_place_of_a_dropped_one_is_suggested(nurse: Api) -> None:
    found = fault(nurse, "ctcae", {"version": "6.0", "term": "platelet_count_decreased"})
    assert found["suggestion"] == "thrombocytopenia"


def test_the_terms_are_listed_with_their_grades_and_inputs(nurse: Api) -> None:
    both = nurse.get("grade/ctcae/").json()
    assert both["next"] is None
    assert {term["version"] for term in both["results"]} == {"5.0", "6.0"}
    six = nurse.get("grade/ctcae/?version=6.0").json()["results"]
    fever = next(term for term in six if term["term"] == "fever")
    assert fever["highest_permitted_grade"] == 5
    assert set(fever["grades"]) == {"1", "2", "3", "4", "5"}
    assert "temperature_c" in [each["name"] for each in fever["inputs"]]
    anemia = next(term for term in six if term["term"] == "anemia")
    units = next(each["words"] for each in anemia["inputs"] if each["name"] == "unit")
    assert units == ["g/dL", "g/L", "mmol/L"]


@pytest.mark.parametrize("query", ["version=7", "versoin=5.0"])
def test_a_list_of_no_known_version_is_refused(nurse: Api, query: str) -> None:
    name = query.partition("=")[0]
    assert problem(nurse.get(f"grade/ctcae/?{query}"), 400)["errors"][0]["pointer"] == f"?{name}"


# --- Who may ask -----------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", SCALES)
def test_nobody_without_a_token_or_a_session_is_answered(scale: str) -> None:
    answer = Browser().post(f"/api/v1/grade/{scale}/", "{}", content_type="application/json")
    problem(answer, 401)


def test_the_list_of_terms_is_for_those_who_may_come_in() -> None:
    problem(Browser().get("/api/v1/grade/ctcae/"), 401)


@pytest.mark.parametrize("role", [Role.INTEGRATION, Role.NURSE, Role.AUDITOR, Role.INVESTIGATOR])
def test_every_caller_may_ask(by_token: Callable[..., Api], site: Site, role: Role) -> None:
    assert graded(by_token(role, site), "icans", death=True)["grade"] == 5


def test_a_session_needs_its_csrf_token(by_session: Callable[..., Api], site: Site) -> None:
    person = by_session(Role.NURSE, site, csrf=True)
    problem(person.post("grade/icans/", {"death": True}), 403)


def test_no_key_is_needed_where_nothing_is_stored(feed: Api) -> None:
    answer = feed.post("grade/icans/", {"death": True}, Idempotency_Key="")
    assert answer.status_code == 200


def test_nothing_is_read_of_a_patient_and_nothing_is_stored(nurse: Api) -> None:
    graded(nurse, "news2", **WELL)
    with CaptureQueriesContext(connection) as queries:
        graded(nurse, "news2", **WELL)
    said = " ".join(str(query["sql"]) for query in queries)
    assert "tracker_patient" not in said
    assert "tracker_vitalsigns" not in said
    assert "INSERT" not in said


@pytest.mark.parametrize(("language", "word"), [("en", "Fever"), ("es", "38,5")])
def test_reasons_are_in_the_reader_s_language_and_codes_stay(nurse: Api, language: str, word: str) -> None:
    answer = nurse.post("grade/astct-crs/", {"temperature_c": 38.5}, Accept_Language=language)
    reason = answer.json()["reasons"][0]
    assert reason["code"] == "fever"
    assert word in reason["detail"]
