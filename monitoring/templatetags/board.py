"""The rows of the ward board, drawn without templates: a board has sixty, and a template asks of each of its
values whether it is lazy, callable or a local time.

Everywhere here `_` is the page's own `Words`.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from monitoring.markup import put
from monitoring.templatetags.febris import BADGES, age, hour, span
from monitoring.views.board_alerts import open_alerts, owner
from monitoring.views.board_rows import Board, Row
from monitoring.views.board_words import NOTHING, Words
from monitoring.views.latest import Cell
from tracker.models import OxygenDevice

register = template.Library()


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

    Most signs of a row are of one set and share their age. A pressure that could not be taken is a long word
    where digits stand, so it says where it may be parted.
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
                " said" if cell.is_unrecordable else "",
                _shape(cell, _),
                _("unrecord­able") if cell.is_unrecordable else cell.text,
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
    '<span class="value{}">{}{}{}<span class="visually-hidden"> {}</span></span>'
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
