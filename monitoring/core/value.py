"""Values that nobody may change: frozen for the type checker, plain slotted dataclasses when they run.

A frozen dataclass writes each of its fields past its own refusal to be written, and the fold makes some
thirty values an event. What is made that often is declared so; all else is a frozen dataclass as usual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

__all__ = ["value"]

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:

    def value(*, frozen: bool, slots: bool) -> Any:
        """A dataclass that is compared and hashed by its fields, like a frozen one."""
        return dataclass(slots=slots, unsafe_hash=frozen)
