"""The app's entry in Django's registry."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who somebody is and what they may do; the trail of who did it."""

    name = "accounts"
