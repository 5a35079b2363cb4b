#!/usr/bin/env python
"""Febris on the command line."""

import os
import sys

#: Commands that make or copy the schema connect as its owner; everything else as the application's role.
OWNER_COMMANDS = {"migrate", "backup", "restore", "up", "demo"}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if OWNER_COMMANDS & set(sys.argv[1:2]):
        os.environ.setdefault("DATABASE_ROLE", "owner")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
