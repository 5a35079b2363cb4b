"""Who is measured: running infusions under the shipped rules and under none, and a key to post with."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from bench.load import post

if TYPE_CHECKING:
    from tracker.models import Infusion, Site, Study

VITALS = "/api/v1/vitals/"
BULK = "/api/v1/vitals/bulk/"
#: So many of the first infusions are for bulk and for counting rows.
DENSE = 22
#: A calm set, as the baseline is: no rule holds, so that reading and judging are measured, not raising.
CALM = {
    "temperature_c": 36.8,
    "systolic_mmhg": 121,
    "diastolic_mmhg": 78,
    "heart_rate_bpm": 74,
    "respiratory_rate_per_min": 15,
    "spo2_percent": 98,
}


def moment() -> datetime:
    """The time that a reading is taken at."""
    return datetime.now(UTC)  # noqa: TID251 - the load's own clock, not Febris's


@dataclass(frozen=True)
class Scene:
    """The token, and the infusions by the rules that judge them."""

    token: str
    ruled: tuple[UUID, ...]
    unruled: tuple[UUID, ...]

    def single(self, infusions: tuple[UUID, ...], **changed: object) -> Readings:
        """Single sets for the infusions in turn, without those that took thousands of sets in minutes."""
        return Readings(self.token, infusions[DENSE:], changed)


@dataclass(frozen=True)
class Readings:
    """An endless supply of POSTs of one set each; no two connections share an infusion."""

    token: str
    infusions: tuple[UUID, ...]
    changed: dict[str, object]

    def __call__(self, connection: int) -> Iterator[bytes]:
        """The requests of one of four connections."""
        for infusion in itertools.cycle(self.infusions[connection::4]):
            yield self.request(infusion)

    def request(self, infusion: UUID) -> bytes:
        """One POST of a set taken just now."""
        key = uuid4().hex
        body = {"infusion": str(infusion), "measured_at": moment().isoformat(), "source_id": key}
        return post(
            VITALS,
            json.dumps(body | CALM | self.changed).encode(),
            Authorization=f"Bearer {self.token}",
            Idempotency_Key=key,
        )


def study_at(site: Site, name: str, now: datetime) -> Study:
    """A study that asks nothing before a start, joined by the site."""
    from accounts.actors import system_actor
    from tracker import services
    from tracker.gates import FIXED, Gate, Mode

    actor = system_actor("bench")
    study = services.create_study(
        actor, now=now, protocol_number=name, version="1", product="none", synthetic=True,
        gates={gate.value: Mode.OFF.value for gate in Gate if gate not in FIXED},
    )  # fmt: skip
    services.join_study(actor, study, site, now=now)
    return study


def running(study: Study, site: Site, number: int, started: datetime) -> Infusion:
    """A running infusion of a new patient, with the set that is its baseline; the watch has looked at it."""
    from accounts.actors import system_actor
    from monitoring import doorbell
    from monitoring.evaluate import evaluate_infusion
    from tracker import services

    actor = system_actor("bench")
    before = started - timedelta(minutes=5)
    with doorbell.silenced():  # else a thousand rings wait for the workers when the measuring begins
        patient = services.create_patient(actor, site, now=started)
        subject = services.enrol_subject(actor, study, patient, f"{study.pk}-{number}", now=started)
        infusion = services.plan_infusion(
            actor, subject, now=started, number=1, planned_start_at=started,
            planned_end_at=started + timedelta(hours=8),
        )  # fmt: skip
        services.record_vitals(actor, infusion, CALM | {"measured_at": before}, now=before)
        begun = services.start_infusion(actor, infusion, at=started, now=started, override_reason="bench")
    evaluate_infusion(infusion.pk, moment())
    return begun.infusion


def set_scene(infusions: int) -> Scene:
    """So many running infusions of each kind, made by the services."""
    from accounts.actors import system_actor
    from accounts.models import Client, ClientKind
    from accounts.permissions import Role
    from accounts.tokens import issue
    from monitoring.core.rule_set import parse
    from monitoring.models import RuleSet, RuleSetStatus
    from tracker import services

    actor, now = system_actor("bench"), moment()
    site = services.create_site(actor, now=now, code="BENCH", name="Bench")
    started = now - timedelta(minutes=10)

    ruled, unruled = study_at(site, "BENCH", now), study_at(site, "BENCH-EMPTY", now)
    shipped = RuleSet.objects.get(study=None, status=RuleSetStatus.ACTIVE)
    document = shipped.document | {"name": "empty", "rules": []}
    parse(document)
    RuleSet.objects.create(
        study=unruled, name="empty", version=shipped.version, document=document,
        status=RuleSetStatus.ACTIVE, shipped=True,
    )  # fmt: skip
    client = Client.objects.create(
        site=site, name="bench", kind=ClientKind.INTEGRATION, role=Role.INTEGRATION
    )
    _token, key = issue(client, now)
    return Scene(
        key,
        tuple(running(ruled, site, number, started).uuid for number in range(infusions)),
        tuple(running(unruled, site, number, started).uuid for number in range(infusions)),
    )
