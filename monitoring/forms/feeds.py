"""The form of what is agreed with whoever runs a sending system."""

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.feeds import LONGEST_MIN, SHORTEST_MIN
from monitoring.models import Hears


class FeedForm(forms.Form):
    """After how many minutes of silence, and what breaks it."""

    after_minutes = forms.IntegerField(
        label=_("Quiet at most, minutes"),
        required=False,
        min_value=SHORTEST_MIN,
        max_value=LONGEST_MIN,
        help_text=_("Blank: nothing is agreed, and its silence is nobody's alert."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 5}),
    )
    hears = forms.ChoiceField(
        label=_("What counts as a word of it"), choices=Hears.choices, widget=forms.RadioSelect
    )
