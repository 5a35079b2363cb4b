"""Every address of the REST API, of its description and of the health doors."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from monitoring.api import health
from tracker.api.problems import nothing_here

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("tracker.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="api-docs"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    re_path(r"^(?:api|health)/", nothing_here),
]
