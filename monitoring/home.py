"""What the patient's page says: when to call, what is due, what was sent. Reads; stores nothing.

Knows no name: nothing here asks who the patient is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from monitoring.core.rule_set import RuleSet, limits
from monitoring.core.schedule import Due
from monitoring.core.slots import Fate
from monitoring.core.template import HOME
from monitoring.due import temperature_log
from monitoring.models import Watch
from monitoring.rule_sets import book_of
from tracker import services
from tracker.models import Infusion, Phase, SymptomKind, TemperatureUnit
from tracker.plausibility import RANGES, NotANumber, Verdict, is_measurable, read_number
from tracker.units import celsius_of_fahrenheit, fahrenheit_of_celsius

#: A fever where the rules in force name none. Source: clinical facts S13 and S20, 38.0 °C.
FEVER_C = Decimal("38.0")
#: Where no rules are in force yet. Source: clinical facts 8, 8-hourly at home; a default, to be confirmed.
USUALLY_EVERY = timedelta(hours=8)
#: What a patient should not wait with. Source: clinical facts S19 (rigors), S21 (dizziness), the home page of
#: the product (confusion); breathlessness beside them is a default, to be confirmed.
CALL_FOR = (SymptomKind.RIGORS, SymptomKind.DIZZINESS, SymptomKind.CONFUSION, SymptomKind.DYSPNOEA)


def call_from_c(infusion: Infusion, at: datetime) -> Decimal:
    """The temperature from which the patient calls: where a fever begins in the rules in force then."""
    rules = _rules(infusion, at)
    return FEVER_C if rules is None else fever_begins_at(rules)


def asked_every(infusion: Infusion, at: datetime) -> timedelta:
    """How often the schedule in force asks for a temperature at home."""
    rules = _rules(infusion, at)
    stretches = [] if rules is None else list(rules.schedule.after_the_end(HOME))
    return stretches[-1].asked.every if stretches else USUALLY_EVERY


def _rules(infusion: Infusion, at: datetime) -> RuleSet | None:
    identity = Watch.objects.filter(pk=infusion.pk).values_list("rule_book", flat=True).first()
    return book_of(identity).rules.in_force(at).rule_set if identity else None


def fever_begins_at(rule_set: RuleSet) -> Decimal:
    """The lowest temperature that the rules call a fever."""
    fever = {problem: rule for problem, rule in rule_set.rules.items() if problem == "fever"}
    return min(limits(replace(rule_set, rules=fever), "temperature_c"), default=FEVER_C)


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why the patient should call now: the temperature, and each symptom; nothing of it is no reason."""

    is_fever: bool
    symptoms: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.is_fever or bool(self.symptoms)


def reasons_to_call(temperature_c: Decimal | None, symptoms: Iterable[str], begins_at: Decimal) -> Reasons:
    """Why to call now; compared unrounded."""
    felt = set(symptoms)
    return Reasons(
        is_fever=temperature_c is not None and temperature_c >= begins_at,
        symptoms=tuple(kind.value for kind in CALL_FOR if kind.value in felt),
    )


def plausible_c(text: str, unit: str) -> Decimal | None:
    """The temperature that was typed, where a body can have it; a slip is none."""
    try:
        value = read_number(text)
    except NotANumber:
        return None
    if unit == TemperatureUnit.FAHRENHEIT and is_measurable(value):
        value = celsius_of_fahrenheit(value)
    possible = RANGES["temperature_c"].judge(value) in (Verdict.FINE, Verdict.UNUSUAL)
    return value if possible else None


def in_unit(celsius: Decimal, unit: str) -> Decimal:
    """A limit as the patient's thermometer shows it."""
    return fahrenheit_of_celsius(celsius) if unit == TemperatureUnit.FAHRENHEIT else celsius


@dataclass(frozen=True, slots=True)
class HomeLog:
    """What was asked of the patient and what came."""

    told: list[services.Told]
    next_due: Due | None
    is_overdue: bool
    coming: tuple[Due, ...]
    #: Nothing is planned for a patient who is at home and watched: nobody may read that as nothing to do.
    is_unknown: bool = False


def home_log(infusion: Infusion, now: datetime) -> HomeLog:
    """The patient's own log as it stands now."""
    log = temperature_log(services.home_actor(infusion), infusion, now)
    waits = [slot for slot in log.slots if slot.fate in (Fate.COMING, Fate.OVERDUE)]
    return HomeLog(
        told=services.told_from_home(infusion),
        next_due=waits[0].due if waits else None,
        is_overdue=bool(waits) and waits[0].due.due_at <= now,
        coming=tuple(slot.due for slot in waits),
        is_unknown=not log.slots and infusion.phase == Phase.HOME and infusion.watches(now),
    )
