"""`python -m config.probe WHAT`: status 0 when a part of Febris lives, for health checks of containers.

WHAT is an address that must answer 200, or the name of a heartbeat that must be young. Django is not
started: this runs every few seconds beside the part it asks about.
"""

import os
import sys
import urllib.error
import urllib.request

import psycopg

#: Beat writes every 15 s; four missed are a stop.
_OLDEST_S = 60
_PATIENCE_S = 4


def address_answers(address: str) -> bool:
    """True when a GET of `address` answers 200."""
    try:
        with urllib.request.urlopen(address, timeout=_PATIENCE_S) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def heartbeat_is_young(name: str) -> bool:
    """True when the part `name` has written a sign of life within the last minute."""
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=_PATIENCE_S) as connection:
            found = connection.execute(
                "SELECT clock_timestamp() - at < make_interval(secs => %s)"
                " FROM monitoring_heartbeat WHERE name = %s",
                [_OLDEST_S, name],
            ).fetchone()
    except psycopg.Error:
        return False
    return found is not None and bool(found[0])


def main(what: str) -> int:
    """The exit status for `what`."""
    lives = address_answers(what) if what.startswith("http") else heartbeat_is_young(what)
    return 0 if lives else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
