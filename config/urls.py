"""Every address of Febris, by app."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from accounts.appearance import set_theme

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("language/", login_not_required(set_language), name="set_language"),
    path("theme/", set_theme, name="set_theme"),
    path("", include("monitoring.api.urls")),
    path("", include("monitoring.urls")),
    path("", include("tracker.urls")),
]
