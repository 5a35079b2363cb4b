"""The addresses of the record's set-up pages."""

from django.urls import path

from tracker.views import setup

app_name = "tracker"
urlpatterns = [
    path("setup/", setup.setup, name="setup"),
    path("setup/subjects/<uuid:uuid>/", setup.subject, name="subject"),
    path("setup/subjects/<uuid:uuid>/consents/<uuid:pk>/withdraw/", setup.withdraw, name="withdraw"),
    path("setup/studies/<uuid:uuid>/", setup.study, name="study"),
    path("setup/<slug:name>/", setup.rows, name="list"),
    path("setup/<slug:name>/new/", setup.new, name="new"),
    path("setup/<slug:name>/<uuid:uuid>/change/", setup.edit, name="edit"),
]
