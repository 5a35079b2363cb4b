"""The forms of one's own contact points. An address of a messenger holds its key: it is never shown again."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import phones
from monitoring.channels import apprise


class EmailForm(forms.Form):
    """Another e-mail address."""

    address = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)


class PhoneForm(forms.Form):
    """The number on which colleagues call; blank takes it away."""

    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        max_length=phones.LONGEST,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        help_text=gettext_lazy("+ and the country first, or an extension of the house. Blank takes it away."),
    )

    def clean_phone(self) -> str:
        """The number, when a telephone can dial it."""
        number = phones.tidy(self.cleaned_data["phone"])
        if number:
            phones.check(number)
        return number


class AppriseForm(forms.Form):
    """A messenger, pager or SMS gateway."""

    url = forms.CharField(
        label=gettext_lazy("Address of the service"),
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "As Apprise writes it, for example tgram://bot-token/chat-id. It is kept secret and never shown."
        ),
    )
    label = forms.CharField(
        label=gettext_lazy("What you call it"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("May be empty."),
    )

    def clean_url(self) -> str:
        """The address, when it names a service that may be used."""
        url: str = self.cleaned_data["url"].strip()
        try:
            apprise.checked(url)
        except apprise.NotAnAddress as refusal:
            name = str(refusal)
            if name:
                raise ValidationError(
                    _("“%(name)s” may not be used here, or the rest of its address is not complete.")
                    % {"name": name}
                ) from None
            raise ValidationError(_("This is not an address of a service.")) from None
        return url


class CodeForm(forms.Form):
    """The six digits that came."""

    code = forms.RegexField(
        r"^\s*\d{6}\s*$",
        label=gettext_lazy("Code"),
        error_messages={"invalid": gettext_lazy("The code has six digits.")},
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": "8"}
        ),
    )
