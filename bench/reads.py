"""How many rows the evaluation of one reading in order reads, with few and with many stored sets."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

from bench.ground import Ground
from bench.scene import Scene, moment
from bench.table import Result

_READ = """
    SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables
    WHERE seq_tup_read + coalesce(idx_tup_fetch, 0) > 0"""


def rows_read(ground: Ground, scene: Scene, sets: int, infusion_number: int) -> Result:
    """Rows read by one evaluation in order after so many sets, as the database counts them."""
    from django.db import connection, transaction

    from accounts.actors import system_actor
    from monitoring.evaluate import evaluate_infusion
    from tracker import services
    from tracker.ingest import ReadingIn
    from tracker.models import Infusion

    infusion = Infusion.objects.get(uuid=scene.ruled[infusion_number])
    actor = system_actor("bench")
    start = moment() - timedelta(minutes=9)
    step = timedelta(minutes=8) / sets

    def reading(number: int) -> ReadingIn:
        return ReadingIn(
            infusion=infusion.uuid,
            measured_at=start + step * number,
            source_id=f"reads-{sets}-{number}",
            temperature_c=Decimal("36.8"),
            systolic_mmhg=Decimal(121),
            diastolic_mmhg=Decimal(78),
            heart_rate_bpm=Decimal(74),
        )

    for first in range(0, sets, 1_000):
        batch = [reading(number) for number in range(first, min(first + 1_000, sets))]
        services.record_vitals_bulk(actor, batch, "atomic", now=moment())
        evaluate_infusion(infusion.pk, moment())
    with ground.cluster.connect("febris") as owner:
        owner.execute("ANALYZE")  # as autovacuum does by and by
    services.record_vitals(actor, infusion, reading(sets), now=moment())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_seqscan = off"
        )  # few patients here: a ward's tables are too large for it
        cursor.execute(_READ)
        before = Counter(dict(cursor.fetchall()))
        evaluate_infusion(infusion.pk, moment())
        cursor.execute(_READ)
        read = Counter(dict(cursor.fetchall())) - before
    most = ", ".join(f"{table.split('_', 1)[1]} {rows:,}" for table, rows in read.most_common(3))
    return Result(
        f"rows read in order, {sets:,} sets stored", float(read.total()), 200, at_most=True, detail=most
    )
