"""The forms of the people pages: labels, choices and what a browser must not be trusted with."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, ClientKind, Membership, User, every_site_id
from accounts.people import ROLES_OF_PEOPLE
from accounts.permissions import Act, Actor, Role
from accounts.tokens import scopes_of


class PersonForm(forms.ModelForm[User]):
    """Who somebody is."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    class Meta:
        model = User
        fields = ("username", "name", "email", "language")

    def clean_username(self) -> str:
        """The user name, when nobody has it in whatever case."""
        typed: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=typed).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Somebody else has this user name."))
        return typed

    def clean_email(self) -> str:
        """The address, when nobody else signs in with it."""
        typed: str = self.cleaned_data["email"]
        if typed and User.objects.filter(email__iexact=typed).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Somebody else has this e-mail address."))
        return typed


class PersonChangeForm(PersonForm):
    """Who somebody is, and whether they may still sign in."""

    class Meta(PersonForm.Meta):
        fields = ("username", "name", "email", "language", "is_active")  # type: ignore[assignment]


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
