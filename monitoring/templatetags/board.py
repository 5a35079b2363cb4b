"""The rows of the ward board, drawn without templates: a board has sixty, and a template asks of each of its
values whether it is lazy, callable or a local time.

Everywhere here `_` is the page's own `Words`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, gettext_lazy

from monitoring import rule_sets
from monitoring.core import sentences
from monitoring.markup import put
from monitoring.models import Alert, Condition, Priority
from monitoring.templatetags.febris import BADGES, age, alert_title, commitment_name, hour, span, state
from monitoring.views.board_facts import initials
from monitoring.views.board_rows import Board, Row
from monitoring.views.latest import SPOKEN, TITLES, Cell
from tracker.models import OxygenDevice, Phase

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

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self.badges = {state: (shape, str(word)) for state, (shape, word) in BADGES.items()}
        self.titles = {key: str(title) for key, (title, _unit) in TITLES.items()}
        self.units = _each(SPOKEN) | {"": ""}
        self.spoken = _each(_SPOKEN)
        self.conditions = _each(dict(Condition.choices))
        self.phases = _each(dict(Phase.choices))

    def __call__(self, text: str) -> str:
        """The text in the reader's language."""
        if text not in self._known:
            self._known[text] = gettext(text)
        return self._known[text]


def _each(words: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(word) for key, word in words.items()}


@register.simple_tag
def ward_rows(board: Board, wall: bool, may_open: bool, may_record: bool) -> SafeString:
    """Every row of the board, for who may open a patient's page, and who may record what was measured."""
    _, alerts, several = Words(), reverse("monitoring:alerts"), board.has_several_sites
    return SafeString(
        "".join(
            put(
                _ROW,
                row.urgency or "calm",
                " answered" if row.is_answered else "",
                row.infusion.uuid,
                row.infusion.uuid,
                row.high,
                row.medium,
                1 if row.overdue_since else 0,
                _leads(row, alerts, may_record) if may_open else "",
                urgency(row, _),
                whom(row, may_open, several, _),
                course(row, _),
                signs(row, board.now, _),
                crs(row, _),
                _("Alerts"),
                open_alerts(row, alerts if may_open else "", _),
                _("Answered by"),
                owner(row, board.now, wall, _),
                _("Next set"),
                due(row, board.now, _),
                go(row, _) if may_record else "",
            )
            for row in board.rows
        )
    )


_ROW = """
<tr class="{}{}" id="row-{}" data-infusion="{}" data-high="{}" data-medium="{}" data-late="{}"{}>
  <td class="urgency" data-cell="urgency">{}</td>
  <th scope="row" class="whom" data-cell="whom">{}</th>
  <td class="course" data-cell="course">{}</td>
  {}
  {}
  <td class="alerts" data-cell="alerts" data-label="{}">{}</td>
  <td class="owner" data-cell="owner" data-label="{}">{}</td>
  <td class="due" data-cell="due" data-label="{}">{}</td>
  {}
</tr>"""


def _leads(row: Row, alerts: str, may_record: bool) -> SafeString:
    """Where the keys lead from a row: to the patient, to the worst alert, to a new set."""
    return put(
        ' data-open="{}" data-alerts="{}{}"{} tabindex="-1"',
        row.url,
        alerts,
        f"{row.named[0].uuid}/" if row.alerts else "",
        put(' data-vitals="{}vitals/new/"', row.url) if may_record else "",
    )


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


def whom(row: Row, may_open: bool, several: bool, _: Words) -> SafeString:
    """Bed and name; under them the number in the study, the site where there are several, and the nurse."""
    infusion = row.infusion
    number = infusion.subject.subject_number
    return put(
        '<span class="called">{} {}</span> <span class="under">{}{}{}</span>',
        put('<b class="bed">{}</b>', infusion.bed) if infusion.bed else "",
        put('<a class="named" href="{}" id="open-{}">{}</a>', row.url, infusion.uuid, row.called)
        if may_open
        else put('<span class="named">{}</span>', row.called),
        number if row.name else "",
        put(" · {}", infusion.site.code) if several else "",
        put(' · <abbr title="{}">{}</abbr>', _("Nurse of this patient"), row.nurse) if row.nurse else "",
    )


def course(row: Row, _: Words) -> SafeString:
    """T+h:mm since the start and how much of the watch is over, both counted on by the page; which it is."""
    infusion, begun_at, ends_at = row.infusion, row.infusion.started_at, row.ends_at
    if begun_at is not None:
        elapsed = put('<b data-elapsed="{}">{}</b>', begun_at.isoformat(), row.elapsed)
    elif infusion.planned_start_at is not None:
        elapsed = put('<b class="planned">{}</b>', hour(infusion.planned_start_at, row.zone))
    else:
        elapsed = NOTHING
    share = ""
    if begun_at is not None and ends_at is not None:
        share = put(
            '<progress max="100" value="{}" data-from="{}" data-to="{}" aria-label="{}">{} %</progress>',
            row.share_percent,
            begun_at.isoformat(),
            ends_at.isoformat(),
            _("Share of the watch that is over"),
            row.share_percent,
        )
    return put(
        '{} <span class="under">#{} {}</span> {}', elapsed, infusion.number, _.phases[infusion.phase], share
    )


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


def open_alerts(row: Row, alerts: str, _: Words) -> SafeString:
    """The alerts that the row names, whose pages lie below `alerts`, and how many more there are."""
    if not row.alerts:
        return SafeString("")
    return put(
        '<ul class="open-alerts">{}</ul> {}',
        SafeString("".join(_alert(alert, row, alerts, _) for alert in row.named)),
        put('<span class="under more">+{}</span>', row.unnamed) if row.unnamed else "",
    )


def _alert(alert: Alert, row: Row, alerts: str, _: Words) -> SafeString:
    """One of them: filled while unanswered; what it says to who listens is in `data-said`."""
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
        put('<a href="{}{}/" id="alert-{}">{}</a>', alerts, alert.uuid, alert.uuid, title)
        if alerts
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


def go(row: Row, _: Words) -> SafeString:
    """The way to a new set, of an infusion that has begun."""
    way = ""
    if row.infusion.started_at is not None:
        way = put(
            '<a class="button" href="{}vitals/new/" id="vitals-{}" aria-label="{}: {}">{}</a>',
            row.url,
            row.infusion.uuid,
            _("Vitals"),
            row.called,
            _("Vitals"),
        )
    return put('<td class="go" data-cell="go">{}</td>', way)
