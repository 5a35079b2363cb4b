"""Which PINs are refused, with a sentence that says why."""

import pytest
from django.contrib.auth.hashers import check_password

from accounts import pins
from accounts.models import Pin, User

from .builders import NOW

SOMEBODY = User(username="nora4711", email="nora@ward.example")


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        pytest.param("12345", "6 to 12 digits", id="five digits are too few"),
        pytest.param("1234567890123", "6 to 12 digits", id="thirteen are too many"),
        pytest.param("", "digits alone", id="none"),
        pytest.param("84a261", "digits alone", id="a letter"),
        pytest.param("٨٤٢٦١٩", "digits alone", id="digits of another script"),
        pytest.param("123456", "in a row", id="upwards"),
        pytest.param("654321", "in a row", id="downwards"),
        pytest.param("890123", "in a row", id="upwards past nine"),
        pytest.param("111111", "repeat", id="one digit"),
        pytest.param("121212", "repeat", id="two digits in turn"),
        pytest.param("482482", "repeat", id="three digits twice"),
        pytest.param("112122", "repeat", id="two digits in whatever order"),
        pytest.param("147258", "many people", id="a line on the pad"),
        pytest.param("240781", "date", id="day, month, year"),
        pytest.param("072481", "date", id="month, day, year"),
        pytest.param("810724", "date", id="year, month, day"),
        pytest.param("29021984", "date", id="a leap day"),
        pytest.param("198436", "date", id="a year of birth in front"),
        pytest.param("471984", "date", id="a year of birth behind"),
        pytest.param("925038", None, id="a good one of six digits"),
        pytest.param("902847563801", None, id="a good one of twelve"),
        pytest.param("364711", "user name", id="the number of the user name"),
    ],
)
def test_an_easy_pin_is_refused_and_the_sentence_says_why(pin: str, why: str | None) -> None:
    if why is None:
        pins.refuse_weak(pin, SOMEBODY)
    else:
        with pytest.raises(pins.WeakPin, match=why):
            pins.refuse_weak(pin, SOMEBODY)


@pytest.mark.django_db
def test_a_pin_is_kept_as_passwords_are_and_the_newest_counts(nurse: User) -> None:
    pins.set_pin(nurse, "471135", NOW)
    pins.set_pin(nurse, "905174", NOW)

    stored = Pin.objects.get().hash
    assert "905174" not in stored
    assert check_password("905174", stored)
    assert not check_password("471135", stored)


@pytest.mark.django_db
def test_the_trail_of_a_pin_says_when_and_never_what(nurse: User) -> None:
    pins.set_pin(nurse, "471135", NOW)
    pins.remove_pin(nurse)

    trail = Pin.trail_events.field.model.objects  # type: ignore[attr-defined]
    assert [row.pgh_label for row in trail.order_by("pgh_id")] == ["insert", "delete"]
    assert not hasattr(trail.first(), "hash")
