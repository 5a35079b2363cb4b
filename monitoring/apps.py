"""The app's entry in Django's registry."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """The watch: what the record means, who must know, who has answered."""

    name = "monitoring"

    def ready(self) -> None:
        """Hangs the doorbell on the record."""
        from monitoring import doorbell
        from tracker.signals import record_changed

        record_changed.connect(doorbell.on_record_changed, dispatch_uid="monitoring.doorbell")
