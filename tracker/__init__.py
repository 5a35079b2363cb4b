"""The clinical record: what happened, to whom, when, who wrote it. It does not know that anyone watches."""
