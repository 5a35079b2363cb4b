"""Before the start: whom alerts would reach, and a test message that shows it."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client as Browser

from accounts.models import User
from accounts.permissions import Role
from config.clock import real_now
from monitoring import trials
from monitoring.models import TrialMessage
from tests.builders import make_actor, make_infusion, make_user
from tracker.models import Infusion, Site

from .conftest import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def infusion(ward: Site, settings: Any) -> Infusion:
    settings.SENDS_EMAIL = True
    return make_infusion(site=ward)


@pytest.fixture
def investigator(ward: Site) -> None:
    make_actor(Role.INVESTIGATOR, ward, user=make_user("ines", email="ines@example.org", name="Ines Ibarra"))


def test_the_start_says_whom_alerts_reach_and_offers_a_test(
    nurse: Browser, infusion: Infusion, investigator: None
) -> None:
    text = nurse.get(f"/infusions/{infusion.uuid}/start/").content.decode()
    assert "Whom alerts of this infusion reach now" in text
    assert "Ines Ibarra" in text
    assert "not tried" in text
    assert 'id="send-test"' in text
    assert "ines@example.org" not in text


def test_who_is_told_first_stands_first_with_the_number_to_call(
    nurse: Browser, infusion: Infusion, investigator: None
) -> None:
    User.objects.filter(username="ines").update(phone="+1 216 555 0100")
    User.objects.filter(username="nora").update(phone="4711")
    text = nurse.get(f"/infusions/{infusion.uuid}/reach/").content.decode()
    assert 'href="tel:+12165550100"' in text
    assert text.index("tel:4711") < text.index("tel:+12165550100")
    assert "at once" in text
    assert "after 6 min" in text
    test_message = nurse.post(f"/infusions/{infusion.uuid}/reach/", follow=True)
    trials.send_owed(real_now())
    assert "555 0100" not in "".join(mail.outbox[0].body.split("\n"))
    assert test_message.status_code == 200


def test_a_press_sends_the_test_and_the_page_shows_its_receipts(
    nurse: Browser, infusion: Infusion, investigator: None
) -> None:
    address = f"/infusions/{infusion.uuid}/reach/"
    page = nurse.post(address, follow=True).content.decode()
    assert "on their way" in page or "on its way" in page
    trials.send_owed(real_now())
    fragment = nurse.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "accepted" in fragment
    assert "<html" not in fragment
    assert "less than a minute ago" in nurse.post(address, follow=True).content.decode()


def test_a_role_that_reaches_nobody_is_warned_of_before_the_start(nurse: Browser, infusion: Infusion) -> None:
    text = nurse.get(f"/infusions/{infusion.uuid}/start/").content.decode()
    assert "Alerts would not reach everybody" in text
    assert "NOBODY" in text


def test_a_test_that_nobody_can_get_says_so(nurse: Browser, infusion: Infusion) -> None:
    page = nurse.post(f"/infusions/{infusion.uuid}/reach/", follow=True).content.decode()
    assert "nothing could be sent" in page


def test_others_have_no_such_page(sign_in: SignIn, ward: Site, elsewhere: Site, infusion: Infusion) -> None:
    address = f"/infusions/{infusion.uuid}/reach/"
    assert sign_in(Role.NURSE, elsewhere).post(address).status_code == 404
    assert sign_in(Role.SAFETY_COORDINATOR, ward).post(address).status_code == 403
    assert not TrialMessage.objects.exists()
