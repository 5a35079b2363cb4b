"""The bedside monitors of the demo: what each has sent since the last look, posted as a device would."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.permissions import Actor
from monitoring.demo.cast import PLAYERS, SITE
from monitoring.demo.stage import monitor_client, newest_infusion
from monitoring.demo.stories import EVERY, TURN, due, reading
from tracker import services
from tracker.ingest import ReadingIn
from tracker.models import Phase, Site

#: How far back each look goes; what was sent before is a repeat and changes nothing.
LOOK_BACK = timedelta(seconds=40)
_ON_THE_MONITOR = (Phase.INFUSING, Phase.PAUSED, Phase.OBSERVING)


@dataclass(frozen=True, slots=True)
class Curtain:
    """When this run of the demo began, on the wall and in clinical time, and how fast the latter runs."""

    real_at: datetime
    clinical_at: datetime
    rate: float

    @property
    def every(self) -> timedelta:
        """How often a monitor sends, in real time: at least every five minutes of clinical time."""
        return min(EVERY, timedelta(minutes=5) / self.rate)

    def clinical(self, since_start: timedelta) -> datetime:
        """The clinical time of a moment so long after the curtain."""
        return self.clinical_at + since_start * self.rate


def feed(curtain: Curtain, real_now: datetime, now: datetime) -> int:
    """How many new readings the monitors have posted."""
    site = Site.objects.filter(code=SITE).first()
    if site is None:
        return 0
    until = real_now - curtain.real_at
    readings: list[ReadingIn] = []
    for player in PLAYERS:
        infusion = newest_infusion(site, player) if player.is_live else None
        if infusion is None or infusion.phase not in _ON_THE_MONITOR:
            continue
        for moment in due(player.number, max(until - LOOK_BACK, timedelta(0)), until, curtain.every):
            values = reading(player.story, player.number, moment)
            if values is None:
                continue
            number = round((moment - TURN) / curtain.every)
            readings.append(
                ReadingIn(
                    infusion=infusion.uuid,
                    measured_at=curtain.clinical(moment),
                    source_id=f"{player.record_number}/{curtain.real_at.isoformat()}/{number}",
                    **values,  # type: ignore[arg-type]
                )
            )
    if not readings:
        return 0
    client = monitor_client(site)
    actor = Actor(client=client, memberships=client.grants())
    return services.record_vitals_bulk(actor, readings, "each", now=now).created
