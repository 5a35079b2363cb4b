"""Benchmarks, each a ratio beside its limit or peer: `make bench`, or `python -m bench [NAME ...]`."""
