"""Drafts of rule sets: storing one, replacing it, and what is doubtful about it.

A version has one author: only who drafted it changes it, so that who approves it is always another. Somebody
else begins a version of their own from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import every_site_id
from accounts.permissions import Act, Actor, NotPermitted
from monitoring.core import rule_checks, rule_set, signals
from monitoring.core.document import RuleSetError
from monitoring.core.remarks import Remark, Severity
from monitoring.models import RuleSet, RuleSetStatus
from tracker.errors import Conflict, FieldError, Refused, Unprocessable
from tracker.models import EventKind, Indication, InterventionKind, Study, SymptomKind
from tracker.models import Severity as HowBad
from tracker.plausibility import RANGES, STOPS

KINDS: Mapping[str, frozenset[str]] = {
    "symptom": frozenset(SymptomKind.values),
    "intervention": frozenset(InterventionKind.values),
    "infusion": frozenset(EventKind.values),
    "subject": frozenset({signals.ALLOGENEIC}),
    "severity": frozenset(HowBad.values),
    "reason": frozenset(Indication.values),
}
"""What the record knows to have happened, by the family that a rule calls it; how bad, and what for."""


class NotTheAuthor(Unprocessable):
    """Somebody else's draft, or a version that is no draft any more."""

    code = "not_your_draft"


@dataclass(frozen=True)
class Examined:
    """A document that was read, with what is doubtful about it."""

    rules: rule_set.RuleSet
    remarks: tuple[Remark, ...]

    @property
    def errors(self) -> tuple[Remark, ...]:
        """What refuses approval."""
        return tuple(remark for remark in self.remarks if remark.severity is Severity.ERROR)


@dataclass(frozen=True)
class _Written:
    """A document, known by its fingerprint."""

    fingerprint: str
    document: Any = field(compare=False)


def examine(document: Any) -> Examined:
    """The rule set that the document describes, and every remark on it.

    Raises: RuleSetError naming the place, where it cannot be read.
    """
    rules = rule_set.parse(document)
    return _examined(_Written(rules.fingerprint, document))


def errors_with(rules: rule_set.RuleSet, values: Mapping[str, Decimal]) -> tuple[Remark, ...]:
    """The errors that rules have with some figures replaced, and do not have without."""
    found = rule_checks.check(rule_set.with_thresholds(rules, values), None, ranges=_ranges())
    known = {remark.pointer for remark in rule_checks.check(rules, None, ranges=_ranges())}
    return tuple(
        remark for remark in found if remark.severity is Severity.ERROR and remark.pointer not in known
    )


@lru_cache(maxsize=64)
def _examined(written: _Written) -> Examined:
    rules = rule_set.parse(written.document)
    return Examined(rules, rule_checks.check(rules, written.document, ranges=_ranges(), kinds=KINDS))


def _ranges() -> Mapping[str, tuple[Decimal, Decimal]]:
    """What the record takes without a second measurement."""
    return {
        name: (known.possible_low if name in STOPS else known.hard_low, known.hard_high)
        for name, known in RANGES.items()
        if name in signals.RAW
    }


def require(actor: Actor, act: Act, study: Study | None) -> None:
    """Nothing, for who may do this to the rules of the study: at one of its sites, like the study itself.

    Rules for every study that has none of its own concern every site, and need the act at each.

    Raises: NotPermitted.
    """
    if study is None:
        if not actor.is_system and actor.site_ids(act) != every_site_id():
            raise NotPermitted(actor, act, None)
        return
    sites = list(study.study_sites.values_list("site_id", flat=True))
    if not any(actor.may(act, site_id, study.pk) for site_id in sites):
        raise NotPermitted(actor, act, sites[0] if sites else None)


def may(actor: Actor, act: Act, study: Study | None) -> bool:
    """True where `require` would let the actor pass."""
    try:
        require(actor, act, study)
    except NotPermitted:
        return False
    return True


def draft(actor: Actor, document: Any, *, study: Study | None, now: datetime) -> RuleSet:
    """A new version as a draft.

    Raises: NotPermitted; Refused naming the place, where the document cannot be read; Conflict where the
    version exists.
    """
    require(actor, Act.DRAFT_RULES, study)
    rules = _read(document)
    row = RuleSet(
        study=study, name=rules.name, version=rules.version, document=document, drafted_by=actor.user
    )
    return _stored(row)


def redraft(actor: Actor, row: RuleSet, document: Any, *, now: datetime) -> RuleSet:
    """The draft with another document in place of its own.

    Raises: NotPermitted; NotTheAuthor; Refused naming the place; Conflict where its new version exists.
    """
    require(actor, Act.DRAFT_RULES, row.study)
    rules = _read(document)
    with transaction.atomic():
        row = RuleSet.objects.select_for_update().get(pk=row.pk)
        if row.status != RuleSetStatus.DRAFT:
            raise NotTheAuthor(_("%s is no draft any more: begin a new version.") % row)
        if actor.user is None or row.drafted_by_id != actor.user.pk:
            raise NotTheAuthor(_("%s was drafted by somebody else: begin a version of your own.") % row)
        row.name, row.version, row.document = rules.name, rules.version, document
        return _stored(row)


def _read(document: Any) -> rule_set.RuleSet:
    try:
        return rule_set.parse(document)
    except RuleSetError as error:
        raise Refused([fault_of(error)]) from error


def fault_of(error: RuleSetError, place: str = "/document") -> FieldError:
    """The fault as doors say it."""
    return FieldError(f"{place}{error.pointer}", "rule_set", error.reason)


def _stored(row: RuleSet) -> RuleSet:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict(None, _("There is a %s already.") % row) from error
    return row


def next_version(row: RuleSet, study: Study | None) -> int:
    """The number of a version that follows all of that name."""
    same = RuleSet.objects.filter(name=row.name, study=study)
    newest: int = same.aggregate(newest=Max("version"))["newest"] or 0
    return max(newest, row.version) + 1


def following(row: RuleSet, study: Study | None) -> dict[str, Any]:
    """The document of a version that follows this one, to be changed."""
    return {**row.document, "version": next_version(row, study)}
