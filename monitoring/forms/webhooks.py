"""The forms of webhooks: the site, the address, and which kinds of changes are sent."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Act, Actor
from monitoring.models import LogKind
from tracker.models import Site


class WebhookForm(forms.Form):
    """What an endpoint is."""

    name = forms.CharField(label=_("Name"), max_length=100)
    url = forms.URLField(
        label=_("Address"),
        max_length=500,
        assume_scheme="https",
        help_text=_("https; addresses in private networks only where PRIVATE_TARGETS names them."),
    )
    events = forms.MultipleChoiceField(
        label=_("Sent when an alert is"),
        choices=LogKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: every change."),
    )


class NewWebhookForm(WebhookForm):
    """A new endpoint, of one of the sites whose systems the actor manages."""

    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"), to_field_name="uuid")

    field_order = ("site", "name", "url", "events")

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        site = self.fields["site"]
        assert isinstance(site, forms.ModelChoiceField)
        site.queryset = Site.objects.filter(actor.within(Act.MANAGE_PEOPLE, site="pk")).order_by("code")
