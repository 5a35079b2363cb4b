"""Every address of the REST API, of its description and of the health doors."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from monitoring.api import (
    alerts,
    budget,
    deliveries,
    feeds,
    grades,
    health,
    infusions,
    observed,
    rota,
    rule_sets,
    webhooks,
)
from monitoring.api.events import events
from tracker.api.problems import nothing_here

#: JSON, unless something else is asked for.
DESCRIBED_AS = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer]

router = SimpleRouter(use_regex_path=False)
router.register("infusions", infusions.Infusions)
router.register("vitals", observed.Vitals)
router.register("temperature-logs", observed.TemperatureLogs)
router.register("symptoms", observed.Symptoms)
router.register("interventions", observed.Interventions)
router.register("labs", observed.Labs)
router.register("neuro", observed.Neuro)
router.register("responses", observed.Responses)
router.register("alerts", alerts.Alerts)
router.register("deliveries", deliveries.Deliveries)
router.register("webhooks", webhooks.Webhooks)
router.register("rule-sets", rule_sets.RuleSets)
router.register("ladders", rota.Ladders)
router.register("shifts", rota.Shifts)
router.register("feeds", feeds.Feeds)

GRADES = {
    "astct-crs": grades.CrsGrade,
    "icans": grades.IcansGrade,
    "news2": grades.News2Grade,
    "ctcae": grades.CtcaeGrade,
}

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/events/", events, name="events"),
    *(path(f"api/v1/grade/{name}/", door.as_view(), name=f"grade-{name}") for name, door in GRADES.items()),
    path("api/v1/alert-budget/", budget.AlertBudget.as_view(), name="alert-budget"),
    path("api/v1/", include(router.urls)),
    path("api/v1/", include("tracker.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(renderer_classes=DESCRIBED_AS), name="schema"),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="api/docs.html"),
        name="api-docs",
    ),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    re_path(r"^(?:api|health)/", nothing_here),
]
