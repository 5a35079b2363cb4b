"""The app's entry in Django's registry."""

from typing import Any

from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate


class MonitoringConfig(AppConfig):
    """The watch: what the record means, who must know, who has answered."""

    name = "monitoring"

    def ready(self) -> None:
        """Hangs the doorbell on the record, has its say on laboratory results, and sees to it that a migrated
        database has rules.
        """
        from monitoring import doorbell, laboratory_words
        from tracker.signals import record_changed
        from tracker.views.nouns import REMARKS

        record_changed.connect(doorbell.on_record_changed, dispatch_uid="monitoring.doorbell")
        REMARKS["labs"] = laboratory_words.remarks
        post_migrate.connect(_load_rules, sender=self, dispatch_uid="monitoring.rules")


def _load_rules(**_: Any) -> None:
    from monitoring.models import RuleSet
    from monitoring.rule_sets import load_shipped

    if RuleSet._meta.db_table in connection.introspection.table_names():
        load_shipped()
