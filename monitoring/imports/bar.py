"""A bar that shows how far a long command has come: drawn on a terminal, silent where there is none."""

from types import TracebackType

from django.core.management.base import OutputWrapper

_WIDTH = 30


class Bar:
    """A bar of `total` steps, drawn anew when its picture changes and wiped at the end."""

    def __init__(self, terminal: OutputWrapper, label: str, total: int) -> None:
        self._terminal = terminal
        self._label = label
        self._total = max(total, 1)
        self._drawn = ""

    def __enter__(self) -> "Bar":
        self.to(0)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._drawn:
            self._terminal.write("\r" + " " * len(self._drawn) + "\r", ending="")

    def to(self, done: int) -> None:
        """Show that so many steps are done."""
        share = min(done / self._total, 1.0)
        full = round(share * _WIDTH)
        drawn = f"{self._label} {'█' * full}{'░' * (_WIDTH - full)} {share:4.0%}"
        if drawn != self._drawn and self._terminal.isatty():
            self._terminal.write("\r" + drawn, ending="")
            self._drawn = drawn
