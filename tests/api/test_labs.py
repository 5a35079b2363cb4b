"""Results of the laboratory over REST: graded at once, and said when the watch can make nothing of one."""

from datetime import timedelta
from typing import Any

import pytest

from config.clock import now
from monitoring import rule_sets
from tests import builders
from tests.api.conftest import Api
from tests.api.test_vitals import reading
from tracker.models import Infusion, Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def infusion(site: Site) -> Infusion:
    """One that began half an hour ago, under the shipped rules."""
    rule_sets.load_shipped()
    return builders.make_infusion(site=site, started_at=now() - timedelta(minutes=30))


@pytest.mark.parametrize(
    ("result", "field", "code"),
    [
        pytest.param({"analyte": "CRP", "value": 12, "unit": "mg/L"}, "analyte", "not_graded", id="CRP"),
        pytest.param({"analyte": "ANC", "value": 45, "unit": "%"}, "unit", "no_count", id="a share"),
        pytest.param({"analyte": "ANC", "value": 450, "unit": "cells"}, "unit", "unknown_unit", id="a unit"),
        pytest.param(
            {"analyte": "ANC", "value_typed": "clotted", "unit": "/uL"}, "value", "no_number", id="no number"
        ),
    ],
)
def test_a_result_that_the_watch_cannot_read_says_so(
    nurse: Api, infusion: Infusion, result: dict[str, Any], field: str, code: str
) -> None:
    answer = nurse.post("labs/", reading(infusion, **result))
    assert answer.status_code == 201, answer.content
    assert (field, code) in [(one["field"], one["code"]) for one in answer.json()["warnings"]]


def test_a_unit_that_is_corrected_makes_the_count_known(nurse: Api, infusion: Infusion) -> None:
    result = {"analyte": "ANC", "value": 450, "unit": "cells", "lln": 1800}
    row = nurse.post("labs/", reading(infusion, **result)).json()
    answer = nurse.post(f"labs/{row['id']}/amend/", {"unit": "/uL", "reason": "unit"}).json()
    assert answer["warnings"] == []
    signals = {entry["signal"] for alert in answer["alerts"] for entry in alert["evidence"]}
    assert "ctcae:neutrophil_count_decreased" in signals
