"""A backtest in the reader's language."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import get_language, gettext_lazy

from monitoring import backtests
from monitoring.core.backtest import Way
from monitoring.models import Backtest

register = template.Library()

WAYS: dict[str, Any] = {
    Way.ADDED: gettext_lazy("raised by this one only"),
    Way.DROPPED: gettext_lazy("no longer raised"),
    Way.EARLIER: gettext_lazy("raised earlier"),
    Way.LATER: gettext_lazy("raised later"),
    Way.HIGHER: gettext_lazy("higher priority"),
    Way.LOWER: gettext_lazy("lower priority"),
    Way.CLEARED: gettext_lazy("cleared at another time"),
}


@register.filter
def as_shown(backtest: Backtest) -> dict[str, Any]:
    """The backtest as the API shows it."""
    return backtests.shown(backtest, get_language() or "en")


@register.filter
def percent_done(backtest: Backtest) -> int:
    """How much of it is done, in percent."""
    return backtests.progress(backtest).percent


@register.filter
def way_in_words(way: str) -> Any:
    """How two rule sets part."""
    return WAYS.get(way, way)
