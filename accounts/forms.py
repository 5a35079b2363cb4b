"""The forms of the people pages: labels, choices and what a browser must not be trusted with."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.models import KEEPERS, Client, ClientKind, Membership, User, every_site_id, sites_of
from accounts.people import ROLES_OF_PEOPLE
from accounts.permissions import Act, Actor, Role
from accounts.pins import WeakPin, refuse_weak
from accounts.tokens import scopes_of


class PersonForm(forms.ModelForm[User]):
    """Who somebody is."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    class Meta:
        model = User
        fields = ("username", "name", "email", "phone", "language")
        widgets = {"phone": forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})}
        help_texts = {
            "phone": _("On which colleagues call about a patient; + and the country, or an extension.")
        }

    def clean_username(self) -> str:
        """The user name, when nobody has it in whatever case."""
        typed: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=typed).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Somebody else has this user name."))
        return typed

    def clean_phone(self) -> str:
        """The number, tidied."""
        return phones.tidy(self.cleaned_data["phone"])

    def clean_email(self) -> str:
        """The address, when nobody else signs in with it."""
        typed: str = self.cleaned_data["email"]
        if typed and User.objects.filter(email__iexact=typed).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Somebody else has this e-mail address."))
        return typed


class PersonChangeForm(PersonForm):
    """Who somebody is, and whether they may still sign in."""

    class Meta(PersonForm.Meta):
        fields = ("username", "name", "email", "phone", "language", "is_active")  # type: ignore[assignment]


class MembershipForm(forms.ModelForm[Membership]):
    """What somebody is where; only sites that the actor manages can be chosen."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=[("", _("Choose …")), *((role.value, role.label) for role in ROLES_OF_PEOPLE)],
    )

    class Meta:
        model = Membership
        fields = ("role", "site", "study", "identified")
        help_texts = {
            "site": _("Empty: every site; for administrators and auditors alone."),
            "study": _("Empty: every study of the site."),
        }

    def __init__(self, actor: Actor, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"instance": Membership(user=user), **kwargs})
        _limit_sites(self, actor)

    def clean(self) -> dict[str, Any]:
        """The values, when the role may be held where it is given."""
        values: dict[str, Any] = super().clean() or {}
        everywhere = values.get("site") is None and "site" not in self.errors
        if everywhere and values.get("role") not in (Role.ADMINISTRATOR, Role.AUDITOR):
            self.add_error("site", _("Choose the site where this role is held."))
        return values


class ClientForm(forms.ModelForm[Client]):
    """A sending system or a display."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            (kind.value, kind.label)
            for kind in (ClientKind.INTEGRATION, ClientKind.DIARY, ClientKind.IMPORT, ClientKind.DISPLAY)
        ],
    )

    class Meta:
        model = Client
        fields = ("name", "kind", "role", "site", "identified")
        help_texts = {"role": _("What its tokens may do. A display is always a wall display.")}

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _limit_sites(self, actor)

    def clean(self) -> dict[str, Any]:
        """The values; a display is a wall display of one site, everything else has a role of its own."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("kind") == ClientKind.DISPLAY:
            values["role"] = Role.WALL_DISPLAY
            if values.get("site") is None and "site" not in self.errors:
                self.add_error("site", _("Choose the site whose board it shows."))
        elif not values.get("role"):
            self.add_error("role", _("Choose what its tokens may do."))
        elif values["role"] == Role.ADMINISTRATOR:
            self.add_error("role", _("Only a person can be an administrator."))
        return values


class TokenForm(forms.Form):
    """How long a new token lives and what it is limited to."""

    days = forms.IntegerField(
        label=_("Valid for days"),
        min_value=1,
        max_value=3650,
        required=False,
        help_text=_("Empty: until revoked."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("Limited to"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: all."),
    )

    def __init__(self, client: Client, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        possible = scopes_of(Role(client.role)) if client.role else []
        scopes = self.fields["scopes"]
        assert isinstance(scopes, forms.MultipleChoiceField)
        scopes.choices = [(scope, Act(scope).label) for scope in possible]


class WardDeviceForm(forms.Form):
    """What a shared device is called and whose it is."""

    site: forms.ModelChoiceField[Any] = forms.ModelChoiceField(label=_("Site"), queryset=None)
    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("As people call it: Tablet 2, room 14.")
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        site = self.fields["site"]
        assert isinstance(site, forms.ModelChoiceField)
        sites = frozenset().union(*(actor.site_ids(act) for act in KEEPERS))
        site.queryset = sites_of(sites)
        if len(sites) == 1:
            site.initial = next(iter(sites))


class PinForm(forms.Form):
    """A PIN of one's own, typed twice, with the password."""

    password = forms.CharField(
        label=_("Your password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
    )
    pin = forms.CharField(
        label=_("New PIN"),
        required=False,
        max_length=50,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "inputmode": "numeric"}),
        help_text=_("6 to 12 digits. No dates, no digits in a row, nothing that repeats."),
    )
    again = forms.CharField(
        label=_("The same PIN again"),
        required=False,
        max_length=50,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "inputmode": "numeric"}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        """The values, when the PIN is no easy one and was typed twice; without one where it is removed."""
        values: dict[str, Any] = super().clean() or {}
        if "remove" in self.data:
            return values
        try:
            refuse_weak(values.get("pin", ""), self.user)
        except WeakPin as weak:
            self.add_error("pin", str(weak))
        if values.get("pin") != values.get("again"):
            self.add_error("again", _("The two are not the same."))
        return values


def _limit_sites(form: forms.BaseModelForm[Any], actor: Actor) -> None:
    site = form.fields["site"]
    assert isinstance(site, forms.ModelChoiceField)
    assert site.queryset is not None
    allowed = actor.site_ids(Act.MANAGE_PEOPLE)
    site.queryset = site.queryset.filter(pk__in=allowed)
    if not actor.may(Act.MANAGE_PEOPLE, None):
        site.required = True
    if allowed == every_site_id():
        site.empty_label = _("Every site")


def add_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """Puts what a service refused beside the field it names, or above them all."""
    if hasattr(error, "error_dict"):
        for name, errors in error.error_dict.items():
            form.add_error(name if name in form.fields else None, errors)
    else:
        form.add_error(None, error)
