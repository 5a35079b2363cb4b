"""Light or dark, as this device was told: a tablet at night is not the office's screen. Kept in a cookie."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

COOKIE = "febris_theme"
#: Blank follows the device's own setting.
THEMES = {"": gettext_lazy("As the device"), "light": gettext_lazy("Light"), "dark": gettext_lazy("Dark")}


def theme_of(request: HttpRequest) -> str:
    """`light`, `dark`, or blank when the device decides."""
    said = request.COOKIES.get(COOKIE, "")
    return said if said in THEMES else ""


@login_not_required
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keeps the choice for a year, and goes back to where it was made."""
    here = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(here, {request.get_host()}, request.is_secure()):
        here = "/"
    answer = HttpResponseRedirect(here)
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        answer.set_cookie(
            COOKIE, theme, max_age=365 * 86_400, secure=settings.SESSION_COOKIE_SECURE, httponly=True
        )
    return answer
