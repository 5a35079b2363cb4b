"""The forms of what is looked at by the bed before a start: bracelet and bag, and what lies ready."""

from django import forms
from django.utils.translation import gettext_lazy as _

from tracker.models import EMERGENCY_DRUGS


class IdentityForm(forms.Form):
    """One look: the patient's number and the bag's label; a colleague's name and password where they look."""

    patient_identifier = forms.CharField(
        label=_("Patient's bracelet"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    bag_label = forms.CharField(
        label=_("Bag label"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    second_username = forms.CharField(
        label=_("Colleague"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    second_password = forms.CharField(
        label=_("Their password"), required=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )

    def ask_one_person(self) -> None:
        """Leaves out the colleague: the signed-in person looks."""
        del self.fields["second_username"], self.fields["second_password"]


class DrugsForm(forms.Form):
    """Which of the emergency drugs lie ready, each by its name."""

    at_hand = forms.MultipleChoiceField(
        label=_("At hand"),
        required=False,
        choices=[(drug.value, drug.label) for drug in EMERGENCY_DRUGS],
        widget=forms.CheckboxSelectMultiple,
    )

    def named(self) -> list[str]:
        """The codes that were named; all of them where all were."""
        if "all" in self.data:
            return [drug.value for drug in EMERGENCY_DRUGS]
        return list(self.cleaned_data["at_hand"])
