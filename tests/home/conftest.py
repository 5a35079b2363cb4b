"""A patient at home with the link of their infusion on a phone; the ward sees what comes of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from accounts.permissions import Actor, Role
from config import clock
from monitoring import rule_sets
from monitoring.evaluate import evaluate_infusion
from tests import builders
from tracker import services
from tracker.models import HomeLink, Infusion, Phase, Site

PHONE = "+49 30 450 5000"
#: As the page writes it, on one line.
SHOWN = PHONE.replace(" ", "\u00a0")
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass
class Home:
    """A patient at home: the infusion, the link, its code, and the phone's browser."""

    infusion: Infusion
    link: HomeLink
    code: str
    phone: Browser
    now: datetime

    def open(self) -> Any:
        """The page, after the code was sent by the phone."""
        return self.phone.post("/home/enter/", {"code": self.code}, follow=True)

    def typed(self, **fields: Any) -> dict[str, Any]:
        """What the form would send with these fields."""
        page = self.phone.get("/home/")
        return {"ticket": page.context["ticket"], "unit": "C", **fields}

    def send(self, **fields: Any) -> Any:
        """The answer to a page with these fields."""
        return self.phone.post("/home/", self.typed(**fields), follow=True)


@pytest.fixture(autouse=True)
def nobody_has_knocked(db: None) -> None:
    """The counts of wrong codes are in the cache, which no test's end empties."""
    cache.clear()


@pytest.fixture
def ward(db: None) -> Site:
    """A ward in Berlin with a number, and the shipped rules."""
    rule_sets.load_shipped()
    return builders.make_site("WARD", time_zone="Europe/Berlin", languages=["es", "en"], phone=PHONE)


@pytest.fixture
def nora(ward: Site) -> Actor:
    """A nurse of the ward, who may see names."""
    return builders.make_actor(Role.NURSE, ward, identified=True, user=builders.make_user("nora"))


@pytest.fixture
def nurse_browser(nora: Actor) -> Browser:
    """The nurse at a ward PC."""
    browser = Browser()
    assert nora.user is not None
    browser.force_login(nora.user, backend=BACKEND)
    return browser


def make_home(
    ward: Site, nora: Actor, *, ended: timedelta = timedelta(hours=8), language: str = "en"
) -> Home:
    """Astrid Lindqvist, discharged after the close watch, with a link."""
    now = clock.now().replace(second=0, microsecond=0)
    patient = builders.make_patient(ward, family_name="Lindqvist", given_name="Astrid")
    subject = builders.make_subject(site=ward, study=builders.make_study(ward), patient=patient)
    stop = now - ended
    infusion = builders.make_infusion(subject, started_at=stop - timedelta(hours=1), stopped_at=stop)
    if ended > timedelta(hours=2, minutes=1):
        services.discharge_infusion(
            nora, infusion, at=stop + timedelta(hours=2), now=stop + timedelta(hours=2)
        )
        infusion.refresh_from_db()
        assert infusion.phase == Phase.HOME
    evaluate_infusion(infusion.pk, stop + timedelta(hours=2))
    link, code = services.issue_link(nora, infusion, language=language, now=stop + timedelta(hours=2))
    return Home(infusion, link, code, Browser(enforce_csrf_checks=True), now)


@pytest.fixture
def at_home(ward: Site, nora: Actor) -> Home:
    """A patient whose page is open on the phone, eight hours after the end of the infusion."""
    home = make_home(ward, nora)
    assert home.open().status_code == 200
    return home
