"""The app's entry in Django's registry."""

from django.apps import AppConfig


class TrackerConfig(AppConfig):
    """The clinical record: what happened, to whom, when, who wrote it. It knows nothing of watching."""

    name = "tracker"
