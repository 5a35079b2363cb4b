"""Reading a JSON document so that every fault is named by its place.

Knows JSON and limits; what a rule set means is elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

DIGITS_LIMIT = 12
"""No measured number has more digits before its point, nor more than this behind it."""

LANGUAGES_LIMIT = 10

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Za-z]{2,8})?")
_UNPRINTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_PLACE = re.compile(r"\{([a-z]+)\}")


class RuleSetError(ValueError):
    """A rule set that cannot be used.

    The message names the place (a JSON pointer) and what is wrong there.
    """

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer or '/'}: {reason}")
        self.pointer = pointer
        self.reason = reason


def escaped(name: str) -> str:
    """A member's name as a JSON pointer writes it."""
    return name.replace("~", "~0").replace("/", "~1")


@dataclass(frozen=True, slots=True)
class Node:
    """A value in a document and the JSON pointer to it."""

    value: Any
    pointer: str = ""

    def fault(self, reason: str) -> RuleSetError:
        """An error that names this place."""
        return RuleSetError(self.pointer, reason)

    def fields(self, *, required: Collection[str] = (), optional: Collection[str] = ()) -> Mapping[str, Node]:
        """The members of this object by name.

        Raises: RuleSetError when one is missing, or is not among those that may be there.
        """
        if not isinstance(self.value, Mapping):
            raise self.fault("must be an object")
        if missing := [name for name in required if name not in self.value]:
            raise self.fault(f"lacks {missing[0]!r}")
        if unknown := [name for name in self.value if name not in required and name not in optional]:
            raise self.at(unknown[0]).fault("is not a known field")
        return {name: self.at(name) for name in self.value}

    def members(self) -> Iterator[tuple[str, Node]]:
        """Each name and value of this object, whatever the names."""
        if not isinstance(self.value, Mapping):
            raise self.fault("must be an object")
        return ((str(name), self.at(str(name))) for name in self.value)

    def at(self, name: str) -> Node:
        """The member of that name."""
        return Node(self.value.get(name), f"{self.pointer}/{escaped(name)}")

    def items(self, *, at_least: int = 1, at_most: int) -> list[Node]:
        """The elements of this list.

        Raises: RuleSetError when there are fewer or more than the limits.
        """
        if not isinstance(self.value, Sequence) or isinstance(self.value, str):
            raise self.fault("must be a list")
        if not at_least <= len(self.value) <= at_most:
            raise self.fault(f"must hold {at_least} to {at_most} elements, not {len(self.value)}")
        return [Node(value, f"{self.pointer}/{index}") for index, value in enumerate(self.value)]

    def text(self, *, among: Collection[str] = (), at_most: int = 2000) -> str:
        """This text; one of a few words where `among` names them."""
        if not isinstance(self.value, str) or not self.value or len(self.value) > at_most:
            raise self.fault(f"must be a text of 1 to {at_most} characters")
        if _UNPRINTABLE.search(self.value):
            raise self.fault("holds a character that cannot be printed")
        if among and self.value not in among:
            raise self.fault(f"must be one of {', '.join(sorted(among))}, not {self.value[:100]!r}")
        return self.value

    def name(self) -> str:
        """This name of a problem or a condition: small letters, digits and underscores."""
        name = self.text(at_most=60)
        if not _NAME.fullmatch(name):
            raise self.fault(f"must be a name of small letters, digits and underscores, not {name!r}")
        return name

    def number(self) -> Decimal:
        """This number, exactly as written. A float is refused: it is no longer what somebody wrote."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
            raise self.fault("must be a number, written as text or read as a decimal")
        if isinstance(value, str) and (len(value) > 2 * DIGITS_LIMIT or not value.isascii() or "_" in value):
            raise self.fault(f"is not a number: {value[:100]!r}")
        if isinstance(value, int) and abs(value) >= 10**DIGITS_LIMIT:
            raise self.fault("is beyond all measure")
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise self.fault(f"is not a number: {value!r}") from None
        if not number.is_finite():
            raise self.fault("must be a finite number")
        exponent = number.as_tuple().exponent
        if number.adjusted() >= DIGITS_LIMIT or not isinstance(exponent, int) or exponent < -DIGITS_LIMIT:
            raise self.fault("is beyond all measure")
        return number

    def whole(self, *, at_least: int, at_most: int) -> int:
        """This whole number within its limits."""
        number = self.number()
        if number != int(number) or not at_least <= number <= at_most:
            raise self.fault(f"must be a whole number from {at_least} to {at_most}, not {number}")
        return int(number)

    def truth(self) -> bool:
        """This true or false."""
        if not isinstance(self.value, bool):
            raise self.fault("must be true or false")
        return self.value

    def minutes(self, *, at_most: int) -> timedelta:
        """This many minutes, as a duration."""
        return timedelta(minutes=self.whole(at_least=1, at_most=at_most))

    def texts(
        self, *, languages: Collection[str] = ("en",), places: Collection[str] = ()
    ) -> Mapping[str, str]:
        """A sentence by language; English is always there. Braces hold the named places and nothing else.

        A sentence is filled by `str.format`, which would follow attributes and pad to any width.
        """
        texts: dict[str, str] = {}
        for language, node in self.members():
            if not _LANGUAGE.fullmatch(language) or len(texts) == LANGUAGES_LIMIT:
                raise node.fault("is not one of a few languages, as in 'en' or 'es'")
            texts[language] = node.text()
            rest = _PLACE.sub(lambda place: "" if place[1] in places else place[0], texts[language])
            if "{" in rest or "}" in rest:
                allowed = " or ".join(f"{{{place}}}" for place in places) or "nothing"
                raise node.fault(f"may hold {allowed} in braces, and nothing else")
        if missing := [language for language in languages if language not in texts]:
            raise self.fault(f"lacks the language {missing[0]!r}")
        return texts

    def words(self, *, among: Collection[str] = (), at_most: int = 50) -> tuple[str, ...]:
        """A list of words."""
        return tuple(node.text(among=among, at_most=100) for node in self.items(at_most=at_most))
