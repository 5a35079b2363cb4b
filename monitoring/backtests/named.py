"""Rule sets by the names that people type: a stored one, or a file."""

from __future__ import annotations

from pathlib import Path

from django.db.models import Q
from django.utils.translation import gettext as _

from monitoring import rule_sets
from monitoring.backtests.stored import read_only
from monitoring.core import rule_set as core
from monitoring.models import RuleSet, RuleSetStatus


class NoSuchRuleSet(LookupError):
    """No rule set has that name; the message names it."""


def rule_set(name: str, study: str | None = None) -> core.RuleSet:
    """The rules that `NAME`, `NAME@VERSION` or a path to a JSON file means.

    Of several stored ones the study's own come first; without a version, the active one, else the newest.

    Raises: NoSuchRuleSet; OSError for a file that cannot be read; RuleSetError for rules that cannot be.
    """
    if name.endswith(".json"):
        return core.parse(rule_sets.read(Path(name)))
    wanted, _at, version = name.partition("@")
    with read_only():
        rows = RuleSet.objects.filter(name=wanted)
        if study is not None:
            rows = rows.filter(Q(study__protocol_number=study) | Q(study=None))
        if version:
            rows = rows.filter(version=int(version) if version.isdigit() else 0)
        found = max(
            rows,
            key=lambda row: (row.study_id is not None, row.status == RuleSetStatus.ACTIVE, row.version),
            default=None,
        )
    if found is None:
        raise NoSuchRuleSet(_("There is no rule set %s.") % name)
    return core.parse(found.document)
