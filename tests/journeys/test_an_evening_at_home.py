"""An evening at home: the nurse prints a sheet; the patient opens it on a phone, slips, sends, is told to
call; the network goes and comes; an old phone without scripts manages too.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.permissions import Role
from config import clock
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert
from tests import builders
from tracker import services
from tracker.models import HomeLink, Infusion, SymptomReport, TemperatureLog

from .conftest import PATIENCE_S, SERVED, Server, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]

PHONE = "+49 30 450 5000"
SMALL = {"width": 390, "height": 844}


@pytest.fixture
def discharged(server: Server) -> Infusion:
    """Astrid Lindqvist, sent home eight hours ago; the next temperature is due about now."""
    site = builders.make_site("WARD", time_zone="Europe/Berlin", languages=["es", "en"], phone=PHONE)
    nora = builders.make_actor(Role.NURSE, site, identified=True, user=builders.make_user("nora"))
    stop = clock.now().replace(second=0, microsecond=0) - timedelta(hours=8)
    patient = builders.make_patient(site, family_name="Lindqvist", given_name="Astrid")
    subject = builders.make_subject(site=site, study=builders.make_study(site), patient=patient)
    infusion = builders.make_infusion(subject, started_at=stop - timedelta(hours=1), stopped_at=stop)
    home = stop + timedelta(hours=2)
    services.discharge_infusion(nora, infusion, at=home, now=home)
    evaluate_infusion(infusion.pk, home)
    infusion.refresh_from_db()
    return infusion


@pytest.fixture
def phone(browser: Any, server: Server) -> Iterator[Any]:
    """A phone that never was at the ward; a breach of the content policy fails the test."""
    context = browser.browser.new_context(
        viewport=SMALL, base_url=server.url, locale="es-ES", has_touch=True, color_scheme="light"
    )
    problems: list[str] = []
    context.set_default_timeout(PATIENCE_S * 1_000)
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on(
        "console", lambda said: problems.append(said.text) if "Content Security" in said.text else None
    )
    yield context
    context.close()
    assert problems == []


def make_sheet(browser: Any, infusion: Infusion, language: str = "en") -> str:
    """The code on the sheet that the nurse makes."""
    page = browser.new_page()
    sign_in(page, onward=f"/infusions/{infusion.uuid}/temperatures/")
    page.click("a[href$='/home-log/']")
    page.check(f"input[name=language][value={language}]")
    page.click("button[value=make]")
    page.wait_for_selector(".home-sheet svg")
    assert "Lindqvist" not in page.inner_text(".home-sheet")
    code = re.sub(r"\s", "", page.inner_text(".sheet-code"))
    page.close()
    return code


def test_a_fever_in_the_evening(browser: Any, phone: Any, discharged: Infusion) -> None:
    code = make_sheet(browser, discharged)
    page = phone.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"/home/enter/#{code}")
    page.wait_for_url("**/home/?opened")
    assert not any(code in address.partition("#")[0] for address in asked)
    assert page.get_attribute("html", "lang") == "en"
    assert PHONE in page.inner_text("main").replace("\u00a0", " ")
    assert HomeLink.objects.get().opened_at is not None

    page.fill("#id_temperature", "37,2")
    page.click("button.send")
    page.wait_for_url("**/home/sent/**")
    assert "Thank you" in page.inner_text("main")

    page.click("text=Back")
    page.fill("#id_temperature", "385")
    page.click("text=Shivering or shaking")
    page.click("button.send")
    page.wait_for_selector(".wrong button")
    assert "You wrote 385" in page.inner_text(".wrong:has(button)")
    assert page.inner_text(".call h1") == "Call now", "shivering waits for no number"
    page.click("button[name=use]")
    page.wait_for_url("**/home/sent/**")
    assert page.get_attribute(".call a", "href") == "tel:+49304505000"
    assert "You have a fever." in page.inner_text(".call")

    assert {row.temperature_c for row in TemperatureLog.objects.all()} == {Decimal("37.2"), Decimal("38.5")}
    assert SymptomReport.objects.get().kind == "rigors"
    assert {"fever", "rigors"} <= set(Alert.objects.values_list("problem", flat=True))


def test_the_network_goes_and_comes_back(browser: Any, phone: Any, discharged: Infusion) -> None:
    code = make_sheet(browser, discharged)
    page = phone.new_page()
    page.goto(f"/home/enter/#{code}")
    page.wait_for_url("**/home/?opened")
    page.fill("#id_temperature", "37.4")
    page.click("text=Headache")
    phone.set_offline(True)
    page.click("button.send")
    page.wait_for_selector("[data-offline]:not([hidden])")
    assert "Nothing was sent" in page.inner_text("[data-offline]")
    assert page.input_value("#id_temperature") == "37.4"
    assert not TemperatureLog.objects.exists()

    phone.set_offline(False)
    page.click("button.send")
    page.wait_for_url("**/home/sent/**")
    assert TemperatureLog.objects.count() == 1
    assert SymptomReport.objects.count() == 1


def test_an_old_phone_without_scripts(browser: Any, server: Server, discharged: Infusion) -> None:
    code = make_sheet(browser, discharged, "es")
    context = browser.browser.new_context(
        viewport={"width": 320, "height": 640}, base_url=server.url, java_script_enabled=False
    )
    page = context.new_page()
    page.goto("/home/")
    page.fill("#id_code", services.printed_code(code).lower())
    page.click("button.send")
    page.locator("html[lang=es] #id_temperature").wait_for()
    page.fill("#id_temperature", "hola")
    page.check("input[value=headache]")
    page.click("button.send")
    page.locator("#temperature-error").wait_for()
    assert page.input_value("#id_temperature") == "hola"
    assert page.is_checked("input[value=headache]")
    page.fill("#id_temperature", "36,9")
    page.click("button.send")
    page.wait_for_url("**/home/sent/**")
    assert "36,9 °C" in page.inner_text("main")
    page.click("button[lang=en]")
    page.locator("html[lang=en]").wait_for()
    context.close()


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "es")])
def test_everybody_can_read_it(
    browser: Any, phone: Any, discharged: Infusion, scheme: str, language: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    code = make_sheet(browser, discharged, language)
    page = phone.new_page()
    page.emulate_media(color_scheme=scheme)
    found: dict[str, Any] = {}

    def look(name: str) -> None:
        for violation in Axe().run(page).response["violations"]:
            found[f"{name} {violation['id']}"] = [node["html"][:200] for node in violation["nodes"]][:3]
        for width in (320, 390):
            page.set_viewport_size({"width": width, "height": 844})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found[f"{name} is wider than {width} px"] = True
        small = "[...document.querySelectorAll('a, button, summary, .tick, select, main input[type=text]')]"
        small += ".filter(e => e.offsetParent && e.getBoundingClientRect().height < 48).map(e => e.outerHTML)"
        if low := page.evaluate(small):
            found[f"{name} has small targets"] = low[:3]

    page.goto("/home/enter/")
    look("the code")
    page.goto(f"/home/enter/#{code}")
    page.reload()
    page.wait_for_selector("#id_temperature")
    look("the form")
    page.fill("#id_temperature", "385")
    page.check("input[name=medicine]")
    page.click("button.send")
    page.wait_for_selector(".wrong button")
    look("a question")
    page.click("button[name=use]")
    page.wait_for_url("**/home/sent/**")
    look("call now")
    services.revoke_links(builders.make_actor(Role.NURSE, discharged.site), discharged, now=clock.now())
    page.goto("/home/")
    look("a closed link")
    assert found == {}
