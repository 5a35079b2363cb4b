"""The app's entry in Django's registry."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """The watch: what the record means, who must know, who has answered."""

    name = "monitoring"
