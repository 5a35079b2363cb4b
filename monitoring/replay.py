"""One patient's arrivals and evaluations, replayed in memory in their order: what every stored alert must be.

It reads the log of versions and evaluations and calls the functions that evaluation calls; it writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Model

from monitoring import overlaps, row_events, rule_sets, stated, timeline
from monitoring.core import alert as core
from monitoring.core import lifecycle, state_data
from monitoring.core.decisions import Raise
from monitoring.core.events import InfusionEvent as Turned
from monitoring.core.schedule import Due, Taken
from monitoring.core.state import CORE_VERSION, empty
from monitoring.deciding import decide
from monitoring.gathering import gather, schedule_of
from monitoring.judgement import Judgement, episodes_text, judge, kept_episodes
from monitoring.locking import Held, Window
from monitoring.models import AlertLog, DueObservation, Evaluation
from monitoring.outcome import signs_data
from monitoring.row_events import Row
from monitoring.timeline import Changes, Gathered, Scope
from tracker.models import Infusion, InfusionEvent, RecordChange, TemperatureLog, VitalSigns


@dataclass(slots=True)
class Replayed:
    """An alert as the replay has it, and the infusion on which it hangs."""

    value: core.Alert
    infusion_id: int
    also_infusions: tuple[UUID, ...] = ()


@dataclass(slots=True)
class Watching:
    """The watch of one infusion as the replay has it: what is stored between two evaluations."""

    infusion: Infusion
    seen_version: int = 0
    state: str = ""
    through: datetime | None = None
    rule_book: str = ""
    course: str = ""
    taken: str = "[]"
    awaited: str = ""
    episodes: str = "[]"
    signs: dict[str, Any] = field(default_factory=dict)
    opened_at: datetime | None = None
    closes_at: datetime | None = None
    evaluated_at: datetime | None = None
    checkpoints: dict[datetime, str] = field(default_factory=dict)
    over: dict[datetime, str] = field(default_factory=dict)
    dues: list[Due] = field(default_factory=list)

    def over_texts(self) -> list[str]:
        """The episodes kept with its checkpoints, oldest first."""
        return [text for _, text in sorted(self.over.items()) if text != "[]"]

    def window(self) -> Window:
        """The watch as its siblings see it."""
        one = self.infusion
        return Window(
            one.pk, one.uuid, one.site_id, one.study_id, self.opened_at, self.closes_at, self.episodes
        )


class Arrivals:
    """The record of one patient, readable as it stood at any version of any of the infusions."""

    def __init__(self, patient_id: int, watches: dict[int, Watching]) -> None:
        self.watches = watches
        self.upto = 0
        self._rows: list[tuple[type[Model], Row]] = []
        for noun, columns in timeline.COLUMNS.items():
            rows = noun._default_manager.filter(patient_id=patient_id)
            names = (*timeline.COMMON, "infusion_id", *columns)
            self._rows += [(noun, row) for row in rows.values(*names)]
        assessed = timeline.assessments().filter(alert__patient_id=patient_id)
        self._rows += [(AlertLog, {**row, "infusion_id": None}) for row in assessed]
        self._versions: dict[int, dict[tuple[str, int], int]] = defaultdict(dict)
        self._changes: dict[int, list[tuple[int, str, int, datetime]]] = defaultdict(list)
        logged = RecordChange.objects.filter(infusion__patient_id=patient_id).order_by("pk")
        for infusion_id, version, table, row_id, at in logged.values_list(
            "infusion_id", "version", "table_name", "row_id", "measured_at"
        ):
            self._versions[infusion_id].setdefault((table, row_id), version)
            self._changes[infusion_id].append((version, table, row_id, at))

    def changes(self, scope: Scope, after: int, upto: int) -> Changes:
        """What the versions after one and up to another brought."""
        news, moments, tables, corrected = Gathered(), list[datetime](), set[str](), False
        by_key = {(noun._meta.db_table, row["id"]): (noun, row) for noun, row in self._rows}
        for version, table, row_id, at in self._changes[scope.infusion_id]:
            if not after < version <= upto:
                continue
            moments.append(at)
            tables.add(table)
            if (table, row_id) not in by_key:
                continue
            noun, row = by_key[table, row_id]
            if row.get("amends_id") is None:
                news.add(noun, row)
            else:
                corrected = True
                news.note(row)
        turned = timeline.INFUSION_EVENTS in tables
        again = corrected or turned or not timeline.CONTEXT.isdisjoint(tables)
        return Changes(news, min(moments) if again else None, turned)

    def since(self, scope: Scope, moment: datetime | None, upto: int) -> Gathered:
        """All that stood after the moment, at a version."""
        gathered = Gathered()
        for noun, row in self._in_scope(scope, moment, upto):
            gathered.trace(noun, row)
            if self._stands(noun, row, scope, upto):
                gathered.add(noun, row)
            else:
                gathered.note(row)
        for noun, row in self._in_force(scope, upto):
            gathered.add(noun, row)
        if moment is not None:
            gathered.events = [event for event in gathered.events if event.at > moment]
        return gathered

    def turns(self, scope: Scope, upto: int) -> tuple[list[Turned], datetime | None]:
        """The infusion's own events as they stood, and when the newest row about them was recorded."""
        seen = [
            row
            for noun, row in self._rows
            if noun is InfusionEvent
            and row["infusion_id"] == scope.infusion_id
            and self._is_seen(noun, row, scope, upto)
        ]
        found = [
            event
            for row in seen
            if self._stands(InfusionEvent, row, scope, upto)
            for event in row_events.events_of(InfusionEvent, row)
            if isinstance(event, Turned)
        ]
        return found, max((row["recorded_at"] for row in seen), default=None)

    def sets_taken(self, scope: Scope, moment: datetime | None, upto: int) -> list[Taken]:
        """The sets and temperatures that stood in the watch window, and the baselines entered by hand."""
        taken = [
            row_events.taken_of(noun, row)
            for noun, row in self._in_scope(scope, None, upto)
            if noun in (VitalSigns, TemperatureLog) and self._stands(noun, row, scope, upto)
            if moment is None or row["measured_at"] >= moment or row["measured_at"] <= scope.started_at
        ]
        return [*taken, *row_events.baselines_taken(self._in_force(scope, upto))]

    def state_before(self, infusion_id: int, moment: datetime) -> str | None:
        """The newest state that the replay kept before the moment."""
        kept = self.watches[infusion_id].checkpoints
        before = [at for at in kept if at < moment]
        return kept[max(before)] if before else None

    def dues(self, infusion_id: int) -> list[Due]:
        """The due times that the replay has written."""
        return list(self.watches[infusion_id].dues)

    def over(self, infusion_ids: Collection[int]) -> dict[int, list[str]]:
        """The episodes that the replay keeps with the checkpoints."""
        return {number: self.watches[number].over_texts() for number in infusion_ids}

    def _in_scope(
        self, scope: Scope, moment: datetime | None, upto: int
    ) -> Iterable[tuple[type[Model], Row]]:
        for noun, row in self._rows:
            if noun is AlertLog:
                inside = True
            elif noun is InfusionEvent or scope.started_at is None:
                inside = row["infusion_id"] == scope.infusion_id
            else:
                at = row["measured_at"]
                inside = at >= timeline.begins_of(noun, scope.started_at) and (
                    scope.closes_at is None or at <= scope.closes_at
                )
            if not inside or not self._is_seen(noun, row, scope, upto):
                continue
            if noun is AlertLog or moment is None or row["measured_at"] > moment:
                yield noun, row

    def _in_force(self, scope: Scope, upto: int) -> Iterable[tuple[type[Model], Row]]:
        statements = stated.statements(scope.infusion_id, scope.started_at)
        return stated.in_force(
            scope.started_at, (one for one in statements if self._is_seen(one[0], one[1], scope, upto))
        )

    def _is_seen(self, noun: type[Model], row: Row, scope: Scope, upto: int) -> bool:
        """True when the row belonged to the version. One that no version of this infusion names, because
        another infusion watched when it came, counts from when it was recorded.
        """
        version = self._versions[scope.infusion_id].get((noun._meta.db_table, row["id"]))
        if version is not None:
            return version <= upto
        if noun is AlertLog:
            return False
        at = self.watches[scope.infusion_id].evaluated_at
        return at is None or bool(row["recorded_at"] <= at)

    def _stands(self, noun: type[Model], row: Row, scope: Scope, upto: int) -> bool:
        if row.get("void"):
            return False
        successor = row.get("amended_by")
        if successor is None:
            return True
        after = {**row, "id": successor}
        return not self._is_seen(noun, after, scope, upto)


@dataclass(slots=True)
class Replay:
    """The end of a patient's replay: the alerts in the order in which they were raised, and the watches."""

    alerts: list[Replayed]
    watches: dict[int, Watching]
    #: Infusions that an evaluation of another version of the core has looked at.
    other_core: set[int]


def replay(patient_id: int) -> Replay:
    """Everything that the patient's evaluations did, done again in the order in which they did it."""
    infusions = Infusion.objects.select_related("study", "patient").filter(patient_id=patient_id)
    watches = {infusion.pk: Watching(infusion) for infusion in infusions}
    arrivals = Arrivals(patient_id, watches)
    done = Replay([], watches, set())
    for look in Evaluation.objects.filter(infusion__patient_id=patient_id).order_by("pk"):
        if look.core_version != CORE_VERSION:
            done.other_core.add(look.infusion_id)
        _look_again(look, arrivals, done)
    return done


def _look_again(look: Evaluation, arrivals: Arrivals, done: Replay) -> None:
    watch = done.watches[look.infusion_id]
    book = rule_sets.book(tuple(look.rule_sets), tuple(look.overrides))
    before, watch.evaluated_at = watch.evaluated_at, look.evaluated_at
    arrivals.upto = look.version
    held = _held(watch, look, arrivals, done.watches)
    gathered, resume, turn = gather(arrivals, held, book)
    is_late = turn is not None or resume.through != held.through
    known = schedule_of(arrivals, held, book, gathered, resume)
    judgement = judge(resume, gathered.events, book.rules, known, turn, look.evaluated_at)
    assert before is None or before <= look.evaluated_at
    own = replace(
        watch.window(), opened_at=judgement.watched.state.started_at, closes_at=judgement.watched.ends_at
    )
    beside = overlaps.overlapping(own, held.siblings)
    near = {own.infusion_id, *(window.infusion_id for window in beside)}
    decided = decide(
        own,
        beside,
        judgement,
        [
            one.value
            for one in done.alerts
            if one.infusion_id in near and one.value.condition is not core.Condition.RETRACTED
        ],
        over=arrivals.over(near),
        stored=held.episodes,
        book=book,
        known_at=gathered.known_at,
        first_of=gathered.first_of,
        as_of=look.evaluated_at,
    )
    for decision in decided.decisions:
        if isinstance(decision, Raise):
            number, rest = str(len(done.alerts)), book.reopens_after(decision.episode)
            value = lifecycle.raised(decision, number, look.evaluated_at, rest)
            hook = decided.hook_of(decision.episode)
            others = tuple(other.uuid for other in hook.others)
            done.alerts.append(Replayed(value, hook.on.infusion_id, others))
        else:
            one = done.alerts[int(decision.alert)]
            after = lifecycle.apply(one.value, decision, look.evaluated_at)
            if not isinstance(after, lifecycle.Refusal):
                one.value = after
    for one in done.alerts:
        hook_now = decided.hooks.get((one.value.problem, one.value.raised_at))
        if (
            hook_now is not None
            and one.infusion_id in near
            and one.value.condition is not core.Condition.RETRACTED
        ):
            one.infusion_id = hook_now.on.infusion_id
            one.also_infusions = tuple(other.uuid for other in hook_now.others)
    _keep(watch, look, judgement, is_late=is_late, rule_book=book.identity)


def _held(watch: Watching, look: Evaluation, arrivals: Arrivals, watches: dict[int, Watching]) -> Held:
    """The watch as the evaluation found it under its lock."""
    infusion = watch.infusion
    state = empty(watch_for=timedelta(hours=look.watch_hours))
    scope = Scope(infusion.pk, infusion.patient_id, None, None)
    for event in sorted(arrivals.turns(scope, look.version)[0], key=lambda event: event.at):
        state = state.after(event)
    siblings = tuple(other.window() for number, other in sorted(watches.items()) if number != infusion.pk)
    return Held(
        infusion_id=infusion.pk,
        uuid=infusion.uuid,
        version=look.version,
        seen_version=watch.seen_version,
        patient_id=infusion.patient_id,
        patient_uuid=infusion.patient.uuid,
        site_id=infusion.site_id,
        study_id=infusion.study_id,
        phase=infusion.phase,
        historical=infusion.historical,
        started_at=state.started_at,
        stopped_at=state.stopped_at,
        watch_hours=look.watch_hours,
        planned_end_at=infusion.planned_end_at,
        state=watch.state,
        through=watch.through,
        closes_at=watch.closes_at,
        core_version=CORE_VERSION if watch.state else 0,
        rule_book=watch.rule_book,
        course=watch.course,
        taken=watch.taken,
        awaited=watch.awaited,
        signs=watch.signs,
        next_due_at=None,
        next_set_due_at=None,
        next_set_reason="",
        overdue_since=None,
        rules_failed=[],
        evaluated_at=watch.evaluated_at,
        rule_set_ids=tuple(look.rule_sets),
        override_ids=tuple(look.overrides),
        episodes=watch.episodes,
        has_alerts=True,
        siblings=siblings,
    )


def _keep(
    watch: Watching,
    look: Evaluation,
    judgement: Judgement,
    *,
    is_late: bool,
    rule_book: str,
) -> None:
    """What the evaluation left behind, as `evaluate` stores it."""
    watched, kept = judgement.watched, kept_episodes(watch.episodes, judgement)
    if is_late and watch.state:
        since = judgement.since
        watch.checkpoints = {
            at: text for at, text in watch.checkpoints.items() if since is not None and at <= since
        }
        watch.over = {at: text for at, text in watch.over.items() if at in watch.checkpoints}
    for point in watched.checkpoints:
        through = point.state.through
        if through is not None and through not in watch.checkpoints:
            watch.checkpoints[through] = _text(state_data.to_data(point.state))
            watch.over[through] = episodes_text(kept.with_checkpoint.get(through, ()))
    watch.seen_version = max(watch.seen_version, look.version)
    watch.state = _text(state_data.to_data(watched.state))
    watch.through = watched.state.through
    watch.rule_book = rule_book
    watch.dues += judgement.new_dues
    if judgement.schedule is not None:
        watch.course, watch.taken = _text(judgement.schedule.course), _text(judgement.schedule.taken)
        watch.awaited = _text(judgement.schedule.dues)
    watch.episodes = episodes_text(kept.with_watch)
    watch.signs = signs_data(judgement)
    watch.opened_at, watch.closes_at = watched.state.started_at, watched.ends_at


def stored_dues(infusion_id: int) -> list[Due]:
    """The due times that evaluation wrote for an infusion."""
    rows = DueObservation.objects.filter(infusion_id=infusion_id).order_by("pk")
    return [Due(row.due_at, row.grace, row.what, row.opens_at, row.recorded_at, row.reason) for row in rows]


def _text(data: Any) -> str:
    return msgspec.json.encode(data).decode()
