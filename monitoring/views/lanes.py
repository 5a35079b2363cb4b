"""The lanes above the chart: what happened to the infusion, what was given, felt, and missed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from monitoring.charts.sheet import Happening, Lane
from monitoring.core.slots import Slot, missed_in_a_row
from monitoring.core.template import TEMPERATURE
from monitoring.views.latest import digits
from monitoring.views.story import Story
from tracker.models import (
    EventKind,
    InfusionEvent,
    Intervention,
    InterventionKind,
    InterventionMark,
    Rigors,
    SymptomMark,
)

#: What mimics or hides the signs of the product: in a lane of its own, because it explains what is seen.
CONFOUNDERS = frozenset({InterventionKind.IL2, InterventionKind.GM_CSF})
#: What answers a syndrome, told apart from what only makes the patient comfortable.
ANSWERS = frozenset(
    {
        InterventionKind.TOCILIZUMAB,
        InterventionKind.STEROID,
        InterventionKind.VASOPRESSOR,
        InterventionKind.FLUIDS,
        InterventionKind.OXYGEN,
    }
)


def lanes(story: Story, now: datetime) -> tuple[Lane, ...]:
    """The lanes that hold something, in the order in which they are read; that of the infusion always."""
    until = min(now, story.infusion.watch_ends_at or now)
    found = (
        Lane(_("Infusion"), tuple(_turns(story, until)), is_always=True),
        Lane(_("Given"), tuple(_given(story, until, confounders=False))),
        Lane(_("IL-2 / GM-CSF"), tuple(_given(story, until, confounders=True))),
        Lane(_("Symptoms"), tuple(_symptoms(story, until))),
        Lane(_("Missed"), tuple(_missed(run) for run in missed_in_a_row(story.slots))),
    )
    return tuple(lane for lane in found if lane.happenings or lane.is_always)


def _turns(story: Story, now: datetime) -> Iterator[Happening]:
    """The stretches in which the cells ran, as bars; pauses between them; every other turn as a moment."""
    running: InfusionEvent | None = None
    for event in story.events:
        if running is not None and event.kind in (EventKind.PAUSE, EventKind.STOP):
            yield Happening(running.measured_at, _title(running), event.measured_at, "running")
            running = None
        if event.kind in (EventKind.START, EventKind.RESUME):
            running = event
        else:
            yield Happening(event.measured_at, _title(event), kind="turn")
    if running is not None:
        yield Happening(running.measured_at, _title(running), now, "running")


def _title(event: InfusionEvent) -> str:
    rate = f" {digits(event.rate_ml_per_h)} mL/h" if event.rate_ml_per_h is not None else ""
    return f"{event.get_kind_display()}{rate}"


def _symptoms(story: Story, now: datetime) -> Iterator[Happening]:
    over = {row.starts_id: row.measured_at for row in story.symptoms}
    for symptom in story.symptoms:
        if symptom.mark != SymptomMark.STOP:
            parts = [str(symptom.get_kind_display()), str(symptom.get_severity_display())]
            until = over.get(symptom.pk, now) if symptom.mark == SymptomMark.START else None
            kind = "symptom rigors" if symptom.kind == "rigors" else "symptom"
            yield Happening(symptom.measured_at, " ".join(part for part in parts if part), until, kind)
    seen = [row for row in story.sets if row.rigors and row.rigors != "none"]
    for number, row in enumerate(seen):
        # Set after set the same: it is said once, and a mark is enough for the others.
        before = seen[number - 1].rigors if number else ""
        words = _("rigors: %s") % Rigors(row.rigors).label if row.rigors != before else ""
        yield Happening(row.measured_at, words, kind="symptom rigors")
    for row in story.sets:
        if row.concern:
            yield Happening(row.measured_at, _("concern"), kind="symptom concern")


def _given(story: Story, now: datetime, *, confounders: bool) -> Iterator[Happening]:
    ended = {row.starts_id: row.measured_at for row in story.interventions}
    for given in story.interventions:
        if given.mark == InterventionMark.STOP or (given.kind in CONFOUNDERS) is not confounders:
            continue
        until = ended.get(given.pk, now) if given.mark == InterventionMark.START else None
        kind = "confounder" if confounders else "given answer" if given.kind in ANSWERS else "given"
        yield Happening(given.measured_at, given_text(given), until, kind)


def given_text(given: Intervention) -> str:
    """What was given, how much of it, in a few words."""
    amount = f"{digits(given.amount)} {given.unit}".strip() if given.amount is not None else ""
    return " ".join(filter(None, [given.substance or str(given.get_kind_display()), amount]))


def _missed(run: Sequence[Slot]) -> Happening:
    """Observations that went by one after the other, as one bar."""
    first, last = run[0].due, run[-1].due
    if first.what == TEMPERATURE:
        text = ngettext("temperature missed", "%(n)d temperatures missed", len(run))
    else:
        text = ngettext("set missed", "%(n)d sets missed", len(run))
    until = last.due_at if len(run) > 1 else None
    return Happening(first.due_at, text % {"n": len(run)}, until, "missed")
