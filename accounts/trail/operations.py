"""A table made with its triggers in one step of a migration."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger


class CreateTable(migrations.CreateModel):
    """Creates a model with the triggers of its options.

    Django renders all related models anew after each step, so a step for each trigger makes a fresh database
    wait half a minute.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        super().database_forwards(app_label, schema_editor, from_state, to_state)
        triggers: list[Any] = self.options.get("triggers", [])
        for trigger in triggers:
            AddTrigger(self.name, trigger).database_forwards(app_label, schema_editor, from_state, to_state)
