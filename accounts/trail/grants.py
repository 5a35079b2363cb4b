"""The rights of the application's role: all on ordinary tables, INSERT and SELECT on append-only ones."""

from django.db.backends.utils import CursorWrapper

from .tables import Epoch, append_only_models

#: pghistory writes its context by an upsert, which needs the right to update though no row ever changes.
_CONTEXT_TABLE = "pghistory_context"


def grant_application_role(cursor: CursorWrapper, role: str) -> None:
    """Gives the role what it needs in the current schema and takes away what it must not have.

    Run by the owner after each migration; safe to repeat.
    """
    name = _quoted(role)
    cursor.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
    cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}")
    cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}")
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    existing = {row[0] for row in cursor.fetchall()}
    for table in sorted(kept_tables() & existing):
        cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON TABLE {_quoted(table)} FROM {name}")
    if _CONTEXT_TABLE in existing:
        cursor.execute(f"REVOKE DELETE, TRUNCATE ON TABLE {_quoted(_CONTEXT_TABLE)} FROM {name}")
    if "django_migrations" in existing:
        cursor.execute(f"REVOKE INSERT, UPDATE, DELETE ON TABLE django_migrations FROM {name}")


def kept_tables() -> set[str]:
    """The tables that the application may only add to."""
    return {model._meta.db_table for model in append_only_models()} | {Epoch._meta.db_table}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
