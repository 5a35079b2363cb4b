"""Rule sets on screen: the list, one set read in sentences, what differs, its approval, a copy to sign."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor
from config import clock
from monitoring import backtests, rule_drafts, rule_remarks, rule_sets, rulebook
from monitoring.core import rule_words
from monitoring.core.rule_diff import Difference, differences
from monitoring.forms.rules import ApproveForm
from monitoring.models import RuleSet, RuleSetStatus
from tracker.errors import Conflict, Refused
from tracker.models import Study
from tracker.views.door import page, posted

#: What differs, as the page calls it.
WHAT = {
    "rule": gettext_lazy("rule"),
    "priority": gettext_lazy("priority"),
    "limit": gettext_lazy("limit"),
    "condition": gettext_lazy("condition"),
    "clearing": gettext_lazy("clearing"),
    "phases": gettext_lazy("phases"),
    "explains": gettext_lazy("explains"),
    "step": gettext_lazy("step"),
    "reopening": gettext_lazy("opens again after"),
    "carry": gettext_lazy("may be carried for"),
    "words": gettext_lazy("words"),
    "sentence": gettext_lazy("sentence"),
    "title": gettext_lazy("title"),
    "source": gettext_lazy("source"),
    "schedule": gettext_lazy("schedule"),
}


def language() -> str:
    """The reader's language."""
    return (get_language() or "en")[:2]


def find_rules(actor: Actor, uuid: UUID) -> RuleSet:
    """The rule set, if it exists for this actor."""
    rows = RuleSet.objects.select_related("study", "drafted_by", "approved_by")
    row = rows.visible_to(actor).filter(uuid=uuid).first()
    if row is None:
        raise Http404
    return row


def grouped_remarks(examined: rule_drafts.Examined, within: str = "") -> list[rule_remarks.Group]:
    """What is doubtful, each sentence once; with `within`, below that place alone."""
    titles = [rulebook.text_of(rule.title, language()) for rule in examined.rules.rules.values()]
    said = map(rule_remarks.said, examined.remarks)
    return rule_remarks.grouped([each for each in said if f"{each.pointer}/".startswith(within)], titles)


def zone_of(row: RuleSet) -> ZoneInfo:
    """The time zone in which people speak of these rules: that of its study's first site."""
    site = row.study.sites.order_by("pk").first() if row.study is not None else None
    return ZoneInfo(site.time_zone if site is not None else "UTC")


@page(Act.READ)
def rule_sets_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every rule set that this actor may read, the active ones first."""
    rows = RuleSet.objects.select_related("study", "drafted_by", "approved_by").visible_to(actor)
    order = {RuleSetStatus.ACTIVE: 0, RuleSetStatus.DRAFT: 1, RuleSetStatus.RETIRED: 2}
    shown = sorted(rows.order_by("-pk"), key=lambda row: order[RuleSetStatus(row.status)])
    context = {"rows": [(row, rulebook.text_of(row.document["title"], language())) for row in shown]}
    return render(request, "monitoring/rule_sets.html", context)


@page(Act.READ)
def rule_set_page(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """One rule set read in sentences."""
    row = find_rules(actor, uuid)
    return render(request, "monitoring/rule_set.html", _context(actor, row))


@page(Act.READ)
def sheet(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """The same on paper, with a place to sign."""
    row = find_rules(actor, uuid)
    return render(request, "monitoring/rulebook.html", _context(actor, row))


def _context(actor: Actor, row: RuleSet) -> dict[str, Any]:
    examined = rule_drafts.examine(row.document)
    is_draft = row.status == RuleSetStatus.DRAFT
    mine = actor.user is not None and row.drafted_by_id == actor.user.pk
    return {
        "rule_set": row,
        "zone": zone_of(row),
        "now": clock.now(),
        "title": rulebook.text_of(row.document["title"], language()),
        "source": row.document["source"],
        "chapters": rulebook.chapters(examined.rules, language()),
        "schedule": rule_words.schedule(examined.rules.schedule, language()),
        "remarks": grouped_remarks(examined),
        "fingerprint": examined.rules.fingerprint,
        "active": rule_sets.active_beside(row),
        "is_draft": is_draft,
        "may_edit": is_draft and mine and rule_drafts.may(actor, Act.DRAFT_RULES, row.study),
        "may_approve": is_draft and not mine and rule_drafts.may(actor, Act.APPROVE_RULES, row.study),
        "is_own_draft": is_draft and mine,
        "may_draft": actor.may_anywhere(Act.DRAFT_RULES),
        "backtest": backtests.newest(actor, row) if is_draft else None,
        "studies": _studies(actor),
        "may_draft_for_all": rule_drafts.may(actor, Act.DRAFT_RULES, None),
    }


def _studies(actor: Actor) -> list[Study]:
    """The studies for which this actor may draft rules."""
    studies = Study.objects.visible_to(actor).order_by("protocol_number")
    return [study for study in studies if rule_drafts.may(actor, Act.DRAFT_RULES, study)]


@page(Act.DRAFT_RULES)
def begin(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """A new version that begins as a copy of this one, for a study or for all."""
    row = find_rules(actor, uuid)
    if request.method != "POST":
        raise Http404
    asked = request.POST.get("study", "")
    study = next((study for study in _studies(actor) if str(study.uuid) == asked), None)
    if asked and study is None:
        raise PermissionDenied
    try:
        made = rule_drafts.draft(actor, rule_drafts.following(row, study), study=study, now=clock.now())
    except (Conflict, Refused) as refusal:
        messages.error(request, str(refusal))
        return redirect("monitoring:rule_set", uuid=row.uuid)
    messages.success(
        request, _("This is a draft of your own: change it, then let another person approve it.")
    )
    return redirect("monitoring:rule_draft", uuid=made.uuid)


@dataclass(frozen=True, slots=True)
class Changed:
    """What differs in one rule, or in the set itself."""

    title: str
    problem: str
    lines: list[tuple[str, Difference]]


def changes(found: Iterable[Difference], titles: dict[str, str]) -> list[Changed]:
    """The differences rule by rule, each with its name."""
    return [
        Changed(
            titles.get(problem, _("The set itself")) if problem else _("The set itself"),
            problem,
            [(str(WHAT.get(each.what, each.what)), each) for each in group],
        )
        for problem, group in groupby(found, key=lambda each: each.problem)
    ]


@page(Act.READ)
def diff(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """What differs from the active rules, or from any other version."""
    row = find_rules(actor, uuid)
    against = _against(request, actor, row)
    context = {
        "rule_set": row,
        "against": against,
        "changed": _changed(row, against),
        "others": RuleSet.objects.visible_to(actor)
        .exclude(pk=row.pk)
        .select_related("study")
        .order_by("-pk")[:50],
        "title": rulebook.text_of(row.document["title"], language()),
    }
    return render(request, "monitoring/rule_diff.html", context)


def _against(request: HttpRequest, actor: Actor, row: RuleSet) -> RuleSet | None:
    asked = request.GET.get("against", "")
    if not asked:
        return rule_sets.active_beside(row)
    try:
        return find_rules(actor, UUID(asked))
    except ValueError:
        raise Http404 from None


def _changed(row: RuleSet, against: RuleSet | None) -> list[Changed]:
    if against is None:
        return []
    old, new = (rule_drafts.examine(each.document).rules for each in (against, row))
    titles = {
        problem: rulebook.text_of(rule.title, language())
        for rules in (old, new)
        for problem, rule in rules.rules.items()
    }
    return changes(differences(old, new, language()), titles)


@page(Act.APPROVE_RULES)
def approve(request: HttpRequest, actor: Actor, uuid: UUID) -> HttpResponse:
    """The second person's page: what differs, what is doubtful, what a trial showed, and from when on."""
    row = find_rules(actor, uuid)
    rule_drafts.require(actor, Act.APPROVE_RULES, row.study)
    now, zone = clock.now(), zone_of(row)
    examined = rule_drafts.examine(row.document)
    initial = {"fingerprint": examined.rules.fingerprint, "at": now}
    form = ApproveForm(posted(request), zone=zone, now=now, initial=initial)
    if form.is_valid():
        try:
            rule_sets.approve(
                actor,
                row,
                effective_from=form.starts_at,
                now=now,
                fingerprint=form.cleaned_data["fingerprint"],
            )
        except rule_sets.RulesRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Approved. These rules are active."))
            return redirect("monitoring:rule_set", uuid=row.uuid)
    against = rule_sets.active_beside(row)
    context = _context(actor, row) | {
        "form": form,
        "against": against,
        "changed": _changed(row, against),
        "lost": rule_sets.overrides_without(row, now),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "monitoring/rule_approve.html", context, status=status)
