"""A doubtful nurse asks for a grade, on a tablet that runs no scripts."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tracker.models import Infusion

from .conftest import SERVED, Server, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]


def test_a_grade_is_asked_for_and_answered_without_javascript(
    browser: Any, server: Server, infusion: Infusion
) -> None:
    context = browser.browser.new_context(java_script_enabled=False, base_url=server.url)
    page = context.new_page()
    sign_in(page)
    page.click("nav >> text=Calculator")
    page.fill("[name=temperature]", "38,6")
    page.check("[name=hypotension][value=vasopressors]")
    page.check("[name=vasopressors][value=norepinephrine]")
    page.check("[name=vasopressors][value=vasopressin]")
    page.click("#grade")
    expect(page.locator("#answer-headline")).to_have_text("Grade 3 to 4")
    assert "Vasopressin beside another vasopressor is not counted" in page.inner_text("#answer")

    page.click("#answer >> text=Oxygen device")
    page.select_option("[name=oxygen_device]", "nasal_cannula")
    page.fill("[name=oxygen_flow_l_min]", "2")
    page.click("#grade")
    expect(page.locator("#answer-headline")).to_have_text("Grade 3")
    assert page.input_value("[name=temperature]") == "38,6"

    page.click("nav >> text=CTCAE")
    page.select_option("[name=term]", "6.0:neutrophil_count_decreased")
    page.click("text=Choose")
    page.fill("[name=value]", "0.45")
    page.click("#grade")
    expect(page.locator("#answer-headline")).to_have_text("Grade 3")
    context.close()
