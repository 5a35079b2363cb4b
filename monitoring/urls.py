"""The addresses of the watch's pages."""

from django.urls import path

from monitoring.views import (
    alerts,
    backtests,
    board,
    calculator,
    corrections,
    overrides,
    patients,
    rule_editor,
    rules,
    system,
    turns,
    vitals,
)

app_name = "monitoring"
urlpatterns = [
    path("", board.board, name="board"),
    path("patients/", patients.patients, name="patients"),
    path("patients/<uuid:uuid>/", patients.patient, name="patient"),
    path("infusions/<uuid:uuid>/", patients.infusion, name="infusion"),
    path("infusions/<uuid:uuid>/temperatures/", patients.temperatures, name="temperatures"),
    path("infusions/<uuid:uuid>/vitals/new/", vitals.record, name="vitals"),
    path("infusions/<uuid:uuid>/start/", turns.start, name="start"),
    path("infusions/<uuid:uuid>/turns/<slug:kind>/", turns.turn, name="turn"),
    path("infusions/<uuid:uuid>/<slug:noun>/new/", turns.observe, name="observe"),
    path("infusions/<uuid:uuid>/<slug:noun>/<uuid:started>/stop/", turns.stop_running, name="stop_running"),
    path("readings/<uuid:uuid>/", corrections.correct, name="correct"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/<uuid:uuid>/", alerts.alert, name="alert"),
    path("alerts/<uuid:uuid>/<slug:kind>/", alerts.answer, name="answer"),
    path("infusions/<uuid:uuid>/baseline/", overrides.baseline, name="baseline"),
    path("subjects/<uuid:uuid>/overrides/", overrides.overrides, name="overrides"),
    path("rules/", rules.rule_sets_page, name="rule_sets"),
    path("rules/<uuid:uuid>/", rules.rule_set_page, name="rule_set"),
    path("rules/<uuid:uuid>/print/", rules.sheet, name="rulebook"),
    path("rules/<uuid:uuid>/differences/", rules.diff, name="rule_diff"),
    path("rules/<uuid:uuid>/approve/", rules.approve, name="rule_approve"),
    path("rules/<uuid:uuid>/begin/", rules.begin, name="rule_begin"),
    path("rules/<uuid:uuid>/draft/", rule_editor.draft, name="rule_draft"),
    path("rules/<uuid:uuid>/draft/<slug:problem>/", rule_editor.draft, name="rule_draft_rule"),
    path("rules/<uuid:uuid>/backtest/", backtests.start, name="start_backtest"),
    path("rules/backtests/<uuid:uuid>/", backtests.backtest, name="backtest"),
    path("calculator/", calculator.calculator, name="calculator"),
    path("calculator/<slug:name>/", calculator.calculator, name="calculate"),
    path("status/", system.status, name="status"),
    path("pulse/", system.pulse, name="pulse"),
]
