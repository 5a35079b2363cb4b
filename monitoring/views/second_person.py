"""A second person who signs in by their own password for one act, at somebody else's screen."""

from django.forms import Form
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import signin
from accounts.models import User


def second_person(request: HttpRequest, form: Form) -> User | None:
    """Who the form's `second_username` and `second_password` are; None where they are nobody's, or blank."""
    username, password = form.cleaned_data["second_username"], form.cleaned_data["second_password"]
    if not username and not password:
        return None
    user = signin.second_person(request, username, password)
    if user is None:
        form.add_error("second_password", _("This person could not be signed in."))
    return user
