"""A backtest as people ask for it: started on a page or by the API, run in slices by a worker, read by
whoever may read all that it rests on.

Each patient is read in a transaction of its own that may write nothing; progress is written in others. A
worker that dies loses a second of work: the lease runs out and another goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.permissions import Act, Actor, NotPermitted
from monitoring.backtests import stored
from monitoring.backtests.tally import Tally, summary
from monitoring.backtests.trial import attempt
from monitoring.core import rule_set as rules
from monitoring.core.rule_set import RuleSet as Rules
from monitoring.models import Backtest, BacktestState, RuleSet, RuleSetStatus
from monitoring.rule_sets import RulesRefused
from tracker.models import Infusion, Study

log = logging.getLogger(__name__)

#: So long a worker stays with one backtest before it lets other work of its queue pass.
SLICE_S = 4.0
#: So often it writes down how far it has come.
SAVED_EVERY_S = 1.0
LEASE = timedelta(seconds=60)

UNFINISHED = (BacktestState.WAITING, BacktestState.RUNNING)


class DraftChanged(Exception):
    """The rule set was edited while it was tried."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a backtest has come, in patients."""

    state: str
    done: int
    total: int

    @property
    def percent(self) -> int:
        """The share that is done."""
        return 100 if not self.total else min(100, self.done * 100 // self.total)


def start(
    actor: Actor,
    rule_set: RuleSet,
    *,
    against: RuleSet | None = None,
    study: Study | None = None,
    now: datetime,
) -> Backtest:
    """A backtest that a worker will take up, over every infusion that the actor may read (of one study).

    Without `against`, beside the rule set that is active in its place now, if that is another. The result has
    what it is held against first.

    Raises: NotPermitted; RulesRefused where there is nothing to try it on, or rules that cannot be read.
    """
    if not actor.may_anywhere(Act.DRAFT_RULES):
        raise NotPermitted(actor, Act.DRAFT_RULES, None)
    beside = against or _active_in_place_of(rule_set)
    if beside is not None and beside.pk == rule_set.pk:
        beside = None
    scope = stored.infusions(actor)
    if study is not None:
        scope = scope.filter(study=study)
    chosen = list(scope.values_list("patient_id", "pk"))
    if not chosen:
        raise RulesRefused(_("There is no infusion yet to try rules on."))
    tried = [_read(one) for one in (beside, rule_set) if one is not None]
    return Backtest.objects.create(
        rule_set=rule_set,
        against=beside,
        fingerprints=[one.fingerprint for one in tried],
        asked_by=actor.user,
        asked_at=now,
        infusion_ids=[infusion for _patient, infusion in chosen],
        patients=len({patient for patient, _infusion in chosen}),
        until=now,
    )


def newest(actor: Actor, rule_set: RuleSet) -> Backtest | None:
    """The newest backtest of the rule set that the actor may read."""
    rows = Backtest.objects.filter(rule_set=rule_set).select_related("rule_set", "against", "asked_by")
    return next((row for row in rows.order_by("-pk")[:20] if may_read(actor, row)), None)


def may_read(actor: Actor, backtest: Backtest) -> bool:
    """True when the actor may read every infusion that it was run on."""
    if not actor.may_anywhere(Act.DRAFT_RULES):
        return False
    return stored.infusions(actor).filter(pk__in=backtest.infusion_ids).count() == len(backtest.infusion_ids)


def progress(backtest: Backtest) -> Progress:
    """How far it has come."""
    return Progress(backtest.state, backtest.done, backtest.patients)


def is_outdated(backtest: Backtest) -> bool:
    """True when the rule set says something else by now."""
    return rules.fingerprint(backtest.rule_set.document) != backtest.fingerprints[-1]


def run_next(real_now: datetime) -> int:
    """How many patients were tried for the backtest that has waited longest; 0 when none waits."""
    backtest = _claim(real_now)
    if backtest is None:
        return 0
    before = backtest.done
    try:
        _run(backtest, real_now)
    except Exception as error:
        log.exception("backtest %s failed", backtest.uuid)
        backtest.state, backtest.error = BacktestState.FAILED, f"{type(error).__name__}: {error}"[:500]
        backtest.finished_at = real_now
    backtest.lease_until = None
    _save(backtest)
    return backtest.done - before


def is_waiting() -> bool:
    """True while a backtest wants a worker and none has it."""
    return Backtest.objects.filter(state__in=UNFINISHED, lease_until__isnull=True).exists()


def _claim(real_now: datetime) -> Backtest | None:
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=real_now)
    with transaction.atomic():
        row = (
            Backtest.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("rule_set", "against")
            .filter(free, state__in=UNFINISHED)
            .order_by("pk")
            .first()
        )
        if row is not None:
            row.state, row.lease_until = BacktestState.RUNNING, real_now + LEASE
            row.save(update_fields=["state", "lease_until"])
    return row


def _run(backtest: Backtest, real_now: datetime) -> None:
    """One slice: patients until the time is up or there are none left."""
    tried = [_read(one) for one in (backtest.against, backtest.rule_set) if one is not None]
    if [one.fingerprint for one in tried] != backtest.fingerprints:
        raise DraftChanged(_("the rule set was edited meanwhile; ask again"))
    tally = Tally.from_data(backtest.tally) if backtest.tally else Tally.of(len(tried))
    began = saved = time.monotonic()
    before = backtest.done
    for infusion_ids in _by_patient(backtest.infusion_ids)[before:]:
        if backtest.done > before and time.monotonic() - began > SLICE_S:
            backtest.tally = tally.to_data()
            return
        with stored.read_only():
            patients = list(stored.recorded(infusion_ids, backtest.until))
        for patient in patients:
            tally.add(attempt(patient, tried), tried)
        backtest.done += 1
        if time.monotonic() - saved > SAVED_EVERY_S:
            backtest.tally = tally.to_data()
            _save(backtest)
            saved = time.monotonic()
    backtest.tally, backtest.result = {}, summary(tally, tried)
    backtest.state, backtest.finished_at = BacktestState.DONE, real_now


def _by_patient(infusion_ids: Sequence[int]) -> list[list[int]]:
    """The infusions of each patient, the patients in a fixed order."""
    patients = dict(Infusion.objects.filter(pk__in=infusion_ids).values_list("pk", "patient_id"))
    grouped: dict[int, list[int]] = {}
    for infusion_id in infusion_ids:
        grouped.setdefault(patients[infusion_id], []).append(infusion_id)
    return list(grouped.values())


def _save(backtest: Backtest) -> None:
    backtest.save(update_fields=["state", "done", "tally", "result", "error", "lease_until", "finished_at"])


def _read(row: RuleSet) -> Rules:
    return rules.parse(row.document)


def _active_in_place_of(rule_set: RuleSet) -> RuleSet | None:
    """What is active now where the rule set would be: for its study, else what ships for every study."""
    active = RuleSet.objects.filter(status=RuleSetStatus.ACTIVE)
    own = active.filter(study=rule_set.study).order_by("-pk").first()
    return own or active.filter(study=None).order_by("-pk").first()
