"""What a row of the ward board says of its alerts: which are open, and who has taken them on."""

from __future__ import annotations

from datetime import datetime

from django.utils.safestring import SafeString
from django.utils.translation import get_language

from monitoring import rule_sets
from monitoring.core import sentences
from monitoring.markup import put
from monitoring.models import Alert, Condition, Priority
from monitoring.templatetags.febris import age, alert_title, commitment_name, hour, state
from monitoring.views.board_facts import initials
from monitoring.views.board_rows import Row
from monitoring.views.board_words import NOTHING, Words


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
