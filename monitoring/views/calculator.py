"""The calculator: the grade of what somebody types, for whoever doubts. It reads and stores nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor
from monitoring.core.grading import ctcae
from monitoring.forms.calculator import FORMS, CtcaeForm, GradeForm
from monitoring.grading import SCALES, Answer
from monitoring.grading.words import MONITORING, RISKS, label
from tracker.errors import Refused
from tracker.views.door import page, posted

FIRST = "astct-crs"
CTCAE = "ctcae"


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer as the page says it: the headline, why, and what to ask for, each with its field."""

    headline: str
    certain: bool
    beside: list[str]
    reasons: list[str]
    missing: list[tuple[str, str]]
    if_so: list[str]
    answer: Answer


@page(Act.READ)
def calculator(request: HttpRequest, actor: Actor, name: str = FIRST) -> HttpResponse:
    """The form of one scale; on POST the grade above it, or what cannot be graded. What was typed stays."""
    if name not in SCALES:
        raise Http404
    term = _term(request.GET.get("term", "")) if name == CTCAE else None
    form = _form(name, term, posted(request))
    shown = None if form is None or not form.is_bound else _graded(name, form)
    context = {
        "name": name,
        "scales": [(each, scale.title) for each, scale in SCALES.items()],
        "title": SCALES[name].title,
        "form": form,
        "term": term,
        "books": _books() if name == CTCAE else [],
        "shown": shown,
    }
    status = 422 if form is not None and form.is_bound and form.errors else 200
    return render(request, "monitoring/calculator.html", context, status=status)


def _form(name: str, term: ctcae.Term | None, data: Any) -> GradeForm | None:
    """The form of the scale; none before a term of CTCAE is chosen."""
    if name != CTCAE:
        return FORMS[name](data)
    return None if term is None else CtcaeForm(data, term=term)


def _term(asked: str) -> ctcae.Term | None:
    """The term that the address names, as `6.0:anemia`.

    Raises: Http404 for one that is not there.
    """
    if not asked:
        return None
    version, _colon, term = asked.partition(":")
    try:
        return ctcae.term(version, term)
    except ctcae.CtcaeError as fault:
        raise Http404 from fault


def _books() -> list[tuple[str, Iterable[ctcae.Term]]]:
    """The terms of each version."""
    return [(f"CTCAE {version.value}", ctcae.terms(version)) for version in ctcae.Version]


def _graded(name: str, form: GradeForm) -> Shown | None:
    """The answer; None where something cannot be graded, which every field at fault then says."""
    is_read, scale = form.is_valid(), SCALES[name]
    try:
        answer = scale.grade(msgspec.convert(form.given(), scale.takes))
    except Refused as refusal:
        form.refuse(refusal.errors)
        return None
    return _shown(form, answer) if is_read else None


def _shown(form: GradeForm, answer: Answer) -> Shown:
    why = [each["detail"] for each in answer["reasons"] if not each["code"].endswith("_missing")]
    return Shown(
        headline=_headline(answer),
        certain=answer["grade"] is not None,
        beside=list(_beside(answer)),
        reasons=why,
        missing=[_asked(form, name) for name in answer["missing"]],
        if_so=[label(name) for name in answer.get("unsaid", ())],
        answer=answer,
    )


def _headline(answer: Answer) -> str:
    values = {"lowest": answer["lowest"], "highest": answer["highest"]}
    if "total" in answer:
        return (
            _("Score %(lowest)d") if answer["total"] is not None else _("Score %(lowest)d to %(highest)d")
        ) % values
    return (
        _("Grade %(lowest)d") if answer["grade"] is not None else _("Grade %(lowest)d to %(highest)d")
    ) % values


def _beside(answer: Answer) -> Iterable[str]:
    """What a scale says beside its grade."""
    if answer.get("ice") is not None:
        yield _("ICE %(ice)d of 10") % answer
    if answer.get("risk"):
        yield str(RISKS[answer["risk"]])
    if answer.get("monitoring"):
        yield str(MONITORING[answer["monitoring"]])
    if "highest_permitted_grade" in answer:
        yield _("The highest grade of this term is %(highest_permitted_grade)d.") % answer


def _asked(form: GradeForm, name: str) -> tuple[str, str]:
    """What the form calls a missing input, and the id of its field."""
    field = form.field_of(name)
    if field is None:
        return label(name), ""
    return str(form[field].label), form[field].id_for_label or form[field].auto_id
