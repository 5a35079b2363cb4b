"""Published grading scales as pure, stateless functions of plain values, each a table with its source.

Knows no moment, no patient and no rule: what is not handed in is missing, and a missing part widens the
answer.
"""
