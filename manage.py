#!/usr/bin/env python
"""Febris on the command line."""

import os
import sys

#: Commands that make or copy the schema connect as its owner; everything else as the application's role.
OWNER_COMMANDS = {"migrate", "backup", "restore", "up", "demo"}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if OWNER_COMMANDS & set(sys.argv[1:2]) and not os.environ.get("DATABASE_ROLE"):
        os.environ["DATABASE_ROLE"] = "owner"
    from django.core.management import execute_from_command_line

    from config.commandline import sentence

    try:
        execute_from_command_line(sys.argv)
    except Exception as error:  # what has no sentence of its own is raised as it is
        said = sentence(error)
        if said is None or "--traceback" in sys.argv:
            raise
        sys.exit(said)
