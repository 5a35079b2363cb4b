"""Febris's own settings with nothing in the way of `bench.bare`."""

from config.settings import *  # noqa: F403

INSTALLED_APPS: list[str] = []
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "bench.bare"
