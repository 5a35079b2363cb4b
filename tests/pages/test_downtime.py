"""The sheet for paper, and typing it back: many sets at once, each with a moment and faults of its own."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Browser

from accounts.models import User
from accounts.permissions import Role
from config import clock
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert
from tests import builders
from tracker.models import Site, VitalSigns

from .conftest import Patient

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address(running: Patient) -> str:
    return f"{running.page}downtime/enter/"


def rows(browser: Browser, address: str, *typed: dict[str, str]) -> dict[str, Any]:
    """What the screen would send with these rows typed, times as hh:mm or as moments."""
    page = browser.get(address)
    data: dict[str, Any] = {"save": "yes", "temperature_unit": "C"}
    data["patient"] = str(page.context["infusion"].patient.uuid)
    for row, said in zip(page.context["rows"], typed, strict=False):
        data[f"{row.prefix}-form_token"] = str(row["form_token"].value())
        for name, value in said.items():
            data[f"{row.prefix}-{name}"] = value
    return data


def taken(running: Patient, minutes_ago: float) -> dict[str, str]:
    """The day and time of a row, on the clock of the ward."""
    zone = ZoneInfo(running.infusion.site.time_zone)
    at = (clock.now() - timedelta(minutes=minutes_ago)).astimezone(zone)
    return {"measured_at_on": f"{at:%Y-%m-%d}", "measured_at_at": f"{at:%H:%M}"}


def test_many_sets_are_stored_late_each_with_its_own_time_and_from_paper(
    nurse: Browser, running: Patient, address: str
) -> None:
    data = rows(
        nurse,
        address,
        taken(running, 30)
        | {"temperature": "36,9", "systolic_mmhg": "124", "diastolic_mmhg": "70", "by": "CH"},
        taken(running, 60) | {"temperature": "38.4", "heart_rate_bpm": "96"},
    )
    assert nurse.post(address, data).status_code == 302
    late, newest = VitalSigns.objects.order_by("measured_at")
    assert (str(late.temperature_c), str(newest.temperature_c)) == ("38.4", "36.9")
    assert newest.client.name == "paper"
    assert newest.author is not None
    assert newest.author.username == "nora"
    assert "CH" in newest.note
    assert newest.recorded_at - newest.measured_at > timedelta(minutes=15)
    assert Alert.objects.filter(problem="fever").get().late


def test_one_wrong_row_costs_the_others_nothing(nurse: Browser, running: Patient, address: str) -> None:
    data = rows(
        nurse,
        address,
        taken(running, 30) | {"temperature": "36.9"},
        taken(running, 20) | {"temperature": "385", "heart_rate_bpm": "91", "note": "shivers"},
        {"temperature": "37.1"},
    )
    page = nurse.post(address, data)
    assert page.status_code == 422
    assert [str(row.temperature_c) for row in VitalSigns.objects.all()] == ["36.9"]
    assert [row.number for row in page.context["rows"]] == [1, 2]
    said = page.content.decode()
    assert 'value="385"' in said
    assert 'value="shivers"' in said
    assert "38.5" in said
    assert "measured_at" in page.context["rows"][1].errors


def test_sent_twice_each_row_is_stored_once(nurse: Browser, running: Patient, address: str) -> None:
    data = rows(nurse, address, taken(running, 30) | {"temperature": "36.9"})
    assert nurse.post(address, data).status_code == 302
    assert nurse.post(address, data).status_code == 302
    assert VitalSigns.objects.count() == 1
    changed = data | {"r0-temperature": "37.9"}
    page = nurse.post(address, changed)
    assert page.status_code == 422
    assert VitalSigns.objects.count() == 1


def test_a_question_is_answered_in_its_own_row(nurse: Browser, running: Patient, address: str) -> None:
    data = rows(nurse, address, taken(running, 30) | {"heart_rate_bpm": "190"})
    page = nurse.post(address, data)
    assert 'name="r0-confirmed" value="heart_rate_bpm=190"' in page.content.decode()
    assert nurse.post(address, data | {"r0-confirmed": "heart_rate_bpm=190"}).status_code == 302
    assert VitalSigns.objects.count() == 1


def test_initials_alone_are_no_set(nurse: Browser, running: Patient, address: str) -> None:
    data = rows(nurse, address, taken(running, 30) | {"by": "CH"})
    assert nurse.post(address, data).status_code == 422
    assert not VitalSigns.objects.exists()


def test_a_sheet_of_another_patient_is_refused(nurse: Browser, running: Patient, address: str) -> None:
    data = rows(nurse, address, taken(running, 30) | {"temperature": "36.9"}) | {"patient": "another"}
    page = nurse.post(address, data)
    assert "another patient" in page.content.decode()
    assert not VitalSigns.objects.exists()


def test_more_rows_keep_what_was_typed(nurse: Browser, running: Patient, address: str) -> None:
    data = rows(nurse, address, taken(running, 30) | {"temperature": "36.9"})
    del data["save"]
    page = nurse.post(address, data | {"more": "yes"})
    assert 'value="36.9"' in page.content.decode()
    assert len(page.context["rows"]) > 1
    assert not VitalSigns.objects.exists()


def test_the_sheet_says_what_is_due_what_was_last_what_alarms_and_whom_to_call(
    nurse: Browser, running: Patient
) -> None:
    now = clock.now()
    builders.record_set(
        running.infusion, now - timedelta(minutes=20), temperature_c="37.3", spo2_percent="97"
    )
    evaluate_infusion(running.infusion.pk, now)
    page = nurse.get(f"{running.page}downtime/")
    assert page.status_code == 200
    said = page.content.decode()
    assert "37.3" in said
    assert any(row.due_at is not None and row.due_at > now for row in page.context["rows"])
    assert any(row.due_at is None for row in page.context["rows"])
    figures = {each.title: (each.high, each.medium) for each in page.context["limits"]}
    assert figures["Temp °C"] == ("≥ 39", "≤ 35, ≥ 38")
    assert figures["Systolic mmHg"] == (
        "< 90, ≥ 220, fallen > 30 %",
        "≤ 100, ≥ 180, fallen ≥ 30, fallen ≥ 20 %",
    )
    assert figures["SpO₂ %"] == ("≤ 91", "≤ 93")
    assert "Nora" in said


def test_the_sheet_has_the_numbers_of_those_whom_alerts_reach_and_room_where_none_is_known(
    nurse: Browser, running: Patient
) -> None:
    infusion = running.infusion
    builders.make_actor(Role.INVESTIGATOR, infusion.site, user=builders.make_user("ines", name="Ines Ibarra"))
    User.objects.filter(username="ines").update(phone="+1 216 555 0100")
    Site.objects.filter(pk=infusion.site_id).update(phone="+1 216 555 0199")
    said = nurse.get(f"{running.page}downtime/").content.decode()
    assert "☎ +1\u00a0216\u00a0555\u00a00100" in said
    assert "☎ +1\u00a0216\u00a0555\u00a00199" in said
    assert said.index("Nora") < said.index("Ines Ibarra")
    assert '<span class="phone">☎ </span>' in said


def test_the_more_there_are_to_call_the_fewer_lines_so_that_it_stays_one_page(
    nurse: Browser, running: Patient
) -> None:
    few = len(nurse.get(f"{running.page}downtime/").context["rows"])
    for name in ("Ines Ibarra", "Ivo Isaksen", "Ida Ivanova", "Ilse Immermann"):
        user = builders.make_user(name.split()[0].lower(), name=name)
        builders.make_actor(Role.INVESTIGATOR, running.infusion.site, user=user)
    many = len(nurse.get(f"{running.page}downtime/").context["rows"])
    assert few == 11
    assert 5 <= many < few - 2


def test_strangers_have_no_sheet(stranger: Browser, running: Patient, address: str) -> None:
    assert stranger.get(f"{running.page}downtime/").status_code == 404
    assert stranger.get(address).status_code == 404


def test_a_row_from_tomorrow_is_asked_for_its_day(nurse: Browser, running: Patient, address: str) -> None:
    ahead: datetime = clock.now() + timedelta(minutes=40)
    zone = ZoneInfo(running.infusion.site.time_zone)
    local = ahead.astimezone(zone)
    said = {"measured_at_on": f"{local:%Y-%m-%d}", "measured_at_at": f"{local:%H:%M}", "temperature": "37"}
    page = nurse.post(address, rows(nurse, address, said))
    assert page.status_code == 422
    assert not VitalSigns.objects.exists()
