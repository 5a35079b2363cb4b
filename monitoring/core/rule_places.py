"""Where in its document each condition of a rule set stands, as JSON pointers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from monitoring.core.condition import Condition
from monitoring.core.rule_set import Rule


def place_of(problem: str, rules: Mapping[str, Rule]) -> str:
    """The pointer to a rule."""
    return f"/rules/{list(rules).index(problem)}"


def conditions(rule: Rule, place: str, document: Any) -> Iterator[tuple[str, Condition]]:
    """Each condition of a rule's priorities with its pointer; `document` is the whole rule set."""
    for priority, condition in rule.priorities.items():
        pointer = f"{place}/priorities/{priority.word}"
        yield from within(condition, pointer, document)


def at(document: Any, pointer: str) -> Any:
    """What stands there; None where nothing does."""
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, Mapping):
            document = document.get(step)
        elif isinstance(document, Sequence) and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document


def within(condition: Condition, pointer: str, document: Any) -> Iterator[tuple[str, Condition]]:
    """The condition that stands at the pointer, and each within it, with their pointers."""
    yield from _within(condition, pointer, at(document, pointer))


def _within(condition: Condition, pointer: str, node: Any) -> Iterator[tuple[str, Condition]]:
    kind = next(iter(node)) if isinstance(node, Mapping) and len(node) == 1 else ""
    place = f"{pointer}/{kind}" if kind else pointer
    yield place, condition
    inner = at(node, f"/{kind}") if kind else None
    if isinstance(inner, Mapping) and isinstance(inner.get("of"), Sequence):
        place, inner = f"{place}/of", inner["of"]
    steps = _steps(kind, inner, len(condition.parts))
    for part, step in zip(condition.parts, steps, strict=False):
        yield from _within(part, f"{place}{step}", at(inner, step) if step else inner)


def _steps(kind: str, inner: Any, parts: int) -> list[str]:
    """The way from a condition to each of its parts."""
    if isinstance(inner, Sequence) and not isinstance(inner, str):
        return [f"/{index}" for index in range(parts)]
    if isinstance(inner, Mapping):
        named = [f"/{name}" for name in ("condition", "exception", "since", "after") if name in inner]
        return named if len(named) == parts else [""] * parts
    return [""] * parts
