"""The ladder's pages: read in sentences, changed line by line, refused by the line."""

from typing import Any

import pytest
from django.test import Client as Browser
from django.utils.datastructures import MultiValueDict

from accounts.permissions import Role
from monitoring.forms import ladders as forms
from monitoring.models import Ladder
from tracker.models import Site

from .conftest import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def charge(sign_in: SignIn, ward: Site) -> Browser:
    """The charge nurse of the ward."""
    return sign_in(Role.CHARGE_NURSE, ward, username="carl")


def filled(browser: Browser, address: str) -> dict[str, Any]:
    """What the form would send if nobody typed anything."""
    page = browser.get(address)
    sent: dict[str, Any] = {"based_on": page.context["based_on"]}
    for section in page.context["sections"]:
        if not section.is_any:
            sent |= {f"{section.prefix}-from": section.begins, f"{section.prefix}-until": section.ends}
        for part in section.parts:
            sent[f"{part.prefix}-repeat"] = part.repeat
            for line in part.lines:
                sent |= {f"{line.prefix}-after": line.after, f"{line.prefix}-roles": list(line.roles)}
    return sent


def test_the_default_is_read_in_sentences(nurse: Browser, ward: Site) -> None:
    text = nurse.get(f"/rota/{ward.uuid}/ladder/").content.decode()
    for sentence in (
        "At once: nurse of the patient, charge nurse",
        "After 3 min: everybody on shift",
        "Then the last again every 5 min, until somebody answers.",
        "Nobody is told by message; it stays in the inbox.",
    ):
        assert sentence in text, sentence
    assert 'id="change"' not in text


def test_a_form_that_nobody_touched_says_what_it_showed(charge: Browser, ward: Site) -> None:
    address = f"/rota/{ward.uuid}/ladder/change/"
    assert charge.post(address, filled(charge, address)).status_code == 302
    before = Ladder.objects.get()
    assert charge.post(address, filled(charge, address)).status_code == 302
    after = Ladder.objects.latest("pk")
    assert (after.version, after.document) == (2, before.document)


def test_a_night_is_added_and_read_by_the_wards_clock(charge: Browser, nurse: Browser, ward: Site) -> None:
    address = f"/rota/{ward.uuid}/ladder/change/?more=1"
    sent = filled(charge, address) | {
        "s1-from": "20:00",
        "s1-until": "07:00",
        "s1-high-0-after": "0",
        "s1-high-0-roles": ["everyone_on_shift", "investigator_on_call"],
        "s1-high-repeat": "3",
    }
    assert charge.post(address, sent).status_code == 302
    text = nurse.get(f"/rota/{ward.uuid}/ladder/").content.decode()
    assert "From 20:00 to 07:00" in text
    assert "At once: everybody on shift, investigator on call" in text
    assert Ladder.objects.get().document["zone"] == "Europe/Berlin"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(
            {"s0-high-1-after": "0"}, "High, rung 2: must be later than the rung before", id="order"
        ),
        pytest.param({"s0-high-1-after": "soon"}, "High, rung 2", id="no number"),
        pytest.param({"s0-medium-0-roles": []}, "Medium, rung 1", id="a rung without a role"),
        pytest.param({"s0-high-repeat": ""}, "a high alert rings until somebody answers", id="falls silent"),
        pytest.param(
            {f"s0-high-{n}-after": "" for n in range(4)} | {f"s0-high-{n}-roles": [] for n in range(4)},
            "High: must begin at once",
            id="nobody is told of a high alert",
        ),
        pytest.param({"based_on": "7"}, "Somebody else has changed this ladder", id="not seen"),
    ],
)
def test_what_would_not_do_is_named_by_its_line_and_kept(
    charge: Browser, ward: Site, change: dict[str, Any], said: str
) -> None:
    address = f"/rota/{ward.uuid}/ladder/change/"
    sent = filled(charge, address) | {"s0-medium-1-after": "17"} | change
    response = charge.post(address, sent)
    text = response.content.decode()
    assert response.status_code == 422
    assert said in text
    assert 'value="17"' in text
    assert not Ladder.objects.exists()


def test_a_nurse_changes_no_ladder_and_a_stranger_finds_none(
    nurse: Browser, stranger: Browser, ward: Site
) -> None:
    address = f"/rota/{ward.uuid}/ladder/change/"
    assert (nurse.get(address).status_code, nurse.post(address, {}).status_code) == (403, 403)
    assert (stranger.get(address).status_code, stranger.post(address, {}).status_code) == (404, 404)


def test_places_are_called_as_the_form_calls_them() -> None:
    assert forms.where("/at_hours/1/high/rungs/2/roles") == "hours 2, High, rung 3"
    assert forms.where("/zone") == ""
    assert forms.document(MultiValueDict(), "x") == {"name": "x", "at_hours": []}  # type: ignore[arg-type]
