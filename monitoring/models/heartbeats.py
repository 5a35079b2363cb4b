"""Signs of life of the processes that watch. Real time, never clinical time."""

from django.db import models


class Heartbeat(models.Model):
    """When a named part (evaluation, delivery, beat, …) last finished its work."""

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%H:%M:%S}"
