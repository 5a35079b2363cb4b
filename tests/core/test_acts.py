"""What runs is never forgotten while a rule may ask for it, however much else was recorded."""

from __future__ import annotations

import json

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from monitoring.core import state_data
from monitoring.core.acts import RUNNING_LIMIT, SORTS_LIMIT, Acts
from monitoring.core.events import Event, Extent, Intervention, Symptom

from .builders import a_course, given, symptom, the_episode, watched

START, STOP = Extent.START, Extent.STOP


def after(*events: Symptom | Intervention) -> Acts:
    acts = Acts()
    for event in events:
        acts = acts.after(event)
    return acts


def test_a_rigor_runs_on_whatever_else_begins() -> None:
    flood = [symptom(number, f"symptom_{number % 40}", key=f"s:{number}") for number in range(1, 200)]
    events: list[Event] = [*a_course(stop=None), symptom(0.5, "rigors", severity="shaking"), *flood]
    assert the_episode("rigors", watched(events)).is_open
    assert after(symptom(0.5, "rigors"), *flood).runs("symptom", ["rigors"])


@pytest.mark.parametrize(
    ("starts", "runs"),
    [
        pytest.param(RUNNING_LIMIT, False, id="as many as are told apart"),
        pytest.param(RUNNING_LIMIT + 1, True, id="one more: then only a stop of them all ends the oldest"),
    ],
)
def test_stopping_each_start_but_the_first_never_loses_the_first(starts: int, runs: bool) -> None:
    begun = [given(at, "oxygen", START, key=f"o:{at}") for at in range(starts)]
    stopped = [given(100 + at, "oxygen", STOP, starts=f"o:{at}") for at in range(starts)]
    assert after(*begun, *stopped[1:]).runs("intervention", ["oxygen"])
    assert after(*begun, *stopped).runs("intervention", ["oxygen"]) is runs
    assert not after(*begun, given(200, "oxygen", STOP)).runs("intervention", ["oxygen"])


def test_of_many_agents_none_hides_another_kind() -> None:
    agents = [given(at, "vasopressor", START, detail=f"agent {at}", key=f"v:{at}") for at in range(1, 60)]
    acts = after(given(0, "oxygen", START, indication="hypoxia"), *agents)
    assert acts.runs("intervention", ["oxygen"])
    assert len([act for act in acts.running if act.kind == "vasopressor"]) == RUNNING_LIMIT


def test_the_newest_dose_of_a_kind_is_remembered_whatever_else_was_given() -> None:
    doses = [given(at, "antipyretic", detail=f"brand {at}") for at in range(1, 300)]
    acts = after(given(0, "steroid"), *doses)
    assert {act.kind for act in acts.newest} == {"steroid", "antipyretic"}
    assert acts.newest[-1].detail == "brand 299"
    assert len(acts.newest) == SORTS_LIMIT + 1


@settings(deadline=None, max_examples=100)
@for_all(
    st.lists(
        st.tuples(
            st.sampled_from(["oxygen", "vasopressor", "antipyretic"]),
            st.sampled_from(["a", "b"]),
            st.booleans(),
            st.integers(0, 60),
        ),
        max_size=120,
    )
)
def test_whatever_runs_by_the_record_runs_in_the_state(turns: list[tuple[str, str, bool, int]]) -> None:
    acts, running = Acts(), dict[str, str]()
    for number, (kind, detail, starts, which) in enumerate(turns):
        if starts:
            running[f"i:{number}"] = kind
            acts = acts.after(given(number, kind, START, detail=detail, key=f"i:{number}"))
        else:
            running = {key: of for key, of in running.items() if key != f"i:{which}" or of != kind}
            acts = acts.after(given(number, kind, STOP, starts=f"i:{which}"))
        for kind_running in set(running.values()):
            assert acts.runs("intervention", [kind_running])


def test_what_stands_for_more_survives_being_stored() -> None:
    begun = [given(at, "oxygen", START, key=f"o:{at}") for at in range(1, 30)]
    state = watched([*a_course(stop=None), *begun]).state
    assert any(act.stands_for_more for act in state.acts.running)
    assert state_data.from_data(json.loads(json.dumps(state_data.to_data(state)))) == state
