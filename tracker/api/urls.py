"""The addresses of the record's own doors, below `/api/v1/`."""

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from tracker.api import doors

router = SimpleRouter(use_regex_path=False)
router.register("studies", doors.Studies)
router.register("sites", doors.Sites)
router.register("patients", doors.Patients)
router.register("subjects", doors.Subjects)
router.register("products", doors.Products)

urlpatterns: list[URLPattern | URLResolver] = [path("me/", doors.Me.as_view(), name="caller"), *router.urls]
