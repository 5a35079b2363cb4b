"""From text that anybody may have sent to a document: what JSON allows and no rule set holds is refused.

All work is bounded by the length of the text. Knows limits of form; what a rule set means is elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from monitoring.core.document import RuleSetError, escaped

BYTES_LIMIT = 512 * 1024
VALUES_LIMIT = 100_000
DEPTH_LIMIT = 40
NAME_LIMIT = 100
NUMBER_LIMIT = 30

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


@dataclass(slots=True)
class _Open:
    """An object or a list that has begun: where it stands, and what of it was read."""

    pointer: str
    is_object: bool
    count: int = 0
    name: str | None = None
    names: set[str] = field(default_factory=set)


def read(text: str | bytes) -> Any:
    """The document that a JSON text holds, its numbers exactly as written.

    Raises: RuleSetError naming the place, for text that is too long, too deep or no JSON, for a member named
    twice, for NaN, Infinity and numbers that measure nothing.
    """
    if len(text) > BYTES_LIMIT:
        raise RuleSetError("", f"is longer than {BYTES_LIMIT} bytes")
    try:
        text = text.decode() if isinstance(text, bytes) else text
        _scan(text)
        document = json.loads(text, parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise RuleSetError("", f"is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise RuleSetError(
            "", f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None
    check_form(document)
    return document


def check_form(document: Any) -> None:
    """Nothing, for a document of bounded size and depth that is made of what JSON is made of.

    Raises: RuleSetError naming the place.
    """
    values = 0
    waiting: list[tuple[Any, str, int]] = [(document, "", 1)]
    while waiting:
        value, pointer, depth = waiting.pop()
        values += 1
        if depth > DEPTH_LIMIT:
            raise _too_deep(pointer)
        if isinstance(value, Mapping):
            within = [(f"{pointer}/{_name(name, pointer)}", part) for name, part in value.items()]
        elif isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
            within = [(f"{pointer}/{index}", part) for index, part in enumerate(value)]
        elif value is None or isinstance(value, str | bool | int | float | Decimal):
            continue
        else:
            raise RuleSetError(pointer, f"is a {type(value).__name__}, which JSON does not know")
        if values + len(waiting) + len(within) > VALUES_LIMIT:
            raise _too_many(pointer)
        waiting += [(part, place, depth + 1) for place, part in reversed(within)]


def _name(name: Any, pointer: str) -> str:
    if not isinstance(name, str):
        raise RuleSetError(pointer, f"names a member by a {type(name).__name__}")
    if len(name) > NAME_LIMIT:
        raise RuleSetError(pointer, f"names a member with more than {NAME_LIMIT} characters")
    if not name.isprintable():
        raise RuleSetError(pointer, "names a member with a character that cannot be printed")
    return escaped(name)


def _scan(text: str) -> None:
    """Reads the text token by token, only far enough to name what is refused by its place."""
    within: list[_Open] = []
    values = 0
    for match in _TOKEN.finditer(text):
        found = match.group()
        inner = within[-1] if within else None
        if found in "}]":
            if within:
                within.pop()
        elif found == ",":
            if inner is not None:
                inner.count, inner.name = inner.count + 1, None
        elif found == ":":
            continue
        elif inner is not None and inner.is_object and inner.name is None:
            inner.name = _member(found, inner)
        else:
            values += 1
            pointer = _place(inner)
            if values > VALUES_LIMIT:
                raise _too_many(pointer)
            if found in "{[":
                if len(within) >= DEPTH_LIMIT:
                    raise _too_deep(pointer)
                within.append(_Open(pointer, found == "{"))
            elif not found.startswith('"'):
                _check_literal(found, pointer)


def _member(token: str, inner: _Open) -> str:
    try:
        name = json.loads(token)
    except ValueError:
        name = token
    if isinstance(name, str) and name in inner.names:
        raise RuleSetError(f"{inner.pointer}/{_name(name, inner.pointer)}", "is named twice")
    inner.names.add(name)
    return _name(name, inner.pointer)


def _place(inner: _Open | None) -> str:
    if inner is None:
        return ""
    return f"{inner.pointer}/{inner.name if inner.is_object else inner.count}"


def _check_literal(token: str, pointer: str) -> None:
    if token in ("NaN", "Infinity", "-Infinity"):
        raise RuleSetError(pointer, f"must be a finite number, not {token}")
    if len(token) > NUMBER_LIMIT:
        raise RuleSetError(pointer, f"must be a number of at most {NUMBER_LIMIT} characters")


def _too_deep(pointer: str) -> RuleSetError:
    return RuleSetError(pointer, f"is nested more than {DEPTH_LIMIT} deep")


def _too_many(pointer: str) -> RuleSetError:
    return RuleSetError(pointer, f"is one too many: a rule set holds at most {VALUES_LIMIT} values")
