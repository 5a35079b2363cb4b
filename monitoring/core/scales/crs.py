"""The ASTCT grade of the syndrome as it stands at a moment.

Always a proposal: whether a fever has another cause is a person's to say. Hypotension that nothing is given
for grades as one that needs no vasopressor, hypoxia that nothing is given for as one that needs low flow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache

from monitoring.core.crs import FEVER, HYPOTENSION, HYPOXIA, support
from monitoring.core.findings import Reading
from monitoring.core.grading.answer import Graded, Reason
from monitoring.core.grading.astct import DEVICES, FEVER_C, OXYGEN, grade_crs, needs_of_device
from monitoring.core.moment import Moment, Scale

NO_FEVER_C = FEVER_C - Decimal("0.1")
"""Stands in for a temperature that was measured and was no fever."""

ASKED: Mapping[str, tuple[str, ...]] = {
    FEVER: ("temperature_c",),
    HYPOTENSION: ("systolic_mmhg", "diastolic_mmhg"),
    HYPOXIA: ("spo2_percent", "oxygen_device"),
}
"""The parts of a set by which each sign is known; the first stands for it in `carry`."""

NONE = grade_crs(temperature_c=NO_FEVER_C, hypotension="none", oxygen="none")
"""Without a fever, and without a syndrome that was treated, there is none."""

CAUSE_UNANSWERED = "cause_unanswered"
"""Nobody has said yet that the syndrome is the cause."""

UNNAMED = "vasopressor"
"""An agent that nobody named: one vasopressor, beside others one more."""

LOW_FLOW = OXYGEN["low_flow"]

SPOKEN_OF: Mapping[str, str] = {"temperature_c": FEVER, "hypotension": HYPOTENSION, "oxygen": HYPOXIA}
"""The sign behind each input of the grader."""


def astct_crs(now: Moment) -> Graded:
    """The grade, 0 to 4, that the signs of this moment allow."""
    if FEVER not in now.crs.signs and now.crs.waived_by is None and _is_known(FEVER, now):
        return NONE
    least, most = _oxygen(now)
    lowest = _graded(now, least)
    highest = lowest if most == least else _graded(now, most)
    inputs = dict.fromkeys([*lowest.missing, *highest.missing])
    missing = [part for name in inputs for part in _missing(SPOKEN_OF.get(name, name), now)]
    if lowest.lowest != highest.lowest:
        missing.append("oxygen_flow_l_min" if now.word("oxygen_device") else "oxygen_device")
    if highest.highest > 0:
        _note(now)
    return Graded(
        lowest.lowest, highest.highest, tuple(dict.fromkeys(missing)), highest.reasons, lowest.source
    )


def _graded(now: Moment, oxygen: str | None) -> Graded:
    fever = now.crs.signs.get(FEVER)
    pressure = now.crs.signs.get(HYPOTENSION)
    agents = [act.detail or UNNAMED for act in now.acts.running if act.kind == "vasopressor"]
    temperature: Decimal | None = None
    if fever is not None and isinstance(fever.shown.value, Decimal):
        temperature = fever.shown.value
    elif _is_known(FEVER, now):
        temperature = NO_FEVER_C
    is_free = _is_known(HYPOTENSION, now) if pressure is None else not pressure.counts
    need = "none" if is_free else "no_vasopressor" if pressure is not None and not agents else None
    has_other_cause = fever is not None and not fever.counts
    is_treated = now.crs.waived_by is not None
    return _asked(temperature, has_other_cause, is_treated, need, () if need else tuple(agents), oxygen)


@lru_cache(maxsize=256)
def _asked(
    temperature_c: Decimal | None,
    has_other_cause: bool,
    is_treated: bool,
    need: str | None,
    agents: tuple[str, ...],
    oxygen: str | None,
) -> Graded:
    """The answer of the grader, kept because sets ask the same again and again.

    What is missing is told of the set, so that no reason tells it; that nobody has named the cause does.
    """
    graded = grade_crs(
        temperature_c=temperature_c,
        fever_other_cause=has_other_cause,
        crs_treated=is_treated,
        hypotension=need,
        vasopressors=None if need else agents,
        oxygen=oxygen,
    )
    reasons = [reason for reason in graded.reasons if not reason.code.endswith("_missing")]
    if graded.highest > 0:
        reasons.append(Reason(CAUSE_UNANSWERED))
    return replace(graded, reasons=tuple(reasons))


def _oxygen(now: Moment) -> tuple[str | None, str | None]:
    """The least and the most that hypoxia may need now; None where nobody knows whether there is any."""
    hypoxia = now.crs.signs.get(HYPOXIA)
    if hypoxia is None:
        need = "none" if _is_known(HYPOXIA, now) else None
        return need, need
    if not hypoxia.counts:
        return "none", "none"
    running = list(support(HYPOXIA, now.acts, now.at))
    device = now.word("oxygen_device")
    if device is None and not running:
        return "low_flow", "positive_pressure"
    flow = now.number("oxygen_flow_l_min") if device is not None else None
    needs = [needs_of_device(device, flow)] if device is not None else []
    needs += [needs_of_device(act.detail, None) for act in running if act.detail in DEVICES]
    least = max((OXYGEN[need[0]] for need in needs), default=0)
    most = max((OXYGEN[need[-1]] for need in needs), default=OXYGEN["positive_pressure"])
    words = list(OXYGEN)
    return words[max(least, LOW_FLOW) - 1], words[max(most, LOW_FLOW) - 1]


def _is_known(sign: str, now: Moment) -> bool:
    """True where a set has shown that the sign is not there: this one, or one carried within its interval."""
    absent_at = now.crs.absent_at.get(sign)
    if absent_at is None:
        return False
    return now.at - absent_at <= now.carry.get(ASKED[sign][0], timedelta())


def _missing(sign: str, now: Moment) -> tuple[str, ...]:
    """The parts of a set by which the sign would be known."""
    if sign not in ASKED:
        return (sign,)
    lacking = tuple(part for part in ASKED[sign] if _lacks(now, part))
    return lacking or ASKED[sign][:1]


def _lacks(now: Moment, part: str) -> bool:
    return now.observation is None or part not in now.observation.values


def _note(now: Moment) -> None:
    """The signs that count and what is given for them, as the readings that the grade rests on."""
    for sign, standing in now.crs.signs.items():
        if standing.counts:
            now.parts.append((standing.signal, standing.shown))
            now.parts += [
                (f"{act.family}:{act.kind}", Reading(act.key, act.at, act.detail or act.kind))
                for act in support(sign, now.acts, now.at)
            ]
    if now.crs.waived_by is not None:
        now.parts.append(("fever_waived", now.crs.waived_by))
    now.parts = list(dict.fromkeys(now.parts))


SCALES: Mapping[str, Scale] = {"astct_crs": astct_crs}
