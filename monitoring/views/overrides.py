"""What holds for one patient alone: other figures of the rules for a time, and another baseline."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor
from config import clock
from monitoring import doorbell, rule_sets, rulebook
from monitoring.bedside import watch_at_once
from monitoring.core import signals
from monitoring.core.rule_vocabulary import word
from monitoring.forms.rules import PARTS, BaselineForm, OverrideForm
from monitoring.models import RuleOverride, RuleSet, RuleSetStatus
from monitoring.views.rules import language
from monitoring.views.second_person import second_person
from tracker import services
from tracker.errors import Conflict, Refused, Unprocessable
from tracker.models import Infusion, OxygenDevice, Subject
from tracker.views.banner import banner_of
from tracker.views.door import at_bedside, find, page, posted, require


@page(Act.READ)
def overrides(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """The figures that were replaced for a subject, and a form to replace another."""
    subject = find(Subject.objects.select_related("patient__site", "site", "study", "arm"), actor, uuid)
    may_add = actor.may(Act.APPROVE_RULES, subject.site_id, subject.study_id)
    if request.method == "POST":
        require(actor, Act.APPROVE_RULES, subject.site_id, subject.study_id)
    now, zone = clock.now(), ZoneInfo(subject.site.time_zone)
    known = {each.name: each for each in _thresholds(subject)}
    form = OverrideForm(posted(request), zone=zone, now=now, thresholds=_choices(known))
    if form.is_valid() and _added(request, actor, subject, form):
        messages.success(request, _("Replaced for this subject. It ends by itself when it expires."))
        return redirect("monitoring:overrides", uuid=subject.uuid)
    rows = RuleOverride.objects.filter(subject=subject).select_related("author", "second_person")
    context = {
        "banner": banner_of(actor, subject.patient, now, subject=subject),
        "subject": subject,
        "zone": zone,
        "lines": [
            (row, known.get(row.threshold), _standing(row, now)) for row in rows.order_by("-starts_at", "-pk")
        ],
        "form": form if may_add else None,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "monitoring/overrides.html", context, status=status)


def _thresholds(subject: Subject) -> list[rulebook.Threshold]:
    """The figures of the rules that watch the subject."""
    active = RuleSet.objects.filter(status=RuleSetStatus.ACTIVE)
    row = active.filter(study=subject.study_id).first() or active.filter(study=None).first()
    return [] if row is None else rulebook.thresholds(rule_sets.parsed(row.pk), language())


def _choices(known: dict[str, rulebook.Threshold]) -> list[tuple[str, Any]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for each in known.values():
        groups.setdefault(each.title, []).append((each.name, each.sentence))
    return [("", "–"), *groups.items()]


def _standing(row: RuleOverride, now: Any) -> str:
    if row.starts_at > now:
        return _("to come")
    return _("in force") if row.ends_at is None or now < row.ends_at else _("over")


def _added(request: HttpRequest, actor: Actor, subject: Subject, form: OverrideForm) -> bool:
    second = second_person(request, form)
    if second is None:
        if not form.errors:
            form.add_error("second_username", _("A second person signs too."))
        return False
    given = form.cleaned_data
    try:
        rule_sets.override_threshold(
            at_bedside(actor, subject.site_id),
            subject,
            threshold=given["threshold"],
            value=given["value"],
            starts_at=form.starts_at,
            ends_at=given["ends_at"],
            second_person=second,
            reason=given["reason"],
            now=form.now,
        )
    except rule_sets.RulesRefused as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


def _label(name: str) -> str:
    """A part of the baseline with its unit: “Systolic pressure, mmHg”."""
    said = word(name, language())
    unit = signals.unit(name)
    return f"{said[0].upper()}{said[1:]}{f', {unit}' if unit and unit not in said else ''}"


@page(Act.RECORD_READINGS)
def baseline(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """Another baseline in place of the one that was frozen at the start, with its history."""
    rows = Infusion.objects.select_related("patient__site", "site", "study", "subject")
    row = find(rows, actor, uuid)
    require(actor, Act.RECORD_READINGS, row.site_id, row.study_id)
    now, zone = clock.now(), ZoneInfo(row.site.time_zone)
    history = list(row.baselines.select_related("override_by", "second_person").order_by("-pk"))
    labels = {name: _label(name) for name in PARTS}
    initial = dict(history[0].values) if history else {}
    form = BaselineForm(posted(request), labels=labels, devices=OxygenDevice.choices, initial=initial)
    if form.is_valid():
        try:
            with doorbell.silenced():
                services.override_baseline(
                    at_bedside(actor, row.site_id),
                    row,
                    form.values(),
                    reason=form.cleaned_data["reason"],
                    now=now,
                )
        except (Refused, Conflict, Unprocessable) as refusal:
            form.add_error(None, str(refusal))
        else:
            watch_at_once(row.pk, (row.pk,), clock.now())
            messages.success(request, _("The baseline is replaced; the record is judged anew with it."))
            return redirect("monitoring:infusion", uuid=row.uuid)
    context = {
        "banner": banner_of(actor, row.patient, now, infusion=row),
        "infusion": row,
        "zone": zone,
        "form": form,
        "history": [
            (each, [(labels.get(name, name), value) for name, value in each.values.items()])
            for each in history
        ],
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "monitoring/baseline.html", context, status=status)
