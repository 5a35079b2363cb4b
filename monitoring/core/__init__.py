"""The thinking: what a record means, who must know, and what may follow what.

Plain functions of plain values. Nothing in this package knows Django, a clock, a log or a database; the
moment is always an argument.
"""
