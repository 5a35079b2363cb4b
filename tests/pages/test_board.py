"""The ward board: who comes first, what each row says, and what it costs."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.actors import system_actor
from accounts.permissions import Role
from config import clock
from monitoring import alerts
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, Assignment, Watch
from monitoring.views.board_facts import initials
from monitoring.views.board_rows import gather
from tests import builders
from tracker import services
from tracker.models import Infusion, Site, Study

from .conftest import Patient, make_running

pytestmark = pytest.mark.django_db

NORMAL = {
    "temperature_c": "36.9", "systolic_mmhg": "120", "diastolic_mmhg": "76", "heart_rate_bpm": "76",
    "respiratory_rate_per_min": "16", "spo2_percent": "97", "oxygen_device": "room_air", "rigors": "none",
}  # fmt: skip
FEVER = NORMAL | {"temperature_c": "39.4"}
WARM = NORMAL | {"temperature_c": "38.2"}
HTMX = {"HX-Request": "true"}


def lives(site: Site, study: Study, name: str, *sets: dict[str, str], bed: str = "") -> Infusion:
    """A watched patient whose sets came every ten minutes, the last one now; nothing is overdue."""
    infusion = make_running(site, study, name, "Ada", bed=bed)
    now = clock.now()
    for number, values in enumerate(reversed(sets)):
        builders.record_set(
            infusion, now - timedelta(minutes=10 * number), actor=system_actor("b"), now=now, **values
        )
    evaluate_infusion(infusion.pk, now)
    late = Alert.objects.filter(infusion=infusion, problem="overdue_vitals")
    late.update(condition="cleared", response="closed", escalates_at=None)
    return infusion


def order(browser: Browser, **query: Any) -> list[Infusion]:
    board = browser.get("/", query).context["board"]
    return [row.infusion for row in board.rows]


def row_of(browser: Browser, infusion: Infusion) -> str:
    body = browser.get("/", {"only": str(infusion.uuid)}, headers=HTMX).content.decode()
    assert body.count('<tr class="') == 1
    return body[body.index("<tbody>") : body.index("</tbody>")]


def test_rows_stand_by_urgency(nurse: Browser, ward: Site, study: Study) -> None:
    calm = lives(ward, study, "Calm", NORMAL, bed="2")
    ten = lives(ward, study, "Ten", NORMAL, bed="10")
    answered = lives(ward, study, "Answered", NORMAL, FEVER)
    medium = lives(ward, study, "Medium", NORMAL, WARM)
    high = lives(ward, study, "High", NORMAL, FEVER)
    late = lives(ward, study, "Late", NORMAL)
    Watch.objects.filter(infusion=late).update(overdue_since=clock.now())
    actor = builders.make_actor(Role.NURSE, ward)
    for alert in Alert.objects.live().filter(infusion=answered):
        alerts.acknowledge(
            actor, alert, commitment="at_bedside", until=clock.now() + timedelta(minutes=9), now=clock.now()
        )
    assert order(nurse) == [high, medium, late, answered, calm, ten]


def test_a_row_says_where_the_patient_is_and_whose_they_are(nurse: Browser, ward: Site, study: Study) -> None:
    infusion = lives(ward, study, "Lindqvist", NORMAL, bed="Chair 3")
    nora = builders.make_user("nina", name="Nina Berg")
    Assignment.objects.create(infusion=infusion, nurse=nora, starts_at=clock.now() - timedelta(hours=1))
    row = row_of(nurse, infusion)
    assert "Chair 3" in row
    assert "LINDQVIST, Ada" in row
    assert "Nina Berg" in row


def test_the_bed_changes_while_the_patient_is_watched(nurse: Browser, ward: Site, study: Study) -> None:
    infusion = lives(ward, study, "Moves", NORMAL, bed="3")
    actor = builders.make_actor(Role.NURSE, ward)
    services.update_infusion(actor, infusion, now=clock.now(), bed="7")
    assert '<b class="bed">7</b>' in row_of(nurse, infusion)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param("36.9", "37.5", "risen by 0.6", id="more than a step of 0.5 °C is a change"),
        pytest.param("37.5", "36.9", "fallen by 0.6", id="downwards too"),
        pytest.param("36.9", "37.4", "", id="0.5 °C itself is none"),
    ],
)
def test_an_arrow_stands_only_where_a_sign_moved_by_more_than_the_rules_call_a_change(
    nurse: Browser, ward: Site, study: Study, before: str, after: str, said: str
) -> None:
    infusion = lives(
        ward, study, "Moves", NORMAL | {"temperature_c": before}, NORMAL | {"temperature_c": after}
    )
    row = row_of(nurse, infusion)
    assert ("arrow" in row) == bool(said)
    assert said in row


@pytest.mark.parametrize(
    ("minutes", "state"),
    [
        pytest.param(14, "", id="within one interval"),
        pytest.param(16, "ageing", id="past one"),
        pytest.param(31, "stale", id="past two"),
    ],
)
def test_a_value_ages_by_the_interval_of_the_schedule(minutes: int, state: str) -> None:
    from monitoring.views.latest import Cell

    now = builders.NOW
    cell = Cell("heart_rate_bpm", "76", now - timedelta(minutes=minutes), "normal")
    assert cell.ageing(now, timedelta(minutes=15)) == state


def test_units_are_spelled_for_who_listens(nurse: Browser, ward: Site, study: Study) -> None:
    row = row_of(nurse, lives(ward, study, "Heard", NORMAL))
    for unit in ("degrees Celsius", "millimetres of mercury", "per minute", "per cent"):
        assert unit in row


def test_an_alert_that_sleeps_says_who_put_it_to_sleep_and_why(
    nurse: Browser, ward: Site, study: Study
) -> None:
    infusion = lives(ward, study, "Sleeps", NORMAL, WARM)
    cora = builders.make_actor(Role.INVESTIGATOR, ward, user=builders.make_user("cora2", name="Cora Hale"))
    for alert in Alert.objects.live().filter(infusion=infusion):
        alerts.snooze(
            cora, alert, until=clock.now() + timedelta(hours=2), reason="known since noon", now=clock.now()
        )
    row = row_of(nurse, infusion)
    assert "Cora Hale" in row
    assert "known since noon" in row
    assert 'data-medium="0"' in row


def test_an_alert_that_is_over_rings_no_more_and_stays_in_sight(
    nurse: Browser, ward: Site, study: Study
) -> None:
    infusion = lives(ward, study, "Over", NORMAL, FEVER)
    Alert.objects.filter(infusion=infusion).update(condition="cleared")
    row = row_of(nurse, infusion)
    assert 'data-high="0"' in row
    assert "cleared" in row
    assert "Fever" in row


def test_only_the_rows_that_are_asked_for_come(nurse: Browser, ward: Site, study: Study) -> None:
    first, second = (lives(ward, study, name, NORMAL) for name in ("First", "Second"))
    body = nurse.get("/", {"only": [str(second.uuid)]}, headers=HTMX).content.decode()
    assert f"row-{second.uuid}" in body
    assert f"row-{first.uuid}" not in body


@pytest.mark.parametrize("only", ["nonsense", "' OR 1=1", "0" * 500])
def test_rows_that_cannot_be_named_are_all_rows(nurse: Browser, running: Patient, only: str) -> None:
    body = nurse.get("/", {"only": only}, headers=HTMX).content.decode()
    assert f"row-{running.infusion.uuid}" in body


def test_nobody_finds_rows_of_another_site_by_naming_them(stranger: Browser, running: Patient) -> None:
    body = stranger.get("/", {"only": str(running.infusion.uuid)}, headers=HTMX).content.decode()
    assert "row-" not in body


def test_an_empty_board_says_since_when(nurse: Browser, ward: Site, study: Study) -> None:
    assert "Nobody has been watched here so far" in nurse.get("/").content.decode()
    infusion = make_running(ward, study, "Gone", "Home")
    stopped = clock.now() - timedelta(hours=60)
    Infusion.objects.filter(pk=infusion.pk).update(
        started_at=stopped - timedelta(hours=1), stopped_at=stopped, phase="ended"
    )
    page = nurse.get("/").content.decode()
    assert "Nobody is being watched here since" in page


def test_sixty_patients_cost_no_more_than_twenty_queries(nurse: Browser, ward: Site, study: Study) -> None:
    for number in range(60):
        lives(ward, study, f"Name{number}", NORMAL, FEVER if number % 3 else NORMAL)
    nurse.get("/")  # what is kept in memory is read once
    with CaptureQueriesContext(connection) as captured:
        page = nurse.get("/")
    assert page.content.count(b'id="row-') == 60
    assert len(captured) <= 20


def test_a_site_reports_while_readings_come(ward: Site, study: Study) -> None:
    lives(ward, study, "Heard", NORMAL)
    actor = builders.make_actor(Role.NURSE, ward)
    assert gather(actor, clock.now()).reporting == (1, 1)
    assert gather(actor, clock.now() + timedelta(hours=30)).reporting == (0, 1)


@pytest.mark.parametrize(
    ("name", "short"),
    [("LINDQVIST, Astrid", "A. L."), ("Nora Berg", "N. B."), ("Nora", "N."), ("LI,", "L."), ("", "")],
)
def test_initials(name: str, short: str) -> None:
    assert initials(name) == short
