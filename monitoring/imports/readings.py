"""The import of tidy readings: one patient, subject and infusion for each patient of the file.

Start and stop are both minute 0, so the watch window closes at minute 2,880, included. Everything is written
by the tracker's services, a batch a transaction; whatever is there already is found again by its own names,
so an import may be cut off and repeated.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice

import msgspec
from django.utils.translation import gettext as _

from accounts.actors import system_actor
from accounts.models import Client, ClientKind
from accounts.permissions import Actor
from monitoring.imports.tidy import VALUE_COLUMNS, Fault, TidyRow
from tracker import services
from tracker.gates import FIXED, Gate, Mode
from tracker.ingest import ReadingIn
from tracker.models import Infusion, Patient, PatientIdentifier, Phase, Site, Study, StudySite, Subject

#: The study and site of an import that names none.
DEFAULT_STUDY, DEFAULT_SITE = "IMPORTED", "IMPORTED"
BATCH = 1_000
#: What a file may hold after minute 0: the watch window of an infusion that stopped there.
WATCH_FOR = timedelta(hours=48)
_PRODUCT = "not stated"
_COLUMN_OF_FIELD = {name: column for column, name in VALUE_COLUMNS.items()}


def identifier_system(source: str) -> str:
    """Under which name the patients of a source are known."""
    return f"urn:febris:import:{source}"


def import_actor(site: Site) -> Actor:
    """Febris itself, writing as the site's import."""
    client, _created = Client.objects.get_or_create(
        site_id=site.pk, name="import", defaults={"kind": ClientKind.IMPORT}
    )
    return system_actor("import", ClientKind.IMPORT).at(client)


@dataclass(slots=True)
class Progress:
    """How far an import has come, and what it found on the way."""

    rows: int = 0
    created: int = 0
    repeated: int = 0
    refused: int = 0
    #: Values worth a second look, which nobody is there to take.
    unusual: int = 0
    warnings: list[Fault] = field(default_factory=list)
    infusion_ids: dict[int, None] = field(default_factory=dict)


def find_or_make_place(
    actor: Actor, study: str | None, site: str | None, now: datetime
) -> tuple[Study, Site]:
    """The study and site to import into; those of an import that names none are made at the first use.

    Raises: Study.DoesNotExist, Site.DoesNotExist for a name that is given and unknown.
    """
    at = Site.objects.filter(code=site or DEFAULT_SITE).first()
    if at is None:
        if site is not None:
            raise Site.DoesNotExist(site)
        at = services.create_site(actor, now=now, code=DEFAULT_SITE, name=_("Imported readings"))
    of = Study.objects.filter(protocol_number=study or DEFAULT_STUDY).first()
    if of is None:
        if study is not None:
            raise Study.DoesNotExist(study)
        of = services.create_study(
            actor,
            now=now,
            protocol_number=DEFAULT_STUDY,
            version="1",
            title=_("Imported readings"),
            product=_PRODUCT,
            gates={gate.value: Mode.OFF.value for gate in Gate if gate not in FIXED},
        )
    if not StudySite.objects.filter(study=of, site=at).exists():
        services.join_study(actor, of, at, now=now)
    return of, at


@dataclass(slots=True)
class Import:
    """One import into a study at a site. `start` is minute 0 of every infusion that it makes."""

    study: Study
    site: Site
    start: datetime
    historical: bool
    actor: Actor
    _infusions: dict[tuple[str, str], Infusion] = field(default_factory=dict)

    def run(self, rows: Iterable[TidyRow | Fault], now: datetime) -> Iterator[Progress]:
        """Store the rows batch by batch; the progress after each, whose warnings are those of that batch."""
        progress = Progress()
        stream = (row for row in rows if isinstance(row, TidyRow))
        while batch := list(islice(stream, BATCH)):
            progress.warnings = []
            progress.rows += len(batch)
            self._store([row for row in batch if not row.is_empty], progress, now)
            yield progress

    def _store(self, rows: list[TidyRow], progress: Progress, now: datetime) -> None:
        readings = [_reading(row, self._infusion(row.who, now)) for row in rows]
        answer = services.record_vitals_bulk(self.actor, readings, "each", now=now)
        for row, stored in zip(rows, answer.rows, strict=True):
            progress.infusion_ids[self._infusions[row.who].pk] = None
            if stored.errors:
                progress.refused += 1
            elif stored.created:
                progress.created += 1
            else:
                progress.repeated += 1
            said = [(each.field, each.code, each.detail) for each in stored.warnings]
            said += [(each.field, each.code, str(each.detail)) for each in stored.errors]
            for name, code, detail in said:
                if code == "confirm":
                    progress.unusual += 1
                else:
                    progress.warnings.append(Fault(row.line, _COLUMN_OF_FIELD.get(name, name), detail))

    def _infusion(self, who: tuple[str, str], now: datetime) -> Infusion:
        if who not in self._infusions:
            self._infusions[who] = self._find_infusion(who) or self._make_infusion(who, now)
        return self._infusions[who]

    def _find_infusion(self, who: tuple[str, str]) -> Infusion | None:
        """The infusion of an earlier import, if that came as far as its stop."""
        source, value = who
        return Infusion.objects.filter(
            study=self.study,
            patient__site=self.site,
            patient__identifiers__system=identifier_system(source),
            patient__identifiers__value=value,
            stopped_at__isnull=False,
        ).first()

    def _make_infusion(self, who: tuple[str, str], now: datetime) -> Infusion:
        """The infusion, taking up whatever an import that was cut off has left."""
        source, value = who
        patient = self._patient(source, value, now)
        number = f"{source}-{value}"
        subject = Subject.objects.filter(study=self.study, patient=patient).first() or services.enrol_subject(
            self.actor, self.study, patient, number, now=now, diagnosis="other"
        )
        infusion = Infusion.objects.filter(subject=subject, number=1).first() or services.plan_infusion(
            self.actor, subject, now=now, number=1, product=_PRODUCT, historical=self.historical
        )
        reason = _("Imported readings: nobody was asked at the start")
        if infusion.phase == Phase.PLANNED:
            infusion = services.start_infusion(
                self.actor,
                infusion,
                at=self.start,
                now=now,
                override_reason=reason,
                source_id=f"{source}/{value}/start",
            ).infusion
        at = infusion.started_at or self.start
        return services.stop_infusion(
            self.actor, infusion, at=at, now=now, source_id=f"{source}/{value}/stop"
        ).infusion

    def _patient(self, source: str, value: str, now: datetime) -> Patient:
        known = PatientIdentifier.objects.filter(
            site=self.site, system=identifier_system(source), value=value
        ).first()
        if known is not None:
            return known.patient
        return services.create_patient(
            self.actor, self.site, now=now, identifiers={identifier_system(source): value}
        )


def _reading(row: TidyRow, infusion: Infusion) -> ReadingIn:
    assert infusion.started_at is not None
    reading = ReadingIn(
        infusion=infusion.uuid,
        measured_at=infusion.started_at + minutes(row.minute),
        source_id=row.source_id,
        absent=dict.fromkeys(row.unreadable, "implausible"),
        note=", ".join(f"{name}: {text!r}" for name, text in row.unreadable.items()),
    )
    return msgspec.structs.replace(reading, **row.values)


def minutes(number: Decimal) -> timedelta:
    """So many minutes, exact to the microsecond."""
    return timedelta(microseconds=int(number * 60_000_000))


def start_for(last_minute: Decimal, now: datetime) -> datetime:
    """The newest midnight (UTC) from which the whole file, and what a later file adds of the same 48 hours,
    lies in the past: minute 0 of what is imported."""
    latest = now - max(minutes(last_minute), WATCH_FOR)
    return latest.replace(hour=0, minute=0, second=0, microsecond=0)
