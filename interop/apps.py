"""The app's entry in Django's registry."""

from django.apps import AppConfig


class InteropConfig(AppConfig):
    """Other people's formats at the door: FHIR R4, HL7 v2, CDISC."""

    name = "interop"
