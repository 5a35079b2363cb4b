"""`manage.py backup FILE`: the whole database in one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.backup import BackupError, at_hand, write_backup
from config.postgres import PostgresError
from config.supervisor import FolderTaken


class Command(BaseCommand):
    """Copies while Febris runs, or without it."""

    help = "Copy the whole database into one file (PostgreSQL's custom format). Febris may go on running."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path)

    def handle(self, *_: Any, file: Path, **options: Any) -> None:
        """Write the file.

        Raises: CommandError
        """
        try:
            with at_hand(settings.DATA_DIR, settings.EMBEDDED, alone=False):
                write_backup(settings.DATABASES["default"], file)
        except (BackupError, PostgresError, FolderTaken) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{file} holds the database ({file.stat().st_size:,} bytes).")
