"""Two patients in two tabs: what is typed for one never comes to the other."""

from typing import Any

import pytest

from config import clock
from tests import builders
from tracker.models import Infusion, VitalSigns

from .conftest import SERVED, Server, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]


def test_two_tabs_with_two_patients_do_not_cross(browser: Any, server: Server, infusion: Infusion) -> None:
    patient = builders.make_patient(infusion.site, family_name="Okafor", given_name="Ben")
    subject = builders.make_subject(site=infusion.site, study=infusion.study, patient=patient)
    other = builders.make_infusion(subject, started_at=clock.now(), planned_start_at=clock.now())
    before = VitalSigns.objects.filter(infusion=infusion).count()

    first, second = browser.new_page(), browser.new_page()
    sign_in(first, onward=f"/infusions/{infusion.uuid}/vitals/new/")
    second.goto(f"/infusions/{other.uuid}/vitals/new/")
    first.fill("#id_temperature", "37.1")
    second.fill("#id_temperature", "39.2")
    assert "LINDQVIST, Astrid" in first.inner_text("#save")
    assert "OKAFOR, Ben" in second.inner_text("#save")

    # The first form, sent to where the second belongs, as a mixed-up tab or a copied address would.
    first.evaluate(
        "(to) => { document.getElementById('vitals').action = to; }", f"/infusions/{other.uuid}/vitals/new/"
    )
    first.click("#save")
    first.locator("#errors").wait_for()
    assert "opened for LINDQVIST, Astrid, not for OKAFOR, Ben" in first.inner_text("#errors")
    assert not VitalSigns.objects.filter(infusion=other).exists()

    second.click("#save")
    second.locator("#saved").wait_for()
    assert "OKAFOR, Ben" in second.inner_text("#saved")
    assert str(VitalSigns.objects.get(infusion=other).temperature_c) == "39.2"
    assert VitalSigns.objects.filter(infusion=infusion).count() == before
