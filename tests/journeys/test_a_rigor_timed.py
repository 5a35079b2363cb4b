"""A patient shakes: one key begins the clock, one ends it, and nothing that was typed is lost."""

from typing import Any

import pytest

from tracker.models import Infusion, SymptomReport

from .conftest import SERVED, Server, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]


def test_a_rigor_is_timed_beside_a_set(browser: Any, server: Server, infusion: Infusion) -> None:
    page = browser.new_page()
    sign_in(page, onward=f"/infusions/{infusion.uuid}/vitals/new/")
    page.fill("#id_temperature", "38.9")
    page.check("[name=rigors][value=shaking]")
    page.click("#rigor")
    page.locator("#rigor.runs").wait_for()
    page.locator("#rigor", has_text="0 min").wait_for()
    assert page.input_value("#id_temperature") == "38.9"
    assert page.is_checked("[name=rigors][value=shaking]")
    start = SymptomReport.objects.get(kind="rigors", mark="start")
    assert start.severity == "shaking"

    page.goto(f"/infusions/{infusion.uuid}/")
    page.locator("#main", has_text="since").wait_for()
    page.click(f"#stop-{start.uuid}")
    page.locator("#new-rigors").wait_for()
    stop = SymptomReport.objects.get(kind="rigors", mark="stop")
    assert stop.starts_id == start.pk
    assert stop.measured_at >= start.measured_at
