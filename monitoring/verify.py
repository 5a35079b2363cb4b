"""Does everything stored say what the record says? Replays, checks the seals, names each difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

import msgspec

from accounts.trail.seals import verify_seals
from monitoring.alert_rows import value_of
from monitoring.core import alert as core
from monitoring.core.findings import Priority
from monitoring.gathering import Tables
from monitoring.models import Alert, AlertLog, Evaluation, Watch
from monitoring.models.alerts import CANARY
from monitoring.replay import Replay, Replayed, Watching, replay, stored_dues

#: What evaluation alone decides of an alert; what people and time did is its log's.
JUDGED = (
    "problem",
    "raised_at",
    "detected_at",
    "priority",
    "rule_set",
    "condition",
    "evidence",
    "late",
    "masked",
    "cleared_at",
    "cleared_by",
    "unwatched_because",
    "retracted_because",
)
#: What the newest log row of an alert must say of it.
LOGGED = ("priority", "condition", "response", "rung", "commitment", "outcome")


@dataclass(frozen=True, slots=True)
class Difference:
    """Something stored that the record does not bear out. `by_core`: another core version explains it."""

    where: str
    what: str
    by_core: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def verify(patient_ids: Iterable[int] | None = None) -> Iterator[Difference]:
    """Every difference, patient by patient, then of the logs and the seals."""
    for patient_id in patients() if patient_ids is None else patient_ids:
        yield from verify_patient(patient_id)
    yield from _logs()
    for broken in verify_seals():
        yield Difference("seal", str(broken))


def patients() -> list[int]:
    """The patients whose infusions were ever evaluated, or have alerts."""
    evaluated = Evaluation.objects.order_by().values_list("infusion__patient_id", flat=True).distinct()
    alerted = Alert.objects.order_by().exclude(patient=None).values_list("patient_id", flat=True).distinct()
    return sorted({number for number in (*evaluated, *alerted) if number is not None})


def verify_patient(patient_id: int) -> Iterator[Difference]:
    """Where the patient's alerts and watches differ from a replay of all that was known and looked at."""
    done = replay(patient_id)
    stored = list(Alert.objects.for_display().filter(patient_id=patient_id).order_by("pk"))
    for row, one in zip_longest(stored, done.alerts):
        yield from _alert(row, one, done)
    for number, watching in sorted(done.watches.items()):
        yield from _watch(number, watching, by_core=number in done.other_core)


def _alert(row: Alert | None, one: Replayed | None, done: Replay) -> Iterator[Difference]:
    if row is None:
        assert one is not None
        missing = f"{one.value.problem} of {one.value.raised_at.isoformat()} is not stored"
        yield Difference(f"infusion {one.infusion_id}", missing, one.infusion_id in done.other_core)
        return
    where, by_core = f"alert {row.uuid}", row.infusion_id in done.other_core
    if one is None:
        yield Difference(where, f"{row.problem} is stored, and the record does not raise it", by_core)
        return
    value = value_of(row)
    for name in JUDGED:
        said, replayed = getattr(value, name), getattr(one.value, name)
        if said != replayed:
            yield Difference(where, f"{name} is {_plain(said)}, replayed {_plain(replayed)}", by_core)
    if (row.infusion_id, tuple(row.also_infusions)) != (one.infusion_id, one.also_infusions):
        yield Difference(where, "it hangs on other infusions than replayed", by_core)


def _watch(number: int, watching: Watching, *, by_core: bool) -> Iterator[Difference]:
    row = Watch.objects.filter(pk=number).first()
    if row is None or not watching.state:
        return
    where = f"watch of infusion {watching.infusion.uuid}"
    pairs = {
        "seen_version": (row.seen_version, watching.seen_version),
        "through": (row.through, watching.through),
        "state": (msgspec.json.decode(row.state), msgspec.json.decode(watching.state)),
        "episodes": (msgspec.json.decode(row.episodes), msgspec.json.decode(watching.episodes)),
        "episodes that are over": (Tables().over([number])[number], watching.over_texts()),
        "signs": (row.signs, watching.signs),
        "window": ((row.opened_at, row.closes_at), (watching.opened_at, watching.closes_at)),
        "due times": (stored_dues(number), watching.dues),
    }
    for name, (stored, replayed) in pairs.items():
        if stored != replayed:
            yield Difference(where, f"its {name} differs from the replay's", by_core)


def _logs() -> Iterator[Difference]:
    """Alerts that do not say what their newest log row says."""
    newest = AlertLog.objects.order_by("alert_id", "-pk").distinct("alert_id").select_related("alert")
    seen = set()
    for line in newest.iterator(chunk_size=500):
        seen.add(line.alert_id)
        now = line.alert
        said = line.snapshot
        is_now = {
            "priority": Priority(now.priority).word,
            "condition": str(now.condition),
            "response": str(now.response),
            "rung": now.rung,
            "commitment": now.commitment or None,
            "outcome": now.outcome or None,
        }
        for name in LOGGED:
            if said[name] != is_now[name]:
                yield Difference(f"alert {now.uuid}", f"{name} is {is_now[name]}, its log says {said[name]}")
    for row in Alert.objects.exclude(pk__in=seen).exclude(problem=CANARY):
        yield Difference(f"alert {row.uuid}", "it has no log")


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return f"{len(value)} entries"
    if isinstance(value, core.Condition):
        return value.value
    return str(value)
