"""`manage.py verify`: replays everything and names each difference; exit status 1 when there is one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from monitoring.verify import verify


class Command(BaseCommand):
    """Stored alerts, summaries and the audit's seals against a replay of the record."""

    help = "Replay arrivals, evaluations and rules, check the seals, and name every difference."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints the differences, those that only another version of the core explains apart.

        Raises: CommandError when the record does not bear something out.
        """
        failed, by_core = 0, []
        for difference in verify():
            if difference.by_core:
                by_core.append(difference)
                continue
            failed += 1
            self.stdout.write(str(difference))
        if by_core:
            self.stdout.write(f"Explained by another version of the core ({len(by_core)}):")
            for difference in by_core:
                self.stdout.write(f"  {difference}")
        if failed:
            raise CommandError(f"{failed} differences")
        self.stdout.write("Everything stored is what the record says.")
