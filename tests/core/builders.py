"""Small builders for the tests of the core: a moment, a set, a course of an infusion, a rule set."""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from monitoring.core import rule_set, watch
from monitoring.core.episodes import Episode
from monitoring.core.events import (
    Baseline,
    Event,
    Extent,
    InfusionEvent,
    InfusionKind,
    Intervention,
    Observation,
    Symptom,
)
from monitoring.core.rule_book import RuleBook
from monitoring.core.watch import Watched

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
WATCH_FOR = timedelta(hours=48)
DEFAULT = Path(__file__).parents[2] / "monitoring" / "rule_sets" / "bat_default_v1.json"


def minute(number: float) -> datetime:
    """That many minutes after the start of the infusion."""
    return START + timedelta(minutes=number)


def a_set(at: float, *, key: str = "", site: str = "", crossed: bool = False, **parts: Any) -> Observation:
    """A set of vital signs; numbers may be written as text."""
    values = {name: _value(value) for name, value in parts.items() if value is not None}
    return Observation(minute(at), key or f"vital_signs:{at:g}", values, site=site, crossed=crossed)


def a_full_set(at: float, **parts: Any) -> Observation:
    """A set with every part that the default rules read, normal but for those given; None leaves one out."""
    normal = {
        "temperature_c": "36.8",
        "systolic_mmhg": "120",
        "diastolic_mmhg": "80",
        "heart_rate_bpm": "80",
        "respiratory_rate_per_min": "16",
        "spo2_percent": "97",
        "oxygen_device": "room_air",
        "consciousness": "A",
        "rigors": "none",
    }
    return a_set(at, **{**normal, **parts})


def _value(value: Any) -> Any:
    if isinstance(value, str) and value.replace(".", "", 1).replace("-", "", 1).isdigit():
        return Decimal(value)
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def turn(at: float, kind: InfusionKind) -> InfusionEvent:
    return InfusionEvent(minute(at), f"infusion_event:{kind}:{at:g}", kind)


def baseline(at: float = 0, **values: Any) -> Baseline:
    return Baseline(minute(at), "baseline:1", {name: _value(value) for name, value in values.items()})


def symptom(
    at: float, kind: str, extent: Extent = Extent.START, severity: str = "", key: str = ""
) -> Symptom:
    return Symptom(minute(at), key or f"symptom:{at:g}", kind, extent, severity)


def given(
    at: float,
    kind: str,
    extent: Extent = Extent.POINT,
    *,
    indication: str = "",
    detail: str = "",
    starts: str = "",
    key: str = "",
) -> Intervention:
    return Intervention(minute(at), key or f"intervention:{at:g}", kind, extent, indication, detail, starts)


def a_course(*, stop: float | None = 60, home: float | None = None, **at_baseline: Any) -> list[Event]:
    """An infusion that started at minute 0 with a baseline; stopped and sent home where minutes are given."""
    values = at_baseline or {"systolic_mmhg": "120", "diastolic_mmhg": "80", "oxygen_device": "room_air"}
    events: list[Event] = [turn(0, InfusionKind.START), baseline(0, **values)]
    if stop is not None:
        events.append(turn(stop, InfusionKind.STOP))
    if home is not None:
        events.append(turn(home, InfusionKind.DISCHARGE))
    return events


def document() -> dict[str, Any]:
    """The default rule set's document, to change at will."""
    return copy.deepcopy(_document())


@cache
def _document() -> dict[str, Any]:
    loaded = json.loads(DEFAULT.read_text(), parse_float=Decimal)
    assert isinstance(loaded, dict)
    return loaded


@cache
def default_rules() -> rule_set.RuleSet:
    return rule_set.parse(_document())


@cache
def default_book() -> RuleBook:
    return RuleBook.of([(START, default_rules())])


def rules_with(*rules: dict[str, Any], **fields: Any) -> rule_set.RuleSet:
    """A rule set of these rules alone."""
    return rule_set.parse({**document(), "rules": list(rules), **fields})


def default_documents(*, of: Collection[str] = (), without: Collection[str] = ()) -> list[dict[str, Any]]:
    """The documents of some default rules, which explain only one another."""
    rules = document()["rules"]
    chosen = of or [rule["problem"] for rule in rules]
    kept = [rule for rule in rules if rule["problem"] in chosen and rule["problem"] not in without]
    known = {rule["problem"] for rule in kept}
    for rule in kept:
        if explains := known.intersection(rule.pop("explains", ())):
            rule["explains"] = sorted(explains)
    return kept


SINGLE_SIGNS = (
    "fever",
    "rigors",
    "hypotension",
    "hypoxia",
    "concern",
    "overdue_vitals",
    "overdue_temperature",
)


@cache
def single_signs() -> rule_set.RuleSet:
    """The default rules of a few single signs, where one reading raises one problem."""
    return rules_with(*default_documents(of=SINGLE_SIGNS))


@cache
def single_signs_book() -> RuleBook:
    return RuleBook.of([(START, single_signs())])


@cache
def uncarried_book() -> RuleBook:
    """The default rules, but no part is carried from set to set, and none is asked for."""
    rules = rules_with(*default_documents(without=["parts_missing"]), carry_minutes={})
    return RuleBook.of([(START, rules)])


def a_rule(
    problem: str = "test", *, clears: dict[str, Any] | None = None, **priorities: Any
) -> dict[str, Any]:
    """A rule's document with these priorities."""
    by_sets = {"normal": 2, "apart_minutes": 15, "normal_at_home": 2, "apart_minutes_at_home": 240}
    return {
        "problem": problem,
        "title": {"en": problem},
        "priorities": priorities,
        "clears": clears or {"sets": by_sets},
        "sentence": {"en": "{because}"},
        "source": "a test",
    }


def watched(events: Iterable[Event], *, book: RuleBook | None = None, until: float | None = None) -> Watched:
    """One evaluation of everything, at the end."""
    events = list(events)
    last = max((event.at for event in events), default=START)
    at = last if until is None else minute(until)
    return watch.watch(watch.empty(watch_for=WATCH_FOR), events, book or default_book(), at)


def episodes_of(problem: str, found: Watched) -> list[Episode]:
    return [episode for episode in found.episodes if episode.problem == problem]


def the_episode(problem: str, found: Watched) -> Episode:
    """The only episode of a problem."""
    (episode,) = episodes_of(problem, found)
    return episode
