"""A page asks the database as often for fifty patients as for five, and for two hundred sets as for ten."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.actors import system_actor
from monitoring.evaluate import evaluate_infusion
from tests import builders
from tracker.models import Infusion, Site, Study

from .conftest import Patient, make_running

pytestmark = pytest.mark.django_db


def queries(browser: Browser, address: str) -> int:
    browser.get(address)  # what is kept in memory is read once
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)


def fill(infusion: Infusion, count: int) -> None:
    assert infusion.started_at is not None
    actor: Any = system_actor("builder")
    for number in range(count):
        at = infusion.started_at + timedelta(seconds=20 * number)
        builders.record_set(
            infusion, at, actor=actor, temperature_c="37.2", systolic_mmhg="120", rigors="none"
        )


def with_an_alert(site: Site, study: Study) -> None:
    infusion = make_running(site, study, "Name")
    assert infusion.started_at is not None
    at = infusion.started_at + timedelta(minutes=80)
    builders.record_set(infusion, at, temperature_c="39.5", rigors="none")
    evaluate_infusion(infusion.pk, at)


LISTS = ("/", "/alerts/", "/patients/", "/status/", "/setup/subjects/")


def test_a_list_costs_the_same_with_fifty_rows_as_with_five(nurse: Browser, ward: Site, study: Study) -> None:
    for _ in range(5):
        with_an_alert(ward, study)
    few = {address: queries(nurse, address) for address in LISTS}
    for _ in range(45):
        with_an_alert(ward, study)
    assert {address: queries(nurse, address) for address in LISTS} == few


def test_an_infusion_costs_the_same_with_two_hundred_sets_as_with_ten(
    nurse: Browser, running: Patient
) -> None:
    fill(running.infusion, 10)
    evaluate_infusion(running.infusion.pk, running.infusion.started_at + timedelta(hours=1))
    addresses = [
        running.page,
        running.form,
        f"{running.page}?sets=all",
        f"/patients/{running.infusion.patient.uuid}/",
    ]
    few = [queries(nurse, address) for address in addresses]
    fill(running.infusion, 200)
    evaluate_infusion(running.infusion.pk, running.infusion.started_at + timedelta(hours=2))
    assert [queries(nurse, address) for address in addresses] == few
