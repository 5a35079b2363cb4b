"""Sets that wait in a browser: who gets which key, and what is kept of a set that is given up."""

import base64
import json
import secrets
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.test import Client as Browser

from accounts.models import Membership, User
from accounts.permissions import Role
from monitoring.unsent import key_of
from tests import builders
from tests.pages.conftest import SignIn
from tracker.models import Infusion, KeptMessage, Site, VitalSigns

pytestmark = pytest.mark.django_db

WHY = "Taken again at 14:10"


@pytest.fixture
def infusion(ward: Site, study: Any) -> Infusion:
    """An infusion of the ward."""
    return builders.make_infusion(builders.make_subject(site=ward, study=study))


def sealed_by(owner: User, infusion: Infusion, *, key: bytes | None = None, **more: Any) -> dict[str, str]:
    """What the browser sends of a set that it had sealed for its owner."""
    item = {
        "address": f"/infusions/{infusion.uuid}/vitals/new/",
        "patient": "LINDQVIST, Astrid",
        "infusion": str(infusion.uuid),
        "at": "2026-03-03 14:05",
        "reasons": "This infusion was cancelled.",
        "pairs": [["form_token", "t-1"], ["opened_for", "x"], ["temperature", "39.6"], ["note", ""]],
    } | more
    iv = secrets.token_bytes(12)
    sealed = AESGCM(key or key_of(owner)).encrypt(iv, json.dumps(item).encode(), None)
    return {
        "owner": str(owner.uuid),
        "iv": base64.b64encode(iv).decode(),
        "sealed": base64.b64encode(sealed).decode(),
        "reason": WHY,
    }


def give_up(browser: Browser, sent: dict[str, str]) -> int:
    return browser.post("/unsent/give-up/", sent).status_code


def user(name: str) -> User:
    return User.objects.get(username=name)


def test_the_key_is_the_persons_own_and_the_same_each_time(nurse: Browser, stranger: Browser) -> None:
    key = nurse.get("/unsent/").json()["key"]

    assert key == nurse.get("/unsent/").json()["key"]
    assert key != stranger.get("/unsent/").json()["key"]
    assert base64.b64decode(key) == key_of(user("nora"))


def test_a_set_that_is_given_up_is_kept_with_who_and_why_and_without_a_name(
    nurse: Browser, infusion: Infusion
) -> None:
    assert give_up(nurse, sealed_by(user("nora"), infusion)) == 204

    kept = KeptMessage.objects.get()
    assert json.loads(kept.body)["fields"] == [["temperature", "39.6"]]
    assert json.loads(kept.body)["measured_at"] == "2026-03-03 14:05"
    assert (kept.kind, kept.infusion, kept.path) == (
        "refused",
        infusion,
        f"/infusions/{infusion.uuid}/vitals/new/",
    )
    assert WHY in kept.reason
    assert "discarded by Nora" in kept.reason
    assert "This infusion was cancelled." in kept.reason
    assert "LINDQVIST" not in kept.body + kept.reason
    assert not VitalSigns.objects.exists()
    assert WHY in nurse.get("/status/").content.decode()


def test_giving_up_twice_keeps_it_once(nurse: Browser, infusion: Infusion) -> None:
    sent = sealed_by(user("nora"), infusion)

    assert [give_up(nurse, sent), give_up(nurse, sent)] == [204, 204]
    assert KeptMessage.objects.count() == 1


def test_what_cannot_be_opened_any_more_is_kept_as_it_came(nurse: Browser, infusion: Infusion) -> None:
    sent = sealed_by(user("nora"), infusion, key=bytes(32))

    assert give_up(nurse, sent) == 204
    assert KeptMessage.objects.get().body.encode() == base64.b64encode(
        base64.b64decode(sent["iv"]) + base64.b64decode(sent["sealed"])
    )


@pytest.mark.parametrize(
    ("role", "answer"),
    [
        pytest.param(Role.CHARGE_NURSE, 204, id="who cares for the ward's sign-ins"),
        pytest.param(Role.NURSE, 403, id="a colleague"),
        pytest.param(Role.INVESTIGATOR, 403, id="an investigator"),
    ],
)
def test_somebody_elses_set_is_given_up_by_who_may_unlock_them(
    nurse: Browser, sign_in: SignIn, ward: Site, infusion: Infusion, role: Role, answer: int
) -> None:
    other = sign_in(role, ward, username="carl")

    assert give_up(other, sealed_by(user("nora"), infusion)) == answer
    assert KeptMessage.objects.count() == (answer == 204)


def test_a_charge_nurse_of_another_site_gives_up_nothing_of_this_one(
    nurse: Browser, stranger: Browser, infusion: Infusion
) -> None:
    assert give_up(stranger, sealed_by(user("nora"), infusion)) == 403


def test_of_an_infusion_that_one_may_not_see_any_more_the_set_is_kept_without_it(
    nurse: Browser, infusion: Infusion
) -> None:
    Membership.objects.filter(user__username="nora").update(site=builders.make_site("OTHER"))

    assert give_up(nurse, sealed_by(user("nora"), infusion)) == 204
    assert KeptMessage.objects.get().infusion is None


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"reason": "x"}, id="no reason"),
        pytest.param({"owner": "nobody"}, id="no owner"),
        pytest.param({"owner": "0190b000-0000-7000-8000-000000000000"}, id="an owner that nobody knows"),
        pytest.param({"iv": "?"}, id="not base64"),
        pytest.param({"sealed": ""}, id="nothing sealed"),
    ],
)
def test_what_cannot_be_read_is_refused_and_kept_in_the_browser(
    nurse: Browser, infusion: Infusion, broken: dict[str, str]
) -> None:
    assert give_up(nurse, sealed_by(user("nora"), infusion) | broken) == 400
    assert not KeptMessage.objects.exists()


def test_a_stranger_gives_up_nothing(infusion: Infusion) -> None:
    owner = builders.make_user("olga")

    assert give_up(Browser(), sealed_by(owner, infusion)) in (302, 401)
    assert not KeptMessage.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"pairs": [["alone"]]}, id="a field without its value"),
        pytest.param({"pairs": 5}, id="no fields"),
        pytest.param({"address": "/a\0b/", "reasons": "c\0d"}, id="a sign that no column keeps"),
        pytest.param({"at": 7}, id="a number for a moment"),
    ],
)
def test_what_is_sealed_and_no_set_is_kept_all_the_same(
    nurse: Browser, infusion: Infusion, wrong: dict[str, Any]
) -> None:
    assert give_up(nurse, sealed_by(user("nora"), infusion, **wrong)) == 204
    assert WHY in KeptMessage.objects.get().reason
