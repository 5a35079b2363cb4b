"""The syndrome in the fold: its gate of fever, its two arms, what waives the fever, what people answer."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from monitoring.core import lifecycle
from monitoring.core.actions import Acknowledge
from monitoring.core.alert import Alert, Commitment
from monitoring.core.episodes import Episode
from monitoring.core.events import Assessment, Event, Extent, InfusionKind
from monitoring.core.findings import Priority
from monitoring.core.rule_book import RuleBook

from .arrivals import Ward
from .builders import (
    START,
    a_course,
    a_rule,
    a_set,
    episodes_of,
    given,
    minute,
    rules_with,
    the_episode,
    turn,
    watched,
)

MASKED = {"event": {"family": "intervention", "kinds": ["antipyretic"], "within_minutes": 360}}
BY_SETS = {"normal": 2, "apart_minutes": 15, "normal_at_home": 2, "apart_minutes_at_home": 240}


def at_least(grade: int) -> dict[str, Any]:
    return {"grade": {"scale": "astct_crs", "at_least": grade, "id": f"crs_{grade}"}}


def below(signal: str, value: str) -> dict[str, Any]:
    return {"compare": {"signal": signal, "op": "<", "value": value}}


@cache
def book() -> RuleBook:
    """Rules that name the syndrome first, so that their order in the document is seen to decide nothing."""
    fever = {"compare": {"signal": "temperature_c", "op": ">=", "value": "38.0"}}
    rules = rules_with(
        a_rule("crs", low=at_least(1), medium=at_least(2), high=at_least(3)),
        a_rule("fever", clears={"sets": {**BY_SETS, "masked_by": MASKED}}, medium=fever),
        a_rule("hypotension", medium=below("systolic_mmhg", "100"), high=below("systolic_mmhg", "90")),
        a_rule("hypoxia", high=below("spo2_percent", "92")),
        carry_minutes={"temperature_c": 60, "systolic_mmhg": 60, "spo2_percent": 60},
    )
    return RuleBook.of([(START, rules)])


def a_vital_set(at: float, **parts: Any) -> Event:
    """A set with what the syndrome's signs need, normal but for the parts given."""
    normal = {"temperature_c": "37.0", "systolic_mmhg": 120, "spo2_percent": 97, "oxygen_device": "room_air"}
    return a_set(at, **{**normal, **parts})


FEVERISH = {"temperature_c": "38.5"}
LOW = {"systolic_mmhg": 85}
BREATHLESS = {"spo2_percent": 89}


def crs(*events: Event, course: Iterable[Event] = (), until: float | None = None) -> list[Episode]:
    course = list(course) or a_course(stop=None)
    return episodes_of("crs", watched([*course, *events], book=book(), until=until))


def grade_after(*events: Event) -> tuple[int, int]:
    """The range of the grade that the newest set shows, (0, 0) where it is known that there is none."""
    sign = watched([*a_course(stop=None), *events], book=book()).signs["astct_crs"]
    assert sign.grade is not None
    return sign.grade.lowest, sign.grade.highest


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param({"temperature_c": "37.9"}, (0, 0), id="37.9 is no fever"),
        pytest.param({"temperature_c": "38.0"}, (1, 1), id="38.0 itself is a fever"),
        pytest.param({**LOW}, (0, 0), id="low pressure without a fever is no syndrome"),
        pytest.param({**FEVERISH, **LOW}, (2, 2), id="nothing given grades as no vasopressor"),
        pytest.param({**FEVERISH, "systolic_mmhg": 99}, (2, 2), id="any priority of hypotension counts"),
        pytest.param({**FEVERISH, **BREATHLESS}, (2, 2), id="nothing given grades as low flow"),
        pytest.param(
            {**FEVERISH, **BREATHLESS, "oxygen_device": "nasal_cannula", "oxygen_flow_l_min": 6},
            (2, 2),
            id="6 L/min is low flow",
        ),
        pytest.param(
            {**FEVERISH, **BREATHLESS, "oxygen_device": "nasal_cannula", "oxygen_flow_l_min": "6.1"},
            (3, 3),
            id="6.1 L/min is high flow",
        ),
        pytest.param(
            {**FEVERISH, **BREATHLESS, "oxygen_device": "nasal_cannula"}, (2, 3), id="a flow nobody wrote"
        ),
        pytest.param(
            {**FEVERISH, **BREATHLESS, "oxygen_device": "venturi"}, (3, 3), id="a mask is high flow"
        ),
        pytest.param({**FEVERISH, **BREATHLESS, "oxygen_device": "cpap"}, (4, 4), id="positive pressure"),
        pytest.param({**FEVERISH, **BREATHLESS, "oxygen_device": None}, (2, 4), id="a device nobody wrote"),
        pytest.param({**FEVERISH, "systolic_mmhg": None}, (1, 2), id="a pressure nobody measured"),
        pytest.param({**FEVERISH, "spo2_percent": None}, (1, 4), id="a saturation nobody measured"),
        pytest.param({"temperature_c": None}, (0, 1), id="a temperature nobody measured"),
        pytest.param({"temperature_c": None, **LOW}, (0, 2), id="low pressure, temperature unknown"),
    ],
)
def test_a_set_alone_grades_as_far_as_it_is_known(parts: dict[str, Any], expected: tuple[int, int]) -> None:
    assert grade_after(a_vital_set(10, **parts)) == expected


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        pytest.param(
            [given(5, "vasopressor", Extent.START, detail="norepinephrine")], (3, 3), id="one agent"
        ),
        pytest.param(
            [
                given(5, "vasopressor", Extent.START, detail="norepinephrine", key="a"),
                given(6, "vasopressor", Extent.START, detail="noradrenaline", key="b"),
            ],
            (3, 3),
            id="two names of one agent",
        ),
        pytest.param(
            [
                given(5, "vasopressor", Extent.START, detail="norepinephrine", key="a"),
                given(6, "vasopressor", Extent.START, detail="vasopressin", key="b"),
            ],
            (3, 3),
            id="vasopressin beside another is not counted",
        ),
        pytest.param(
            [
                given(5, "vasopressor", Extent.START, detail="norepinephrine", key="a"),
                given(6, "vasopressor", Extent.START, detail="epinephrine", key="b"),
            ],
            (4, 4),
            id="two agents",
        ),
        pytest.param([given(5, "fluids", indication="hypotension")], (2, 2), id="a bolus for hypotension"),
        pytest.param([given(5, "fluids", indication="protocol")], (1, 1), id="fluids as planned"),
        pytest.param([given(5, "fluids")], (1, 1), id="fluids for nobody said what"),
        pytest.param(
            [given(5, "oxygen", Extent.START, indication="hypoxia")], (2, 2), id="oxygen for hypoxia"
        ),
        pytest.param([given(5, "oxygen", Extent.START)], (2, 2), id="oxygen for nobody said what counts"),
        pytest.param(
            [given(5, "oxygen", Extent.START, indication="comfort")], (1, 1), id="oxygen for comfort"
        ),
        pytest.param(
            [given(5, "oxygen", Extent.START, indication="hypoxia", detail="high_flow")],
            (3, 3),
            id="the device by which it is given",
        ),
    ],
)
def test_what_is_given_speaks_of_a_sign(acts: list[Event], expected: tuple[int, int]) -> None:
    assert grade_after(*acts, a_vital_set(10, **FEVERISH)) == expected


def test_a_vasopressor_raises_the_grade_at_its_own_moment() -> None:
    started = given(20, "vasopressor", Extent.START, detail="norepinephrine", key="intervention:1")
    (episode,) = crs(a_vital_set(10, **FEVERISH, **LOW), started)
    assert episode.priorities == ((minute(10), Priority.MEDIUM), (minute(20), Priority.HIGH))
    assert episode.grades == ((minute(10), 2, 2), (minute(20), 3, 3))
    assert {"vital_signs:10", "intervention:1"} <= episode.keys()


def test_the_grade_is_proposed_and_rests_on_the_very_readings() -> None:
    (episode,) = crs(a_vital_set(10, **FEVERISH), a_vital_set(30, **LOW))
    assert episode.grade is not None
    assert (episode.grade.grade, episode.grade.is_proposed) == (2, True)
    parts = {(e.signal, e.last.key, e.last.value) for e in episode.evidence if e.op == "part"}
    assert ("temperature_c", "vital_signs:10", Decimal("38.5")) in parts
    assert ("systolic_mmhg", "vital_signs:30", Decimal(85)) in parts


@pytest.mark.parametrize(
    ("later", "still"),
    [
        pytest.param([30], True, id="one normal set is not enough"),
        pytest.param([30, 44], True, id="14 minutes apart is not enough"),
        pytest.param([30, 45], False, id="two normal sets 15 minutes apart"),
    ],
)
def test_hypotension_stays_until_two_normal_sets(later: list[float], still: bool) -> None:
    sets = [a_vital_set(10, **FEVERISH, **LOW), *(a_vital_set(at, **FEVERISH) for at in later)]
    assert grade_after(*sets) == ((2, 2) if still else (1, 1))


def test_normal_sets_under_support_do_not_count() -> None:
    events = [
        a_vital_set(10, **FEVERISH, **LOW),
        given(15, "vasopressor", Extent.START, detail="norepinephrine"),
        *(a_vital_set(at, **FEVERISH) for at in (30, 60, 90)),
        given(100, "vasopressor", Extent.STOP),
        a_vital_set(110, **FEVERISH),
    ]
    assert grade_after(*events) == (2, 2)
    assert grade_after(*events, a_vital_set(125, **FEVERISH)) == (1, 1)


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        pytest.param([300, 369], (2, 2), id="sets within its 6 hours do not count"),
        pytest.param([371, 386], (1, 1), id="two sets after its 6 hours do"),
    ],
)
def test_a_bolus_counts_for_six_hours(sets: list[float], expected: tuple[int, int]) -> None:
    bolus = given(10, "fluids", indication="hypotension")
    feverish = [a_vital_set(at, **FEVERISH) for at in (9, *sets)]
    assert grade_after(bolus, *feverish) == expected


def test_a_set_that_lacks_a_part_ends_no_sign() -> None:
    shown = a_vital_set(10, **FEVERISH, **LOW)
    without = [a_vital_set(at, **FEVERISH, systolic_mmhg=None) for at in (30, 50, 70)]
    assert grade_after(shown, *without) == (2, 2)


LATER_LOW = a_vital_set(300, **LOW)


def fever_gone() -> list[Event]:
    """A fever at minute 10 that two normal sets have ended by minute 45, before any drug could hide it."""
    return [a_vital_set(10, **FEVERISH), a_vital_set(30), a_vital_set(45)]


@pytest.mark.parametrize("kind", ["antipyretic", "tocilizumab", "steroid"])
def test_a_dose_after_the_first_fever_waives_the_fever(kind: str) -> None:
    assert grade_after(*fever_gone(), given(60, kind), LATER_LOW) == (2, 2)


@pytest.mark.parametrize(
    "dose",
    [
        pytest.param(given(5, "antipyretic", indication="premedication"), id="premedication"),
        pytest.param(given(10, "antipyretic"), id="a dose at the moment of the first fever"),
        pytest.param(given(60, "meperidine"), id="a drug that takes no fever away"),
    ],
)
def test_nothing_else_waives_the_fever(dose: Event) -> None:
    masked_till = 5 + 360
    quiet = [a_vital_set(masked_till + minutes) for minutes in (10, 30)]
    low = a_vital_set(masked_till + 60, **LOW)
    assert grade_after(dose, *fever_gone(), *quiet, low) == (0, 0)


DAY = 24 * 60


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param(45 + DAY - 1, (2, 2), id="a minute before 24 quiet hours"),
        pytest.param(45 + DAY, (0, 0), id="24 quiet hours after the last sign ended"),
    ],
)
def test_the_waiver_ends_after_24_hours_without_any_sign(at: float, expected: tuple[int, int]) -> None:
    assert grade_after(*fever_gone(), given(60, "steroid"), a_vital_set(at, **LOW)) == expected


def test_a_sign_in_between_keeps_the_waiver() -> None:
    middle = [a_vital_set(600, **LOW), a_vital_set(620), a_vital_set(640)]
    assert grade_after(*fever_gone(), given(60, "steroid"), *middle, a_vital_set(45 + DAY, **LOW)) == (2, 2)


def closing(at: float, problem: str = "crs", *evidence: str) -> Assessment:
    return Assessment(minute(at), f"closing:{at:g}", problem, frozenset(evidence), closes=True)


def test_a_person_who_closes_the_episode_ends_the_waiver() -> None:
    treated = [*fever_gone(), given(60, "steroid")]
    assert grade_after(*treated, closing(100), LATER_LOW) == (0, 0)
    assert grade_after(*treated, closing(100, "fever"), LATER_LOW) == (2, 2)


def other_cause(at: float, problem: str, priority: Priority, *evidence: str) -> Assessment:
    return Assessment(minute(at), f"assessment:{at:g}", problem, frozenset(evidence), other_cause=priority)


def test_a_fever_with_another_cause_is_no_syndrome() -> None:
    feverish = a_vital_set(10, **FEVERISH)
    answered = other_cause(20, "fever", Priority.MEDIUM, feverish.key)
    assert grade_after(feverish, answered, a_vital_set(30, **FEVERISH, **LOW)) == (0, 0)
    (episode,) = crs(feverish, answered, a_vital_set(30), a_vital_set(45))
    assert episode.cleared_at == minute(45)


def test_the_newest_answer_counts() -> None:
    feverish = a_vital_set(10, **FEVERISH)
    answered = other_cause(20, "fever", Priority.MEDIUM, feverish.key)
    after_all = Assessment(minute(25), "assessment:25", "fever", frozenset({feverish.key}))
    assert grade_after(feverish, answered, after_all, a_vital_set(30, **FEVERISH)) == (1, 1)


def test_an_answer_for_other_evidence_answers_nothing() -> None:
    feverish = a_vital_set(10, **FEVERISH)
    answered = other_cause(20, "fever", Priority.MEDIUM, "vital_signs:999")
    assert grade_after(feverish, answered, a_vital_set(30, **FEVERISH)) == (1, 1)


def test_a_fever_after_the_answered_one_has_ended_counts_again() -> None:
    first = a_vital_set(10, **FEVERISH)
    answered = other_cause(20, "fever", Priority.MEDIUM, first.key)
    assert grade_after(first, answered, a_vital_set(30), a_vital_set(45), a_vital_set(60, **FEVERISH)) == (
        1,
        1,
    )


def test_hypotension_with_another_cause_is_taken_out_until_it_is_worse() -> None:
    low = a_vital_set(10, **FEVERISH, systolic_mmhg=95)
    answered = other_cause(20, "hypotension", Priority.MEDIUM, low.key)
    pressor = given(25, "vasopressor", Extent.START, detail="norepinephrine")
    assert grade_after(low, answered, pressor, a_vital_set(30, **FEVERISH, systolic_mmhg=94)) == (1, 1)
    assert grade_after(low, answered, pressor, a_vital_set(30, **FEVERISH, **LOW)) == (3, 3)


def test_the_syndrome_clears_by_two_sets_that_show_none_of_it() -> None:
    (episode,) = crs(a_vital_set(10, **FEVERISH), a_vital_set(30), a_vital_set(45), a_vital_set(60))
    assert (episode.cleared_at, episode.cleared_by) == (minute(60), "normal_sets")


def test_at_home_its_signs_end_by_the_numbers_of_home() -> None:
    home = [turn(60, InfusionKind.STOP), turn(90, InfusionKind.DISCHARGE)]
    events = [*home, a_vital_set(100, **FEVERISH), a_vital_set(300), a_vital_set(539)]
    assert grade_after(*events) == (1, 1)
    assert grade_after(*events, a_vital_set(540)) == (0, 0)


def test_a_masked_normal_set_does_not_end_the_fever_of_the_syndrome() -> None:
    premedicated = [given(5, "antipyretic", indication="premedication"), a_vital_set(10, **FEVERISH)]
    assert grade_after(*premedicated, a_vital_set(30), a_vital_set(60), a_vital_set(90, **LOW)) == (2, 2)


def test_what_is_known_of_a_sign_is_carried_for_its_own_interval_and_no_longer() -> None:
    known = a_vital_set(10, **FEVERISH)
    without = {"systolic_mmhg": None, **FEVERISH}
    assert grade_after(known, a_vital_set(70, **without)) == (1, 1)
    assert grade_after(known, a_vital_set(71, **without)) == (1, 2)


def test_a_range_asks_for_the_parts_that_would_narrow_it() -> None:
    found = watched([*a_course(stop=None), a_vital_set(10, temperature_c=None, **LOW)], book=book())
    grade = found.signs["astct_crs"].grade
    assert grade is not None
    assert (grade.missing, grade.is_proposed) == (("temperature_c",), True)
    assert not episodes_of("crs", found)


@pytest.mark.parametrize(
    ("device", "rings"),
    [
        pytest.param("venturi", False, id="grade 3 again"),
        pytest.param("cpap", True, id="grade 4 within the same priority"),
    ],
)
def test_a_higher_grade_rings_again_whatever_was_promised(device: str, rings: bool) -> None:
    hypoxic = {**FEVERISH, **BREATHLESS}
    ward = Ward(book())
    ward.receive([*a_course(stop=None), a_vital_set(10, **hypoxic, oxygen_device="venturi")])
    (alert,) = [alert for alert in ward.alerts.values() if alert.problem == "crs"]
    promise = Acknowledge("nurse", Commitment.CALL_INVESTIGATOR, minute(40))
    taken = lifecycle.apply(alert, promise, minute(12))
    assert isinstance(taken, Alert)
    ward.alerts[alert.id] = taken
    ward.receive([a_vital_set(20, **hypoxic, oxygen_device=device)])
    after = ward.alerts[alert.id]
    assert after.response == ("open" if rings else "acknowledged")
    assert after.grade is not None
    assert after.grade.grade == (4 if rings else 3)


def test_a_tick_or_a_lone_symptom_changes_no_evidence() -> None:
    feverish = a_vital_set(10, **FEVERISH)
    events = [*a_course(stop=None), feverish]
    alone = the_episode("crs", watched(events, book=book()))
    later = the_episode("crs", watched([*events, given(20, "meperidine")], book=book()))
    assert later.evidence == alone.evidence
