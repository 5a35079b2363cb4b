"""`manage.py compare_findings KEY [KEY ...]`: first findings of imported patients against answer keys."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from monitoring.imports.answer_key import UnreadableKey
from monitoring.imports.comparison import compared
from monitoring.imports.found import dropped_parts, first_findings


class Command(BaseCommand):
    """Compares; writes nothing."""

    help = "Compare first findings of temperature ≥ 38.0 and systolic < 90 with independent answer keys."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The keys."""
        parser.add_argument("keys", nargs="+", type=Path, metavar="KEY")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Print each difference and how many agree.

        Raises: CommandError when a difference is not explained, or a key cannot be read.
        """
        found, dropped = first_findings(), dropped_parts()
        unexplained = 0
        for path in options["keys"]:
            try:
                lines, missed = compared(path, found, dropped)
            except (OSError, UnreadableKey) as error:
                raise CommandError(f"{path}: {error}") from error
            unexplained += missed
            for line in lines:
                self.stdout.write(line)
        if unexplained:
            raise CommandError(_("%d differences are not explained.") % unexplained)
