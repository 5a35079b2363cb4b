"""Why the record refuses. Doors turn these into problem+json or into errors beside a form's fields."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracker.gates import Finding
    from tracker.models import Infusion, Observed


@dataclass(frozen=True)
class FieldError:
    """One fault: where (a JSON pointer such as `/temperature_c`), which, and a sentence for people.

    `code` `confirm` and `crossed` are questions: the same values sent again with the field in `confirmed`
    are stored. `suggestion` is what the person may have meant, ready to be put into the field.
    """

    pointer: str
    code: str
    detail: str
    suggestion: str | None = None

    @property
    def field(self) -> str:
        """The field's own name, without the pointer's slash."""
        return self.pointer.rsplit("/", 1)[-1]


class Refused(Exception):
    """The values cannot be stored as they are (400)."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{error.pointer}: {error.detail}" for error in self.errors))

    @classmethod
    def at(cls, field: str, code: str, detail: str) -> "Refused":
        """A refusal of one field."""
        return cls([FieldError(f"/{field}", code, detail)])


class Conflict(Exception):
    """Same key, other content (409). `first` is the row that stands under that key."""

    def __init__(self, first: "Observed | None", detail: str) -> None:
        self.first = first
        self.detail = detail
        super().__init__(detail)


class Unprocessable(Exception):
    """Readable, but not now or not here (422)."""

    code = "unprocessable"

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)


class NotInThisPhase(Unprocessable):
    """What may follow what is a table, and this is not in it."""

    code = "not_in_this_phase"


class AnotherIsRunning(Unprocessable):
    """The patient has an infusion without a stop; it must be stopped before the next starts."""

    code = "another_is_running"

    def __init__(self, running: "Infusion", detail: str) -> None:
        self.running = running
        super().__init__(detail)


class GatesClosed(Unprocessable):
    """Gates that did not open, each with what it said and what would open it."""

    code = "gates_closed"

    def __init__(self, gates: Iterable["Finding"]) -> None:
        self.gates = tuple(gates)
        super().__init__("; ".join(gate.detail for gate in self.gates))
