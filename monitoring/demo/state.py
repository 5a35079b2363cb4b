"""What the demo keeps between starts: its password, its token, when the curtain rose. Ours alone to read."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from monitoring.demo.feed import Curtain

_NAME = "demo.json"


@dataclass(frozen=True, slots=True)
class State:
    """The content of the file; times as ISO 8601."""

    password: str
    token: str = ""
    #: The demo clock's rate, and the anchor from which it runs (blank: real time).
    rate: float = 1.0
    anchor: str = ""
    real_at: str = ""
    clinical_at: str = ""

    def curtain(self) -> Curtain | None:
        """When this run began; None before the first."""
        if not self.real_at:
            return None
        return Curtain(
            datetime.fromisoformat(self.real_at), datetime.fromisoformat(self.clinical_at), self.rate
        )

    def risen(self, real_at: datetime, clinical_at: datetime, token: str) -> "State":
        """The state of a run that begins."""
        return replace(self, real_at=real_at.isoformat(), clinical_at=clinical_at.isoformat(), token=token)


def read_state(data_dir: Path) -> State | None:
    """What an earlier start left, or None."""
    try:
        return State(**json.loads((data_dir / _NAME).read_text()))
    except FileNotFoundError:
        return None


def new_state(rate: float, anchor: str) -> State:
    """The state of a first start, with a password of its own."""
    return State(password=secrets.token_urlsafe(9), rate=rate, anchor=anchor)


def write_state(data_dir: Path, state: State) -> None:
    """Keep the state, readable by nobody else."""
    half = data_dir / f"{_NAME}.new"
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(state), file, indent=1)
    half.replace(data_dir / _NAME)
