"""What an alert rests on, as people read it: each reading with its way to the record, and the gist of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from monitoring.alert_rows import evidence_of
from monitoring.core.events import Value
from monitoring.core.findings import Evidence
from monitoring.core.sentences import beside, plain
from monitoring.models import Alert
from monitoring.templatetags.febris import span
from monitoring.views.latest import TITLES
from tracker.models import VitalSigns

OPERATORS = {">=": "≥", "<=": "≤"}
#: The tables whose rows have a page of their own, as evidence names them.
READINGS = ("vitals", "temperature", "symptom", "intervention", "event", "lab", "neuro")
#: Signals that a line of the inbox names by their short form, with their unit.
SHORT: Mapping[str, tuple[Any, str]] = {
    "temperature_c": (gettext_lazy("T"), "°C"),
    "systolic_mmhg": (gettext_lazy("SBP"), "mmHg"),
    "map_mmhg": (gettext_lazy("MAP"), "mmHg"),
    "heart_rate_bpm": (gettext_lazy("HR"), "/min"),
    "respiratory_rate_per_min": (gettext_lazy("RR"), "/min"),
    "spo2_percent": (gettext_lazy("SpO₂"), "%"),
}


@dataclass(frozen=True, slots=True)
class Proof:
    """One reading that an alert rests on, and the page of its history."""

    value: str
    at: datetime
    href: str


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """What one condition showed: first, worst and last."""

    text: str
    readings: list[Proof]
    count: int


def evidence_lines(row: Alert) -> Iterable[EvidenceLine]:
    """The evidence as people read it, each reading with its way to the record."""
    language = get_language() or "en"
    for entry in map(evidence_of, row.evidence):
        limit = "" if entry.threshold is None else beside(entry.threshold, None, language)
        threshold = f" {OPERATORS.get(entry.op, entry.op)} {limit}" if limit else ""
        yield EvidenceLine(
            text=f"{signal_title(entry.signal)}{threshold}",
            readings=[
                Proof(value_words(reading.value, entry.threshold, language), reading.at, href_of(reading.key))
                for reading in (entry.first, entry.worst, entry.last)
            ],
            count=entry.count,
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What else is known of the patient: where the newest temperatures were taken, by the keys of evidence,
    and when an antipyretic was given last.
    """

    places: Mapping[str, str]
    antipyretic_at: datetime | None = None


def gist(row: Alert, known: Known, now: datetime) -> str:
    """The evidence in one line: the last value of each sign, where a temperature was taken, how many readings
    over which limit in how long, and an antipyretic. Empty where the sentence of the rule says it better.
    """
    entries: dict[str, Evidence] = {}
    for entry in map(evidence_of, row.evidence):
        if entry.signal not in SHORT or isinstance(entry.last.value, bool | str) or entry.threshold is None:
            return ""
        if entry.signal not in entries or entry.count > entries[entry.signal].count:
            entries[entry.signal] = entry
    if not entries:
        return ""
    language = get_language() or "en"
    said = "; ".join(_of_sign(entry, known, language) for entry in entries.values())
    if "temperature_c" in entries and known.antipyretic_at is not None:
        said += "; " + _("antipyretic %(span)s ago") % {"span": span(now - known.antipyretic_at)}
    return said


def _of_sign(entry: Evidence, known: Known, language: str) -> str:
    name, unit = SHORT[entry.signal]
    last, worst = (
        beside(value, entry.threshold, language) for value in (entry.last.value, entry.worst.value)
    )
    words = [f"{name} {last} {unit}"]
    place = known.places.get(entry.last.key) if entry.signal == "temperature_c" else ""
    if place:
        words.append(place)
    text = " ".join(words)
    if worst != last:
        text += ", " + _("worst %(value)s") % {"value": worst}
    assert entry.threshold is not None
    limit = f"{OPERATORS.get(entry.op, entry.op)} {plain(entry.threshold, language)}"
    if entry.count == 1:
        return f"{text}, {limit}"
    counted = ngettext(
        "%(n)d reading %(limit)s in %(span)s", "%(n)d readings %(limit)s in %(span)s", entry.count
    )
    length = span(entry.last.at - entry.first.at)
    return f"{text}, " + counted % {"n": entry.count, "limit": limit, "span": length}


def signal_title(signal: str) -> str:
    """A signal as the record names its column."""
    if signal in TITLES:
        return str(TITLES[signal][0])
    try:
        return str(getattr(VitalSigns._meta.get_field(signal), "verbose_name", signal)).capitalize()
    except FieldDoesNotExist:
        return signal.replace("_", " ")


def value_words(value: Value, threshold: Value | None, language: str) -> str:
    """A value of evidence: a measured number as it is, a worked-out one to the decimals that tell it from its
    limit, yes and no in words.
    """
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return beside(value, threshold, language)


def href_of(key: str) -> str:
    """The page of a reading that evidence names; other rows have none of their own."""
    table, _colon, uuid = key.partition(":")
    return reverse("monitoring:correct", args=[uuid]) if table in READINGS else ""
