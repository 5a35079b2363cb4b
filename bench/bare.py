"""The peer of a single POST: a view that reads JSON into a struct and writes one row, and nothing else.

It serves as its own settings and addresses, so that no middleware, token or rule stands between.
"""

import gc
import os
from decimal import Decimal

import msgspec
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.bare_settings")

INSERT = """
    INSERT INTO bench_bare (infusion, measured_at, temperature_c, systolic_mmhg, diastolic_mmhg,
        heart_rate_bpm, respiratory_rate_per_min, spo2_percent)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id"""


class Reading(msgspec.Struct):
    """One set of vital signs, as the benchmark sends it to both views."""

    infusion: str
    measured_at: str
    temperature_c: Decimal
    systolic_mmhg: Decimal
    diastolic_mmhg: Decimal
    heart_rate_bpm: Decimal
    respiratory_rate_per_min: Decimal
    spo2_percent: Decimal
    source_id: str


_decoder = msgspec.json.Decoder(Reading)


@csrf_exempt
def store(request: HttpRequest) -> HttpResponse:
    """201 with the number of the row."""
    reading = _decoder.decode(request.body)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [getattr(reading, name) for name in Reading.__struct_fields__[:-1]])
        (number,) = cursor.fetchone()
    answer = msgspec.json.encode({"id": number})
    headers = {"Content-Length": str(len(answer))}
    return HttpResponse(answer, status=201, content_type="application/json", headers=headers)


urlpatterns = [path("vitals/", store)]
application = get_wsgi_application()
gc.collect()
gc.freeze()  # both as Febris does
gc.set_threshold(50_000, 20, 20)
