"""Who types a laboratory result in is told where the watch cannot grade it."""

import pytest
from django.test import Client as Browser

from .conftest import Patient, typed

pytestmark = pytest.mark.django_db

LIMIT = "Without the laboratory&#x27;s lower limit of normal"


@pytest.mark.parametrize(
    ("result", "told"),
    [
        pytest.param({"analyte": "CRP", "unit": "mg/L"}, "grades no such result", id="no count"),
        pytest.param({"analyte": "ANC", "unit": "cells"}, "does not know this unit", id="a unit of its own"),
        pytest.param({"analyte": "ANC", "unit": "10*9/L"}, LIMIT, id="no limit"),
        pytest.param({"analyte": "ANC", "unit": "10*9/L", "lln": "1.8"}, "", id="all there"),
    ],
)
def test_a_result_that_cannot_be_graded_says_so_when_it_is_typed_in(
    nurse: Browser, running: Patient, result: dict[str, str], told: str
) -> None:
    address = f"/setup/labs/new/?parent={running.infusion.patient.uuid}"
    page = nurse.post(address, typed(nurse, address, value_typed="1.2", **result), follow=True)
    shown = page.content.decode()
    assert "Saved." in shown
    assert (told in shown) if told else ("not judged" not in shown and LIMIT not in shown)
