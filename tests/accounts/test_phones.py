"""Numbers on which people are called: what is one, who sets it, and where it never goes."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import contacts, phones
from accounts.models import User

from .builders import make_user
from .test_people_pages import as_


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("+1 216 555 0100", id="with its country"),
        pytest.param("(216) 555-0100", id="of the town"),
        pytest.param("471", id="three digits: an extension"),
        pytest.param("+123456789012345", id="fifteen digits"),
        pytest.param("+1234567", id="seven digits after a plus"),
        pytest.param("0043/1/40400.0", id="slashes and points"),
    ],
)
def test_this_can_be_dialled(number: str) -> None:
    phones.check(number)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param("47", "phone_digits", id="two digits"),
        pytest.param("+1234567890123456", "phone_digits", id="sixteen digits"),
        pytest.param("+123456", "phone_digits", id="six digits after a plus"),
        pytest.param("+0 216 555 0100", "phone_country", id="no country begins with 0"),
        pytest.param("1+2165550100", "phone_signs", id="a plus within"),
        pytest.param("call the desk", "phone_signs", id="words"),
        pytest.param("216 555 0100<b>", "phone_signs", id="signs of a page"),
        pytest.param("471\n", "phone_signs", id="a line end"),
    ],
)
def test_this_cannot_and_the_number_is_not_repeated(number: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        phones.check(number)
    assert refused.value.code == code
    assert number.strip() not in refused.value.message


@pytest.mark.django_db
def test_the_database_keeps_nothing_else(ward: Any) -> None:
    user = make_user("nils")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(phone="desk")


@pytest.mark.django_db
def test_it_is_kept_as_typed_without_its_gaps_and_taken_away_by_blank() -> None:
    user = make_user("nils")
    contacts.set_phone(user, "  +1 216  555-0100 ")
    user.refresh_from_db()
    assert user.phone == "+1 216 555-0100"
    contacts.set_phone(user, " ")
    user.refresh_from_db()
    assert user.phone == ""


@pytest.mark.django_db
def test_an_administrator_sets_it_and_hears_what_is_wrong(administrator: User, nurse: User) -> None:
    browser, address = as_(administrator), f"/people/{nurse.uuid}/"
    said = {"username": "nora", "name": "Nora", "language": "en", "is_active": "on"}
    refused = browser.post(address, said | {"phone": "desk"})
    assert set(refused.context["form"].errors) == {"phone"}
    assert browser.post(address, said | {"phone": " 4711 "}).status_code == 302
    nurse.refresh_from_db()
    assert nurse.phone == "4711"


@pytest.mark.django_db
def test_everybody_sets_their_own_and_nobody_elses(nurse: User, stranger: User) -> None:
    browser = as_(nurse)
    assert browser.post("/reach/phone/", {"phone": "+1 216 555 0100"}).status_code == 302
    nurse.refresh_from_db()
    stranger.refresh_from_db()
    assert (nurse.phone, stranger.phone) == ("+1 216 555 0100", "")
    assert 'value="+1 216 555 0100"' in browser.get("/reach/").content.decode()
    refused = browser.post("/reach/phone/", {"phone": "12"})
    assert refused.status_code == 422
    assert "3 to 15 digits" in refused.content.decode()
    assert as_(nurse).get("/reach/phone/").status_code == 405
