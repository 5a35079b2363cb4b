"""What messages say: short enough for a lock screen, in the reader's language, with a number and no name."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from accounts.models import ContactPoint
from monitoring.channels import Message
from monitoring.models import Alert, Delivery, LogKind, Priority
from monitoring.sentences import signs_said, words, worse_said

#: A digest names so many alerts; the inbox has the rest.
NAMED = 30


def with_words(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """The deliveries with all that saying them needs."""
    return deliveries.select_related(
        "alert__rule_set", "alert__infusion__subject", "alert__site", "recipient", "point"
    )


def message_of(deliveries: Sequence[Delivery]) -> Message:
    """The message that tells of these alerts to the one point that they all go to."""
    first = deliveries[0]
    person, point = first.recipient, first.point
    assert person is not None
    assert point is not None
    with override(person.language):
        if len(deliveries) == 1:
            title, text, link = _one(first)
        else:
            title, text, link = _several(deliveries)
    return Message(
        channel=point.kind,
        key=str(first.uuid),
        title=title,
        text=text,
        link=link,
        is_urgent=any(each.priority == Priority.HIGH for each in deliveries),
        address=point.address,
        secret=point.secret,
    )


def about(alert: Alert) -> str:
    """Whose alert it is, as a message may say it: the subject's number, or the thing of a system alert."""
    subject = alert.infusion.subject.subject_number if alert.infusion else alert.about
    where = alert.site.code if alert.site else ""
    return " · ".join(part for part in (subject, where) if part)


def to_point(point: ContactPoint, key: str, title: str, text: str, path: str) -> Message:
    """A message about no alert, to a point of one's own."""
    return Message(
        channel=point.kind,
        key=key,
        title=title,
        text=text,
        link=settings.PUBLIC_URL + path,
        address=point.address,
        secret=point.secret,
    )


def _one(delivery: Delivery) -> tuple[str, str, str]:
    alert = delivery.alert
    said = words(alert)
    title = f"{_loud(alert)}: {said.title} · {about(alert)}"
    why = _why(delivery)
    text = " ".join(part for part in (why, said.summary, signs_said(alert)) if part)
    return title, text, settings.PUBLIC_URL + reverse("monitoring:alert", args=[alert.uuid])


def _several(deliveries: Sequence[Delivery]) -> tuple[str, str, str]:
    alerts = list({each.alert_id: each.alert for each in deliveries}.values())
    title = ngettext("%(n)d alert waits for an answer", "%(n)d alerts wait for an answer", len(alerts)) % {
        "n": len(alerts)
    }
    lines = [f"{_loud(alert)}: {words(alert).title} · {about(alert)}" for alert in alerts[:NAMED]]
    if more := len(alerts) - len(lines):
        lines.append(ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more})
    return title, "\n".join(lines), settings.PUBLIC_URL + reverse("monitoring:alerts")


def _loud(alert: Alert) -> str:
    return str(Priority(alert.priority).label).upper()


def _why(delivery: Delivery) -> str:
    """Why it is told now, where that is not that it was raised."""
    if delivery.reason == LogKind.WORSENED:
        return worse_said(delivery.alert, delivery.created_at)
    return {
        LogKind.ESCALATED: _("Nobody has answered."),
        LogKind.LAPSED: _("What was promised has not come."),
        LogKind.STILL_TRUE: _("Checked again, and still true."),
        LogKind.REACTIVATED: _("True again."),
        LogKind.WOKEN: _("The snooze is over."),
        LogKind.REOPENED: _("Still true after it was assessed."),
        LogKind.TOLD: _("Nobody has assessed it."),
    }.get(LogKind(delivery.reason), "")
