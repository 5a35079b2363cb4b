"""`python -m bench`: runs the benchmarks on servers of its own and prints each figure beside its limit."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable

import django

from bench import replay
from bench.ground import Ground
from bench.table import Result

NAMES = ("replay", "times", "reads", "bulk", "single", "redis", "pages", "stream")
INFUSIONS = 110


def main() -> int:
    """0 when every limit was kept, else 1."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; default: all")
    chosen = parser.parse_args().names or NAMES
    if unknown := set(chosen) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    began = time.monotonic()
    results = list(_told(replay.results())) if "replay" in chosen else []
    if set(chosen) - {"replay"}:
        with Ground() as ground:
            django.setup()
            results += _measure(ground, chosen)
    print(f"{time.monotonic() - began:.0f} s")
    return 0 if all(result.is_kept for result in results) else 1


def _measure(ground: Ground, chosen: Iterable[str]) -> Iterable[Result]:
    from bench import bulk, pages, reads, single, stream, times
    from bench.scene import set_scene

    if "times" in chosen:
        with ground.for_a_while():
            yield from _told(times.until_somebody_learns(ground))
    if not set(chosen) - {"replay", "times"}:
        return
    scene = set_scene(INFUSIONS)
    port = ground.web()
    ground.worker("config", "--queues", "watch,slow")
    # In this order: rows in order and in bulk are measured before any load has brought newer ones.
    measures: dict[str, Callable[[], list[Result]]] = {
        "reads": lambda: [
            reads.rows_read(ground, scene, 100, 20),
            reads.rows_read(ground, scene, 10_000, 21),
        ],
        "bulk": lambda: [bulk.against_copy(scene, port)],
        "single": lambda: single.against_peers(ground, scene, port),
        "redis": lambda: [single.redis_frozen(ground, scene, port)],
        "pages": lambda: pages.beside_an_empty_page(port),
        "stream": lambda: stream.to_the_stream(ground, scene, port),
    }
    for name, measure in measures.items():
        if name in chosen:
            yield from _told(measure())


def _told(results: Iterable[Result]) -> Iterable[Result]:
    for result in results:
        print(result, flush=True)
        yield result


if __name__ == "__main__":
    sys.exit(main())
