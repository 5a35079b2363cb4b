"""From episodes to alerts: what is decided; deciding twice decides nothing; no person's work is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from monitoring.core import lifecycle
from monitoring.core.actions import Acknowledge, Assess, Close
from monitoring.core.alert import Alert, Commitment, Condition, Outcome, Response
from monitoring.core.decisions import (
    KeepPromise,
    MarkUnwatched,
    Move,
    Raise,
    Reactivate,
    Retract,
    StillTrue,
    Worsen,
)
from monitoring.core.events import Event
from monitoring.core.findings import Priority
from monitoring.core.lifecycle import Action, Refusal
from monitoring.core.reconcile import Watching, reconcile

from .arrivals import Ward
from .builders import (
    a_course,
    a_full_set,
    a_set,
    default_rules,
    episodes_of,
    given,
    minute,
    single_signs,
    single_signs_book,
    watched,
)
from .test_watch import facts_as_alerts, records


def a_ward(*events: Event) -> Ward:
    ward = Ward(single_signs_book())
    ward.receive([*a_course(), *events])
    return ward


def fever(at: float, value: str = "38.5") -> Event:
    return a_full_set(at, temperature_c=value)


def the_alert(ward: Ward, problem: str = "fever") -> Alert:
    (alert,) = [a for a in ward.alerts.values() if a.problem == problem]
    return alert


def act(ward: Ward, alert: Alert, action: Action, at: float) -> Alert:
    after = lifecycle.apply(alert, action, minute(at))
    assert isinstance(after, Alert), after
    ward.alerts[alert.id] = after
    return after


def acknowledge(ward: Ward, at: float, commitment: Commitment = Commitment.CALL_INVESTIGATOR) -> Alert:
    action = Acknowledge("nurse", commitment, minute(at + 30))
    return act(ward, the_alert(ward), action, at)


def test_an_episode_without_an_alert_is_raised() -> None:
    alert = the_alert(a_ward(fever(10)))
    assert (alert.raised_at, alert.priority, alert.condition) == (
        minute(10),
        Priority.MEDIUM,
        Condition.ACTIVE,
    )


@settings(deadline=None, max_examples=60)
@for_all(records())
def test_reconciling_twice_changes_nothing_the_second_time(record: list[Event]) -> None:
    ward = Ward()
    found = ward.receive(record)
    rules = default_rules().rules
    again = reconcile(
        found.episodes,
        ward.alerts.values(),
        rules,
        since=None,
        at=minute(1000),
        watching=Watching(ended=found.ended),
    )
    assert again == ()


@settings(deadline=None, max_examples=60)
@for_all(records(), st.data())
def test_after_any_corrections_the_standing_alerts_are_those_of_the_final_record(
    record: list[Event], data: st.DataObject
) -> None:
    ward = Ward()
    ward.receive(record)
    sets = [event for event in record if event.key.startswith("vital_signs")]
    for number, wrong in enumerate(data.draw(st.lists(st.sampled_from(sets), unique_by=id)) if sets else []):
        right = a_full_set(data.draw(st.integers(0, 400)), temperature_c="38.6")
        voided = data.draw(st.booleans())
        ward.receive(
            [] if voided else [replace(right, key=f"vital_signs:right:{number}")], instead_of=[wrong]
        )
    assert ward.standing_facts() == facts_as_alerts(watched(ward.record))


def test_a_late_reading_that_shows_an_earlier_start_moves_the_alert_with_what_people_did() -> None:
    ward = a_ward(fever(20))
    acknowledge(ward, 25)
    ward.receive([fever(10)])
    alert = the_alert(ward)
    assert [type(decision) for decision in ward.decided][1] is Move
    assert (alert.raised_at, alert.response, alert.acknowledged_by) == (
        minute(10),
        Response.ACKNOWLEDGED,
        "nurse",
    )


def test_a_corrected_reading_retracts_its_alert() -> None:
    wrong = fever(10)
    ward = a_ward(wrong)
    ward.receive([a_full_set(10)], instead_of=[wrong])
    assert the_alert(ward).condition is Condition.RETRACTED
    assert the_alert(ward).retracted_because == "evidence_corrected"


def test_a_retracted_alert_never_comes_back_and_its_evidence_raises_a_new_one() -> None:
    wrong = fever(10)
    ward = a_ward(wrong)
    ward.receive([], instead_of=[wrong])
    ward.receive([fever(10)])
    assert [alert.condition for alert in ward.alerts.values()] == [Condition.RETRACTED, Condition.ACTIVE]


def test_a_late_normal_set_splits_an_episode_and_the_alert_stays_with_its_start() -> None:
    ward = a_ward(fever(10), fever(60))
    acknowledge(ward, 65)
    ward.receive([a_full_set(20), a_full_set(40)])
    first, second = ward.alerts.values()
    assert (first.raised_at, first.cleared_at) == (minute(10), minute(40))
    assert (second.raised_at, second.condition, second.response) == (
        minute(60),
        Condition.ACTIVE,
        Response.OPEN,
    )


def test_episodes_that_merge_keep_the_alert_of_the_earliest_and_open_it_again() -> None:
    normal = [a_full_set(20), a_full_set(40)]
    ward = a_ward(fever(10), *normal, fever(60))
    ward.receive([], instead_of=normal)
    first, second = ward.alerts.values()
    assert (first.condition, first.response, first.cleared_at) == (Condition.ACTIVE, Response.OPEN, None)
    assert (second.condition, second.retracted_because) == (Condition.RETRACTED, "part_of_another")
    assert Retract(second.id, "part_of_another", minute(10)) in ward.decided


def test_what_is_true_after_all_opens_again_whatever_people_did() -> None:
    ward = a_ward(fever(10), a_full_set(20), a_full_set(40))
    act(ward, the_alert(ward), Close("investigator", Outcome.EXPECTED), 50)
    ward.receive([given(5, "antipyretic")])
    alert = the_alert(ward)
    assert (alert.condition, alert.response, alert.closed_at) == (Condition.ACTIVE, Response.OPEN, None)
    assert Reactivate(alert.id, "true_again") in ward.decided


@pytest.mark.parametrize(
    ("value", "rings"),
    [
        pytest.param("38.9", False, id="0.4 worse is no step"),
        pytest.param("38.99", False, id="0.49 worse is no step"),
        pytest.param("39.0", True, id="a higher priority"),
        pytest.param("38.2", False, id="better"),
    ],
)
def test_an_acknowledged_alert_rings_again_when_it_is_worse(value: str, rings: bool) -> None:
    ward = a_ward(fever(10))
    acknowledge(ward, 15)
    ward.receive([fever(20, value)])
    assert (the_alert(ward).response is Response.OPEN) is rings


@pytest.mark.parametrize(
    ("systolic", "rings"),
    [pytest.param(76, False, id="9 mmHg lower"), pytest.param(75, True, id="10 mmHg lower is a step")],
)
def test_a_step_beyond_the_worst_that_was_acknowledged_rings(systolic: int, rings: bool) -> None:
    def pressure(at: float, value: int) -> Event:
        return a_full_set(at, systolic_mmhg=value, diastolic_mmhg=None, map_mmhg=70)

    ward = a_ward(pressure(10, 85))
    act(
        ward,
        the_alert(ward, "hypotension"),
        Acknowledge("nurse", Commitment.CALL_INVESTIGATOR, minute(45)),
        15,
    )
    ward.receive([pressure(20, systolic)])
    alert = the_alert(ward, "hypotension")
    assert (alert.response is Response.OPEN) is rings
    assert alert.told["systolic_mmhg"] == (75 if rings else 85)


def test_a_worst_value_that_was_corrected_away_is_no_longer_what_people_know() -> None:
    artefact = fever(20, "39.9")
    ward = a_ward(fever(10), artefact)
    acknowledge(ward, 25)
    ward.receive([], instead_of=[artefact])
    alert = the_alert(ward)
    assert (alert.priority, alert.told_priority) == (Priority.MEDIUM, Priority.MEDIUM)
    assert alert.told["temperature_c"] == Decimal("38.5")
    ward.receive([fever(40, "39.2")])
    assert the_alert(ward).response is Response.OPEN


def test_a_promised_reading_that_is_still_true_opens_the_alert_again() -> None:
    ward = a_ward(fever(10))
    acknowledge(ward, 15, Commitment.REPEAT_VITALS)
    ward.receive([fever(20, "38.4")])
    assert the_alert(ward).response is Response.OPEN
    assert StillTrue(the_alert(ward).id) in ward.decided


def test_a_promised_reading_that_is_normal_keeps_the_promise_once() -> None:
    ward = a_ward(fever(10))
    acknowledge(ward, 15, Commitment.REPEAT_VITALS)
    ward.receive([fever(20, "36.9")])
    alert = the_alert(ward)
    assert (alert.condition, alert.response) == (Condition.ACTIVE, Response.ACKNOWLEDGED)
    assert alert.until == minute(15 + 240)
    assert [each for each in ward.decided if isinstance(each, KeepPromise)] == [KeepPromise(alert.id)]


def test_another_promise_is_not_broken_by_a_reading() -> None:
    ward = a_ward(fever(10))
    acknowledge(ward, 15, Commitment.CALL_INVESTIGATOR)
    ward.receive([fever(20, "38.4")])
    assert the_alert(ward).response is Response.ACKNOWLEDGED


def test_when_the_watch_ends_what_is_active_becomes_unwatched_and_never_cleared() -> None:
    ward = a_ward(fever(10))
    ward.receive([], until=minute(60 + 48 * 60 + 1))
    assert (the_alert(ward).condition, the_alert(ward).unwatched_because) == (
        Condition.UNWATCHED,
        "watch_ended",
    )


def test_when_data_stop_what_is_active_becomes_unwatched_until_they_come_again() -> None:
    ward = a_ward(fever(10))
    found, rules = watched(ward.record, book=single_signs_book()), single_signs().rules
    stopped = reconcile(
        found.episodes,
        [the_alert(ward)],
        rules,
        since=None,
        at=minute(60),
        watching=Watching(data_stopped=True),
    )
    assert stopped == (MarkUnwatched("alert:1", "data_stopped"),)
    unwatched = act(ward, the_alert(ward), stopped[0], 60)
    again = reconcile(found.episodes, [unwatched], rules, since=None, at=minute(70))
    assert again == (Reactivate("alert:1", "watched_again"),)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(a_set(10, concern=True), id="a concern"),
        pytest.param(given(10, "steroid"), id="a steroid that was given"),
    ],
)
def test_when_data_stop_what_only_a_person_clears_is_as_true_as_before(said: Event) -> None:
    found = watched([*a_course(stop=None), said])
    decided = reconcile(
        found.episodes,
        [],
        default_rules().rules,
        since=None,
        at=minute(60),
        watching=Watching(data_stopped=True),
    )
    assert [each.unwatched_because for each in decided if isinstance(each, Raise)] == [""]


@pytest.mark.parametrize(
    ("after", "late"), [pytest.param(15, False, id="15 minutes"), pytest.param(16, True, id="16 minutes")]
)
def test_what_is_recorded_long_after_it_was_measured_is_late(after: int, late: bool) -> None:
    found = watched([*a_course(), fever(10)], book=single_signs_book())
    known = {"vital_signs:10": minute(10) + timedelta(minutes=after)}
    rules = single_signs().rules
    (decision,) = reconcile(found.episodes, [], rules, since=None, at=minute(60), recorded_at=known)
    assert isinstance(decision, Raise)
    assert decision.late is late


def test_alerts_that_had_cleared_when_the_watch_resumed_are_left_alone() -> None:
    ward = a_ward(fever(10), a_full_set(20), a_full_set(40), a_full_set(200))
    ward.decided.clear()
    ward.receive([fever(215)])
    assert [type(decision) for decision in ward.decided] == [Raise]


def test_a_late_worse_reading_in_an_episode_that_has_cleared_is_told_too() -> None:
    ward = a_ward(fever(10), a_full_set(30), a_full_set(50))
    act(ward, the_alert(ward), Assess("nurse", Outcome.EXPECTED), 55)
    ward.receive([fever(15, "39.5")])
    assert the_alert(ward).response is Response.OPEN
    assert any(isinstance(decision, Worsen) for decision in ward.decided)


def test_replaying_the_same_arrivals_reproduces_every_alert_the_retracted_ones_too() -> None:
    wrong, others = fever(20), [fever(60), a_full_set(90), a_full_set(110)]

    def arrivals() -> Ward:
        ward = a_ward(wrong)
        ward.receive([fever(10)])
        ward.receive([], instead_of=[wrong])
        ward.receive(others)
        ward.receive([a_full_set(30), a_full_set(50)])
        return ward

    first, second = arrivals(), arrivals()
    assert first.alerts == second.alerts
    assert first.decided == second.decided


def test_a_refused_decision_cannot_happen_in_order() -> None:
    alert = the_alert(a_ward(fever(10)))
    assert isinstance(lifecycle.apply(alert, StillTrue(alert.id), minute(20)), Refusal)


def test_the_first_finding_of_a_condition_can_be_asked_of_the_findings() -> None:
    course = [*a_course(), fever(10, "37.9"), fever(20, "38.0"), fever(30, "39.2")]
    found = watched(course, book=single_signs_book())
    first = {}
    for finding in found.findings:
        for reason in finding.because:
            first.setdefault(reason.condition, finding.at)
    assert first == {"temperature_38": minute(20), "temperature_39": minute(30)}
    (episode,) = episodes_of("fever", found)
    assert {entry.condition: entry.first.at for entry in episode.evidence} == first
