"""A draft as a form made of sentences: which figures and texts of its document change, and changing them.

A field is named by its JSON pointer. Figures that share an id are one figure: changing it changes each.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from monitoring.core import rule_places, rule_words
from monitoring.core.clearing import BySets, ByStop
from monitoring.core.condition import Condition
from monitoring.core.document import escaped
from monitoring.core.rule_set import Rule, RuleSet

SET = ""
"""The part of a document that is no rule: its name, its source, its schedule."""

_MARK = re.compile("\x00(.*?)\x00")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


@dataclass(frozen=True, slots=True)
class Field:
    """One figure or text that can be changed: where it is, what it says now, of what kind, about what."""

    pointer: str
    value: str
    kind: str = ""
    about: str = ""
    unit: str = ""

    @property
    def is_long(self) -> bool:
        """True for a text of more than a line."""
        return self.kind in ("source", "note") or len(self.value) > 90


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its figures as fields, in the order in which it is read."""

    pieces: tuple[str | Field, ...]


@dataclass(slots=True)
class Part:
    """What can be changed of one rule, or of the set itself."""

    levels: list[tuple[str, list[Sentence]]] = field(default_factory=list)
    clearing: list[Sentence] = field(default_factory=list)
    schedule: list[Sentence] = field(default_factory=list)
    numbers: list[Field] = field(default_factory=list)
    texts: list[Field] = field(default_factory=list)

    def fields(self) -> Iterator[Field]:
        """Every field."""
        for sentence in [*(each for _, held in self.levels for each in held), *self.clearing, *self.schedule]:
            yield from (piece for piece in sentence.pieces if isinstance(piece, Field))
        yield from self.numbers
        yield from self.texts


def part_of(rules: RuleSet, document: Any, problem: str, language: str) -> Part:
    """What can be changed of the rule, or, without a problem, of the set itself."""
    if problem == SET:
        return _set(rules, document, language)
    return _rule(rules.rules[problem], rule_places.place_of(problem, rules.rules), document, language)


def changed(document: Any, values: Mapping[str, str]) -> Any:
    """The document with these texts at their places, figures as numbers where they are some.

    A figure that stands at several places under one id is changed at each.
    """
    written = copy.deepcopy(document)
    for pointer, text in values.items():
        old = rule_places.at(document, pointer)
        if old is None or shown(old) == text.strip():
            continue
        for place in (pointer, *_twins(document, pointer)):
            _put(written, place, _typed(text, old))
    return written


def is_figure(value: Any) -> bool:
    """True for a number, also one that is written as text."""
    return not isinstance(value, str) or _NUMBER.fullmatch(value.strip()) is not None


def shown(value: Any) -> str:
    """A value of a document as a field shows it."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _typed(text: str, old: Any) -> Any:
    """What was typed, as what stood there: a figure as text stays text, so that it keeps its digits."""
    text = text.strip()
    if not is_figure(old) or not is_figure(text):
        return text
    number = text.replace(",", ".")
    if isinstance(old, str):
        return number
    return Decimal(number) if "." in number else int(number)


def _put(document: Any, pointer: str, value: Any) -> None:
    *way, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    for step in way:
        document = document[int(step)] if isinstance(document, list) else document[step]
    document[last] = value


def _twins(document: Any, pointer: str) -> list[str]:
    """The same member of other conditions with the same id."""
    for depth in (1, 2):
        place, member = pointer, ""
        for _ in range(depth):
            place, _, step = place.rpartition("/")
            member = f"/{step}{member}"
        held = rule_places.at(document, place)
        name = held.get("id") if isinstance(held, Mapping) else None
        if isinstance(name, str):
            return [
                f"{other}{member}"
                for other, each in _objects(document.get("rules"), "/rules")
                if each.get("id") == name and other != place
            ]
    return []


def _objects(value: Any, pointer: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        yield pointer, value
        for name, inner in value.items():
            yield from _objects(inner, f"{pointer}/{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _objects(inner, f"{pointer}/{index}")


class _Figures:
    """Writes each figure as the mark of its place, where the document has it."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.places: dict[int, str] = {}
        self.asked: set[tuple[str, str]] = set()

    def learn(self, held: Condition, pointer: str) -> None:
        """Where the condition stands, and each within it."""
        for place, inner in rule_places.within(held, pointer, self.document):
            self.places[id(inner)] = place

    def __call__(self, of: Any, member: str, text: str) -> str:
        place = of if isinstance(of, str) else self.places.get(id(of))
        pointer = f"{place}/{member}"
        if place is None or rule_places.at(self.document, pointer) is None or self._was_asked(of, member):
            return text
        return f"\x00{pointer}\x00"

    def _was_asked(self, of: Any, member: str) -> bool:
        """True for a figure that another condition of the same id shows as a field already."""
        key = (str(getattr(of, "id", "")), member)
        seen = bool(key[0]) and key in self.asked
        self.asked.add(key)
        return seen

    def sentence(self, said: str) -> Sentence:
        """The sentence with its marks as fields."""
        pieces: list[str | Field] = []
        for index, piece in enumerate(_MARK.split(said)):
            if index % 2:
                unit = "min" if piece.rpartition("/")[2].endswith("minutes") or "minutes_" in piece else ""
                pieces.append(Field(piece, shown(rule_places.at(self.document, piece)), unit=unit))
            elif piece:
                pieces.append(piece)
        return Sentence(tuple(pieces))


def _rule(rule: Rule, place: str, document: Any, language: str) -> Part:
    figures = _Figures(document)
    part = Part()
    for priority, condition in rule.priorities.items():
        figures.learn(condition, f"{place}/priorities/{priority.word}")
        said = rule_words.alternatives(condition, language, figures)
        part.levels.append((priority.word, [figures.sentence(each) for each in said]))
    clears = rule.clears
    if isinstance(clears, BySets):
        figures.places[id(clears)] = f"{place}/clears/sets"
        if clears.masked_by is not None:
            figures.learn(clears.masked_by, f"{place}/clears/sets/masked_by")
    elif isinstance(clears, ByStop) and clears.or_when is not None:
        figures.learn(clears.or_when, f"{place}/clears/stop/or_when")
    part.clearing = [figures.sentence(each) for each in rule_words.clearing(clears, language, figures)]
    for name in ("steps", "reopens_after_minutes"):
        part.numbers += _members(document, f"{place}/{name}", name)
    for name in ("title", "sentence"):
        part.texts += _members(document, f"{place}/{name}", name)
    said_of = set[str]()
    for pointer, held in rule_places.conditions(rule, place, document):
        if not held.id or held.id not in said_of:
            part.texts += _members(document, f"{pointer}/says", "says", about=held.id)
        said_of.add(held.id)
    part.texts += _members(document, place, "", ("source",))
    return part


def _set(rules: RuleSet, document: Any, language: str) -> Part:
    figures = _Figures(document)
    said = rule_words.schedule(rules.schedule, language, figures)
    part = Part(schedule=[figures.sentence(each) for each in said])
    part.numbers += _members(document, "", "", ("version",))
    for name in ("steps", "reopens_after_minutes", "carry_minutes"):
        part.numbers += _members(document, f"/{name}", name)
    part.texts += _members(document, "", "", ("name",))
    part.texts += _members(document, "/title", "title")
    part.texts += _members(document, "", "", ("source", "note"))
    return part


def _members(
    document: Any, pointer: str, kind: str, only: tuple[str, ...] = (), about: str = ""
) -> list[Field]:
    """The members of an object as fields."""
    held = rule_places.at(document, pointer) if pointer else document
    if not isinstance(held, Mapping):
        return []
    unit = "min" if kind.endswith("minutes") else ""
    return [
        Field(
            f"{pointer}/{escaped(member)}",
            shown(value),
            kind or member,
            f"{about} {member}".strip() if kind else "",
            unit,
        )
        for member, value in held.items()
        if (not only or member in only) and isinstance(value, str | int | Decimal)
    ]
