"""Readings that come as files: a pure parser, the import itself, and the comparison with an answer key."""
