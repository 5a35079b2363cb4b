"""Grading scales on the fold: from a moment to the range of grades that its readings allow.

They find the parts, carried ones among them; the tables and the reckoning are in `grading`.
"""
