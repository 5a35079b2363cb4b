"""What a patient sends from home is a reading like any other: stored once, judged at once, rung for."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actors import system_actor
from accounts.models import ClientKind
from accounts.permissions import Actor
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert
from tracker import services
from tracker.models import Site, SymptomReport, TemperatureLog

from .conftest import SHOWN, Home, make_home

BERLIN = ZoneInfo("Europe/Berlin")

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize(
    ("typed", "unit", "celsius"),
    [
        pytest.param("37.2", "C", "37.2", id="with a point"),
        pytest.param("37,2", "C", "37.2", id="with a comma"),
        pytest.param(" 37 ", "C", "37", id="a whole number"),
        pytest.param("100.3", "F", "37.944444", id="in Fahrenheit"),
    ],
)
def test_a_temperature_is_stored_as_the_patients_own(
    at_home: Home, typed: str, unit: str, celsius: str
) -> None:
    answer = at_home.send(temperature=typed, unit=unit)
    assert answer.status_code == 200
    row = TemperatureLog.objects.get()
    assert (row.temperature_c, row.temperature_unit, row.author) == (Decimal(celsius), unit, None)
    assert row.temperature_typed == typed.strip()
    assert (row.client.kind, row.client.site_id) == (ClientKind.DIARY, at_home.infusion.site_id)
    assert row.infusion_id == at_home.infusion.pk
    assert "Thank you" in text(answer)
    assert "Call now" not in text(answer)


@pytest.mark.parametrize(
    ("typed", "unit", "calls"),
    [
        pytest.param("37.9", "C", False, id="37.9 is no fever"),
        pytest.param("37.99", "C", False, id="37.99 is not rounded up"),
        pytest.param("38.0", "C", True, id="38.0 itself is a fever"),
        pytest.param("100.3", "F", False, id="100.3 °F is no fever"),
        pytest.param("100.4", "F", True, id="100.4 °F is 38.0"),
    ],
)
def test_a_fever_says_call_now_and_rings_the_ward(at_home: Home, typed: str, unit: str, calls: bool) -> None:
    answer = at_home.send(temperature=typed, unit=unit)
    assert ("Call now" in text(answer)) == calls
    assert Alert.objects.filter(problem="fever").exists() == calls
    assert 'href="tel:+49304505000"' in text(answer)


@pytest.mark.parametrize("felt", ["rigors", "dizziness", "confusion", "dyspnoea"])
def test_what_must_not_wait_says_call_now_without_a_temperature(at_home: Home, felt: str) -> None:
    answer = at_home.send(symptoms=[felt])
    assert "Call now" in text(answer)
    assert SymptomReport.objects.get().kind == felt
    assert not TemperatureLog.objects.exists()


@pytest.mark.parametrize("felt", ["headache", "rash"])
def test_a_headache_or_a_rash_alone_is_sent_and_thanked_for(at_home: Home, felt: str) -> None:
    answer = at_home.send(temperature="36.8", symptoms=[felt])
    assert "Call now" not in text(answer)
    assert "Thank you" in text(answer)
    assert SymptomReport.objects.get().kind == felt


def test_shivering_rings_the_ward_at_once(at_home: Home) -> None:
    at_home.send(temperature="37.0", symptoms=["rigors"])
    assert Alert.objects.get(problem="rigors").infusion_id == at_home.infusion.pk


def test_the_limit_is_that_of_the_rules_in_force(at_home: Home, ward: Site) -> None:
    from dataclasses import replace

    from monitoring import home
    from monitoring.core.rule_set import with_thresholds
    from monitoring.models import RuleSet
    from monitoring.rule_sets import parsed

    rules = parsed(RuleSet.objects.get(shipped=True).pk)
    assert home.fever_begins_at(rules) == Decimal("38.0")
    assert home.fever_begins_at(with_thresholds(rules, {"temperature_38": Decimal("37.5")})) == Decimal(
        "37.5"
    )
    assert home.fever_begins_at(replace(rules, rules={})) == home.FEVER_C


def test_a_medicine_is_told_with_its_time(at_home: Home) -> None:
    taken = at_home.now - timedelta(hours=3)
    local = taken.astimezone(BERLIN)
    at_home.send(
        temperature="37.5", medicine="on", medicine_name="Paracetamol 500", medicine_time=f"{local:%H:%M}"
    )
    row = TemperatureLog.objects.get()
    assert (row.antipyretic, row.antipyretic_at) == ("Paracetamol 500", taken)


def test_a_medicine_without_a_name_or_a_temperature_is_still_known(at_home: Home) -> None:
    answer = at_home.send(medicine="on")
    assert TemperatureLog.objects.get().antipyretic == "not named"
    assert "medicine taken" in text(answer)


def test_the_time_of_day_is_the_last_that_the_wards_clocks_showed(at_home: Home) -> None:
    measured = at_home.now - timedelta(hours=2)
    local = measured.astimezone(BERLIN)
    at_home.send(temperature="37.1", time=f"{local:%H:%M}")
    row = TemperatureLog.objects.get()
    assert row.measured_at == measured
    assert row.recorded_at - row.measured_at >= timedelta(hours=2)


def test_a_time_before_the_treatment_is_refused_and_nothing_is_lost(at_home: Home) -> None:
    local = (at_home.now - timedelta(hours=12)).astimezone(BERLIN)
    answer = at_home.send(temperature="37,1", time=f"{local:%H:%M}", symptoms=["headache"])
    assert answer.status_code == 422
    assert "before your treatment began" in text(answer)
    assert 'value="37,1"' in text(answer)
    assert 'value="headache" checked' in text(answer)
    assert not TemperatureLog.objects.exists()


def test_sent_twice_it_is_stored_once(at_home: Home) -> None:
    page = at_home.typed(temperature="37.4", symptoms=["headache"])
    first = at_home.phone.post("/home/", page)
    again = at_home.phone.post("/home/", page)
    assert (first.status_code, again.status_code) == (302, 302)
    assert first["Location"] == again["Location"]
    assert (TemperatureLog.objects.count(), SymptomReport.objects.count()) == (1, 1)


def test_the_same_page_with_another_number_is_another_reading(at_home: Home) -> None:
    page = at_home.typed(temperature="36.4")
    at_home.phone.post("/home/", page)
    at_home.phone.post("/home/", page | {"temperature": "38.4"})
    assert {row.temperature_c for row in TemperatureLog.objects.all()} == {Decimal("36.4"), Decimal("38.4")}
    assert Alert.objects.filter(problem="fever").exists()


def test_a_missing_point_is_asked_about_and_one_touch_sends_what_was_meant(at_home: Home) -> None:
    answer = at_home.send(temperature="385")
    assert answer.status_code == 422
    assert "You wrote 385" in text(answer)
    assert "Send 38.5 °C" in text(answer).replace("</button>", "")
    assert not TemperatureLog.objects.exists()
    at_home.send(temperature="385", use="38.5")
    assert TemperatureLog.objects.get().temperature_c == Decimal("38.5")


def test_fahrenheit_in_celsius_is_asked_about(at_home: Home) -> None:
    answer = at_home.send(temperature="101.2")
    assert "Send 101.2 °F" in text(answer)
    at_home.send(temperature="101.2", use="101.2 °F")
    row = TemperatureLog.objects.get()
    assert (row.temperature_typed, row.temperature_unit) == ("101.2", "F")


@pytest.mark.parametrize("typed", ["high", "38.5.1", "1e3", "٣٨", "<b>39</b>", "-38"])
def test_what_is_no_temperature_is_refused_in_plain_words(at_home: Home, typed: str) -> None:
    answer = at_home.send(temperature=typed)
    assert answer.status_code == 422
    assert not TemperatureLog.objects.exists()
    assert "<b>39</b>" not in text(answer)


def test_an_unusual_number_asks_for_a_second_look_and_says_call_at_once(at_home: Home) -> None:
    answer = at_home.send(temperature="41.8")
    assert answer.status_code == 422
    assert "Call now" in text(answer)
    assert "measure again" in text(answer)
    at_home.send(temperature="41.8", confirmed="41.8 C")
    assert TemperatureLog.objects.get().temperature_c == Decimal("41.8")


def test_a_tick_that_must_not_wait_says_call_now_even_where_the_number_is_wrong(at_home: Home) -> None:
    answer = at_home.send(temperature="warm", symptoms=["dizziness"])
    assert answer.status_code == 422
    assert "Call now" in text(answer)


def test_an_empty_page_is_no_entry(at_home: Home) -> None:
    answer = at_home.send()
    assert answer.status_code == 422
    assert "Please write your temperature" in text(answer)


def test_the_page_says_what_is_due_and_what_was_sent(at_home: Home) -> None:
    page = text(at_home.phone.get("/home/"))
    assert "Next temperature: " in page or "Please take your temperature now" in page
    at_home.send(temperature="37,3", symptoms=["headache"])
    page = text(at_home.phone.get("/home/"))
    assert "37.3 °C" in page


def test_a_reading_that_is_missed_rings_the_ward_until_one_comes(ward: Site, nora: Actor) -> None:
    home = make_home(ward, nora, ended=timedelta(hours=10))
    home.open()
    evaluate_infusion(home.infusion.pk, home.now)
    overdue = Alert.objects.get(problem__contains="overdue")
    assert overdue.condition == "active"
    assert "Please take your temperature now" in text(home.phone.get("/home/"))
    home.send(temperature="37.0")
    overdue.refresh_from_db()
    assert overdue.condition == "cleared"


def test_the_ward_sees_that_the_patient_sent_it(at_home: Home, nurse_browser: Any) -> None:
    at_home.send(temperature="37.3")
    page = text(nurse_browser.get(f"/infusions/{at_home.infusion.uuid}/temperatures/"))
    assert "37.3" in page
    assert "patient, from home" in page


def test_spanish_speaks_in_commas_and_the_switch_holds(ward: Site, nora: Actor) -> None:
    home = make_home(ward, nora, language="es")
    page = home.open()
    assert '<html lang="es">' in text(page)
    home.send(temperature="37.3")
    assert "37,3 °C" in text(home.phone.get("/home/"))
    assert '<html lang="en">' in text(home.phone.post("/home/language/", {"language": "en"}, follow=True))
    assert '<html lang="en">' in text(home.phone.get("/home/"))


def test_a_page_costs_as_many_queries_with_fifty_entries_as_with_one(at_home: Home) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            at_home.phone.get("/home/")
        return len(asked)

    at_home.send(temperature="37.0", symptoms=["headache"])
    few = cost()
    actor = system_actor("builder")
    for number in range(50):
        at = at_home.now - timedelta(minutes=number)
        services.record_temperature(
            actor, at_home.infusion, {"measured_at": at, "temperature_c": "37.1"}, now=at_home.now
        )
    assert cost() == few <= 20


def test_the_number_stands_on_every_page(at_home: Home) -> None:
    for answer in (
        at_home.phone.get("/home/"),
        at_home.send(temperature="37.0"),
        at_home.send(temperature="?"),
    ):
        assert SHOWN in text(answer)
        assert "all the time" in text(answer)
