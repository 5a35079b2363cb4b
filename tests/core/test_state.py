"""The state is written out field by field where the fold makes it; none is left behind."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

from monitoring.core.state import State, empty
from monitoring.core.unrest import Unrest

from .builders import START, WATCH_FOR, a_course, a_full_set, minute, watched

SAID: dict[str, Any] = {
    "memory": {"rules@1": {"fever": {}}},
    "open": {},
    "signs": {},
    "crs": empty(watch_for=WATCH_FOR).crs,
    "unrest": Unrest(START),
    "wakes_at": START + timedelta(hours=1),
}


def a_state_of_its_own_in_every_field() -> State:
    """A state none of whose fields is what it is when empty."""
    lived = watched([*a_course(stop=30), a_full_set(5, temperature_c="39.1")]).state
    return replace(lived, core_version=99, regime="other@7", memory={"other@7": {}}, wakes_at=START)


def test_what_the_rules_say_leaves_every_other_field_as_it_was() -> None:
    state = a_state_of_its_own_in_every_field()
    assert state.judged(**SAID) == replace(state, **SAID)


def test_a_moment_that_comes_leaves_every_field_but_itself_as_it_was() -> None:
    state = a_state_of_its_own_in_every_field()
    later = state._lived(minute(90), state.acts, {}, empty(watch_for=WATCH_FOR).heat)
    assert later == replace(state, through=minute(90), latest={}, heat=empty(watch_for=WATCH_FOR).heat)


def test_the_state_tried_here_differs_from_an_empty_one_in_every_field() -> None:
    state, bare = a_state_of_its_own_in_every_field(), empty(watch_for=WATCH_FOR)
    same = {field.name for field in fields(State) if getattr(state, field.name) == getattr(bare, field.name)}
    assert same <= {"watch_for"}
