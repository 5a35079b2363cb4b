"""The table of results: each figure beside its limit or peer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One figure. `limit` is the least (`at_most`: the greatest) that it may be; None has only a peer."""

    name: str
    value: float
    limit: float | None = None
    at_most: bool = False
    #: What the figure was made of.
    detail: str = ""

    @property
    def is_kept(self) -> bool:
        """True when the limit is kept, or there is none."""
        if self.limit is None:
            return True
        return self.value <= self.limit if self.at_most else self.value >= self.limit

    def __str__(self) -> str:
        sign = "≤" if self.at_most else "≥"
        limit = "" if self.limit is None else f"{sign} {self.limit:g}"
        verdict = "" if self.limit is None else ("kept" if self.is_kept else "MISSED")
        return f"{self.name:48} {self.value:9.3f}  {limit:>8}  {verdict:7} {self.detail}"
