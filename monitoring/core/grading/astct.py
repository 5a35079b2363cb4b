"""The grade of a cytokine release syndrome after ASTCT 2019: a gate of fever, and the worse of two arms.

Knows no limit of blood pressure, because ASTCT gives none: hypotension is graded by what it needs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from monitoring.core.grading.answer import Contradiction, Graded, Reason, Span, range_of

SOURCE = (
    "ASTCT consensus grading of CRS: Lee et al., Biol Blood Marrow Transplant 2019;25:625-638, "
    "doi 10.1016/j.bbmt.2018.12.758"
)
FEVER_C = Decimal("38.0")
LOW_FLOW_MOST_L_MIN = Decimal(6)
DEATH = 5

HYPOTENSION: Mapping[str, int] = {
    "none": 1,
    "no_vasopressor": 2,
    "one_vasopressor": 3,
    "multiple_vasopressors": 4,
}
"""What hypotension needs, and the grade of its arm."""

ALSO_CALLED: Mapping[str, str] = {"fluids": "no_vasopressor"}
"""Another word for what hypotension needs."""

OXYGEN: Mapping[str, int] = {"none": 1, "low_flow": 2, "high_flow": 3, "positive_pressure": 4}
"""What hypoxia needs, and the grade of its arm."""

DEVICES: Mapping[str, str] = {
    "room_air": "none",
    "nasal_cannula": "low_flow",
    "blow_by": "low_flow",
    "high_flow": "high_flow",
    "simple_mask": "high_flow",
    "venturi": "high_flow",
    "non_rebreather": "high_flow",
    "cpap": "positive_pressure",
    "bipap": "positive_pressure",
    "ventilator": "positive_pressure",
}
"""What hypoxia needs, by the device; a nasal cannula above 6 L/min is high flow."""

VASOPRESSIN = "vasopressin"
AGENTS: Mapping[str, str] = {
    "norepinephrine": "norepinephrine",
    "noradrenaline": "norepinephrine",
    "levarterenol": "norepinephrine",
    "epinephrine": "epinephrine",
    "adrenaline": "epinephrine",
    "phenylephrine": "phenylephrine",
    "dopamine": "dopamine",
    "ephedrine": "ephedrine",
    "metaraminol": "metaraminol",
    "angiotensin_ii": "angiotensin_ii",
    "terlipressin": "terlipressin",
    "vasopressin": VASOPRESSIN,
    "argipressin": VASOPRESSIN,
}
"""The agent behind each name of a vasopressor: two names of one agent are one vasopressor.

Source: international nonproprietary names; which agents are listed is a default, to be confirmed.
"""


def grade_crs(
    *,
    temperature_c: Decimal | None = None,
    fever_other_cause: bool = False,
    crs_treated: bool = False,
    hypotension: str | None = None,
    vasopressors: Collection[str] | None = None,
    oxygen: str | None = None,
    oxygen_device: str | None = None,
    oxygen_flow_l_min: Decimal | None = None,
    death: bool = False,
) -> Graded:
    """The grade, 0 where there is no CRS. None is unknown; what is said only when it is so counts as not so.

    `crs_treated`: CRS was diagnosed and then treated with an antipyretic or against cytokines, so that fever
    is no longer needed; premedication is not that. Without fever and with both arms free it is then 0.
    `oxygen` is what hypoxia needs: oxygen for comfort is "none".

    Raises: Contradiction; KeyError naming a word that is not in the tables.
    """
    if death:
        return Graded(DEATH, DEATH, (), (Reason("crs_death"),), SOURCE)
    fever, gate = _fever(temperature_c, fever_other_cause, crs_treated)
    pressure, pressed = hypotension_arm(hypotension, vasopressors)
    breath, breathed = oxygen_arm(oxygen, oxygen_device, oxygen_flow_l_min)
    asked = _asked_of(oxygen, oxygen_device, oxygen_flow_l_min)

    def rule(feverish: int, pressure: int, breath: int) -> int:
        worst = max(pressure, breath)
        return worst if feverish or (crs_treated and worst > 1) else 0

    lowest, highest, missing = range_of(
        rule, {"temperature_c": fever, "hypotension": pressure, asked: breath}
    )
    reasons = [*gate]
    reasons += [*pressed, *breathed] if highest > 0 else [Reason("no_crs")]
    reasons += [Reason(f"{name}_missing") for name in missing]
    return Graded(lowest, highest, missing, tuple(reasons), SOURCE)


def _fever(temperature_c: Decimal | None, other_cause: bool, treated: bool) -> tuple[Span, list[Reason]]:
    """Whether there is a fever that counts (0, 1), and why."""
    waived = [Reason("fever_waived")] if treated else []
    if other_cause:
        return (0, 0), [Reason("fever_other_cause"), *waived]
    if temperature_c is None:
        return (0, 1), waived
    if temperature_c >= FEVER_C:
        return (1, 1), [Reason("fever", {"temperature_c": temperature_c})]
    return (0, 0), [Reason("no_fever", {"temperature_c": temperature_c}), *waived]


def agent_of(name: str) -> str:
    """The agent behind the name of a vasopressor; a name that nobody knows stands for itself."""
    slim = "_".join(name.casefold().replace("-", " ").split())
    return AGENTS.get(slim, slim)


def need_of(vasopressors: Collection[str]) -> str | None:
    """What hypotension needs when these run; None for no vasopressor, because it may still need fluids.

    Source: vasopressin is not counted beside another agent; alone it is one vasopressor.
    """
    agents = {agent_of(name) for name in vasopressors}
    if not agents:
        return None
    return "multiple_vasopressors" if len(agents - {VASOPRESSIN}) > 1 else "one_vasopressor"


def hypotension_arm(need: str | None, vasopressors: Collection[str] | None) -> tuple[Span, list[Reason]]:
    """The lowest and the highest grade that blood pressure and its support allow alone, and why."""
    need = None if need is None else ALSO_CALLED.get(need, need)
    running = None if vasopressors is None else need_of(vasopressors)
    if vasopressors is not None and need is not None:
        if running != (None if need in ("none", "no_vasopressor") else need):
            raise Contradiction("vasopressors", "hypotension")
    elif vasopressors is not None and running is None:
        return (HYPOTENSION["none"], HYPOTENSION["no_vasopressor"]), []
    need = need or running
    if need is None:
        return (HYPOTENSION["none"], HYPOTENSION["multiple_vasopressors"]), []
    agents = {agent_of(name) for name in vasopressors or ()}
    reasons = [Reason(f"hypotension_{need}")]
    if VASOPRESSIN in agents and len(agents) > 1:
        reasons.append(Reason("vasopressin_not_counted"))
    return (HYPOTENSION[need], HYPOTENSION[need]), reasons


def oxygen_arm(need: str | None, device: str | None, flow_l_min: Decimal | None) -> tuple[Span, list[Reason]]:
    """The lowest and the highest grade that hypoxia and its support allow alone, and why."""
    by_device = None if device is None else needs_of_device(device, flow_l_min)
    if need is not None and by_device is not None and need not in by_device:
        raise Contradiction("oxygen_device", "oxygen")
    needs = (need,) if need is not None else by_device or tuple(OXYGEN)
    grades = [OXYGEN[each] for each in needs]
    reasons = [Reason(f"oxygen_{needs[0]}")] if len(needs) == 1 else []
    return (min(grades), max(grades)), reasons


def needs_of_device(device: str, flow_l_min: Decimal | None) -> tuple[str, ...]:
    """What hypoxia may need under that device: one word, or two for a nasal cannula of unknown flow.

    No flow at all is no oxygen; a cannula whose flow was not said is taken to give some.
    """
    need = DEVICES[device]
    if need != "positive_pressure" and flow_l_min == 0:
        return ("none",)
    if device != "nasal_cannula":
        return (need,)
    if flow_l_min is None:
        return ("low_flow", "high_flow")
    return ("low_flow",) if flow_l_min <= LOW_FLOW_MOST_L_MIN else ("high_flow",)


def _asked_of(oxygen: str | None, device: str | None, flow_l_min: Decimal | None) -> str:
    """The input by which the arm of hypoxia would be known."""
    if device is not None:
        return "oxygen_flow_l_min"
    return "oxygen" if oxygen is not None or flow_l_min is None else "oxygen_device"
