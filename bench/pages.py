"""The two pages that are looked at most, one request after another, beside an empty page of the server."""

import itertools
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from bench.load import Load, get, load
from bench.scene import CALM, moment, running, study_at
from bench.table import Result

#: How full the ward and the flowsheet are: the most that either is meant for.
PATIENTS, SETS = 60, 2_880
ROUNDS, SECONDS = 5, 2.0
#: Signed in, with the navigation and nothing beside it that asks the database.
EMPTY = "/calculator/"


def beside_an_empty_page(port: int) -> list[Result]:
    """The 95th percentile of the ward board with 60 patients and of the flowsheet with 2,880 sets, in ms."""
    board, flowsheet, cookie = "/", *_ward()
    pages = {path: Load() for path in (board, flowsheet, EMPTY)}
    requests = {path: get(path, Cookie=cookie) for path in pages}
    for number in range(ROUNDS + 1):
        for path in pages:
            found = load(
                port,
                lambda _, path=path: itertools.repeat(requests[path]),
                seconds=SECONDS,
                connections=1,
                status=200,
            )
            if number:  # the first round warms caches
                pages[path] += found
    empty = pages[EMPTY].percentile(95)
    return [
        Result(
            name,
            pages[path].percentile(95),
            limit,
            at_most=True,
            detail=f"p50 {pages[path].percentile(50):.0f} ms, n {len(pages[path].latencies_ms):,},"
            f" {pages[path].percentile(95) / empty:.1f} × an empty page ({empty:.0f} ms)",
        )
        for name, path, limit in (
            (f"ward board, {PATIENTS} patients, p95, ms", board, 100),
            (f"flowsheet, {SETS:,} sets, p95, ms", flowsheet, 200),
        )
    ]


def _ward() -> tuple[str, str]:
    """A full ward of its own: the address of the patient with the most sets, and the cookie of a nurse."""
    from django.conf import settings
    from django.test import Client as Browser

    from accounts.actors import system_actor
    from accounts.models import Membership, User
    from accounts.permissions import Role
    from monitoring.evaluate import evaluate_infusion
    from tracker import services
    from tracker.ingest import ReadingIn

    actor, now = system_actor("bench"), moment()
    site = services.create_site(actor, now=now, code="WARD", name="A full ward")
    study = study_at(site, "BENCH-WARD", now)
    for number in range(PATIENTS - 1):
        infusion = running(study, site, number, now - timedelta(minutes=20 + number))
        # Every fourth patient has a fever, so that rows have alerts too.
        fever = {"temperature_c": 39.1} if number % 4 == 0 else {}
        services.record_vitals(actor, infusion, CALM | fever | {"measured_at": now}, now=now)
        evaluate_infusion(infusion.pk, now)
    long = running(study, site, PATIENTS, now - timedelta(hours=48))
    services.record_vitals_bulk(
        actor,
        [
            ReadingIn(
                infusion=long.uuid,
                measured_at=now - timedelta(minutes=SETS - number),
                source_id=uuid4().hex,
                temperature_c=Decimal(365 + number % 20) / 10,
                systolic_mmhg=Decimal(110 + number % 20),
                diastolic_mmhg=Decimal(78),
                heart_rate_bpm=Decimal(70 + number % 50),
                respiratory_rate_per_min=Decimal(15),
                spo2_percent=Decimal(98),
            )
            for number in range(SETS)
        ],
        "each",
        now=now,
    )
    evaluate_infusion(long.pk, now)
    nurse = User.objects.create_user(username="bench-nurse", name="Nurse")
    Membership.objects.create(user=nurse, site=site, role=Role.NURSE, identified=True)
    browser = Browser()
    browser.force_login(nurse, backend=settings.AUTHENTICATION_BACKENDS[-1])
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    return f"/infusions/{long.uuid}/flowsheet/", cookie
