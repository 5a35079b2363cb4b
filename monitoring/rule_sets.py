"""From stored rule sets to the rules in force: loading what ships, activation by a second person, and the
book of an infusion.

A rule set once active never changes, so a parsed one is kept for the life of the process, by its number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Least
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import TABLE, Act, Actor, NotPermitted
from monitoring import rule_drafts, rule_remarks
from monitoring.core import loading, rule_book, rule_set
from monitoring.core.episodes import Episode
from monitoring.core.findings import Priority
from monitoring.models import RuleOverride, RuleSet, RuleSetStatus, Watch
from tracker.models import Subject

SHIPPED = Path(__file__).parent / "rule_sets"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class NoRules(LookupError):
    """No rule set is active for an infusion's study, nor one shipped for every study."""


class RulesRefused(ValueError):
    """A rule set that may not be activated; the message says why."""


@dataclass(frozen=True)
class Book:
    """The rules of one infusion, with the rows that they came from."""

    rules: rule_book.RuleBook
    rows: tuple[RuleSet, ...]
    override_ids: tuple[int, ...]

    @property
    def identity(self) -> str:
        """A text that is equal for equal books."""
        return identity(tuple(row.pk for row in self.rows), self.override_ids)

    def row_of(self, label: str) -> RuleSet:
        """The row of a rule set by its label, with or without overrides."""
        label = label.partition("+")[0]
        return next(row for row in self.rows if parsed(row.pk).label == label)

    def changed_since(self, before: str) -> datetime:
        """How early the difference to an earlier book reaches back, its look-back included."""
        sets, _, overrides = before.partition("+")
        known = set(_ids(sets))
        moments = [row.effective_from or BEGINNING for row in self.rows if row.pk not in known]
        new = set(self.override_ids) - set(_ids(overrides))
        moments += RuleOverride.objects.filter(pk__in=new).values_list("starts_at", flat=True) if new else []
        return self.rules.resume_before(min(moments, default=BEGINNING))

    def reopens_after(self, episode: Episode) -> Mapping[Priority, timedelta]:
        """How long after an assessment an alert of this episode opens again."""
        rule = parsed(self.row_of(episode.rule_set).pk).rules.get(episode.problem)
        return {} if rule is None else rule.reopens_after


def identity(rule_set_ids: tuple[int, ...], override_ids: tuple[int, ...]) -> str:
    """The identity of a book by the rows that it is made of."""
    return f"{','.join(map(str, rule_set_ids))}+{','.join(map(str, override_ids))}"


def book_of(identity: str) -> Book:
    """The book of that identity, as a watch row keeps it."""
    rule_set_ids, _, override_ids = identity.partition("+")
    return book(_ids(rule_set_ids), _ids(override_ids))


def rule_set_ids(identity: str) -> tuple[int, ...]:
    """The rule sets of the book of that identity."""
    return _ids(identity.partition("+")[0])


def _ids(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(",") if number)


@lru_cache(maxsize=512)
def book(rule_set_ids: tuple[int, ...], override_ids: tuple[int, ...]) -> Book:
    """The book made of these rule sets and overrides; the rows never change, so neither does it.

    Raises: NoRules when there is no rule set.
    """
    if not rule_set_ids:
        raise NoRules("no rule set is active: run `manage.py load_rule_sets`")
    stored = RuleSet.objects.filter(pk__in=rule_set_ids).order_by("pk")
    rows = [(row.effective_from or BEGINNING, row) for row in stored]
    own_from = min((since for since, row in rows if row.study_id is not None), default=None)
    activations = [
        (since, parsed(row.pk))
        for since, row in rows
        if row.study_id is not None or own_from is None or since < own_from
    ]
    overrides = RuleOverride.objects.filter(pk__in=override_ids).order_by("pk") if override_ids else ()
    rules = rule_book.RuleBook.of(activations, [_override(row) for row in overrides])
    return Book(rules, tuple(row for _, row in rows), override_ids)


def _override(row: RuleOverride) -> rule_book.Override:
    return rule_book.Override(
        key=str(row.uuid),
        threshold=row.threshold,
        value=row.value,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
    )


@lru_cache(maxsize=128)
def parsed(rule_set_id: int) -> rule_set.RuleSet:
    """The rules of one activated row."""
    return rule_set.parse(RuleSet.objects.get(pk=rule_set_id).document)


def active_beside(row: RuleSet) -> RuleSet | None:
    """The active rules in whose place these would be: those of its study, else those for every study."""
    active = RuleSet.objects.filter(status=RuleSetStatus.ACTIVE).exclude(pk=row.pk)
    return active.filter(study=row.study_id).first() or active.filter(study=None).first()


def overrides_without(row: RuleSet, now: datetime) -> list[RuleOverride]:
    """The figures of single subjects that would hold for nothing: these rules name none of them."""
    named = rule_set.thresholds(rule_drafts.examine(row.document).rules)
    held = RuleOverride.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now)).exclude(threshold__in=named)
    if row.study_id is not None:
        held = held.filter(subject__study=row.study_id)
    return list(held.select_related("subject").order_by("subject__subject_number", "pk"))


def read(path: Path) -> Mapping[str, Any]:
    """A rule set's document from a file, its numbers exactly as written.

    Raises: RuleSetError naming the place that is wrong.
    """
    document: dict[str, Any] = loading.read(path.read_bytes())
    rule_set.parse(document)
    return document


def load_shipped() -> list[RuleSet]:
    """The rule sets that came with this release and were not stored yet.

    The first is active at once for every study that has none of its own. A later release's is a draft: a
    person activates it.
    """
    loaded = []
    for path in sorted(SHIPPED.glob("*.json")):
        document = read(path)
        rules = rule_set.parse(document)
        is_first = not RuleSet.objects.filter(study=None).exclude(status=RuleSetStatus.DRAFT).exists()
        status = RuleSetStatus.ACTIVE if is_first else RuleSetStatus.DRAFT
        row, created = RuleSet.objects.get_or_create(
            study=None,
            name=rules.name,
            version=rules.version,
            defaults={"document": document, "status": status, "shipped": True},
        )
        if created:
            loaded.append(row)
    return loaded


@transaction.atomic
def approve(
    actor: Actor, row: RuleSet, *, effective_from: datetime, now: datetime, fingerprint: str | None = None
) -> RuleSet:
    """The rule set, active from the stated moment on; what was active before judges only what was measured
    before.

    `fingerprint` is of the document that the person has read, if it is known.

    Raises: NotPermitted; RulesRefused for one's own draft, a draft that has changed since it was read, a
    moment that has passed or comes before that of other rules, or rules with an error.
    """
    rule_drafts.require(actor, Act.APPROVE_RULES, row.study)
    if actor.user is None:
        raise NotPermitted(actor, Act.APPROVE_RULES, None)
    row = RuleSet.objects.select_for_update(of=("self",)).select_related("study").get(pk=row.pk)
    if row.status != RuleSetStatus.DRAFT:
        raise RulesRefused(_("%(rules)s is no draft.") % {"rules": row})
    if row.drafted_by_id == actor.user.pk:
        raise RulesRefused(_("%(rules)s is your own draft: somebody else approves it.") % {"rules": row})
    if effective_from < now:
        detail = _("%(rules)s cannot be in force from %(moment)s: that moment has passed.")
        raise RulesRefused(detail % {"rules": row, "moment": effective_from.isoformat(timespec="minutes")})
    later = RuleSet.objects.filter(study=row.study, effective_from__gte=effective_from).first()
    if later is not None:
        detail = _("%(rules)s must come into force later than %(others)s, which would follow it.")
        raise RulesRefused(detail % {"rules": row, "others": later})
    examined = rule_drafts.examine(row.document)
    if fingerprint is not None and fingerprint != examined.rules.fingerprint:
        raise RulesRefused(_("%(rules)s has changed since you read it.") % {"rules": row})
    if examined.errors:
        places = ", ".join(f"{remark.pointer} ({remark.code})" for remark in examined.errors)
        raise RulesRefused(_("%(rules)s has errors: %(places)s") % {"rules": row, "places": places})
    RuleSet.objects.filter(study=row.study, status=RuleSetStatus.ACTIVE).update(status=RuleSetStatus.RETIRED)
    row.status = RuleSetStatus.ACTIVE
    row.approved_by = actor.user
    row.approved_at = now
    row.effective_from = effective_from
    row.save(update_fields=["status", "approved_by", "approved_at", "effective_from"])
    study = Q(infusion__study=row.study) if row.study_id else Q()
    look_again(Watch.objects.filter(study), effective_from)
    return row


@transaction.atomic
def override_threshold(
    actor: Actor,
    subject: Subject,
    *,
    threshold: str,
    value: Decimal,
    starts_at: datetime,
    ends_at: datetime | None,
    second_person: User,
    reason: str,
    now: datetime,
) -> RuleOverride:
    """Another figure for one subject, in force from a moment on: for what is measured then, nothing before.

    Raises: NotPermitted; RulesRefused for a moment that has passed, an unknown threshold, no second person.
    """
    actor.require(Act.APPROVE_RULES, subject.site_id, subject.study_id)
    if starts_at < now or (ends_at is not None and ends_at <= starts_at):
        raise RulesRefused(_("An override starts at a moment that has not passed, and ends after it."))
    roles = list(TABLE[Act.APPROVE_RULES])
    seconds = second_person.memberships.in_force(now).filter(site=subject.site, role__in=roles)
    if actor.user is None or second_person == actor.user or not seconds.exists():
        raise RulesRefused(_("An override of rules needs a second person who may approve rules there."))
    active = RuleSet.objects.filter(Q(study=subject.study) | Q(study=None), status=RuleSetStatus.ACTIVE)
    rules = [parsed(row.pk) for row in active]
    having = [each for each in rules if threshold in rule_set.thresholds(each)]
    if not having:
        raise RulesRefused(_("No rule in force has a threshold “%(name)s”.") % {"name": threshold})
    errors = [error for each in having for error in rule_drafts.errors_with(each, {threshold: value})]
    if errors:
        raise RulesRefused(" ".join(rule_remarks.said(error).sentence for error in errors))
    row = RuleOverride.objects.create(
        subject=subject,
        threshold=threshold,
        value=value,
        starts_at=starts_at,
        ends_at=ends_at,
        author=actor.user,
        second_person=second_person,
        reason=reason,
        recorded_at=now,
    )
    look_again(Watch.objects.filter(infusion__subject=subject), starts_at)
    return row


def look_again(watches: Any, at: datetime) -> int:
    """How many open watches will be looked at no later than the moment, because their rules change then."""
    open_watches = watches.filter(Q(closes_at__isnull=True) | Q(closes_at__gte=at), opened_at__isnull=False)
    changed: int = open_watches.update(next_due_at=Least("next_due_at", at))
    return changed
