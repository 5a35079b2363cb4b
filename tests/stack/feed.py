"""A sending system at the doors of the production shape: posts readings and keeps what was promised to it."""

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.stack.shape import Shape


@dataclass(frozen=True)
class Answer:
    """The status, the body, and how long it took."""

    status: int
    body: dict[str, Any]
    seconds: float


@dataclass(frozen=True)
class Feed:
    """A token and the infusions that it may write to; a nurse, and the session of one signed in."""

    shape: Shape
    token: str
    infusions: tuple[str, ...]
    nurse: str
    session: str
    site: str
    webhook_secret: str

    @classmethod
    def at(cls, shape: Shape, infusions: int, *, begun_minutes: int = 60) -> "Feed":
        """A new site's feed."""
        seed = ("tests.stack.seed", str(infusions), str(begun_minutes), shape.receiver.url)
        made = json.loads(shape.run("web", "python", "-m", *seed))
        return cls(shape, **{**made, "infusions": tuple(made["infusions"])})

    def post(self, path: str, body: Any, key: str | None = None, patience_s: float = 30) -> Answer:
        """The answer to a POST.

        Raises: OSError when no answer came.
        """
        request = urllib.request.Request(
            self.shape.url(f"/api/v1/{path}"),
            data=json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "Idempotency-Key": key or uuid4().hex,
            },
        )
        began = time.perf_counter()
        try:
            with urllib.request.urlopen(request, timeout=patience_s) as answer:
                return Answer(answer.status, json.load(answer), time.perf_counter() - began)
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode(errors="replace")
            body = json.loads(text) if text.startswith("{") else {"text": text}
            return Answer(error.code, body, time.perf_counter() - began)

    def reading(self, infusion: str, **values: Any) -> dict[str, Any]:
        """A body for `vitals/`, measured a minute ago."""
        measured_at = datetime.now(UTC) - timedelta(minutes=1)  # noqa: TID251 - not our clock
        return {"infusion": infusion, "measured_at": measured_at.isoformat(), **values}

    def post_fever(self, infusion: str) -> Answer:
        """39.5 °C."""
        return self.post("vitals/", self.reading(infusion, temperature_c=39.5))

    def alerts(self, infusion: str, problem: str = "fever") -> list[tuple[Any, ...]]:
        """The alerts stored for one problem of an infusion."""
        return self.shape.query(
            "SELECT a.id, a.condition FROM monitoring_alert a JOIN tracker_infusion i ON i.id = a.infusion_id"
            " WHERE i.uuid = %s AND a.problem = %s",
            infusion,
            problem,
        )

    def is_settled(self) -> bool:
        """True when every change has been seen, and every message that is owed has been sent or given up."""
        ((unseen, owed),) = self.shape.query(
            "SELECT (SELECT count(*) FROM tracker_record r LEFT JOIN monitoring_watch w"
            "         USING (infusion_id) WHERE r.version > coalesce(w.seen_version, 0)),"
            "       (SELECT count(*) FROM monitoring_delivery"
            "         WHERE delivered_at IS NULL AND failed_at IS NULL AND withdrawn_at IS NULL)"
        )
        return unseen == 0 and owed == 0
