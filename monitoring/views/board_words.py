"""The words of the ward board in the reader's language; asks nobody for a patient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.safestring import mark_safe
from django.utils.translation import gettext, gettext_lazy

from monitoring.models import Condition
from monitoring.templatetags.febris import BADGES
from monitoring.views.latest import SPOKEN, TITLES
from tracker.models import Phase

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
