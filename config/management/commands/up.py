"""`manage.py up`: the embedded mode, from nothing to a running ward."""

import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from config import postgres, secret
from config.processes import NoServiceUser
from config.supervisor import FolderTaken, PortTaken, Supervisor, hold, listen


class Command(BaseCommand):
    """Runs Febris with its own PostgreSQL, until Ctrl-C or SIGTERM."""

    help = "Run Febris on this machine alone: its own PostgreSQL and one process. Ctrl-C stops it all."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen; the environment's PORT and HOST unless given."""
        parser.add_argument("--port", type=int, default=os.environ.get("PORT") or "8000")
        parser.add_argument("--host", default=os.environ.get("HOST") or "localhost")
        parser.add_argument(
            "--prepare",
            metavar="COMMAND",
            help="a manage.py command to run once the database stands, before anybody is let in",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Start, watch, stop.

        Raises: CommandError naming what is taken, missing or not writable.
        """
        if not settings.EMBEDDED:
            raise CommandError(
                "DATABASE_URL names a database, and `up` brings its own: unset it, "
                "or run the processes of the production shape."
            )
        port, host = options["port"], options["host"]
        try:
            cluster = postgres.Cluster(settings.DATA_DIR)
            cluster.make_data_dir()
            with hold(cluster.data_dir):
                sockets = listen(host, port)
                cluster.prepare()
                # We are the owner, who migrates; what we start is the application.
                environment = os.environ | {"DATABASE_ROLE": "application"}
                supervisor = Supervisor(cluster, sockets, environment)
                supervisor.obey_signals()
                self.stdout.write(
                    f"PostgreSQL's data lie in {cluster.folder}, its programs in {cluster.binaries}"
                )
                cluster.start()
                try:
                    cluster.ensure_roles()
                    secret.ensure_key(settings.DATA_DIR)
                    # The database's own checks (real patients live in real time); `make check` runs the rest.
                    call_command("check", tags=["database"], databases=["default"], stdout=StringIO())
                    call_command("migrate", interactive=False, verbosity=0)
                    connection.close()
                    if options["prepare"]:
                        self._prepare(options["prepare"].split(), environment)
                except BaseException:
                    cluster.stop()
                    raise
                self.stdout.write(f"Febris is at http://{host}:{port}/ (Ctrl-C stops it)")
                self.stdout.flush()
                supervisor.run()
        except (postgres.PostgresError, NoServiceUser, PortTaken, FolderTaken) as error:
            raise CommandError(str(error)) from error

    def _prepare(self, command: list[str], environment: Mapping[str, str]) -> None:
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, str(settings.BASE_DIR / "manage.py"), *command], env=environment, check=False
        )
        if done.returncode != 0:
            raise CommandError(f"manage.py {command[0]} ended with status {done.returncode}.")
