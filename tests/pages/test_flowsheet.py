"""What is drawn across the flowsheet: the limits of the rules in force, not figures of our own."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.actors import system_actor
from config import clock
from monitoring.evaluate import evaluate_infusion
from monitoring.models import RuleOverride
from tests import builders
from tracker import services
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


def test_a_temperature_taken_alone_is_in_the_chart_and_in_the_table(nurse: Browser, running: Patient) -> None:
    at = clock.now() - builders.minutes(20)
    services.record_temperature(
        system_actor("builder"), running.infusion, {"measured_at": at, "temperature_c": "37.9"}, now=at
    )
    page = nurse.get(f"{running.page}flowsheet/")
    assert "37.9 °C" in page.content.decode()
    (block,) = page.context["grid"].blocks
    assert block.lines[0][2][0].text == "37.9"


def test_a_corrected_set_is_shown_once_as_it_stands_and_a_voided_one_not_at_all(
    nurse: Browser, running: Patient
) -> None:
    actor, now = system_actor("builder"), clock.now()
    typed, wrong = (
        builders.record_set(running.infusion, now - builders.minutes(ago), temperature_c=value)
        for ago, value in ((30, "39.6"), (20, "40.9"))
    )
    services.amend_vitals(actor, typed, {"temperature_c": "36.9"}, reason="typed twice", now=now)
    services.void(actor, wrong, reason="another patient", now=now)
    page = nurse.get(f"{running.page}flowsheet/")
    (block,) = page.context["grid"].blocks
    assert [cell.text for cell in block.lines[0][2]] == ["36.9"]
    assert "36.9 °C" in page.content.decode()
    assert 'href="#mark-corrected"' in page.content.decode()
    assert "40.9" not in page.content.decode()


def test_why_a_value_is_missing_stands_in_the_table(nurse: Browser, running: Patient) -> None:
    at = clock.now() - builders.minutes(20)
    builders.record_set(running.infusion, at, temperature_c="37.0", absent={"spo2_percent": "refused"})
    (block,) = nurse.get(f"{running.page}flowsheet/").context["grid"].blocks
    assert [(cell.text, cell.is_absent) for cell in block.lines[4][2]] == [("refused", True)]


def test_only_what_was_measured_from_an_hour_before_the_start_is_told(
    nurse: Browser, running: Patient
) -> None:
    started = running.infusion.started_at
    assert started is not None
    for before, value in ((60, "36.1"), (61, "36.2")):
        builders.record_set(running.infusion, started - builders.minutes(before), temperature_c=value)
    (block,) = nurse.get(f"{running.page}flowsheet/").context["grid"].blocks
    assert [cell.text for cell in block.lines[0][2]] == ["36.1"]


def test_a_flowsheet_without_any_value_says_so(nurse: Browser, running: Patient) -> None:
    page = nurse.get(f"{running.page}flowsheet/")
    assert page.status_code == 200
    assert page.context["grid"].blocks == []
    assert "No value yet." in page.content.decode()


@pytest.mark.parametrize(
    "asked", ["hours=2&back=3", "hours=7", "hours=x&back=-1", "back=99999&hours=2", "page=400"]
)
def test_whatever_range_is_asked_for_is_answered(asked: str, nurse: Browser, running: Patient) -> None:
    builders.record_set(running.infusion, clock.now() - builders.minutes(80), temperature_c="37.0")
    assert nurse.get(f"{running.page}flowsheet/?{asked}").status_code == 200


def test_the_grid_says_how_many_of_how_many_and_leads_to_the_others(nurse: Browser, running: Patient) -> None:
    for number in range(30):
        at = clock.now() - builders.minutes(80 - number)
        builders.record_set(running.infusion, at, heart_rate_bpm=str(60 + number))
    page = nurse.get(f"{running.page}flowsheet/")
    assert "24 of 30 sets shown" in page.content.decode()
    earlier = nurse.get(f"{running.page}flowsheet/?page=1").context["grid"].blocks[0]
    assert [cell.text for cell in earlier.lines[2][2]] == [str(60 + number) for number in range(6)]


def test_on_paper_all_sets_stand_in_blocks_that_fit_the_sheet(nurse: Browser, running: Patient) -> None:
    for number in range(30):
        at = clock.now() - builders.minutes(80 - number)
        builders.record_set(running.infusion, at, heart_rate_bpm=str(60 + number))
    blocks = nurse.get(f"{running.page}flowsheet/?paper=1").context["grid"].blocks
    assert [len(block.columns) for block in blocks] == [14, 14, 2]


def test_the_oxygen_of_the_sets_is_a_step_that_ends_where_they_end(nurse: Browser, running: Patient) -> None:
    now = clock.now()
    for ago, flow in ((60, "2"), (45, "2"), (30, "4")):
        builders.record_set(
            running.infusion, now - builders.minutes(ago), spo2_percent="92",
            oxygen_device="nasal_cannula", oxygen_flow_l_min=flow,
        )  # fmt: skip
    page = nurse.get(f"{running.page}flowsheet/").content.decode()
    step = re.search(r'class="beside"><path class="step" d="([^"]*)"', page)
    assert step is not None
    assert step.group(1).count("M") == 1
    assert step.group(1).count("V") == 1
    assert "nasal cannula 2 L/min" in page
    assert "nasal cannula 4 L/min" in page


def test_the_grade_of_the_syndrome_is_a_step_as_the_watch_has_it(nurse: Browser, running: Patient) -> None:
    now = clock.now()
    at = now - builders.minutes(40)
    builders.record_set(
        running.infusion, at, temperature_c="38.6", systolic_mmhg="84", diastolic_mmhg="50",
        spo2_percent="98", oxygen_device="room_air", heart_rate_bpm="90",
    )  # fmt: skip
    evaluate_infusion(running.infusion.pk, now)
    page = nurse.get(f"{running.page}flowsheet/").content.decode()
    panel = page[page.index('class="panel crs"') :]
    assert ">G2</text>" in panel
    assert panel.count('class="step"') == 1


def test_a_fever_alone_is_shown_as_the_first_grade(nurse: Browser, running: Patient) -> None:
    now = clock.now()
    builders.record_set(running.infusion, now - builders.minutes(40), temperature_c="38.6")
    evaluate_infusion(running.infusion.pk, now)
    page = nurse.get(f"{running.page}flowsheet/").content.decode()
    assert ">G1 (fever)</text>" in page[page.index('class="panel crs"') :]


@pytest.mark.parametrize("sets", [10, 200])
def test_the_flowsheet_asks_at_most_twenty_times(
    sets: int, nurse: Browser, running: Patient, django_assert_max_num_queries: Any
) -> None:
    for number in range(sets):
        at = clock.now() - builders.minutes(85 - number / 3)
        builders.record_set(running.infusion, at, temperature_c="39.0", systolic_mmhg="120")
    evaluate_infusion(running.infusion.pk, clock.now())
    for address in (f"{running.page}flowsheet/", running.page):
        nurse.get(address)
        with django_assert_max_num_queries(20):
            nurse.get(address)
