"""The JSON Schema of a rule set's document, for editors and for other programs.

Made from the parser's own tables and limits. What a schema cannot say (two rules of one problem, a circle of
causes, a hole) the parser and the checks say; whatever the parser takes, the schema takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from monitoring.core import signals
from monitoring.core.clearing import WAYS
from monitoring.core.combinations import CHILDREN_LIMIT
from monitoring.core.condition import LONGEST_LOOK_BACK
from monitoring.core.conditions import KINDS
from monitoring.core.grades import SCALES
from monitoring.core.happenings import FAMILIES
from monitoring.core.lasting import READINGS_LIMIT
from monitoring.core.leaves import ORDERINGS, SITES, is_number
from monitoring.core.rule_set import FORMAT, RULES_LIMIT, WATCHED_PHASES
from monitoring.core.template import DAY_MINUTES, STRETCHES_LIMIT, WATCH_MINUTES_LIMIT

Schema = Mapping[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
LOOK_BACK_MINUTES = int(LONGEST_LOOK_BACK.total_seconds()) // 60

NAME: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "maxLength": 60}
NUMBER: Schema = {
    "description": "A number, exactly as it is meant. As text it keeps its digits.",
    "anyOf": [{"type": "number"}, {"type": "string", "maxLength": 24, "pattern": r"^\s*[+-]?(\d|\.\d)"}],
}
TRUTH: Schema = {"type": "boolean"}
OVERDUE = ("vital_signs", "temperature", "baseline")


def schema() -> dict[str, Any]:
    """The schema of the whole document."""
    return {
        "$schema": DIALECT,
        "title": "Febris rule set",
        "description": "Named, versioned rules of a watch, and its observation schedule.",
        **_object(
            {
                "format": _whole(FORMAT, FORMAT),
                "name": _text(100),
                "version": _whole(1, 10_000),
                "title": _texts("The name of the set."),
                "source": _text(),
                "rules": {"type": "array", "maxItems": RULES_LIMIT, "items": {"$ref": "#/$defs/rule"}},
                "schedule": {"$ref": "#/$defs/schedule"},
            },
            note=_text(),
            steps={"$ref": "#/$defs/steps"},
            reopens_after_minutes={"$ref": "#/$defs/reopening"},
            carry_minutes=_map(_minutes(LOOK_BACK_MINUTES), signals.MEASURED),
        ),
        "$defs": {
            "rule": _rule(),
            "steps": _map({**NUMBER, "description": "Above 0."}, filter(is_number, _all_signals())),
            "reopening": _map(_minutes(DAY_MINUTES), ("low", "medium", "high")),
            "condition": _one_of(KINDS, CONDITIONS),
            "clearing": _one_of(WAYS, CLEARINGS),
            "schedule": _schedule(),
        },
    }


def _rule() -> Schema:
    priority = {"$ref": "#/$defs/condition"}
    return _object(
        {
            "problem": NAME,
            "title": _texts("The name of the problem."),
            "priorities": {
                **_map(priority, ("low", "medium", "high")),
                "minProperties": 1,
            },
            "clears": {"$ref": "#/$defs/clearing"},
            "sentence": _texts("What is said of an alert; {because} stands for what was true."),
            "source": _text(),
        },
        phases=_list({"enum": [str(phase) for phase in WATCHED_PHASES]}),
        explains=_list(_text(100)),
        steps={"$ref": "#/$defs/steps"},
        reopens_after_minutes={"$ref": "#/$defs/reopening"},
    )


def _object(required: Mapping[str, Schema], **optional: Schema) -> Schema:
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **optional},
        "additionalProperties": False,
    }


def _map(values: Schema, names: Iterable[str]) -> Schema:
    return {"type": "object", "properties": dict.fromkeys(names, values), "additionalProperties": False}


def _list(items: Schema, *, at_most: int = 50) -> Schema:
    return {"type": "array", "minItems": 1, "maxItems": at_most, "items": items}


def _text(at_most: int = 2000) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": at_most}


def _texts(description: str) -> Schema:
    return {
        "description": description,
        "type": "object",
        "required": ["en"],
        "propertyNames": {"pattern": "^[a-z]{2}(-[A-Za-z]{2,8})?$"},
        "additionalProperties": _text(),
        "maxProperties": 10,
    }


def _whole(at_least: int, at_most: int) -> Schema:
    number = {"type": "number", "minimum": at_least, "maximum": at_most, "multipleOf": 1}
    return {"anyOf": [number, {"type": "string", "maxLength": 24, "pattern": r"^\s*\+?\d"}]}


def _minutes(at_most: int) -> Schema:
    return _whole(1, at_most)


def _all_signals() -> list[str]:
    return list(dict.fromkeys((*signals.MEASURED, *signals.DERIVED, *signals.FACTS)))


def _named(required: Mapping[str, Schema], **optional: Schema) -> Schema:
    """A condition's fields, with those that every one may have."""
    says = _texts("What it says when it is true; {value} and {threshold} stand for figures.")
    return _object(required, **optional, id=NAME, says=says)


def _compare() -> Schema:
    """One form for each sort of signal: numbers, words, and what is so or not so."""
    of = {"enum": ["baseline"]}
    numbers = [name for name in _all_signals() if is_number(name)]
    truths = [name for name in _all_signals() if not is_number(name) and name not in signals.WORDS]
    forms = [
        _named(
            {"signal": {"enum": numbers}, "op": {"enum": [*ORDERINGS, "="]}, "value": NUMBER},
            of=of,
            by_site=_map(NUMBER, SITES),
            sites=_list({"enum": list(SITES)}),
        ),
        _named({"signal": {"enum": truths}, "op": {"const": "="}, "value": TRUTH}, of=of),
    ]
    for name, words in signals.WORDS.items():
        one, several = {"enum": list(words)}, _list({"enum": list(words)})
        forms += [
            _named({"signal": {"const": name}, "op": {"const": "="}, "value": one}, of=of),
            _named({"signal": {"const": name}, "op": {"const": "in"}, "value": several}, of=of),
        ]
    return {"anyOf": forms}


def _change() -> Schema:
    window = _object({"window_minutes": _minutes(LOOK_BACK_MINUTES)})
    return _named(
        {
            "signal": {"enum": [name for name in _all_signals() if is_number(name)]},
            "direction": {"enum": ["rise", "fall"]},
            "op": {"enum": list(ORDERINGS)},
            "by": NUMBER,
            "unit": {"enum": ["abs", "percent"]},
            "from": {"anyOf": [{"const": "baseline"}, window]},
        }
    )


def _event() -> Schema:
    words = _list(_text(100))
    return _named(
        {"family": {"enum": list(FAMILIES)}, "kinds": words},
        severities=words,
        indications=words,
        details=words,
        running=TRUTH,
        within_minutes=_minutes(LOOK_BACK_MINUTES),
        begins=TRUTH,
    )


def _several() -> Schema:
    parts = _list({"$ref": "#/$defs/condition"}, at_most=CHILDREN_LIMIT)
    return {"anyOf": [parts, _named({"of": parts})]}


_CONDITION: Schema = {"$ref": "#/$defs/condition"}
_EVENT: Schema = _object({"event": _event()})

CONDITIONS: Mapping[str, Schema] = {
    "compare": _compare(),
    "change": _change(),
    "event": _event(),
    "grade": _named({"scale": {"enum": list(SCALES)}, "at_least": _whole(1, 20)}),
    "missing": _named({"scale": {"enum": list(SCALES)}, "at_least": _whole(1, 20)}),
    "absence": _named(
        {
            "signals": _list({"enum": list(signals.MEASURED)}),
            "since": _EVENT,
            "minutes": _minutes(LOOK_BACK_MINUTES),
        },
        of={"enum": ["baseline"]},
    ),
    "overdue": _named({"what": {"enum": list(OVERDUE)}}, in_a_row=_whole(1, 10)),
    "sustained": _named(
        {"condition": _CONDITION},
        for_minutes=_minutes(LOOK_BACK_MINUTES),
        gap_minutes=_minutes(LOOK_BACK_MINUTES),
        readings=_whole(2, READINGS_LIMIT),
        within_minutes=_minutes(LOOK_BACK_MINUTES),
    ),
    "seen": _named(
        {"condition": _CONDITION, "within_minutes": _minutes(LOOK_BACK_MINUTES)},
        newest=TRUTH,
    ),
    "still": _named({"condition": _CONDITION, "after": _EVENT, "minutes": _minutes(LOOK_BACK_MINUTES)}),
    "all": _several(),
    "any": _several(),
    "not": _CONDITION,
    "unless": _named({"condition": _CONDITION, "exception": _CONDITION}),
}
"""Each kind of condition. One that is not here yet is taken unseen."""

CLEARINGS: Mapping[str, Schema] = {
    "sets": _object(
        {
            "normal": _whole(1, 10),
            "apart_minutes": _minutes(DAY_MINUTES),
            "normal_at_home": _whole(1, 10),
            "apart_minutes_at_home": _minutes(DAY_MINUTES),
        },
        masked_by=_EVENT,
        absolute_without_baseline=TRUTH,
    ),
    "stop": _object({"kinds": _list(_text(100))}, or_when=_CONDITION),
    "assessment": _object({}),
    "coming": _object({}),
}


def _one_of(kinds: Iterable[str], known: Mapping[str, Schema]) -> Schema:
    """An object with exactly one member, named for its kind."""
    return {
        "type": "object",
        "properties": {kind: known.get(kind, {}) for kind in kinds},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _asked(**more: Schema) -> Schema:
    minutes = _minutes(DAY_MINUTES)
    what = {"enum": ["vital_signs", "temperature"]}
    return _object({"what": what, "every_minutes": minutes, "grace_minutes": minutes, **more})


def _schedule() -> Schema:
    tight = _asked(complete=_list({"enum": list(signals.RAW)}))
    asked = _asked()
    more = {"until_minutes": _minutes(WATCH_MINUTES_LIMIT), "where": {"enum": ["ward", "home"]}}
    stretch = {**asked, "properties": {**asked["properties"], **more}}
    return _object(
        {"while_running": asked, "afterwards": _list(stretch, at_most=STRETCHES_LIMIT)},
        tightened=_object(
            {"until_normal_sets": _whole(1, 10), "ward": tight, "home": tight}, problems=_list(_text(100))
        ),
        baseline=_object({"readings": _whole(1, 10), "within_minutes": _minutes(60)}),
    )
