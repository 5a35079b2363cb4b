"""What a telephone number is: what people write, with as many digits as telephones take. Knows no person."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

#: Digits of an international number at most, its country code included. Source: ITU-T E.164.
DIGITS_MOST = 15
#: Digits of an extension of the house, and of a number with its country code, at least.
DIGITS_LEAST, DIGITS_LEAST_ABROAD = 3, 7
LONGEST = 24
#: What may stand in a number, as the database holds it.
WRITTEN = r"^\+?[0-9(][0-9 ()./-]*$"


def tidy(text: str) -> str:
    """The number as typed, without the gaps around it and with one blank in those within."""
    return re.sub(r"\s+", " ", text).strip()


def check(number: str) -> None:
    """Nothing, for what a telephone can dial.

    Raises: ValidationError, which never repeats the number.
    """
    if not re.fullmatch(WRITTEN, number):
        raise ValidationError(
            _("A phone number has digits, blanks and + ( ) . - / alone."), code="phone_signs"
        )
    digits = re.sub(r"[^0-9]", "", number)
    least = DIGITS_LEAST_ABROAD if number.startswith("+") else DIGITS_LEAST
    if not least <= len(digits) <= DIGITS_MOST:
        said = {"least": least, "most": DIGITS_MOST}
        raise ValidationError(
            _("A phone number like this has %(least)d to %(most)d digits.") % said, code="phone_digits"
        )
    if number.startswith("+") and digits.startswith("0"):
        raise ValidationError(
            _("After + comes the code of a country: it begins with 1 to 9."), code="phone_country"
        )
