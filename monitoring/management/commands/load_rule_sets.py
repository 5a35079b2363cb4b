"""`manage.py load_rule_sets`: stores the rule sets that came with this release. Safe to repeat."""

from typing import Any

from django.core.management.base import BaseCommand

from monitoring.rule_sets import load_shipped


class Command(BaseCommand):
    """Loads what ships; the first is active at once, a later release's waits for a person."""

    help = "Store the rule sets that came with this release; the first is active at once."

    def handle(self, *args: Any, **options: Any) -> None:
        """Loads and says what was new."""
        loaded = load_shipped()
        for row in loaded:
            self.stdout.write(f"{row}: {row.status}")
        if not loaded:
            self.stdout.write("Nothing new.")
