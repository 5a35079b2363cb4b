"""The alert budget: the page with its figures, the same as a table, and the alerts behind each figure."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext, gettext_lazy

from accounts.permissions import Actor
from config import clock
from monitoring import budget, rule_sets
from monitoring.budget import Asked, Budget, Figures
from monitoring.core import sentences
from monitoring.core.alert import Outcome
from monitoring.models import Priority
from monitoring.views.inbox_rows import PER_PAGE, for_rows, lines_of
from tracker.models import Site
from tracker.views.door import page

OUTCOMES = (*(outcome.value for outcome in Outcome), "assessed", "none")

#: The tables of the page: what an alert is grouped by, and the heading of its first column.
TABLES = {
    "problem": (gettext_lazy("By rule"), gettext_lazy("Rule")),
    "priority": (gettext_lazy("By priority"), gettext_lazy("Priority")),
    "site": (gettext_lazy("By site"), gettext_lazy("Site")),
    "hour": (gettext_lazy("By hour of the day"), gettext_lazy("Hour")),
}
COLUMNS = (
    "by",
    "key",
    "label",
    "alerts",
    "patient_hours",
    "alerts_per_patient_hour",
    "assessed_with_outcome",
    "actioned",
    "expected",
    "other_cause",
    "not_actionable",
    "artefact",
    "share_not_actionable",
    *(f"{what}_{kind}" for what in budget.ANSWERS for kind in ("count", "p50_s", "p90_s")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: what it stands for in words, the field that narrows down to it, and its figures."""

    by: str
    key: str
    label: str
    figures: Figures


def title_of(problem: str, rule_set_id: int | None) -> str:
    """What people call a problem, by the rules that raised it."""
    rule = rule_sets.parsed(rule_set_id).rules.get(problem) if rule_set_id else None
    if rule is None:
        return problem.replace("_", " ")
    return str(sentences.title(rule, get_language() or "en"))


@page(budget.READS)
def page_of_budget(request: HttpRequest, actor: Actor) -> HttpResponse:
    """How often alerts ring, how soon somebody answers, and how many were worth it."""
    report, sites = _report(request, actor)
    context = {
        "report": report,
        "total_rows": [Row("", "", gettext("All"), report.total)],
        "tables": [
            (by, heading, column, _table(report, by, sites)) for by, (heading, column) in TABLES.items()
        ],
        "unheeded": [_row("problem", one, sites) for one in report.unheeded],
        "opt_outs": [
            (
                each,
                title_of(each.alert.problem, each.alert.rule_set_id),
                title_of(each.followed_by.problem, each.followed_by.rule_set_id) if each.followed_by else "",
            )
            for each in report.opt_outs
        ],
        "answers": budget.ANSWERS.items(),
        "periods": budget.PERIODS,
        "days": _days(request),
        "many": budget.MANY,
        "site": next((site for site in sites.values() if site.uuid == report.asked.site), None),
    }
    return render(request, "monitoring/budget.html", context)


@page(budget.READS)
def table(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The figures of the page as comma-separated values; times in seconds, shares and rates unrounded."""
    report, sites = _report(request, actor)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="alert-budget.csv"'
    writer = csv.writer(answer)
    writer.writerow(COLUMNS)
    rows = [Row("all", "", gettext("All"), report.total)]
    rows += [row for by in TABLES for row in _table(report, by, sites)]
    writer.writerows(_cells(row) for row in rows)
    return answer


@page(budget.READS)
def counted(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The alerts that one figure of the page counts, newest first."""
    asked = asked_of(request, clock.now())
    now, rows = clock.now(), for_rows(budget.alerts_of(actor, asked))
    paged = Paginator(rows.order_by("-detected_at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "paged": paged,
        "lines": lines_of(actor, paged, {}, now),
        "now": now,
        "here": request.get_full_path(),
        "asked": asked,
        "days": _days(request),
    }
    return render(request, "monitoring/budget_alerts.html", context)


def asked_of(request: HttpRequest, now: datetime) -> Asked:
    """Which alerts the address means.

    Raises: Http404 for what no link of ours says.
    """
    given = request.GET
    until = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    try:
        asked = Asked(
            since=until - timedelta(days=_days(request)),
            until=until,
            site=UUID(given["site"]) if given.get("site") else None,
            problem=given.get("problem", "")[:60],
            priority=int(given["priority"]) if given.get("priority") else None,
            hour=int(given["hour"]) if given.get("hour") else None,
            outcome=given.get("outcome", ""),
            answered=given.get("answered", ""),
        )
    except ValueError:
        raise Http404 from None
    known = (
        asked.priority in (None, *Priority.values)
        and asked.hour in (None, *range(24))
        and asked.outcome in ("", *OUTCOMES)
        and asked.answered in ("", *budget.ANSWERS)
        and "\x00" not in asked.problem
    )
    if not known:
        raise Http404
    return asked


def _days(request: HttpRequest) -> int:
    given = request.GET.get("days", "")
    days = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else budget.PERIOD
    if days not in budget.PERIODS:
        raise Http404
    return days


def _report(request: HttpRequest, actor: Actor) -> tuple[Budget, dict[int, Site]]:
    asked = asked_of(request, clock.now())
    report = budget.budget(actor, Asked(asked.since, asked.until, asked.site))
    return report, Site.objects.in_bulk([int(one.key) for one in report.groups["site"]])


def _table(report: Budget, by: str, sites: dict[int, Site]) -> list[Row]:
    return [_row(by, one, sites) for one in report.groups[by]]


def _row(by: str, one: Figures, sites: dict[int, Site]) -> Row:
    if by == "problem":
        return Row(by, one.key, title_of(one.key, one.rule_set_id), one)
    if by == "priority":
        return Row(by, one.key, str(Priority(int(one.key)).label), one)
    if by == "site":
        site = sites[int(one.key)]
        return Row(by, str(site.uuid), site.code, one)
    return Row(by, one.key, f"{int(one.key):02d}:00", one)


def _cells(row: Row) -> Iterable[Any]:
    one = row.figures
    yield from (row.by, row.key, _text(row.label), one.alerts, one.hours, one.per_hour, one.judged)
    yield from (one.outcomes.get(outcome, 0) for outcome in COLUMNS[7:12])
    yield one.share_not_actionable
    for what in budget.ANSWERS:
        waited = one.waited.get(what)
        yield one.answered.get(what, 0)
        yield from _seconds([waited.p50, waited.p90] if waited else [])


def _seconds(waited: Sequence[timedelta]) -> Iterable[Any]:
    return [each.total_seconds() for each in waited] or ["", ""]


def _text(label: str) -> str:
    """A label that no spreadsheet takes for a formula."""
    return f"'{label}" if label[:1] in "=+-@\t\r" else label
