"""The stateless grades behind two doors, the API and the calculator page: what comes in, what is said.

Reads nothing of any patient and stores nothing.
"""

from monitoring.grading.answers import SCALES, Answer, Scale, ctcae_terms

__all__ = ["SCALES", "Answer", "Scale", "ctcae_terms"]
