"""What a patient sends from home, as rows of the record: a temperature, symptoms, an antipyretic.

A link writes for its own infusion and nothing else. Sent twice, it is stored once.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import home_client
from accounts.models import ClientKind
from accounts.permissions import Act, Actor, Grant, Role
from tracker.errors import Refused, Unprocessable
from tracker.models import HomeLink, Infusion, SymptomKind, SymptomReport, TemperatureLog

from .observations import record_symptom, record_temperature

#: What the page asks about. Source: the fields of a home diary, clinical facts 8 and S19 to S21; headache and
#: rash beside them are defaults, to be confirmed.
SYMPTOMS = (
    SymptomKind.RIGORS,
    SymptomKind.DIZZINESS,
    SymptomKind.DYSPNOEA,
    SymptomKind.CONFUSION,
    SymptomKind.HEADACHE,
    SymptomKind.RASH,
)


Row = TemperatureLog | SymptomReport


class LinkClosed(Unprocessable):
    """The link was revoked, or has run out, since its page was opened."""

    code = "link_closed"


@dataclass(frozen=True, slots=True)
class HomeEntry:
    """What was typed on one page. No `measured_at`: it is true of the moment at which it arrives."""

    form_token: UUID
    temperature: str = ""
    unit: str = "C"
    site: str = ""
    symptoms: tuple[str, ...] = ()
    antipyretic: str = ""
    antipyretic_at: datetime | None = None
    measured_at: datetime | None = None
    confirmed: bool = False

    def key(self, link: HomeLink) -> str:
        """The name of this content: the same page sent again has the same, the page changed has another."""
        said = [self.temperature.strip().replace(",", "."), self.unit, self.site, *sorted(self.symptoms)]
        said += [self.antipyretic.strip()]
        said += [at.isoformat() if at else "" for at in (self.antipyretic_at, self.measured_at)]
        digest = hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:16]
        return f"{link.uuid}/{self.form_token}/{digest}"


@dataclass(frozen=True, slots=True)
class Sent:
    """What one page brought: its rows, and whether they are new."""

    created: bool
    infusion_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What the patient sent together, as it stands in the record."""

    form_token: str
    measured_at: datetime
    recorded_at: datetime
    temperature_c: Decimal | None = None
    typed: str = ""
    unit: str = ""
    site: str = ""
    antipyretic: str = ""
    symptoms: tuple[str, ...] = ()


def home_actor(infusion: Infusion) -> Actor:
    """The patient at home, as far as the record knows: somebody who may send readings of this study here."""
    grant = Grant(Role.INTEGRATION, infusion.site_id, infusion.study_id)
    scopes = frozenset({Act.READ.value, Act.RECORD_READINGS.value})
    return Actor(client=home_client(infusion.site_id), memberships=(grant,), scopes=scopes)


def record_home(link: HomeLink, entry: HomeEntry, *, now: datetime) -> Sent:
    """Stores everything that the page says, or nothing.

    Raises: Refused for what cannot be kept, LinkClosed.
    """
    if not (entry.temperature.strip() or entry.symptoms or entry.antipyretic):
        raise Refused.at("temperature_c", "empty", _("There is nothing to store."))
    infusion = link.infusion
    actor, key = home_actor(infusion), entry.key(link)
    with transaction.atomic():
        # Two clicks of one finger are two requests: the second waits here and finds the rows of the first.
        locked = HomeLink.objects.select_for_update(no_key=True, of=("self",)).select_related("infusion")
        if not locked.get(pk=link.pk).opens(now):
            raise LinkClosed(_("This page does not work any more."))
        if _is_stored(actor, key):
            return Sent(created=False)
        changed: set[int] = set()
        at = entry.measured_at or now
        if entry.temperature.strip() or entry.antipyretic:
            taken = record_temperature(actor, infusion, _temperature(entry, at, f"{key}/t"), now=now)
            changed.update(taken.infusion_ids)
        for kind in entry.symptoms:
            values = {"kind": kind, "measured_at": at, "source_id": f"{key}/{kind}"}
            changed.update(record_symptom(actor, infusion, values, now=now).infusion_ids)
        return Sent(created=True, infusion_ids=tuple(sorted(changed)))


def _temperature(entry: HomeEntry, at: datetime, source_id: str) -> dict[str, Any]:
    values: dict[str, Any] = {"measured_at": at, "source_id": source_id}
    if text := entry.temperature.strip():
        values["temperature_f" if entry.unit == "F" else "temperature_c"] = text
        values["temperature_typed"] = text[:32]
        values["temperature_site"] = entry.site or "unknown"
    else:
        values["absent"] = {"temperature_c": "not_taken"}
    if entry.antipyretic:
        values |= {"antipyretic": entry.antipyretic[:100], "antipyretic_at": entry.antipyretic_at}
    if entry.confirmed:
        values["confirmed"] = ["temperature_c"]
    return values


def _is_stored(actor: Actor, key: str) -> bool:
    ids = [f"{key}/{part}" for part in ("t", *(kind.value for kind in SYMPTOMS))]
    return any(
        model._default_manager.filter(client=actor.client, source_id__in=ids).exists()
        for model in (TemperatureLog, SymptomReport)
    )


def told_from_home(infusion: Infusion) -> list[Told]:
    """What the patient sent for this infusion and nobody has taken back, newest first."""
    own = {"infusion": infusion, "client__kind": ClientKind.DIARY}
    rows: list[Row] = [*TemperatureLog.objects.current().filter(**own)]
    rows += SymptomReport.objects.current().filter(**own)
    pages: dict[str, list[Row]] = {}
    for row in rows:
        pages.setdefault(row.source_id.rpartition("/")[0], []).append(row)
    found = [_told(page, rows) for page, rows in pages.items()]
    return sorted(found, key=lambda one: (one.measured_at, one.recorded_at), reverse=True)


def _told(page: str, rows: list[Row]) -> Told:
    taken = [row for row in rows if isinstance(row, TemperatureLog)]
    felt = [row for row in rows if isinstance(row, SymptomReport)]
    first = rows[0]
    order = {kind.value: place for place, kind in enumerate(SYMPTOMS)}
    values: dict[str, Any] = {}
    if taken:
        row = taken[0]
        values = {
            "temperature_c": row.temperature_c,
            "typed": row.temperature_typed,
            "unit": row.temperature_unit,
            "site": row.temperature_site,
            "antipyretic": row.antipyretic,
        }
    return Told(
        form_token=page.split("/")[1] if page.count("/") == 2 else "",
        measured_at=first.measured_at,
        recorded_at=first.recorded_at,
        symptoms=tuple(sorted((row.kind for row in felt), key=lambda kind: order.get(kind, len(order)))),
        **values,
    )
