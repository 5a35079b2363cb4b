"""The state of a watch after its last event: everything that a later event can still depend on, and no more.

Frozen and bounded. It is stored as plain JSON (`state_data`), with the version of this core that made it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta

from monitoring.core import signals
from monitoring.core.acts import Acts
from monitoring.core.crs import Crs
from monitoring.core.episodes import Episode
from monitoring.core.events import (
    Assessment,
    Baseline,
    Event,
    Facts,
    InfusionEvent,
    InfusionKind,
    Intervention,
    Observation,
    Symptom,
    Tick,
    Value,
)
from monitoring.core.findings import Reading, Sign
from monitoring.core.heat import Heat
from monitoring.core.moment import Memory
from monitoring.core.rule_set import Phase
from monitoring.core.unrest import Unrest
from monitoring.core.value import value

CORE_VERSION = 3
"""Raised whenever the same events would give another state.

A state of another version is folded anew from empty.
"""

NEXT_PHASE: Mapping[InfusionKind, Phase] = {
    InfusionKind.START: Phase.INFUSING,
    InfusionKind.PAUSE: Phase.PAUSED,
    InfusionKind.RESUME: Phase.INFUSING,
    InfusionKind.STOP: Phase.OBSERVING,
    InfusionKind.DISCHARGE: Phase.HOME,
    InfusionKind.READMIT: Phase.OBSERVING,
    InfusionKind.CANCEL: Phase.CANCELLED,
}
"""The phase after each turn. A change of rate changes none, and an end does not shorten the watch."""


@value(frozen=True, slots=True)
class State:
    """A watch after the event at `through`; `through` is None before the first.

    `memory` holds what conditions remember, by regime and rule. `signs` is how the newest set stands,
    `latest` the newest known value of each signal, `heat` how long a temperature has lasted, `crs` how far
    the syndrome has come, `unrest` the alarm that is not over. `wakes_at` is the next moment at which time
    alone may change an answer.
    """

    watch_for: timedelta
    core_version: int = CORE_VERSION
    through: datetime | None = None
    regime: str = ""
    phase: Phase = Phase.PLANNED
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    baseline: Mapping[str, Value] = field(default_factory=dict)
    acts: Acts = field(default_factory=Acts)
    memory: Mapping[str, Mapping[str, Memory]] = field(default_factory=dict)
    open: Mapping[str, Episode] = field(default_factory=dict)
    signs: Mapping[str, Sign] = field(default_factory=dict)
    latest: Mapping[str, Reading] = field(default_factory=dict)
    heat: Heat = field(default_factory=Heat)
    crs: Crs = field(default_factory=Crs)
    unrest: Unrest | None = None
    wakes_at: datetime | None = None

    @property
    def ends_at(self) -> datetime | None:
        """The last moment that is watched; None while no stop is recorded."""
        return None if self.stopped_at is None else self.stopped_at + self.watch_for

    def watches(self, at: datetime) -> bool:
        """True from the first start to the last stop and the watch hours after it, both ends included."""
        if self.started_at is None or self.phase is Phase.CANCELLED:
            return False
        return self.started_at <= at and (self.stopped_at is None or at <= self.stopped_at + self.watch_for)

    def judged(
        self,
        *,
        memory: Mapping[str, Mapping[str, Memory]],
        open: Mapping[str, Episode],
        signs: Mapping[str, Sign],
        crs: Crs,
        unrest: Unrest | None,
        wakes_at: datetime | None,
    ) -> State:
        """This state with what the rules have said. Written out: `replace` takes many times as long."""
        return State(
            self.watch_for,
            self.core_version,
            self.through,
            self.regime,
            self.phase,
            self.started_at,
            self.stopped_at,
            self.baseline,
            self.acts,
            memory,
            open,
            signs,
            self.latest,
            self.heat,
            crs,
            unrest,
            wakes_at,
        )

    def _lived(self, at: datetime, acts: Acts, latest: Mapping[str, Reading], heat: Heat) -> State:
        """This state once a moment has come, with what is known then."""
        return State(
            self.watch_for,
            self.core_version,
            at,
            self.regime,
            self.phase,
            self.started_at,
            self.stopped_at,
            self.baseline,
            acts,
            self.memory,
            self.open,
            self.signs,
            latest,
            heat,
            self.crs,
            self.unrest,
            self.wakes_at,
        )

    def after(self, event: Event) -> State:
        """This state with what the event itself says: phase, window, baseline, what runs.

        No rule is judged. Of sets only those that are watched count; what a laboratory counted and what was
        examined is known from before the infusion too.
        """
        if isinstance(event, Observation) and (self.watches(event.at) or not signals.is_of_a_set(event)):
            return _after_observation(self, event)
        lived = self._lived(event.at, self.acts.later(), self.latest, self.heat)
        match event:
            case Tick() | Assessment() | Observation():
                return lived
            case Baseline():
                kept = {**_known_before(lived.baseline), **_of_the_subject(lived.baseline)}
                return replace(lived, baseline={**kept, **event.values})
            case Facts():
                rest = lived.baseline.keys() - signals.OF_THE_SUBJECT.keys()
                kept = {name: value for name, value in lived.baseline.items() if name in rest}
                is_new = event.values.get(signals.ALLOGENEIC) is True and (
                    lived.baseline.get(signals.ALLOGENEIC) is not True
                )
                acts = lived.acts.after(event) if is_new else lived.acts
                return replace(lived, baseline={**kept, **event.values}, acts=acts)
            case Symptom() | Intervention():
                return replace(lived, acts=lived.acts.after(event))
            case InfusionEvent():
                return _after_turn(lived, event)


def empty(*, watch_for: timedelta) -> State:
    """The state before anything has happened. `watch_for` is how long after the last stop is watched."""
    return State(watch_for=watch_for)


def _after_turn(state: State, event: InfusionEvent) -> State:
    state = replace(state, acts=state.acts.after(event), phase=NEXT_PHASE.get(event.kind, state.phase))
    match event.kind:
        case InfusionKind.START:
            if state.started_at is not None:
                return replace(state, stopped_at=None)
            before = _newest_of_each_count(state.latest)
            return replace(state, started_at=event.at, baseline={**state.baseline, **_known_before(before)})
        case InfusionKind.RESUME:
            return replace(state, stopped_at=None)
        case InfusionKind.STOP:
            return replace(state, stopped_at=event.at)
        case _:
            return state


def _newest_of_each_count(latest: Mapping[str, Reading]) -> Mapping[str, Value]:
    """The values of the newest readings; of a count those of its newest result alone, in whatever signal."""
    newest: dict[str, Reading] = {}
    for name, reading in latest.items():
        noun = signals.counted(name)
        if noun and (noun not in newest or reading.at > newest[noun].at):
            newest[noun] = reading
    return {
        name: reading.value
        for name, reading in latest.items()
        if not (noun := signals.counted(name)) or reading.key == newest[noun].key
    }


def _known_before(values: Mapping[str, Value]) -> Mapping[str, Value]:
    """Of these values those that no baseline holds: what was counted and examined before the infusion."""
    names = (signals.COUNTS, signals.REPORTED, signals.EXAMINED)
    return {name: value for name, value in values.items() if any(name in those for those in names)}


def _of_the_subject(values: Mapping[str, Value]) -> Mapping[str, Value]:
    """Of these values those that are facts of the subject, which no baseline changes."""
    return {name: value for name, value in values.items() if name in signals.OF_THE_SUBJECT}


def _after_observation(state: State, event: Observation) -> State:
    acts = state.acts.later()
    for symptom, word in signals.SAID_OVER.items():
        if event.values.get(symptom) == word:
            acts = acts.without("symptom", symptom)
    newest = {signal: Reading(event.key, event.at, value) for signal, value in event.values.items()}
    latest, heat = {**state.latest, **newest}, state.heat.after(event)
    return state._lived(event.at, acts, latest, heat)
