"""The import as a whole: from a file to infusions with alerts, and what a second run does."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from monitoring.imports.readings import start_for
from monitoring.models import Alert, Delivery
from tracker.models import Infusion, KeptMessage, Patient, PatientIdentifier, VitalSigns

pytestmark = pytest.mark.django_db

SYNTHETIC = Path(__file__).parent.parent / "data" / "synthetic_vitals.csv"
HEADER = "source,patient,minutes_from_start,temp_c,hr,sbp,dbp,map,rr,spo2\n"


def run(path: Path, *options: str) -> str:
    out = StringIO()
    call_command("import_readings", str(path), *options, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def tidy(tmp_path: Path):
    def write(*lines: str) -> Path:
        path = tmp_path / "vitals.csv"
        path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
        return path

    return write


def only_set() -> VitalSigns:
    return VitalSigns.objects.get()


def test_every_row_becomes_a_set_of_the_patients_one_infusion() -> None:
    said = run(SYNTHETIC, "--historical")
    assert "stored 240, already there 0, refused 0" in said
    assert VitalSigns.objects.count() == 240
    assert Infusion.objects.count() == Patient.objects.count() == 10


def test_start_and_stop_are_minute_0_and_the_window_closes_at_minute_2880_included(tidy) -> None:
    run(tidy("icu,7,0,37,,,,,,", "icu,7,2880,38.5,,,,,,", "icu,7,2881,39.5,,,,,,"), "--historical")
    infusion = Infusion.objects.get()
    assert infusion.phase == "observing"
    assert infusion.started_at == infusion.stopped_at
    (alert,) = Alert.objects.filter(problem="fever")
    assert alert.raised_at == infusion.started_at + timedelta(minutes=2880)
    assert not infusion.watches(alert.raised_at + timedelta(minutes=1))


def test_a_repeated_import_changes_nothing() -> None:
    run(SYNTHETIC, "--historical")
    alerts = set(Alert.objects.values_list("problem", "raised_at", "priority", "condition"))
    assert "stored 0, already there 240, refused 0" in run(SYNTHETIC, "--historical")
    assert VitalSigns.objects.count() == 240
    assert KeptMessage.objects.count() == 0
    assert set(Alert.objects.values_list("problem", "raised_at", "priority", "condition")) == alerts


@pytest.mark.parametrize(
    "last_minute", [pytest.param("0", id="a first set alone"), pytest.param("2880", id="a whole file")]
)
def test_just_after_midnight_a_later_file_still_lies_in_the_past(last_minute: str) -> None:
    now = datetime(2026, 11, 23, 0, 20, tzinfo=UTC)
    start = start_for(Decimal(last_minute), now)
    assert start.time() == time(0)
    assert start + timedelta(minutes=2880) <= now


def test_a_later_file_of_the_same_patient_goes_to_the_same_infusion(tidy) -> None:
    run(tidy("icu,7,0,37,,,,,,"), "--historical")
    run(tidy("icu,7,0,37,,,,,,", "icu,7,60,37.2,,,,,,"), "--historical")
    assert Infusion.objects.count() == 1
    assert VitalSigns.objects.count() == 2


def test_a_preview_stores_nothing(tidy) -> None:
    said = run(tidy("icu,7,0,37,,,,,,", "icu,7,5,warm,80,,,,,"), "--preview")
    assert "2 rows of 1 patients" in said
    assert "line 3, temperature_c: 'warm' is not a number" in said
    assert Patient.objects.count() == 0


def test_an_implausible_part_is_stored_blank_with_its_text_and_named_by_line(tidy) -> None:
    said = run(tidy("icu,7,0,-17.8,80,,,,,"), "--historical")
    assert "line 2, temp_c:" in said
    stored = only_set()
    assert stored.temperature_c is None
    assert stored.heart_rate_bpm == Decimal(80)
    assert stored.absent == {"temperature_c": "implausible"}
    assert stored.raw["temperature_c"].startswith("-17.8")


def test_a_part_that_is_no_number_costs_that_part_alone(tidy) -> None:
    run(tidy("icu,7,0,warm,80,,,,,"), "--historical")
    stored = only_set()
    assert (stored.temperature_c, stored.heart_rate_bpm) == (None, Decimal(80))
    assert "warm" in stored.note


def test_crossed_pressures_are_kept_and_systolic_still_counts(tidy) -> None:
    run(tidy("icu,7,0,,,85,99,,,"), "--historical")
    assert only_set().crossed
    assert Alert.objects.filter(problem="hypotension").exists()


def test_an_empty_row_is_not_stored(tidy) -> None:
    assert "line 2, row: nothing was measured" in run(
        tidy("icu,7,0,,,,,,,", "icu,7,5,37,,,,,,"), "--historical"
    )
    assert VitalSigns.objects.count() == 1


def test_nobody_watched_a_historical_import_so_nothing_is_overdue_and_nobody_is_told() -> None:
    run(SYNTHETIC, "--historical")
    assert not Alert.objects.filter(problem__startswith="overdue").exists()
    assert Delivery.objects.count() == 0
    assert Alert.objects.filter(problem="fever").exists()


def test_one_row_that_cannot_be_read_keeps_the_whole_file_out(tidy) -> None:
    path = tidy("icu,7,0,37,,,,,,", "icu,7,soon,37,,,,,,")
    out = StringIO()
    with pytest.raises(CommandError, match="1 rows cannot be read; nothing was stored"):
        call_command("import_readings", str(path), stdout=out, stderr=out)
    assert "line 3, minutes_from_start: 'soon' is not a number" in out.getvalue()
    assert Patient.objects.count() == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--study", "NOSUCH"), "no study or site NOSUCH"),
        (("--site", "NOSUCH"), "no study or site NOSUCH"),
        (("--start", "2026-01-31T08:00"), "needs an offset"),
    ],
)
def test_an_option_that_cannot_be_is_named(tidy, options: tuple[str, str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        run(tidy("icu,7,0,37,,,,,,"), *options)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.csv: No such file"):
        run(tmp_path / "none.csv")


def test_the_first_findings_stand_where_the_key_says() -> None:
    run(SYNTHETIC, "--historical")
    assert "0 different" in compare(SYNTHETIC)


def test_a_difference_that_nothing_explains_fails_the_comparison(tmp_path: Path) -> None:
    run(SYNTHETIC, "--historical")
    key = tmp_path / "key.csv"
    text = SYNTHETIC.with_suffix(".index.csv").read_text()
    key.write_text(text.replace("fever-1,182,", "fever-1,60,"))
    with pytest.raises(CommandError, match="1 differences are not explained"):
        call_command("compare_findings", str(key), stdout=StringIO())


def compare(path: Path) -> str:
    out = StringIO()
    call_command("compare_findings", str(path.with_suffix(".index.csv")), stdout=out)
    return out.getvalue()


#: Vitals of real patients, which are not part of the project; where they are, they are tried.
REAL = settings.BASE_DIR.parent / "shared" / "data" / "vitals_dev"


@pytest.fixture
def some_of(tmp_path: Path):
    """A file of real vitals and its key, cut to the first patients of the key."""

    def cut(name: str, patients: int) -> Path:
        key = (REAL / f"{name}.index.csv").read_text().splitlines()[: patients + 1]
        chosen = {tuple(line.split(",")[:2]) for line in key}
        rows = (REAL / f"{name}.csv").read_text().splitlines()
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join(row for row in rows if tuple(row.split(",")[:2]) in chosen) + "\n")
        path.with_suffix(".index.csv").write_text("\n".join(key) + "\n")
        return path

    return cut


@pytest.mark.skipif(not REAL.is_dir(), reason="the real vitals are not on this machine")
@pytest.mark.parametrize("name", ["mimic3_demo", "eicu_demo", "challenge2012"])
@pytest.mark.parametrize("patients", [30, pytest.param(1_000, marks=pytest.mark.soak, id="all")])
def test_the_first_findings_in_real_patients_stand_where_the_key_says(
    some_of, name: str, patients: int
) -> None:
    path = some_of(name, patients)
    rows = path.read_text().count("\n") - 1
    assert f"stored {rows:,}, already there 0, refused 0" in run(path, "--historical")
    assert "0 of them not explained" in compare(path)
    assert PatientIdentifier.objects.count() == path.with_suffix(".index.csv").read_text().count("\n") - 1
