"""What trials add up to: alerts per patient-day, shares of patients, first alerts, and who changes. Pure.

It can be put down and taken up again as plain JSON, so that a long backtest runs in slices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

from monitoring.backtests.trial import Recorded, Trial, Tried
from monitoring.core import sentences
from monitoring.core.alert import Condition
from monitoring.core.backtest import Parting
from monitoring.core.episodes import Episode
from monitoring.core.rule_set import RuleSet

_HOUR_S, _DAY_S = 3_600, 86_400
#: Patients who change beyond these are counted, not described.
MOST_DESCRIBED = 200

Texts = Mapping[str, str]


@dataclass(slots=True)
class OfProblem:
    """The alerts of one problem under one rule set."""

    high: int = 0
    medium: int = 0
    low: int = 0
    #: Of these, so many were still true when the watch ended.
    unwatched: int = 0
    #: Hours from the start to the first, one for each patient who had any.
    first_hours: list[float] = field(default_factory=list)

    @property
    def alerts(self) -> int:
        """All of them."""
        return self.high + self.medium + self.low


@dataclass(slots=True)
class OfRuleSet:
    """What one rule set raised, and for how many patients each of its rules failed."""

    problems: dict[str, OfProblem] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)

    def add(self, patient: Recorded, tried: Tried) -> None:
        """Takes in one patient."""
        for rule in sorted(tried.failed):
            self.failed[rule] = self.failed.get(rule, 0) + 1
        seen: set[str] = set()
        for alert in tried.alerts:
            of = self.problems.setdefault(alert.problem, OfProblem())
            word = alert.priority.word
            setattr(of, word, getattr(of, word) + 1)
            of.unwatched += alert.condition is Condition.UNWATCHED
            if alert.problem not in seen:
                seen.add(alert.problem)
                of.first_hours.append(_hours(alert.raised_at, patient))


@dataclass(frozen=True, slots=True)
class Side:
    """What one of two rule sets says where they part."""

    priority: str
    hours: float
    cleared_hours: float | None
    sentence: Texts


@dataclass(frozen=True, slots=True)
class Changed:
    """One patient for whom two rule sets part: how first, and what each says there."""

    patient: str
    problem: str
    way: str
    hours: float
    first: Side | None
    second: Side | None


@dataclass(slots=True)
class Tally:
    """Everything counted so far."""

    infusions: int = 0
    patients: int = 0
    sets: int = 0
    seconds: float = 0.0
    changed: int = 0
    changes: list[Changed] = field(default_factory=list)
    rule_sets: list[OfRuleSet] = field(default_factory=list)

    @classmethod
    def of(cls, count: int) -> Tally:
        """An empty one for so many rule sets."""
        return cls(rule_sets=[OfRuleSet() for _ in range(count)])

    def add(self, trial: Trial, rules: Sequence[RuleSet]) -> None:
        """Takes in one patient."""
        patient = trial.patient
        self.infusions += len(patient.stays)
        self.patients += 1
        self.sets += patient.sets
        self.seconds += patient.watched.total_seconds()
        for of, tried in zip(self.rule_sets, trial.tried, strict=True):
            of.add(patient, tried)
        if trial.parting is not None:
            self.changed += 1
            if len(self.changes) < MOST_DESCRIBED:
                self.changes.append(_changed(patient, trial.parting, rules))

    @property
    def patient_days(self) -> float:
        """For how long there were readings."""
        return self.seconds / _DAY_S

    def to_data(self) -> dict[str, Any]:
        """The tally as plain JSON."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Tally:
        """The tally that `to_data` wrote."""
        sides = [
            {**change, **{name: Side(**change[name]) for name in ("first", "second") if change[name]}}
            for change in data["changes"]
        ]
        of = [
            OfRuleSet(
                {name: OfProblem(**each) for name, each in one["problems"].items()}, dict(one["failed"])
            )
            for one in data["rule_sets"]
        ]
        return cls(**{**data, "changes": [Changed(**change) for change in sides], "rule_sets": of})


def summary(tally: Tally, rules: Sequence[RuleSet]) -> dict[str, Any]:
    """The figures that people read, as plain JSON; titles and sentences in every language of the rules."""
    return {
        "infusions": tally.infusions,
        "patients": tally.patients,
        "patient_days": round(tally.patient_days, 2),
        "sets": tally.sets,
        "rule_sets": [
            {
                "label": each.label,
                "alerts": sum(problem.alerts for problem in of.problems.values()),
                "per_day": _per_day(sum(problem.alerts for problem in of.problems.values()), tally),
                "problems": [
                    _problem(each, name, of.problems.get(name, OfProblem()), tally) for name in each.rules
                ],
                "failed": [{"problem": name, "patients": count} for name, count in of.failed.items()],
            }
            for each, of in zip(rules, tally.rule_sets, strict=True)
        ],
        "changed": tally.changed,
        "changes": [asdict(change) for change in tally.changes],
    }


def _problem(rules: RuleSet, name: str, of: OfProblem, tally: Tally) -> dict[str, Any]:
    patients = len(of.first_hours)
    return {
        "problem": name,
        "title": dict(rules.rules[name].title),
        "high": of.high,
        "medium": of.medium,
        "low": of.low,
        "alerts": of.alerts,
        "unwatched": of.unwatched,
        "per_day": _per_day(of.alerts, tally),
        "patients": patients,
        "share": round(patients / tally.patients, 4) if tally.patients else None,
        "median_hours_to_first": round(median(of.first_hours), 2) if of.first_hours else None,
    }


def _per_day(count: int, tally: Tally) -> float | None:
    return round(count / tally.patient_days, 3) if tally.seconds else None


def _changed(patient: Recorded, parting: Parting, rules: Sequence[RuleSet]) -> Changed:
    hours = _hours(parting.at, patient)
    first, second = (
        None if episode is None else _side(episode, patient, each)
        for episode, each in zip((parting.first, parting.second), rules, strict=True)
    )
    return Changed(patient.name, parting.problem, parting.way.value, hours, first, second)


def _side(episode: Episode, patient: Recorded, rules: RuleSet) -> Side:
    rule = rules.rules[episode.problem]
    cleared = episode.cleared_at
    return Side(
        episode.priority.word,
        _hours(episode.raised_at, patient),
        None if cleared is None else _hours(cleared, patient),
        {
            language: sentences.sentence(rule, episode.priority, episode.evidence, language)
            for language in rule.sentence
        },
    )


def _hours(at: datetime, patient: Recorded) -> float:
    return round((at - patient.started_at).total_seconds() / _HOUR_S, 4)
