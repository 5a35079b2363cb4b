"""A ward with people of every kind, each with a browser of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Membership, User
from accounts.permissions import Role
from config import clock
from monitoring import rule_sets
from tests import builders
from tracker.models import Infusion, Site, Study

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SignIn = Callable[..., Browser]


@pytest.fixture
def ward(db: None) -> Site:
    """The site where things happen, with the shipped rules in force."""
    rule_sets.load_shipped()
    return builders.make_site("WARD", time_zone="Europe/Berlin")


@pytest.fixture
def elsewhere(db: None) -> Site:
    """Another site."""
    return builders.make_site("ELSE")


@pytest.fixture
def study(ward: Site, elsewhere: Site) -> Study:
    """A study at both sites."""
    return builders.make_study(ward, elsewhere, number="BAT-1")


@pytest.fixture
def sign_in() -> SignIn:
    """Signs somebody in with one membership; their browser."""

    def enter(
        role: Role, site: Site | None, *, identified: bool = True, username: str | None = None
    ) -> Browser:
        user = builders.make_user(username)
        Membership.objects.create(user=user, role=role, site=site, identified=identified)
        return browser_of(user)

    return enter


def browser_of(user: User) -> Browser:
    """A browser in which the person is signed in."""
    browser = Browser()
    browser.force_login(user, backend=BACKEND)
    return browser


@pytest.fixture
def nurse(sign_in: SignIn, ward: Site) -> Browser:
    """A nurse of the ward who may see names."""
    return sign_in(Role.NURSE, ward, username="nora")


@pytest.fixture
def blinded(sign_in: SignIn, ward: Site) -> Browser:
    """A nurse of the ward who may not see names."""
    return sign_in(Role.NURSE, ward, identified=False, username="bea")


@pytest.fixture
def stranger(sign_in: SignIn, elsewhere: Site) -> Browser:
    """A charge nurse of another site."""
    return sign_in(Role.CHARGE_NURSE, elsewhere, username="stig")


@dataclass
class Patient:
    """An infusion that runs, and what a form needs to know of it."""

    infusion: Infusion

    @property
    def form(self) -> str:
        """The address of the vitals form."""
        return f"/infusions/{self.infusion.uuid}/vitals/new/"

    @property
    def page(self) -> str:
        """The address of the infusion."""
        return f"/infusions/{self.infusion.uuid}/"


@pytest.fixture
def running(ward: Site, study: Study) -> Patient:
    """Astrid Lindqvist, whose infusion began an hour and a half ago and ended 45 minutes ago."""
    return Patient(make_running(ward, study, "Lindqvist", "Astrid"))


def make_running(
    site: Site, study: Study, family_name: str = "", given_name: str = "", **columns: Any
) -> Infusion:
    """A watched infusion of a new patient."""
    now = clock.now().replace(second=0, microsecond=0)
    patient = builders.make_patient(site, family_name=family_name, given_name=given_name)
    subject = builders.make_subject(site=site, study=study, patient=patient)
    return builders.make_infusion(
        subject,
        started_at=now - timedelta(minutes=90),
        stopped_at=now - timedelta(minutes=45),
        planned_start_at=now - timedelta(minutes=90),
        **columns,
    )


def typed(browser: Browser, address: str, **fields: Any) -> dict[str, Any]:
    """What the form at the address would send if the person typed these fields and nothing else."""
    form = browser.get(address).context["form"]
    data: dict[str, Any] = {}
    for bound in form:
        value = bound.value()
        if bound.name in ("measured_at", "at", "signed_at"):
            parts = bound.field.widget.decompress(value)
            data |= {f"{bound.html_name}_on": str(parts[0]), f"{bound.html_name}_at": parts[1]}
        elif value not in (None, "", False, []):
            data[bound.html_name] = value
    infusion = browser.get(address).context.get("infusion")
    if infusion is not None:
        data["patient"] = str(infusion.patient.uuid)
    return data | fields


@pytest.fixture
def author(sign_in: SignIn, ward: Site) -> Browser:
    """Ada, an investigator, who drafts rules."""
    return sign_in(Role.INVESTIGATOR, ward, username="ada")


@pytest.fixture
def second(sign_in: SignIn, ward: Site) -> Browser:
    """Bob, another investigator, who may approve them."""
    return sign_in(Role.INVESTIGATOR, ward, username="bob")


@pytest.fixture
def asked(running: Patient, second: Browser) -> dict[str, str]:
    """What a form for another figure would send, with Bob as the second person."""
    ends = clock.now() + timedelta(hours=12)
    return {
        "threshold": "temperature_38",
        "value": "38,4",
        "when": "now",
        "ends_at_on": f"{ends:%Y-%m-%d}",
        "ends_at_at": f"{ends:%H:%M}",
        "reason": "known low-grade fever",
        "second_username": "bob",
        "second_password": "secret",
    }


@pytest.fixture
def coordinator(sign_in: SignIn, ward: Site) -> Browser:
    """Cora, who coordinates safety."""
    return sign_in(Role.SAFETY_COORDINATOR, ward, username="cora")
