"""A state as plain JSON, and back: what a watch stores between two evaluations.

Numbers are kept as text, exactly as they are; moments are ISO 8601. Every class has its two functions side by
side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from monitoring.core.acts import Act, Acts
from monitoring.core.crs import Crs, Standing
from monitoring.core.episodes import Episode
from monitoring.core.events import Value
from monitoring.core.findings import Because, Evidence, Finding, Grading, Priority, Reading, Sign, Status
from monitoring.core.heat import Heat, Spell
from monitoring.core.moment import Memory
from monitoring.core.rule_set import Phase
from monitoring.core.state import CORE_VERSION, State
from monitoring.core.unrest import Unrest

Data = dict[str, Any]


class OtherCoreVersion(ValueError):
    """The state was made by another version of this core: fold anew from empty."""

    def __init__(self, version: object) -> None:
        super().__init__(f"state of core version {version!r}, this is {CORE_VERSION}: fold anew from empty")


def to_data(state: State) -> Data:
    """The state as JSON holds it."""
    return {
        "core_version": state.core_version,
        "watch_for_s": int(state.watch_for.total_seconds()),
        "through": _moment(state.through),
        "regime": state.regime,
        "phase": state.phase.value,
        "started_at": _moment(state.started_at),
        "stopped_at": _moment(state.stopped_at),
        "baseline": _values(state.baseline),
        "running": [_act(act) for act in state.acts.running],
        "newest": [_act(act) for act in state.acts.newest],
        "instant": None if state.acts.instant is None else _act(state.acts.instant),
        "memory": {
            regime: {rule: _memory(memory) for rule, memory in rules.items() if memory}
            for regime, rules in state.memory.items()
        },
        "open": [episode_to_data(episode) for episode in state.open.values()],
        "signs": {name: _sign(sign) for name, sign in state.signs.items()},
        "latest": {name: _reading(reading) for name, reading in state.latest.items()},
        "heat": [_spell(state.heat.feverish), _spell(state.heat.very_high)],
        "crs": _crs(state.crs),
        "unrest": None if state.unrest is None else _unrest(state.unrest),
        "wakes_at": _moment(state.wakes_at),
    }


def from_data(data: Mapping[str, Any]) -> State:
    """The state that was stored.

    Raises: OtherCoreVersion for one that another version of this core made.
    """
    if data.get("core_version") != CORE_VERSION:
        raise OtherCoreVersion(data.get("core_version"))
    return State(
        watch_for=timedelta(seconds=data["watch_for_s"]),
        core_version=data["core_version"],
        through=_as_moment(data["through"]),
        regime=data["regime"],
        phase=Phase(data["phase"]),
        started_at=_as_moment(data["started_at"]),
        stopped_at=_as_moment(data["stopped_at"]),
        baseline=_as_values(data["baseline"]),
        acts=Acts(
            tuple(_as_act(act) for act in data["running"]),
            tuple(_as_act(act) for act in data["newest"]),
            None if data["instant"] is None else _as_act(data["instant"]),
        ),
        memory={
            regime: {rule: _as_memory(memory) for rule, memory in rules.items()}
            for regime, rules in data["memory"].items()
        },
        open={episode["problem"]: episode_from_data(episode) for episode in data["open"]},
        signs={name: _as_sign(sign) for name, sign in data["signs"].items()},
        latest={name: _as_reading(reading) for name, reading in data["latest"].items()},
        heat=Heat(*(_as_spell(spell) for spell in data["heat"])),
        crs=_as_crs(data["crs"]),
        unrest=None if data["unrest"] is None else _as_unrest(data["unrest"]),
        wakes_at=_as_moment(data["wakes_at"]),
    )


def episode_to_data(episode: Episode) -> Data:
    """An episode as JSON holds it."""
    return {
        "problem": episode.problem,
        "raised_at": episode.raised_at.isoformat(),
        "priority": episode.priority.word,
        "rule_set": episode.rule_set,
        "evidence": [evidence_to_data(entry) for entry in episode.evidence],
        "priorities": [[at.isoformat(), priority.word] for at, priority in episode.priorities],
        "last_at": episode.last_at.isoformat(),
        "cleared_at": _moment(episode.cleared_at),
        "cleared_by": episode.cleared_by,
        "masked": episode.masked,
        "normal_at": [at.isoformat() for at in episode.normal_at],
        "pending": [_finding(finding) for finding in episode.pending],
        "grade": None if episode.grade is None else grading_to_data(episode.grade),
        "grades": [[at.isoformat(), lowest, highest] for at, lowest, highest in episode.grades],
    }


def episode_from_data(data: Mapping[str, Any]) -> Episode:
    """The episode that was stored."""
    return Episode(
        problem=data["problem"],
        raised_at=datetime.fromisoformat(data["raised_at"]),
        priority=Priority.of(data["priority"]),
        rule_set=data["rule_set"],
        evidence=tuple(evidence_from_data(entry) for entry in data["evidence"]),
        priorities=tuple((datetime.fromisoformat(at), Priority.of(word)) for at, word in data["priorities"]),
        last_at=datetime.fromisoformat(data["last_at"]),
        cleared_at=_as_moment(data["cleared_at"]),
        cleared_by=data["cleared_by"],
        masked=data["masked"],
        normal_at=tuple(datetime.fromisoformat(at) for at in data["normal_at"]),
        pending=tuple(_as_finding(finding) for finding in data["pending"]),
        grade=None if data["grade"] is None else grading_from_data(data["grade"]),
        grades=tuple((datetime.fromisoformat(at), low, high) for at, low, high in data["grades"]),
    )


def evidence_to_data(entry: Evidence) -> Data:
    """One condition's evidence as JSON holds it; alerts store it the same way."""
    return {
        "condition": entry.condition,
        "signal": entry.signal,
        "op": entry.op,
        "threshold": None if entry.threshold is None else value_to_data(entry.threshold),
        "first": _reading(entry.first),
        "worst": _reading(entry.worst),
        "last": _reading(entry.last),
        "count": entry.count,
    }


def evidence_from_data(data: Mapping[str, Any]) -> Evidence:
    """The evidence that was stored."""
    return Evidence(
        data["condition"],
        data["signal"],
        data["op"],
        None if data["threshold"] is None else value_from_data(data["threshold"]),
        _as_reading(data["first"]),
        _as_reading(data["worst"]),
        _as_reading(data["last"]),
        data["count"],
    )


def grading_to_data(grade: Grading) -> Data:
    """A grade as JSON holds it; alerts store it the same way."""
    return {
        "scale": grade.scale,
        "lowest": grade.lowest,
        "highest": grade.highest,
        "missing": list(grade.missing),
        "proposed": grade.is_proposed,
    }


def grading_from_data(data: Mapping[str, Any]) -> Grading:
    """The grade that was stored."""
    return Grading(
        data["scale"], int(data["lowest"]), int(data["highest"]), tuple(data["missing"]), data["proposed"]
    )


def value_to_data(value: Value) -> Any:
    """A number as {"n": its text}; a word or a truth as itself."""
    return {"n": str(value)} if isinstance(value, Decimal) else value


def value_from_data(data: Any) -> Value:
    """The value that was stored."""
    if isinstance(data, Mapping):
        return Decimal(data["n"])
    assert isinstance(data, str | bool)
    return data


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _as_moment(data: str | None) -> datetime | None:
    return None if data is None else datetime.fromisoformat(data)


def _values(values: Mapping[str, Value]) -> Data:
    return {name: value_to_data(value) for name, value in values.items()}


def _as_values(data: Mapping[str, Any]) -> Mapping[str, Value]:
    return {name: value_from_data(value) for name, value in data.items()}


def _reading(reading: Reading) -> list[Any]:
    return [reading.key, reading.at.isoformat(), value_to_data(reading.value)]


def _as_reading(data: list[Any]) -> Reading:
    key, at, value = data
    return Reading(key, datetime.fromisoformat(at), value_from_data(value))


def _act(act: Act) -> list[Any]:
    at = act.at.isoformat()
    return [act.family, act.kind, act.quality, act.detail, at, act.key, act.stands_for_more]


def _as_act(data: list[Any]) -> Act:
    family, kind, quality, detail, at, key, stands_for_more = data
    return Act(family, kind, quality, detail, datetime.fromisoformat(at), key, stands_for_more)


def _spell(spell: Spell) -> list[str | None]:
    return [_moment(at) for at in (spell.since, spell.through, spell.under_at)]


def _as_spell(data: Sequence[str | None]) -> Spell:
    return Spell(*(_as_moment(at) for at in data))


def _crs(crs: Crs) -> Data:
    return {
        "signs": {sign: _standing(standing) for sign, standing in crs.signs.items()},
        "absent_at": {sign: at.isoformat() for sign, at in crs.absent_at.items()},
        "began": None if crs.began is None else _reading(crs.began),
        "waived_by": None if crs.waived_by is None else _reading(crs.waived_by),
        "quiet_since": _moment(crs.quiet_since),
    }


def _as_crs(data: Mapping[str, Any]) -> Crs:
    return Crs(
        {sign: _as_standing(standing) for sign, standing in data["signs"].items()},
        {sign: datetime.fromisoformat(at) for sign, at in data["absent_at"].items()},
        None if data["began"] is None else _as_reading(data["began"]),
        None if data["waived_by"] is None else _as_reading(data["waived_by"]),
        _as_moment(data["quiet_since"]),
    )


def _standing(standing: Standing) -> list[Any]:
    answered = None if standing.answered is None else standing.answered.word
    normal_at = [at.isoformat() for at in standing.normal_at]
    shown, last_at = _reading(standing.shown), standing.last_at.isoformat()
    return [standing.since.isoformat(), standing.signal, shown, last_at, normal_at, answered]


def _as_standing(data: list[Any]) -> Standing:
    since, signal, shown, last_at, normal_at, answered = data
    return Standing(
        datetime.fromisoformat(since),
        signal,
        _as_reading(shown),
        datetime.fromisoformat(last_at),
        tuple(datetime.fromisoformat(at) for at in normal_at),
        None if answered is None else Priority.of(answered),
    )


def _unrest(unrest: Unrest) -> list[Any]:
    return [unrest.since.isoformat(), unrest.normal_sets, _moment(unrest.normal_at)]


def _as_unrest(data: list[Any]) -> Unrest:
    since, normal_sets, normal_at = data
    return Unrest(datetime.fromisoformat(since), normal_sets, _as_moment(normal_at))


def _memory(memory: Memory) -> Data:
    return {
        place: [[at.isoformat(), value_to_data(value)] for at, value in pairs]
        for place, pairs in memory.items()
    }


def _as_memory(data: Mapping[str, Any]) -> Memory:
    return {
        place: tuple((datetime.fromisoformat(at), value_from_data(value)) for at, value in pairs)
        for place, pairs in data.items()
    }


def _sign(sign: Sign) -> list[Any]:
    priority = None if sign.priority is None else sign.priority.word
    value = None if sign.value is None else value_to_data(sign.value)
    grade = None if sign.grade is None else grading_to_data(sign.grade)
    return [sign.status.value, priority, value, list(sign.problems), grade]


def _as_sign(data: list[Any]) -> Sign:
    status, priority, value, problems, grade = data
    return Sign(
        Status(status),
        None if priority is None else Priority.of(priority),
        None if value is None else value_from_data(value),
        tuple(problems),
        None if grade is None else grading_from_data(grade),
    )


def _finding(finding: Finding) -> Data:
    return {
        "at": finding.at.isoformat(),
        "key": finding.key,
        "problem": finding.problem,
        "priority": finding.priority.word,
        "because": [_because(reason) for reason in finding.because],
        "grade": None if finding.grade is None else grading_to_data(finding.grade),
    }


def _as_finding(data: Mapping[str, Any]) -> Finding:
    return Finding(
        datetime.fromisoformat(data["at"]),
        data["key"],
        data["problem"],
        Priority.of(data["priority"]),
        tuple(_as_because(reason) for reason in data["because"]),
        None if data["grade"] is None else grading_from_data(data["grade"]),
    )


def _because(reason: Because) -> list[Any]:
    threshold = None if reason.threshold is None else value_to_data(reason.threshold)
    return [reason.condition, reason.signal, reason.op, threshold, _reading(reason.reading)]


def _as_because(data: list[Any]) -> Because:
    condition, signal, op, threshold, reading = data
    held = None if threshold is None else value_from_data(threshold)
    return Because(condition, signal, op, held, _as_reading(reading))
