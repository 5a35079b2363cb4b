"""`manage.py restore FILE`: a backup into an empty database, in a new epoch, verified."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from accounts.trail import begin_epoch
from config.backup import BackupError, at_hand, make_place, read_backup
from config.clock import real_now
from config.postgres import PostgresError
from config.supervisor import FolderTaken


class Command(BaseCommand):
    """Brings a backup back; refuses to overwrite anything."""

    help = "Bring a backup back into an empty database, then verify it. Febris must not be running on it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path)

    def handle(self, *_: Any, file: Path, **options: Any) -> None:
        """Make roles and database, read the file, migrate, begin an epoch, verify.

        Raises: CommandError
        """
        owner = settings.DATABASES["default"]
        try:
            with at_hand(settings.DATA_DIR, settings.EMBEDDED, alone=True):
                make_place(owner, settings.APPLICATION_DATABASE)
                read_backup(owner, file)
                # A backup of an older Febris gets today's tables; a migrate also gives the rights.
                call_command("migrate", interactive=False, verbosity=0)
                # This cluster counts its transactions anew; cursors of the old one must sort before its.
                epoch = begin_epoch(real_now(), f"restored from {file.name}")
                self.stdout.write(f"{file} is back in {owner['NAME']}; epoch {epoch} begins.")
                if "verify" in get_commands():
                    call_command("verify", stdout=self.stdout)
                connection.close()
        except (BackupError, PostgresError, FolderTaken) as error:
            raise CommandError(str(error)) from error
