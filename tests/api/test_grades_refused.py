"""What the stateless grades refuse: each fault by its field, and no hostile body breaks a door."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import Api
from tests.api.test_errors import problem
from tests.api.test_grades import SCALES, WELL, fault
from tracker.api import throttle

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("scale", "body", "pointer", "code"),
    [
        pytest.param("astct-crs", {"temprature_c": 38}, "/temprature_c", "unknown", id="a typing error"),
        pytest.param("icans", {"ICE": 8}, "/ICE", "unknown", id="another case"),
        pytest.param(
            "astct-crs", {"temperature_c": "38.5"}, "/temperature_c", "number", id="text for a number"
        ),
        pytest.param(
            "astct-crs", {"temperature_c": True}, "/temperature_c", "number", id="true for a number"
        ),
        pytest.param("astct-crs", {"crs_treated": "yes"}, "/crs_treated", "invalid", id="text for a truth"),
        pytest.param("astct-crs", {"hypotension": "severe"}, "/hypotension", "invalid", id="no such word"),
        pytest.param("astct-crs", {"vasopressors": "dopamine"}, "/vasopressors", "invalid", id="no list"),
        pytest.param("icans", {"ice": 11}, "/ice", "invalid", id="ICE above 10"),
        pytest.param("icans", {"ice": -1}, "/ice", "invalid", id="ICE below 0"),
        pytest.param("icans", {"orientation": 5}, "/orientation", "invalid", id="an item above its points"),
        pytest.param("icans", {"ice": 7.5}, "/ice", "invalid", id="half a point"),
        pytest.param("news2", {"spo2_scale": 3}, "/spo2_scale", "invalid", id="a third scale"),
        pytest.param("news2", {"consciousness": "a"}, "/consciousness", "invalid", id="a small letter"),
        pytest.param("news2", {"spo2_percent": 101}, "/spo2_percent", "beyond_hard_limit", id="101 %"),
        pytest.param("news2", {"heart_rate_bpm": 301}, "/heart_rate_bpm", "beyond_hard_limit", id="pulse"),
        pytest.param("news2", {"systolic_mmhg": -5}, "/systolic_mmhg", "beyond_hard_limit", id="below 0"),
        pytest.param("news2", {"systolic_mmhg": 16}, "/systolic_mmhg", "did_you_mean", id="kPa"),
        pytest.param("astct-crs", {"temperature_c": 100.4}, "/temperature_c", "did_you_mean", id="°F as °C"),
        pytest.param("astct-crs", {"temperature_c": 46}, "/temperature_c", "beyond_hard_limit", id="46 °C"),
        pytest.param("astct-crs", {"temperature_f": 38.5}, "/temperature_f", "did_you_mean", id="°C as °F"),
        pytest.param(
            "astct-crs", {"oxygen_flow_l_min": 81}, "/oxygen_flow_l_min", "beyond_hard_limit", id="81 L/min"
        ),
        pytest.param(
            "astct-crs",
            {"temperature_c": 38, "temperature_f": 100.4},
            "/temperature_f",
            "two_units",
            id="both",
        ),
        pytest.param(
            "ctcae",
            {"version": "5.0", "term": "fever", "temperature_c": 99},
            "/temperature_c",
            "did_you_mean",
            id="°F as °C of CTCAE",
        ),
    ],
)
def test_a_value_that_cannot_be_graded_names_its_field(
    nurse: Api, scale: str, body: dict[str, Any], pointer: str, code: str
) -> None:
    found = fault(nurse, scale, body)
    assert (found["pointer"], found["code"]) == (pointer, code)


def test_a_number_beyond_its_limits_names_them(nurse: Api) -> None:
    detail = fault(nurse, "news2", {"heart_rate_bpm": 301})["detail"]
    assert "10" in detail
    assert "300" in detail


def test_every_fault_is_named_at_once(nurse: Api) -> None:
    body = {"heart_rate_bpm": 301, "spo2_percent": 20, "temperature_c": 20}
    errors = problem(nurse.post("grade/news2/", body), 400)["errors"]
    assert {each["pointer"] for each in errors} == {f"/{name}" for name in body}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param('{"temperature_c": NaN}', id="NaN"),
        pytest.param('{"temperature_c": Infinity}', id="Infinity"),
        pytest.param('{"temperature_c": -Infinity}', id="minus Infinity"),
        pytest.param('{"temperature_c": 1e999999999}', id="an exponent beyond all measure"),
        pytest.param('{"temperature_c": 38.' + "0" * 5000 + "}", id="5,000 digits"),
        pytest.param('{"temperature_c": ' + "9" * 5000 + "}", id="an integer of 5,000 digits"),
        pytest.param("[" * 10_000, id="deep nesting"),
        pytest.param('{"death": true, "death": ', id="half a body"),
        pytest.param("[]", id="a list"),
        pytest.param("null", id="null"),
        pytest.param('"38.5"', id="a text"),
        pytest.param(" ", id="nothing"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param('{"unit": "\\u0000", "term": "\\u0000", "vasopressors": ["\\u0000"]}', id="NUL"),
    ],
)
def test_a_hostile_body_is_a_problem(nurse: Api, scale: str, body: str | bytes) -> None:
    problem(nurse.post(f"grade/{scale}/", body), 400)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
NAMES = [
    "temperature_c", "temperature_f", "hypotension", "vasopressors", "oxygen", "oxygen_device",
    "oxygen_flow_l_min", "death", "ice", "orientation", "consciousness", "seizure", "spo2_percent",
    "spo2_scale", "on_oxygen", "systolic_mmhg", "version", "term", "value", "unit", "lln",
]  # fmt: skip
TRUE = st.sampled_from(
    [38.5, 100.4, 0, 1, 7, "5.0", "6.0", "anemia", "fever", "A", "none", "g/dL", True, ["dopamine"]]
)


@pytest.mark.parametrize("scale", SCALES)
def test_whatever_is_sent_is_graded_or_refused(
    nurse: Api, scale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "_bucket", throttle.bucket_of(per_minute=1_000_000))

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.dictionaries(st.sampled_from(NAMES), JSON | TRUE, max_size=6))
    def tried(body: dict[str, Any]) -> None:
        answer = nurse.post(f"grade/{scale}/", json.dumps(body))
        assert answer.status_code in (200, 400), answer.content
        if answer.status_code == 200:
            found = answer.json()
            assert found["lowest"] <= found["highest"]
            assert (found["grade"] is None) == (found["lowest"] != found["highest"])
        else:
            assert problem(answer, 400)["errors"]

    tried()


@pytest.mark.parametrize("scale", SCALES)
def test_only_json_by_post_is_graded(nurse: Api, scale: str) -> None:
    form = nurse.browser.post(
        f"/api/v1/grade/{scale}/", {"ice": 8}, headers={"Authorization": f"Bearer {nurse.token}"}
    )
    problem(form, 415)
    problem(nurse.call("PUT", f"grade/{scale}/", {}), 405)


def test_more_decimals_decide_unrounded(nurse: Api) -> None:
    body = '{"temperature_c": 37.99999999999, "hypotension": "none", "oxygen": "none"}'
    found = nurse.post("grade/astct-crs/", body).json()
    assert found["grade"] == 0
    assert "37.99999999999" in found["reasons"][0]["detail"]


def test_a_body_of_decimals_is_never_read_as_binary_floats(nurse: Api) -> None:
    body = json.dumps({**WELL, "temperature_c": float(Decimal("38.05"))})
    assert nurse.post("grade/news2/", body).json()["parts"]["temperature_c"] == 1
