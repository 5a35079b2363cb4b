"""The main pages under axe, in the light and in the dark, in both languages; and none wider than a phone."""

from typing import Any

import pytest

from accounts.models import User
from config import clock
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Alert, RuleSet
from tests import builders
from tracker.models import Infusion, VitalSigns

from .conftest import SERVED, Server, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), *SERVED]


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "es")])
def test_axe_finds_nothing(
    browser: Any, server: Server, infusion: Infusion, scheme: str, language: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    now = clock.now()
    builders.record_set(infusion, now, temperature_c="39.5", systolic_mmhg="84", diastolic_mmhg="50")
    evaluate_infusion(infusion.pk, now)
    alert = Alert.objects.filter(problem="fever").get()
    reading = VitalSigns.objects.last()
    rules = RuleSet.objects.get(shipped=True)
    assert reading is not None
    User.objects.filter(username="nora").update(language=language)
    page = browser.new_page()
    page.emulate_media(color_scheme=scheme)
    sign_in(page)
    addresses = [
        "/",
        f"/infusions/{infusion.uuid}/",
        f"/infusions/{infusion.uuid}/flowsheet/",
        f"/infusions/{infusion.uuid}/flowsheet/?paper=1",
        f"/infusions/{infusion.uuid}/temperatures/",
        f"/infusions/{infusion.uuid}/vitals/new/",
        f"/infusions/{infusion.uuid}/symptoms/new/",
        "/alerts/",
        f"/alerts/{alert.uuid}/",
        f"/alerts/{alert.uuid}/acknowledge/",
        f"/readings/{reading.uuid}/",
        f"/readings/{reading.uuid}/?sign=pressure",
        f"/patients/{infusion.patient.uuid}/",
        f"/setup/subjects/{infusion.subject.uuid}/",
        "/patients/",
        "/status/",
        f"/rota/{infusion.site.uuid}/",
        f"/rota/{infusion.site.uuid}/week/",
        f"/rota/{infusion.site.uuid}/ladder/",
        f"/rota/{infusion.site.uuid}/hand-over/?duty=nurse_on_shift",
        "/setup/",
        "/rules/",
        f"/rules/{rules.uuid}/",
        f"/rules/{rules.uuid}/print/",
        f"/infusions/{infusion.uuid}/baseline/",
        f"/subjects/{infusion.subject.uuid}/overrides/",
        "/calculator/",
        "/calculator/icans/",
        "/calculator/news2/",
        "/calculator/ctcae/?term=5.0:anemia",
    ]
    found: dict[str, Any] = {}
    for address in addresses:
        page.set_viewport_size({"width": 1024, "height": 600})
        page.goto(address)
        assert page.get_attribute("html", "lang") == language
        results = Axe().run(page)
        for violation in results.response["violations"]:
            found[f"{address} {violation['id']}"] = [node["html"][:200] for node in violation["nodes"]][:3]
        page.set_viewport_size({"width": 390, "height": 844})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found[f"{address} is wider than a phone"] = page.evaluate("document.documentElement.scrollWidth")
    assert found == {}
