"""Wires the apps together: settings, addresses, processes, the clock, the embedded PostgreSQL."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
