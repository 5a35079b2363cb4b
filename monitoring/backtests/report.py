"""A tally as the tables that a command prints. Pure but for the words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _


def tables(result: Mapping[str, Any], language: str) -> Iterator[str]:
    """The lines: each rule set by problem, then, of two, the patients who change."""
    figures = {name: f"{result[name]:,}" for name in ("patients", "infusions", "sets", "patient_days")}
    yield (
        _("%(patients)s patients, %(infusions)s infusions, %(sets)s sets, %(patient_days)s patient-days")
        % figures
    )
    for each in result["rule_sets"]:
        yield ""
        yield from _rule_set(each)
    if len(result["rule_sets"]) == 2:
        yield ""
        yield from _changes(result, language)


def _rule_set(each: Mapping[str, Any]) -> Iterator[str]:
    text = _("%(label)s: %(alerts)s alerts, %(rate)s a patient-day")
    yield text % {
        "label": each["label"],
        "alerts": f"{each['alerts']:,}",
        "rate": _figure(each["per_day"], 2),
    }
    heads = (_("high"), _("medium"), _("low"), _("a day"), _("patients"), _("share"), _("first, h"))
    named = _("problem")
    yield f"{named:30} " + " ".join(f"{head:>9}" for head in heads)
    for problem in each["problems"]:
        cells = (
            f"{problem['high']:,}",
            f"{problem['medium']:,}",
            f"{problem['low']:,}",
            _figure(problem["per_day"], 2),
            f"{problem['patients']:,}",
            "–" if problem["share"] is None else f"{problem['share']:.1%}",
            _figure(problem["median_hours_to_first"], 1),
        )
        yield f"{problem['problem']:30} " + " ".join(f"{cell:>9}" for cell in cells)
    for failed in each["failed"]:
        text = _("RULE FAILED: %(problem)s, for %(patients)s patients")
        yield text % {"problem": failed["problem"], "patients": f"{failed['patients']:,}"}


def _changes(result: Mapping[str, Any], language: str) -> Iterator[str]:
    first, second = (each["label"] for each in result["rule_sets"])
    text = _("%(changed)s of %(patients)s patients change from %(first)s to %(second)s")
    names = {"first": first, "second": second}
    yield text % {"changed": result["changed"], "patients": result["patients"], **names}
    for change in result["changes"]:
        place = _("%(patient)s, hour %(hours).1f: %(problem)s %(way)s")
        yield place % {name: change[name] for name in ("patient", "hours", "problem", "way")}
        for label, side in ((first, change["first"]), (second, change["second"])):
            yield f"    {label}: {_side(side, language)}"
    if (more := result["changed"] - len(result["changes"])) > 0:
        yield _("… and %d more") % more


def _side(side: Mapping[str, Any] | None, language: str) -> str:
    if side is None:
        return _("nothing")
    sentence = side["sentence"].get(language) or side["sentence"]["en"]
    cleared = _("not cleared")
    if side["cleared_hours"] is not None:
        cleared = _("cleared at hour %.1f") % side["cleared_hours"]
    raised = _("hour %.1f") % side["hours"]
    return f"{side['priority']}, {raised}, {cleared}: {sentence}"


def _figure(value: float | None, places: int) -> str:
    return "–" if value is None else f"{value:.{places}f}"
