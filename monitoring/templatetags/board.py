"""The parts of a row of the ward board: each a cell's content, drawn in one go, for a board has many.

Everywhere here `_` is the page's own `Words`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, gettext_lazy

from monitoring import rule_sets
from monitoring.core import sentences
from monitoring.markup import put
from monitoring.models import Alert, Condition, Priority
from monitoring.templatetags.febris import BADGES, age, alert_title, commitment_name, hour, span, state
from monitoring.views.board_facts import initials
from monitoring.views.board_rows import Row
from monitoring.views.latest import SPOKEN, TITLES, Cell
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


class Words:
    """Words in the reader's language, looked up once for all rows of a page: sixty would look up 2,500."""

    do_not_call_in_templates = True

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self.badges = {state: (shape, str(word)) for state, (shape, word) in BADGES.items()}
        self.titles = {key: str(title) for key, (title, _unit) in TITLES.items()}
        self.units = _each(SPOKEN) | {"": ""}
        self.spoken = _each(_SPOKEN)
        self.conditions = _each(dict(Condition.choices))

    def __call__(self, text: str) -> str:
        """The text in the reader's language."""
        if text not in self._known:
            self._known[text] = gettext(text)
        return self._known[text]


def _each(words: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(word) for key, word in words.items()}


@register.simple_tag
def words() -> Words:
    """The words of a page."""
    return Words()


@register.simple_tag
def urgency(row: Row, _: Words) -> SafeString:
    """What puts the row in its place: shape and word, filled while nobody has answered, outlined after."""
    if not row.urgency:
        return NOTHING
    shape, word = _.badges[row.urgency]
    return put(
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
        return put('<b class="planned">{}</b>', hour(planned, row.zone)) if planned else NOTHING
    return put('<b data-elapsed="{}">{}</b>', row.infusion.started_at.isoformat(), row.elapsed)


@register.simple_tag
def signs(row: Row, now: datetime, _: Words) -> SafeString:
    """Each sign: shape of its state, value, arrow, unit for the ear; under it how old it is.

    Most signs of a row are of one set and share their age.
    """
    ages: dict[datetime | None, str] = {None: ""}
    cells = []
    for cell in row.cells:
        if cell.at not in ages:
            ages[cell.at] = age(cell.at, now, row.interval, bare=True, _=_)
        cells.append(
            put(
                _SIGN,
                cell.key,
                cell.state,
                cell.ageing(now, row.interval),
                cell.key,
                _.titles[cell.key],
                _shape(cell, _),
                cell.text,
                _arrow(cell),
                _.units[cell.unit] if cell.at else _("unknown"),
                ages[cell.at],
                _beside(cell, _),
                _("STALE"),
            )
        )
    return SafeString("".join(cells))


_SIGN = (
    '<td class="sign {} {} {}" data-cell="{}" data-label="{}" data-ageing>'
    '<span class="value">{}{}{}<span class="visually-hidden"> {}</span></span>'
    '<span class="under">{}{}<span class="stale-word"> {}</span></span></td>'
)


def _arrow(cell: Cell) -> str:
    if not cell.arrow:
        return ""
    return put(
        '<span class="arrow" aria-hidden="true">{}</span><span class="visually-hidden"> {}</span>',
        cell.arrow,
        cell.change,
    )


def _beside(cell: Cell, _: Words) -> str:
    """What stands beside the age; of oxygen the flow, room air in one short word; all of it in the title."""
    if not cell.extra:
        return ""
    short = cell.extra
    if cell.key == "spo2_percent":
        flow = re.search(r"[\d.,]+ L/min", cell.extra)
        short = _("air") if cell.extra == OxygenDevice.ROOM_AIR.label else flow[0] if flow else cell.extra
    return put(' <span class="extra" title="{}">{}</span>', cell.extra, short)


def _shape(cell: Cell, _: Words) -> str:
    if cell.state == "normal" or cell.at is None or cell.state not in BADGES:
        return ""
    shape, word = _.badges[cell.state]
    return put(
        '<span class="shape" aria-hidden="true">{}</span><span class="visually-hidden">{} </span>',
        shape,
        word,
    )


@register.simple_tag
def crs(row: Row, _: Words) -> SafeString:
    """The proposed CRS grade, or its range while it is not known which."""
    grade = row.crs
    if grade is None:
        content = NOTHING
    else:
        content = put(
            '<span class="value">{}</span>{}',
            grade.text,
            put('<span class="under">? {}</span>', _("range")) if grade.is_range else "",
        )
    return put(
        '<td class="crs{}" data-cell="crs" data-label="{}">{}</td>',
        " graded" if grade and grade.lowest else " unknown" if grade and grade.is_range else "",
        _("CRS"),
        content,
    )


@register.simple_tag
def alert_of_row(alert: Alert, row: Row, may_open: bool, all_alerts: str, _: Words) -> SafeString:
    """One alert of the row: filled while unanswered; what it says to who listens is in `data-said`.

    Its page lies below that of all alerts.
    """
    waits = alert in row.waiting
    title = _title(alert)
    shape, word = _.badges[state(alert)]
    return put(
        '<li class="{} {}"{}><span class="chip"><span aria-hidden="true">{}</span>'
        '<span class="visually-hidden">{}</span></span> <span class="what">{}{}</span></li>',
        state(alert),
        "waits" if waits else "answered",
        _said(alert, row, title, _) if waits else "",
        shape,
        word,
        put('<a href="{}{}/" id="alert-{}">{}</a>', all_alerts, alert.uuid, alert.uuid, title)
        if may_open
        else title,
        "" if alert.condition == Condition.ACTIVE else put(" <i>{}</i>", _.conditions[alert.condition]),
    )


def _title(alert: Alert) -> str:
    """What the alert is called, without the sentence that nobody reads here."""
    if alert.rule_set_id is not None:
        rule = rule_sets.parsed(alert.rule_set_id).rules.get(alert.problem)
        if rule is not None:
            return sentences.title(rule, get_language() or "en")
    return alert_title(alert)


def _said(alert: Alert, row: Row, title: str, _: Words) -> SafeString:
    priority = Priority(alert.priority)
    place = f"{row.infusion.bed}, {row.called}" if row.infusion.bed else row.called
    said = _("%(priority)s: %(alert)s. %(patient)s.") % {
        "priority": _.spoken[priority.name.lower()],
        "alert": title,
        "patient": place,
    }
    return put(
        ' data-alert="{}" data-priority="{}" data-said="{}"',
        alert.uuid,
        priority.name.lower(),
        said[:1].upper() + said[1:],
    )


@register.simple_tag
def owner(row: Row, now: datetime, wall: bool, _: Words) -> SafeString:
    """Who has taken it on and promised what, or since when nobody has; who put it to sleep, and why."""
    parts = []
    if since := row.nobody_since:
        parts.append(
            put(
                '<b class="nobody">{}</b> <span class="under">{}</span>',
                _("Nobody"),
                age(since, now, bare=True, _=_),
            )
        )
    if (taken := row.owned) is not None:
        name = str(taken.acknowledged_by)
        until = taken.until
        parts.append(
            put(
                '<span class="taker">{}</span> <span class="under">{}{}</span>',
                initials(name) if wall else name,
                commitment_name(taken.commitment) if taken.commitment else taken.get_response_display(),
                put(" · {} {}", _("until"), hour(until, row.zone)) if until else "",
            )
        )
    if (snooze := row.snooze) is not None:
        parts.append(
            put(
                '<span class="snooze">☾ {} {} · {}</span> <span class="under reason">{}</span>',
                _("snoozed until"),
                hour(snooze.until, row.zone),
                initials(snooze.by) if wall else snooze.by,
                "" if wall else snooze.reason,
            )
        )
    return SafeString("".join(f"<span>{part}</span>" for part in parts)) or NOTHING


@register.simple_tag
def due(row: Row, now: datetime, _: Words) -> SafeString:
    """When the next set is due, counting down; how late it is where it has not come."""
    if row.overdue_since is not None:
        shape, word = _.badges["overdue"]
        return put(
            '<span class="badge overdue"><span aria-hidden="true">{}</span> {} {}</span>'
            '<span class="under">{}</span>',
            shape,
            word,
            age(row.overdue_since, now, bare=True, _=_),
            hour(row.due_at, row.zone),
        )
    if row.due_at is None:
        return NOTHING
    past, ahead, at_once = _("due %s ago"), _("in %s"), _("due now")
    left = span(now - row.due_at, _)
    is_now = abs(now - row.due_at) < timedelta(minutes=1)
    return put(
        '<span class="value">{}</span>'
        '<span class="under" data-since="{}" data-past="{}" data-ahead="{}" data-now="{}">{}</span>',
        hour(row.due_at, row.zone),
        row.due_at.isoformat(),
        past,
        ahead,
        at_once,
        at_once if is_now else (past if row.due_at <= now else ahead) % left,
    )
