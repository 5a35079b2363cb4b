"""The fold by itself, on one core: how many sets a second, in how much memory, and what one more set costs.

Run as a module it replays a folder of CSV files in a process of its own and prints one line of JSON, so that
nothing but the interpreter, the rules and the readings is in its memory.
"""

import csv
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from bench.table import Result
from monitoring.core import rule_set
from monitoring.core.events import Event, InfusionEvent, InfusionKind, Observation, Value
from monitoring.core.rule_book import RuleBook
from monitoring.core.watch import State, empty, watch
from tracker.plausibility import RANGES, Verdict, is_crossed

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "monitoring" / "rule_sets" / "bat_default_v1.json"
#: Real vitals where they lie beside the project, else its own synthetic ones.
FOLDERS = (ROOT.parent / "shared" / "data" / "vitals_dev", ROOT / "tests" / "data")
START = datetime(2026, 3, 1, 9, tzinfo=UTC)
WATCH_FOR = timedelta(hours=48)
COLUMNS = {
    "temp_c": "temperature_c",
    "hr": "heart_rate_bpm",
    "sbp": "systolic_mmhg",
    "dbp": "diastolic_mmhg",
    "map": "map_mmhg",
    "rr": "respiratory_rate_per_min",
    "spo2": "spo2_percent",
}
#: So many sets at least are replayed: few files are read again and again.
ENOUGH = 20_000
ROUNDS = 3
STEPS = 300


def results() -> list[Result]:
    """Every figure of the fold."""
    folder = next(each for each in FOLDERS if each.is_dir())
    runs = [_apart(folder) for _round in range(ROUNDS)]
    best = max(runs, key=itemgetter("per_second"))
    bare = _bare_interpreter_mb()
    book = rules()
    return [
        Result(
            "replay, sets a second",
            best["per_second"],
            10_000,
            detail=f"{best['sets']:,} sets, {best['rules']} rules, {best['episodes']:,} episodes",
        ),
        Result(
            "replay, MB above the interpreter",
            best["peak_mb"] - bare,
            60,
            at_most=True,
            detail=f"{best['peak_mb']:.0f} MB - {bare:.0f} MB",
        ),
        _one_step(book),
        _growth(book),
    ]


def rules() -> RuleBook:
    """The whole default rule set."""
    document = json.loads(RULES.read_text(encoding="utf-8"), parse_float=Decimal)
    return RuleBook.of([(START, rule_set.parse(document))])


def patients(folder: Path) -> Iterator[list[Event]]:
    """The events of one patient after another: start and stop at minute 0, then each row of the files."""
    for path in sorted(folder.glob("*.csv")):
        if path.name.endswith(".index.csv"):
            continue
        with path.open(encoding="utf-8", newline="") as file:
            for (_source, name), rows in groupby(csv.DictReader(file), key=itemgetter("source", "patient")):
                yield [
                    InfusionEvent(START, "start", InfusionKind.START),
                    InfusionEvent(START, "stop", InfusionKind.STOP),
                    *(_set(row, f"{name}:{number}") for number, row in enumerate(rows)),
                ]


def _set(row: dict[str, str], key: str) -> Observation:
    values: dict[str, Value] = {}
    for column, name in COLUMNS.items():
        if row[column] and RANGES[name].judge(number := Decimal(row[column])) in (
            Verdict.FINE,
            Verdict.UNUSUAL,
        ):
            values[name] = number
    at = START + timedelta(minutes=float(row["minutes_from_start"]))
    systolic, diastolic = (
        value if isinstance(value := values.get(name), Decimal) else None
        for name in ("systolic_mmhg", "diastolic_mmhg")
    )
    return Observation(at, key, values, crossed=is_crossed(systolic, diastolic))


def replay(folder: Path) -> dict[str, float]:
    """The sets of the folder a second of processor time, folding alone counted."""
    book = rules()
    sets, episodes, spent = 0, 0, 0.0
    while sets < ENOUGH:
        for events in patients(folder):
            began = time.process_time()
            watched = watch(empty(watch_for=WATCH_FOR), events, book, START + WATCH_FOR)
            spent += time.process_time() - began
            sets += len(events) - 2
            episodes += len(watched.episodes)
    return {
        "sets": sets,
        "episodes": episodes,
        "rules": len(book.regimes[0].rules),
        "per_second": sets / spent,
        "peak_mb": peak_mb(),
    }


def peak_mb() -> float:
    """The most memory that this process ever had."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _apart(folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.replay", str(folder)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _bare_interpreter_mb() -> float:
    code = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM:')))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return int(done.stdout) / 1024


def stream(count: int, every: timedelta) -> Iterator[Observation]:
    """Full sets that wander through the normal, the medium and the high, always the same ones."""
    chance = random.Random(7)
    for number in range(count):
        values: dict[str, Value] = {
            "temperature_c": Decimal(chance.randint(362, 392)) / 10,
            "systolic_mmhg": Decimal(chance.randint(84, 150)),
            "diastolic_mmhg": Decimal(chance.randint(48, 80)),
            "heart_rate_bpm": Decimal(chance.randint(60, 125)),
            "respiratory_rate_per_min": Decimal(chance.randint(12, 26)),
            "spo2_percent": Decimal(chance.randint(90, 99)),
            "oxygen_device": "room_air",
        }
        yield Observation(START + every * (number + 1), f"set:{number}", values)


def _behind(book: RuleBook, sets: int, every: timedelta) -> tuple[State, list[Observation]]:
    """The state with so many sets behind it, and the sets that come next."""
    coming = list(stream(sets + STEPS, every))
    start = InfusionEvent(START, "start", InfusionKind.START)
    watched = watch(empty(watch_for=WATCH_FOR), [start, *coming[:sets]], book, coming[sets - 1].at)
    return watched.state, coming[sets:]


def _steps_ms(book: RuleBook, state: State, coming: list[Observation]) -> list[float]:
    took = []
    for event in coming:
        began = time.process_time_ns()
        state = watch(state, [event], book, event.at).state
        took.append((time.process_time_ns() - began) / 1e6)
    return took


def _one_step(book: RuleBook) -> Result:
    state, coming = _behind(book, 2_880, timedelta(minutes=1))
    took = _steps_ms(book, state, coming)
    return Result(
        "one more set with 2,880 behind it, ms",
        statistics.median(took),
        1,
        at_most=True,
        detail=f"median of {STEPS}, 99 of 100 under {statistics.quantiles(took, n=100)[98]:.2f} ms",
    )


def _growth(book: RuleBook) -> Result:
    """Rounds of the two alternate, because a machine's speed drifts."""
    every = timedelta(seconds=10)
    few, many = _behind(book, 100, every), _behind(book, 10_000, every)
    at_few, at_many = [], []
    for _round in range(ROUNDS):
        at_few.append(statistics.median(_steps_ms(book, *few)))
        at_many.append(statistics.median(_steps_ms(book, *many)))
    return Result(
        "cost of a set at 10,000 stored ÷ at 100",
        min(at_many) / min(at_few),
        1.3,
        at_most=True,
        detail=f"{min(at_many):.3f} ms ÷ {min(at_few):.3f} ms",
    )


if __name__ == "__main__":
    print(json.dumps(replay(Path(sys.argv[1]))))
