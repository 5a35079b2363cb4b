"""How the figures of the alert budget are written."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.http import HttpRequest, QueryDict
from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _

from monitoring.budget import PERIOD, Figures, Waited
from monitoring.models import Priority

register = template.Library()


@register.filter
def duration(waited: timedelta | str | None) -> str:
    """A wait as people say it, to the minute from one minute on; nothing where nobody did it."""
    if not isinstance(waited, timedelta):
        return "–"
    seconds = int(waited.total_seconds())
    if seconds < 60:
        return _("%d s") % seconds
    hours, minutes = divmod(seconds // 60, 60)
    return _("%(h)d h %(m)02d min") % {"h": hours, "m": minutes} if hours else _("%d min") % minutes


@register.filter
def per_hour(rate: Decimal | None) -> str:
    """Alerts per patient-hour, with the digits that tell two rules apart."""
    return "–" if rate is None else str(floatformat(rate, 3 if rate < 1 else 1))


@register.filter
def percent(share: Decimal | None) -> str:
    """A share in per cent."""
    return "–" if share is None else f"{floatformat(share * 100, 0)} %"


@register.filter
def answered(figures: Figures, what: str) -> int:
    """How many were answered in that way."""
    return figures.answered.get(what, 0)


@register.filter
def waited(figures: Figures, what: str) -> Waited | None:
    """How long that took."""
    return figures.waited.get(what)


@register.filter
def narrowed(row: Any, request: HttpRequest) -> str:
    """The question after an address that leaves only the alerts of this line of a table."""
    asked = QueryDict(mutable=True)
    for name in ("days", "site"):
        if request.GET.get(name):
            asked[name] = request.GET[name]
    asked.setdefault("days", str(PERIOD))
    if row.by:
        asked[row.by] = row.key
    return f"?{asked.urlencode()}"


@register.filter
def priority_name(priority: int) -> str:
    """A priority in a word."""
    return str(Priority(priority).label)
