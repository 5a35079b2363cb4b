"""How the patient's page says a moment and a number, as people at home do; how any page says whom to call."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from decimal import Decimal

from django import template
from django.utils.formats import date_format, get_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from monitoring.templatetags.febris import is_ambiguous, number
from tracker.forms.home import FELT, UNNAMED

register = template.Library()


@register.simple_tag
def when(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """Today at 22:00; the weekday for what is further away. The hour that comes twice says which it is."""
    local, here = moment.astimezone(zone), now.astimezone(zone)
    hour = f"{local:%H:%M}"
    if is_ambiguous(local):
        hour = f"{hour} {local.tzname()}"
    days = (local.date() - here.date()).days
    if days == 0:
        return _("today at %s") % hour
    if days == 1:
        return _("tomorrow at %s") % hour
    if days == -1:
        return _("yesterday at %s") % hour
    day = f"{date_format(local, 'l')} {date_format(local, 'MONTH_DAY_FORMAT')}"
    return _("%(day)s at %(hour)s") % {"day": day, "hour": hour}


@register.filter
def as_typed(text: str) -> str:
    """A number as it was typed, with the reader's own comma or point."""
    return text.strip().replace(",", ".").replace(".", get_format("DECIMAL_SEPARATOR"))


@register.filter
def degrees(limit: Decimal, unit: str) -> str:
    """A limit with its unit, never parted at the end of a line."""
    return f"{number(limit, 1)}\u00a0°{unit}"


@register.filter
def unbroken(phone: str) -> str:
    """A phone number that stays on one line."""
    return phone.strip().replace(" ", "\u00a0")


@register.filter
def tel(phone: str) -> str:
    """What a phone dials: the digits, and a plus before them."""
    plus = "+" if phone.strip().startswith("+") else ""
    return f"tel:{plus}{re.sub(r'[^0-9]', '', phone.replace('(0)', ''))}"


@register.simple_tag
def dial(phone: str) -> SafeString:
    """The number as a link that a telephone dials; nothing where none is known."""
    if not phone:
        return SafeString("")
    return format_html(
        '<a class="tel" href="{}"><span aria-hidden="true">☎</span>'
        '<span class="visually-hidden">{}</span> {}</a>',
        tel(phone),
        _("phone"),
        unbroken(phone),
    )


@register.filter
def felt(kind: str) -> str:
    """A symptom in a patient's words."""
    return str(dict(FELT).get(kind, kind))


@register.filter
def medicine(name: str) -> str:
    """The medicine as it was named, or that one was taken."""
    return _("medicine taken") if name == UNNAMED else name
