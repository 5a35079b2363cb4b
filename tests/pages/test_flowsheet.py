"""What is drawn across the flowsheet: the limits of the rules in force, not figures of our own."""

import re
from decimal import Decimal

import pytest
from django.test import Client as Browser

from config import clock
from monitoring.evaluate import evaluate_infusion
from monitoring.models import RuleOverride
from tests import builders
from tracker.models import Subject

from .conftest import Patient

pytestmark = pytest.mark.django_db


def limits_on(browser: Browser, who: Patient) -> list[str]:
    page = browser.get(who.page).content.decode()
    return re.findall(r'class="threshold limit">.*?<text[^>]*>([^<]+)</text>', page)


def test_the_lines_are_the_limits_of_the_rules_in_force(nurse: Browser, running: Patient) -> None:
    evaluate_infusion(running.infusion.pk, clock.now())
    temperature, pressure = ["39.0", "38.0"], ["180", "100", "90"]
    pulse, breathing, saturation = ["131", "111", "40"], ["25", "21", "8"], ["93", "91"]
    assert limits_on(nurse, running) == [*temperature, *pressure, *pulse, *breathing, *saturation]


def test_an_override_for_the_subject_moves_its_line(nurse: Browser, running: Patient) -> None:
    now = clock.now()
    RuleOverride.objects.create(
        subject=running.infusion.subject,
        threshold="temperature_38",
        value=Decimal("38.5"),
        starts_at=now - builders.minutes(30),
        author=builders.make_user(),
        second_person=builders.make_user(),
        reason="always warm",
        recorded_at=now,
    )
    evaluate_infusion(running.infusion.pk, now)
    assert "38.5" in limits_on(nurse, running)
    assert "38.0" not in limits_on(nurse, running)


def test_a_subject_with_a_target_of_its_own_gets_no_line_that_is_not_its_own(
    nurse: Browser, running: Patient
) -> None:
    Subject.objects.update(spo2_target="88-92")
    evaluate_infusion(running.infusion.pk, clock.now())
    assert {"91", "93"}.isdisjoint(limits_on(nurse, running))
