"""The parts of a row of the ward board: each a cell's content, drawn in one go, for a board has many."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from monitoring import rule_sets
from monitoring.core import sentences
from monitoring.models import Alert, Condition, Priority
from monitoring.templatetags.febris import BADGES, age, alert_title, commitment_name, hour, span, state
from monitoring.views.board_facts import initials
from monitoring.views.board_rows import Row
from monitoring.views.latest import Cell
from tracker.models import OxygenDevice

register = template.Library()

NOTHING = mark_safe('<span class="none">–</span>')

#: The longest words of the urgency column, one to a state.
_SPOKEN: dict[str, Any] = {
    "high": gettext_lazy("high priority"),
    "medium": gettext_lazy("medium priority"),
    "low": gettext_lazy("low priority"),
    "overdue": gettext_lazy("a set is late"),
}


@register.simple_tag
def labels() -> dict[str, str]:
    """Words that every row needs, looked up once a page."""
    return {
        "share": _("Share of the watch that is over"),
        "nurse": _("Nurse of this patient"),
        "alerts": _("Alerts"),
        "owner": _("Answered by"),
        "due": _("Next set"),
        "vitals": _("Vitals"),
    }


@register.simple_tag
def urgency(row: Row) -> SafeString:
    """What puts the row in its place: shape and word, filled while nobody has answered, outlined after."""
    if not row.urgency:
        return NOTHING
    shape, word = BADGES[row.urgency]
    return format_html(
        '<span class="mark"><span class="shape" aria-hidden="true">{}</span> '
        '<span class="word">{}</span></span>'
        '<span class="visually-hidden">{}</span>',
        shape,
        word,
        _("answered") if row.is_answered else _("unanswered") if row.waiting else "",
    )


@register.simple_tag
def elapsed(row: Row) -> SafeString:
    """T+h:mm since the start; the page itself counts on."""
    if row.infusion.started_at is None:
        planned = row.infusion.planned_start_at
        return format_html('<b class="planned">{}</b>', hour(planned, row.zone)) if planned else NOTHING
    return format_html('<b data-elapsed="{}">{}</b>', row.infusion.started_at.isoformat(), row.elapsed)


@register.simple_tag
def signs(row: Row, now: datetime) -> SafeString:
    """Each sign: shape of its state, value, arrow, unit for the ear; under it how old it is.

    Most signs of a row are of one set and share their age.
    """
    ages: dict[datetime, SafeString] = {}
    stale = _("STALE")
    cells = []
    for cell in row.cells:
        if cell.at is not None and cell.at not in ages:
            ages[cell.at] = age(cell.at, now, row.interval, bare=True)
        cells.append(
            (
                cell.key,
                cell.state,
                cell.ageing(now, row.interval),
                cell.key,
                cell.title,
                _shape(cell),
                cell.text,
                _arrow(cell),
                cell.spoken_unit if cell.at else _("unknown"),
                ages[cell.at] if cell.at else "",
                _beside(cell),
                stale,
            )
        )
    return format_html_join("", _SIGN, cells)


_SIGN = (
    '<td class="sign {} {} {}" data-cell="{}" data-label="{}" data-ageing>'
    '<span class="value">{}{}{}<span class="visually-hidden"> {}</span></span>'
    '<span class="under">{}{}<span class="stale-word"> {}</span></span></td>'
)


def _arrow(cell: Cell) -> SafeString | str:
    if not cell.arrow:
        return ""
    return format_html(
        '<span class="arrow" aria-hidden="true">{}</span><span class="visually-hidden"> {}</span>',
        cell.arrow,
        cell.change,
    )


def _beside(cell: Cell) -> SafeString | str:
    """What stands beside the age; of oxygen the flow, room air in one short word; all of it in the title."""
    if not cell.extra:
        return ""
    short = cell.extra
    if cell.key == "spo2_percent":
        flow = re.search(r"[\d.,]+ L/min", cell.extra)
        short = _("air") if cell.extra == OxygenDevice.ROOM_AIR.label else flow[0] if flow else cell.extra
    return format_html(' <span class="extra" title="{}">{}</span>', cell.extra, short)


def _shape(cell: Cell) -> SafeString | str:
    if cell.state == "normal" or cell.at is None or cell.state not in BADGES:
        return ""
    shape, word = BADGES[cell.state]
    return format_html(
        '<span class="shape" aria-hidden="true">{}</span><span class="visually-hidden">{} </span>',
        shape,
        word,
    )


@register.simple_tag
def crs(row: Row) -> SafeString:
    """The proposed CRS grade, or its range while it is not known which."""
    grade = row.crs
    if grade is None:
        content: SafeString = NOTHING
    else:
        content = format_html(
            '<span class="value">{}</span>{}',
            grade.text,
            format_html('<span class="under">? {}</span>', _("range")) if grade.is_range else "",
        )
    return format_html(
        '<td class="crs{}" data-cell="crs" data-label="{}">{}</td>',
        " graded" if grade and grade.lowest else " unknown" if grade and grade.is_range else "",
        _("CRS"),
        content,
    )


@register.simple_tag
def alert_of_row(alert: Alert, row: Row, may_open: bool) -> SafeString:
    """One alert of the row: filled while unanswered; what it says to who listens is in `data-said`."""
    waits = alert in row.waiting
    title = _title(alert)
    named = format_html(
        '<a href="{}" id="alert-{}">{}</a>', reverse("monitoring:alert", args=[alert.uuid]), alert.uuid, title
    )
    shape, word = BADGES[state(alert)]
    return format_html(
        '<li class="{} {}"{}><span class="chip"><span aria-hidden="true">{}</span>'
        '<span class="visually-hidden">{}</span></span> <span class="what">{}{}</span></li>',
        state(alert),
        "waits" if waits else "answered",
        _said(alert, row, title) if waits else "",
        shape,
        word,
        named if may_open else title,
        ""
        if alert.condition == Condition.ACTIVE
        else format_html(" <i>{}</i>", alert.get_condition_display()),
    )


def _title(alert: Alert) -> str:
    """What the alert is called, without the sentence that nobody reads here."""
    if alert.rule_set_id is not None:
        rule = rule_sets.parsed(alert.rule_set_id).rules.get(alert.problem)
        if rule is not None:
            return sentences.title(rule, get_language() or "en")
    return alert_title(alert)


def _said(alert: Alert, row: Row, title: str) -> SafeString:
    priority = Priority(alert.priority)
    who = row.name or row.infusion.subject.subject_number
    place = f"{row.infusion.bed}, {who}" if row.infusion.bed else who
    said = _("%(priority)s: %(alert)s. %(patient)s.") % {
        "priority": _SPOKEN[priority.name.lower()],
        "alert": title,
        "patient": place,
    }
    return format_html(
        ' data-alert="{}" data-priority="{}" data-said="{}"',
        alert.uuid,
        priority.name.lower(),
        said[:1].upper() + said[1:],
    )


@register.simple_tag
def owner(row: Row, now: datetime, wall: bool = False) -> SafeString:
    """Who has taken it on and promised what, or since when nobody has; who put it to sleep, and why."""
    parts = []
    if since := row.nobody_since:
        parts.append(
            format_html(
                '<b class="nobody">{}</b> <span class="under">{}</span>',
                _("Nobody"),
                age(since, now, bare=True),
            )
        )
    if (taken := row.owned) is not None:
        name = str(taken.acknowledged_by)
        until = taken.until
        parts.append(
            format_html(
                '<span class="taker">{}</span> <span class="under">{}{}</span>',
                initials(name) if wall else name,
                commitment_name(taken.commitment) if taken.commitment else taken.get_response_display(),
                format_html(" · {} {}", _("until"), hour(until, row.zone)) if until else "",
            )
        )
    if (snooze := row.snooze) is not None:
        parts.append(
            format_html(
                '<span class="snooze">☾ {} {} · {}</span> <span class="under reason">{}</span>',
                _("snoozed until"),
                hour(snooze.until, row.zone),
                initials(snooze.by) if wall else snooze.by,
                "" if wall else snooze.reason,
            )
        )
    return format_html_join("", "<span>{}</span>", ((part,) for part in parts)) or NOTHING


@register.simple_tag
def due(row: Row, now: datetime) -> SafeString:
    """When the next set is due, counting down; how late it is where it has not come."""
    if row.overdue_since is not None:
        shape, word = BADGES["overdue"]
        return format_html(
            '<span class="badge overdue"><span aria-hidden="true">{}</span> {} {}</span>'
            '<span class="under">{}</span>',
            shape,
            word,
            age(row.overdue_since, now, bare=True),
            hour(row.due_at, row.zone),
        )
    if row.due_at is None:
        return NOTHING
    past, ahead, at_once = _("due %s ago"), _("in %s"), _("due now")
    left = span(now - row.due_at)
    is_now = abs(now - row.due_at) < timedelta(minutes=1)
    return format_html(
        '<span class="value">{}</span>'
        '<span class="under" data-since="{}" data-past="{}" data-ahead="{}" data-now="{}">{}</span>',
        hour(row.due_at, row.zone),
        row.due_at.isoformat(),
        past,
        ahead,
        at_once,
        at_once if is_now else (past if row.due_at <= now else ahead) % left,
    )
