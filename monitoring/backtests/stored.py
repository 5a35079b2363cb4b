"""Records to try rules on, read from the database as they stand now. It reads; it writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import groupby

from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.permissions import Act, Actor
from monitoring import timeline
from monitoring.backtests.trial import Recorded, Stay
from monitoring.core.backtest import History
from monitoring.core.rule_book import Override
from monitoring.imports.readings import identifier_system
from monitoring.locking import Window
from monitoring.models import RuleOverride
from tracker.models import Infusion, PatientIdentifier

_IMPORTED = identifier_system("")


@contextmanager
def read_only() -> Iterator[None]:
    """A transaction in which PostgreSQL itself refuses every write."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        yield


def started() -> QuerySet[Infusion]:
    """The infusions that ever started, patient by patient."""
    return Infusion.objects.filter(started_at__isnull=False).order_by("patient_id", "started_at", "pk")


def infusions(actor: Actor) -> QuerySet[Infusion]:
    """Those of the sites where the actor may draft rules and read."""
    return started().filter(
        actor.within(Act.DRAFT_RULES, study="study_id"), actor.within(Act.READ, study="study_id")
    )


def recorded(infusion_ids: Sequence[int], until: datetime) -> Iterator[Recorded]:
    """The patients of these infusions, each with those of them that are theirs."""
    rows = started().filter(pk__in=infusion_ids).select_related("subject", "record")
    for patient_id, own in groupby(rows, key=lambda row: row.patient_id):
        stays = list(own)
        key = _key(patient_id)
        name = key[1] if key else stays[0].subject.subject_number
        yield Recorded(name, tuple(_stay(row, until) for row in stays), key)


def _stay(row: Infusion, until: datetime) -> Stay:
    watch_for = timedelta(hours=row.watch_hours)
    closes_at = None if row.stopped_at is None else row.stopped_at + watch_for
    window = Window(row.pk, row.uuid, row.site_id, row.study_id, row.started_at, closes_at)
    scope = timeline.Scope(row.pk, row.patient_id, row.started_at, closes_at)
    gathered = timeline.since(scope, None, row.record.version)
    overrides = tuple(
        Override(str(one.uuid), one.threshold, one.value, one.starts_at, one.ends_at)
        for one in RuleOverride.objects.filter(subject_id=row.subject_id).order_by("pk")
    )
    return Stay(window, History(tuple(gathered.events), watch_for, until, overrides))


def _key(patient_id: int) -> tuple[str, str] | None:
    """Source and patient of an imported file, by which an answer key knows them."""
    found = (
        PatientIdentifier.objects.filter(patient_id=patient_id, system__startswith=_IMPORTED)
        .order_by("pk")
        .values_list("system", "value")
        .first()
    )
    return None if found is None else (found[0].removeprefix(_IMPORTED), found[1])
