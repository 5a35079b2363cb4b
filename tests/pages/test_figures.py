"""Measured values on pages follow the language; what programs read keeps its point."""

import re

import pytest
from django.test import Client as Browser

from config import clock
from monitoring.evaluate import evaluate_infusion
from tests import builders

from .conftest import Patient

pytestmark = pytest.mark.django_db


def words(page: str) -> str:
    """What is read on the page: neither its tags nor its scripts."""
    return re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)


@pytest.mark.parametrize(("language", "fever", "not_so"), [("en", "38.5", "38,5"), ("es", "38,5", "38.5")])
def test_a_measured_value_is_written_as_the_language_writes_it(
    language: str, fever: str, not_so: str, nurse: Browser, running: Patient
) -> None:
    now = clock.now()
    builders.record_set(
        running.infusion, now - builders.minutes(10), temperature_c="38.5", oxygen_flow_l_min="2.5"
    )
    evaluate_infusion(running.infusion.pk, now)
    nurse.cookies["django_language"] = language
    for address in (running.page, "/"):
        page = words(nurse.get(address).content.decode())
        assert fever in page
        assert not_so not in page
