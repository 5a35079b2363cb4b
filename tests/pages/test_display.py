"""The board on a wall: no names, no way further."""

from datetime import timedelta

import pytest
from django.test import Client as Browser

from accounts.actors import DISPLAY_COOKIE
from accounts.models import Client, ClientKind
from accounts.permissions import Actor, Grant, Role
from accounts.tokens import issue
from config import clock
from monitoring.evaluate import evaluate_infusion
from monitoring.models import Assignment
from monitoring.views.board_rows import gather
from tests import builders
from tracker.models import Site

from .conftest import Patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def wall(ward: Site) -> Browser:
    """A browser that holds a display's key."""
    client = Client.objects.create(name="wall", kind=ClientKind.DISPLAY, role=Role.WALL_DISPLAY, site=ward)
    browser = Browser()
    browser.cookies[DISPLAY_COOKIE] = issue(client, clock.real_now())[1]
    return browser


@pytest.fixture
def ill(running: Patient) -> Patient:
    """Astrid Lindqvist with a fever, Nora's patient."""
    now = clock.now()
    nora = builders.make_user("nora_berg", name="Nora Berg")
    Assignment.objects.create(infusion=running.infusion, nurse=nora, starts_at=now - timedelta(hours=1))
    builders.record_set(running.infusion, now, temperature_c="39.5", systolic_mmhg="84", diastolic_mmhg="50")
    evaluate_infusion(running.infusion.pk, now)
    return running


def test_a_wall_shows_the_board_without_names_and_nothing_else(ward: Site, running: Patient) -> None:
    client = Client.objects.create(name="wall", kind=ClientKind.DISPLAY, role=Role.WALL_DISPLAY, site=ward)
    actor = Actor(client=client, memberships=(Grant(Role.WALL_DISPLAY, ward.pk),))
    board = gather(actor, clock.now())
    assert [row.infusion for row in board.rows] == [running.infusion]
    assert [row.name for row in board.rows] == [""]
    builders.make_site("LATER")
    assert [site.code for site in board.sites] == ["WARD"]
    assert Browser().get("/").status_code == 302


def body_of(page: str) -> str:
    return page[page.index('<main id="main"') : page.index("</main>")]


def test_a_display_is_always_a_wall(wall: Browser, ill: Patient) -> None:
    answer = wall.get("/")
    page = answer.content.decode()
    assert 'class="wall"' in page
    assert 'data-theme="dark"' in page
    for name in ("LINDQVIST", "Lindqvist", "Astrid", "Nora"):
        assert name not in page
    assert ill.infusion.subject.subject_number in page
    assert "39.5" in page


def test_nothing_on_a_wall_leads_anywhere(wall: Browser, ill: Patient) -> None:
    for page in (
        wall.get("/").content.decode(),
        wall.get("/", headers={"HX-Request": "true"}).content.decode(),
    ):
        board = page[page.index('id="counts"') : page.index("</table>")]
        for way in ("<a ", "href=", "data-open", "data-vitals", "tabindex", "<button", "<form"):
            assert way not in board


def test_who_may_see_names_sees_initials_on_a_wall(nurse: Browser, blinded: Browser, ill: Patient) -> None:
    seen = body_of(nurse.get("/?wall=1").content.decode())
    assert "A. L." in seen
    assert "LINDQVIST" not in seen
    assert "N. B." in seen
    assert "A. L." not in body_of(blinded.get("/?wall=1").content.decode())


def test_a_wall_is_light_where_it_is_asked_to_be(nurse: Browser, ill: Patient) -> None:
    assert 'data-theme="light"' in nurse.get("/?wall=1&theme=light").content.decode()
