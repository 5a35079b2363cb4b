"""From a cell of the grid: how a row came to be what it is, and its correction by amending or voiding it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor
from config import clock
from monitoring.bedside import amend_and_watch, move_and_watch, void_and_watch
from monitoring.models import Alert
from monitoring.outcome import Outcome
from monitoring.previews import preview
from monitoring.views.latest import TITLES, digits, oxygen_text, value_text
from tracker.errors import Conflict, Refused, Unprocessable
from tracker.forms.correction import CorrectionForm, MoveForm, VoidForm
from tracker.forms.entry import COLUMNS, EntryForm
from tracker.models import (
    OBSERVED,
    Infusion,
    InfusionEvent,
    LabResult,
    Observed,
    Patient,
    Phase,
    ResponseAssessment,
    TemperatureLog,
    VitalSigns,
)
from tracker.views.banner import banner_of, infusion_time, names_of
from tracker.views.door import at_bedside, page, require

#: A baseline set is taken up to so long before the start of its infusion.
EARLIER = timedelta(minutes=60)
MOST_OTHERS = 50


@dataclass(frozen=True, slots=True)
class Version:
    """One row of a chain, as people read it."""

    row: Observed
    author: str
    parts: list[tuple[str, str]]


@dataclass(slots=True)
class Asked:
    """What a person asks to be done to a row: which form says so, and what doing it means."""

    form: Any
    patient_ids: tuple[int, ...]
    change: Callable[[], tuple[Any, Outcome]]


@page(Act.READ)
def correct(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """The history of any observed row, with the forms that correct, strike or move what stands.

    What is asked is shown with what it would do to the alerts; it is done once that has been seen.
    """
    row = _find(actor, uuid)
    now, zone = clock.now(), ZoneInfo(row.patient.site.time_zone)
    infusion = row.infusion
    chain = chain_of(row)
    current = chain[-1].row
    study_id = infusion.study_id if infusion else None
    place = (ACTS.get(type(row), Act.RECORD_READINGS), row.patient.site_id, study_id)
    may_correct = actor.may(*place) and not current.void
    there = others_watched(actor, current) if may_correct else []
    forms = _forms(current, zone, actor, there)
    outcome, shown, seen, kind = None, None, "", ""
    if request.method == "POST":
        require(actor, *place)
        here = at_bedside(actor, row.patient.site_id)
        kind = next((name for name in ("void", "move") if name in request.POST), "amend")
        forms |= _forms(current, zone, actor, there, request.POST, only=kind)
        asked = forms[kind]
        try:
            if request.POST.get("standing") != str(current.uuid):
                asked.add_error(
                    None, _("Somebody corrected this meanwhile. Look at the newest values first.")
                )
            elif asked.is_valid():
                wanted = _asked(kind, asked, here, current, there, now)
                seen = _seen(kind, request.POST)
                if request.POST.get("seen") == seen:
                    _done, outcome = wanted.change()
                else:
                    shown = preview(wanted.change, wanted.patient_ids)
        except Refused as refusal:
            asked.refuse(refusal.errors)
        except (Conflict, Unprocessable) as refusal:
            asked.add_error(None, refusal.detail)
        if outcome is not None:
            chain = chain_of(current)
            current = chain[-1].row
            may_correct = may_correct and not current.void
            forms = _forms(current, zone, actor, there)
    sign = request.GET.get("sign", "")
    context = {
        "banner": banner_of(actor, row.patient, now, infusion=infusion),
        "infusion": infusion,
        "zone": zone,
        "now": now,
        "chain": chain,
        "current": current,
        "title": title_of(current),
        "elapsed": infusion_time(infusion, current.measured_at),
        "form": forms["amend"],
        "first": _first(forms["amend"], sign),
        "sign": sign,
        "voiding": forms["void"],
        "moving": forms["move"] if there else None,
        "may_correct": may_correct,
        "preview": shown,
        "previewed": kind if shown is not None else "",
        "seen": seen,
        "outcome": outcome,
        "state": str(outcome.state) if outcome else "",
        "alerts": resting_alerts(actor, row.patient, chain),
    }
    failed = request.method == "POST" and outcome is None and shown is None
    return render(request, "monitoring/correct.html", context, status=422 if failed else 200)


def _forms(
    row: Any,
    zone: ZoneInfo,
    actor: Actor,
    there: Sequence[Infusion],
    data: Any = None,
    *,
    only: str = "",
) -> dict[str, Any]:
    """The forms of a row; with `only` that one alone, bound to what was sent."""
    correction = CorrectionForm if isinstance(row, VitalSigns | TemperatureLog) else EntryForm
    made: dict[str, Callable[[], Any]] = {
        "amend": lambda: correction(data, row=row, zone=zone),
        "void": lambda: VoidForm(data),
        "move": lambda: MoveForm(data, belongs=_named(actor, there)),
    }
    return {name: make() for name, make in made.items() if not only or name == only}


def _named(actor: Actor, there: Sequence[Infusion]) -> list[tuple[str, str]]:
    """What each infusion is called in a list: the name where it may be known, the number always."""
    names = names_of(actor, [one.patient_id for one in there]) if there else {}
    return [
        (
            str(one.uuid),
            " · ".join(
                filter(None, [names.get(one.patient_id), one.subject.subject_number, f"#{one.number}"])
            ),
        )
        for one in there
    ]


def _asked(
    kind: str, form: Any, here: Actor, current: Any, there: Sequence[Infusion], now: datetime
) -> Asked:
    patient_ids = (current.patient_id,)
    if kind == "void":
        return Asked(form, patient_ids, lambda: void_and_watch(here, current, reason=form.reason(), now=now))
    if kind == "move":
        to = next(one for one in there if str(one.uuid) == form.cleaned_data["to"])
        return Asked(
            form,
            (current.patient_id, to.patient_id),
            lambda: move_and_watch(here, current, to, reason=form.reason(), now=now),
        )
    changes = form.changes()
    return Asked(
        form, patient_ids, lambda: amend_and_watch(here, current, changes, reason=form.reason(), now=now)
    )


#: Of what is sent, what says nothing of what would be changed.
ASIDE = frozenset(
    {"csrfmiddlewaretoken", "seen", "why", "words", "voiding-why", "voiding-words", "moving-words"}
)


def _seen(kind: str, data: Any) -> str:
    """A mark of what was asked: the same for the same change of the same row, whatever the reason."""
    sent = sorted((name, data.getlist(name)) for name in data if name not in ASIDE)
    return sha256(repr((kind, sent)).encode()).hexdigest()[:32]


#: The fields of the correction that belong to a sign of the flowsheet.
FIELDS: dict[str, tuple[str, ...]] = {
    "temperature_c": ("temperature", "temperature_unit", "temperature_site"),
    "pressure": ("systolic_mmhg", "diastolic_mmhg", "map_mmhg", "bp_unrecordable"),
    "oxygen": ("oxygen_device", "oxygen_flow_l_min", "fio2_percent"),
}


def _first(form: Any, sign: str) -> frozenset[str]:
    """The fields that stand open: of the sign that was followed, those in error, the reason; else all."""
    names = [name for name in FIELDS.get(sign, (sign,)) if name in form.fields]
    if not names:
        return frozenset(form.fields)
    return frozenset({*names, "why", "words", *(form.errors if form.is_bound else ())})


def others_watched(actor: Actor, row: Any) -> list[Infusion]:
    """The infusions of other patients of the site that watched when the reading was taken: it may belong to
    one of those where this actor may write.
    """
    if not isinstance(row, VitalSigns | TemperatureLog):
        return []
    site_id, at = row.patient.site_id, row.measured_at
    found = Infusion.objects.visible_to(actor).filter(site_id=site_id, started_at__lte=at + EARLIER)
    found = found.exclude(patient_id=row.patient_id).exclude(phase=Phase.CANCELLED)
    rows = found.select_related("subject", "patient__site", "study").order_by("-started_at")[:MOST_OTHERS]
    return [
        one
        for one in rows
        if (one.watch_ends_at is None or at <= one.watch_ends_at)
        and actor.may(Act.RECORD_READINGS, site_id, one.study_id)
    ]


#: Who may correct what, where it is not a reading.
ACTS: dict[type[Observed], Act] = {
    InfusionEvent: Act.RECORD_EVENTS,
    LabResult: Act.WRITE_LABS,
    ResponseAssessment: Act.WRITE_LABS,
}


def title_of(row: Any) -> str:
    """What kind of row it is."""
    if isinstance(row, VitalSigns | TemperatureLog):
        return _("Reading")
    kind = str(row.get_kind_display()) if hasattr(row, "get_kind_display") else ""
    return kind or str(getattr(row, "analyte", "")) or str(row._meta.verbose_name)


def _find(actor: Actor, uuid: UUID) -> Any:
    for model in OBSERVED:
        rows: Any = model.objects.visible_to(actor).filter(uuid=uuid)
        row = rows.select_related(
            "patient__site", "infusion__study", "infusion__subject", "author", "client"
        ).first()
        if row is not None:
            return row
    raise Http404


def chain_of(row: Any) -> list[Version]:
    """Every row of the chain, oldest first."""
    first = row.first_id
    rows = (
        type(row)
        .objects.filter(Q(pk=first) | Q(root_id=first))
        .select_related("author", "client", "patient__site", "infusion")
    )
    return [
        Version(one, str(one.author) if one.author else one.client.name, _parts(one))
        for one in rows.order_by("pk")
    ]


def _parts(row: Any) -> list[tuple[str, str]]:
    """What a row says, part by part; blank parts are left out, zeros and refusals are not."""
    if not isinstance(row, VitalSigns | TemperatureLog):
        return list(_columns(row))
    parts = [
        (str(title), f"{text} {unit}".strip())
        for key, (title, unit) in TITLES.items()
        if (text := value_text(row, key))
    ]
    if isinstance(row, VitalSigns) and (oxygen := oxygen_text(row)):
        parts.append((_("Oxygen"), oxygen))
    if row.temperature_typed and row.temperature_c is not None:
        parts.append((_("typed"), f"{row.temperature_typed} {row.get_temperature_unit_display()}".strip()))
    if isinstance(row, VitalSigns) and row.concern:
        parts.append((_("Concern"), row.concern))
    if row.note:
        parts.append((_("Note"), row.note))
    parts += [(_("blank: %s") % name, reason) for name, reason in row.absent.items()]
    return parts


def _columns(row: Any) -> Iterable[tuple[str, str]]:
    names = [name for name in ("kind", "mark", "analyte") if hasattr(row, name)]
    for name in (*names, *COLUMNS[type(row)]):
        worded = getattr(row, f"get_{name}_display", None)
        value = worded() if worded else getattr(row, name)
        if value not in (None, ""):
            words = digits(value) if isinstance(value, Decimal) else str(value)
            yield str(capfirst(row._meta.get_field(name).verbose_name)), words


def resting_alerts(actor: Actor, patient: Patient, chain: list[Version]) -> list[Alert]:
    """The alerts whose evidence names this chain: what a correction may retract."""
    uuids = {str(version.row.uuid) for version in chain}
    rows = Alert.objects.visible_to(actor).filter(patient=patient)
    found = rows.select_related("rule_set", "acknowledged_by").order_by("-raised_at")
    return [alert for alert in found if uuids & {key.partition(":")[2] for key in _keys(alert.evidence)}]


def _keys(evidence: Any) -> list[str]:
    if isinstance(evidence, dict):
        own = [evidence["key"]] if isinstance(evidence.get("key"), str) else []
        return own + [key for part in evidence.values() for key in _keys(part)]
    if isinstance(evidence, list):
        return [key for part in evidence for key in _keys(part)]
    return []
