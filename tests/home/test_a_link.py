"""The link opens one home log, to whoever holds its code, for as long as the log lasts; nothing else does."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.test import override_settings

from accounts.actors import system_actor
from accounts.permissions import Act, Actor, NotPermitted, Role
from config import clock
from tests import builders
from tracker import services
from tracker.errors import NotInThisPhase
from tracker.models import HomeLink, Site, TemperatureLog

from .conftest import SHOWN, Home, make_home

pytestmark = pytest.mark.django_db

PAGES = ("/home/", "/home/enter/", "/home/sent/01890000-0000-7000-8000-000000000000/")


def knocking(code: str, **extra: Any) -> Any:
    return Browser(**extra).post("/home/enter/", {"code": code})


def test_only_the_digest_of_the_code_is_kept(at_home: Home) -> None:
    from django.db import connection

    stored = str(HomeLink.objects.values().get())
    assert at_home.code not in stored
    with connection.cursor() as cursor:
        cursor.execute("SELECT tracker_homelinktrail::text FROM tracker_homelinktrail")
        trail = str(cursor.fetchall())
    assert at_home.code not in trail
    assert at_home.link.token_hash not in trail


@pytest.mark.parametrize(
    "written", [str.lower, services.printed_code, lambda code: f" {code[:7]}-{code[7:]} "]
)
def test_a_code_may_be_typed_as_people_type(at_home: Home, written: Any) -> None:
    answer = knocking(written(at_home.code))
    assert answer.status_code == 302
    assert answer["Location"] == "/home/?opened"


def test_letters_that_look_alike_are_read_as_the_code_has_them() -> None:
    assert services.plain_code("oil-0O1 Il") == "0110011" + "1"


def test_who_has_no_code_sees_nothing(at_home: Home) -> None:
    stranger = Browser()
    assert stranger.get("/home/")["Location"] == "/home/enter/"
    assert stranger.get(PAGES[2]).status_code == 404
    assert stranger.post("/home/", {"temperature": "39"}).status_code in (302, 404)
    assert SHOWN not in stranger.get("/home/enter/").content.decode()
    assert not TemperatureLog.objects.exists()


def test_a_wrong_an_expired_and_a_revoked_code_get_the_same_page(ward: Site, nora: Actor) -> None:
    expired = make_home(ward, nora, ended=timedelta(hours=49, minutes=5))
    revoked = make_home(ward, nora)
    services.revoke_links(nora, revoked.infusion, now=revoked.now)
    answers = [knocking(code) for code in ("0" * 20, "nonsense", "", expired.code, revoked.code)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    page = answers[0].content.decode()
    assert SHOWN in page
    assert "<input" not in page


def test_where_sites_have_different_numbers_a_wrong_code_learns_none(at_home: Home) -> None:
    builders.make_site("ELSE", phone="+1 555 0100")
    assert SHOWN not in knocking("0" * 20).content.decode()
    services.revoke_links(system_actor("test"), at_home.infusion, now=at_home.now)
    assert SHOWN in knocking(at_home.code).content.decode()


def test_a_link_ends_while_its_page_is_open(at_home: Home, nora: Actor) -> None:
    page = at_home.typed(temperature="37.0")
    services.revoke_links(nora, at_home.infusion, now=clock.now())
    answer = at_home.phone.post("/home/", page)
    assert answer.status_code == 404
    assert not TemperatureLog.objects.exists()
    assert answer.cookies["febris_home"].value == ""


@pytest.mark.parametrize(
    ("after", "opens"),
    [
        pytest.param(timedelta(hours=48), True, id="at the end of the watch"),
        pytest.param(timedelta(hours=49), True, id="within the grace of the last reading"),
        pytest.param(timedelta(hours=49, seconds=1), False, id="past it"),
    ],
)
def test_a_link_lives_as_long_as_the_log(at_home: Home, after: timedelta, opens: bool) -> None:
    stopped_at = at_home.infusion.stopped_at
    assert stopped_at is not None
    found = services.knock(at_home.code, stopped_at + after)
    assert (found.link is not None) == opens


def test_a_watch_of_72_hours_keeps_its_link(at_home: Home) -> None:
    infusion = at_home.infusion
    infusion.watch_hours = 72
    infusion.save(update_fields=["watch_hours"])
    assert infusion.stopped_at is not None
    assert services.knock(at_home.code, infusion.stopped_at + timedelta(hours=72)).link is not None


def test_an_infusion_whose_stop_nobody_recorded_has_no_link_for_ever(ward: Site, nora: Actor) -> None:
    now = clock.now()
    infusion = builders.make_infusion(site=ward, started_at=now)
    _link, code = services.issue_link(nora, infusion, language="en", now=now)
    assert services.knock(code, now + timedelta(days=7)).link is not None
    assert services.knock(code, now + timedelta(days=7, seconds=1)).link is None


def test_a_renewed_link_ends_the_one_before(at_home: Home, nora: Actor) -> None:
    _link, code = services.issue_link(nora, at_home.infusion, language="en", now=at_home.now)
    assert knocking(at_home.code).status_code == 404
    assert knocking(code).status_code == 302
    assert HomeLink.objects.filter(revoked_at__isnull=True).count() == 1


def test_there_is_no_link_before_the_start_or_after_the_end(ward: Site, nora: Actor) -> None:
    planned = builders.make_infusion(site=ward)
    with pytest.raises(NotInThisPhase):
        services.issue_link(nora, planned, language="en", now=clock.now())


def test_who_may_make_a_link(at_home: Home, ward: Site) -> None:
    stranger = builders.make_actor(Role.NURSE, builders.make_site())
    for actor in (stranger, builders.make_integration(ward), services.home_actor(at_home.infusion)):
        with pytest.raises(NotPermitted):
            services.issue_link(actor, at_home.infusion, language="en", now=at_home.now)
        with pytest.raises(NotPermitted):
            services.revoke_links(actor, at_home.infusion, now=at_home.now)


def test_a_patient_may_send_readings_and_nothing_else(at_home: Home) -> None:
    actor = services.home_actor(at_home.infusion)
    place = (at_home.infusion.site_id, at_home.infusion.study_id)
    assert {act for act in Act if actor.may(act, *place)} == {Act.READ, Act.RECORD_READINGS}
    assert not actor.may(Act.RECORD_READINGS, builders.make_site().pk, at_home.infusion.study_id)
    assert not actor.is_identified(at_home.infusion.site_id)


def test_no_name_stands_on_any_page_and_no_code_in_any_address(at_home: Home) -> None:
    answer = at_home.open()
    pages = [answer, at_home.send(temperature="38.5"), at_home.phone.get("/home/enter/"), knocking("x")]
    patient, subject = at_home.infusion.patient, at_home.infusion.subject
    for page in pages:
        said = page.content.decode()
        for secret in ("Lindqvist", "Astrid", subject.subject_number + "<", str(patient.uuid), at_home.code):
            assert secret.lower() not in said.lower()
    assert all(at_home.code not in address for address, _status in answer.redirect_chain)


def test_nothing_keeps_the_page_or_tells_its_address(at_home: Home) -> None:
    for answer in (*(at_home.phone.get(page) for page in PAGES), knocking("x"), knocking(at_home.code)):
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer["Cache-Control"]
        assert "noindex" in answer["X-Robots-Tag"]


def test_the_cookie_is_for_the_page_alone(at_home: Home) -> None:
    with override_settings(SESSION_COOKIE_SECURE=True):
        cookie = knocking(at_home.code).cookies["febris_home"]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["path"] == "/home/"
    assert cookie["samesite"] == "Lax"


def test_no_log_line_holds_the_code_or_a_temperature(at_home: Home, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        at_home.open()
        at_home.send(temperature="39.1")
        at_home.send(temperature="nonsense")
        knocking(at_home.code[:-1] + "Z")
    lines = " ".join(
        f"{record.getMessage()} {record.__dict__}"
        for record in caplog.records
        if record.name != "django.db.backends"
    )
    assert at_home.code not in lines
    assert at_home.code[:12] not in lines
    # Alone: the seconds of some moment may hold the same digits.
    assert re.search(r"(?<![\d:.])39\.1(?!\d)", lines) is None


def test_too_many_wrong_codes_from_one_address_are_refused(at_home: Home) -> None:
    answers = [knocking("0" * 20).status_code for _ in range(21)]
    assert answers[:20] == [404] * 20
    assert answers[20] == 429
    assert knocking(at_home.code).status_code == 429
    assert knocking(at_home.code, REMOTE_ADDR="192.0.2.7").status_code == 302
    assert at_home.phone.get("/home/").status_code == 200, "who is in stays in"


def test_wrong_cookies_count_as_wrong_codes(at_home: Home) -> None:
    answers = []
    for number in range(21):
        thief = Browser()
        thief.cookies["febris_home"] = f"{number:020d}"
        answers.append(thief.get("/home/").status_code)
    assert answers[-1] == 429
    assert set(answers[:20]) == {404}


def test_one_link_sends_so_much_and_no_more(at_home: Home) -> None:
    page = at_home.typed(temperature="37.0")
    answers = [at_home.phone.post("/home/", page).status_code for _ in range(31)]
    assert answers[:30] == [302] * 30
    assert answers[30] == 429
    assert TemperatureLog.objects.count() == 1


def test_a_form_of_another_site_or_of_another_link_stores_nothing(
    ward: Site, nora: Actor, at_home: Home
) -> None:
    other = make_home(ward, nora)
    other.open()
    stolen = other.typed(temperature="39.9")
    forged = at_home.phone.post("/home/", {"ticket": "made:up", "temperature": "39.9"})
    assert forged.status_code == 422
    assert at_home.phone.post("/home/", stolen).status_code == 422
    crossed = at_home.phone.post(
        "/home/", at_home.typed(temperature="39.9"), HTTP_SEC_FETCH_SITE="cross-site"
    )
    assert crossed.status_code == 404
    assert not TemperatureLog.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"symptoms": ["seizure"]},
        {"symptoms": ["x" * 5000]},
        {"unit": "K", "temperature": "38"},
        {"where": "nose", "temperature": "38"},
        {"temperature": "\x0038"},
        {"temperature": "9" * 400},
        {"medicine": "on", "medicine_name": "x" * 5000},
        {"medicine": "on", "medicine_time": "25:99"},
        {"temperature": "38", "time": "\u202e21:00"},
        {"temperature": "37", "use": "NaN °F"},
        {"temperature": "37", "confirmed": "\x00"},
    ],
)
def test_a_hostile_page_is_refused_and_never_breaks(at_home: Home, fields: dict[str, Any]) -> None:
    answer = at_home.send(**fields)
    assert answer.status_code == 422
    assert not TemperatureLog.objects.exists()


@pytest.mark.parametrize("cookie", ["\x00", "é" * 60, "a" * 4000, "'; DROP TABLE x; --", ""])
def test_a_hostile_cookie_opens_nothing(at_home: Home, cookie: str) -> None:
    thief = Browser()
    thief.cookies["febris_home"] = cookie
    assert thief.get("/home/").status_code in (302, 404)


def test_the_patients_code_opens_no_page_of_the_ward(at_home: Home) -> None:
    for address in ("/", f"/infusions/{at_home.infusion.uuid}/", "/alerts/"):
        assert "/accounts/login/" in at_home.phone.get(address)["Location"]
    api = at_home.phone.get("/api/v1/infusions/", HTTP_AUTHORIZATION=f"Bearer {at_home.code}")
    assert api.status_code == 401


class TestTheNurse:
    """Makes, prints, renews and revokes on the infusion's page."""

    def page(self, home: Home) -> str:
        return f"/infusions/{home.infusion.uuid}/home-log/"

    def test_prints_a_sheet_with_a_code_that_works(self, at_home: Home, nurse_browser: Browser) -> None:
        answer = nurse_browser.post(self.page(at_home), {"do": "make", "language": "es"})
        sheet = answer.content.decode()
        assert answer.status_code == 200
        assert "<svg" in sheet
        assert SHOWN in sheet
        code = re.search(r'sheet-code">([^<]+)<', sheet)
        assert code is not None
        assert knocking(code[1]).status_code == 302
        article = sheet[sheet.index("<article") : sheet.index("</article>")]
        assert "Lindqvist" not in article
        assert 'lang="es"' in article
        assert "no-store" in answer["Cache-Control"]

    def test_sees_whether_the_patient_came_in(self, at_home: Home, nurse_browser: Browser) -> None:
        page = nurse_browser.get(self.page(at_home))
        assert page.context["link"].opened_at is not None
        assert at_home.code not in page.content.decode()

    def test_revokes(self, at_home: Home, nurse_browser: Browser) -> None:
        nurse_browser.post(self.page(at_home), {"do": "revoke"})
        link = HomeLink.objects.get()
        assert link.revoked_at is not None
        assert link.revoked_by is not None
        assert link.revoked_by.username == "nora"

    def test_is_told_when_there_is_no_number(self, at_home: Home, nurse_browser: Browser) -> None:
        Site.objects.update(phone="")
        assert "no phone number" in nurse_browser.get(self.page(at_home)).content.decode()

    def test_of_another_site_finds_nothing(self, at_home: Home) -> None:
        stranger = builders.make_actor(Role.NURSE, builders.make_site())
        browser = Browser()
        assert stranger.user is not None
        browser.force_login(stranger.user, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert browser.get(self.page(at_home)).status_code == 404
        assert browser.post(self.page(at_home), {"do": "revoke"}).status_code == 404


def test_an_administrator_sets_the_number_of_a_site(ward: Site) -> None:
    boss = builders.make_actor(Role.ADMINISTRATOR, ward)
    browser = Browser()
    assert boss.user is not None
    browser.force_login(boss.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    browser.post(f"/setup/sites/{ward.uuid}/change/", {"name": ward.name, "phone": "+49 30 1"})
    ward.refresh_from_db()
    assert ward.phone == "+49 30 1"


def test_a_nurse_does_not(ward: Site, nurse_browser: Browser) -> None:
    assert nurse_browser.post(f"/setup/sites/{ward.uuid}/change/", {"phone": "1"}).status_code in (403, 404)
