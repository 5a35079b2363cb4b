"""Who plays in the demo: people that nobody could take for real, and where each infusion stands at the start.

Plain data; the figures are invented and belong to no patient.
"""

from dataclasses import dataclass
from datetime import timedelta

from accounts.permissions import Role
from monitoring.demo.stories import Story

STUDY = "DEMO-BAT-01"
SITE = "DEMO"
INTEGRATION = "demo-monitor"
PATIENT_SYSTEM = "urn:febris:demo"


def _hours(hours: float) -> timedelta:
    return timedelta(hours=hours)


def _minutes(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)


@dataclass(frozen=True, slots=True)
class Player:
    """One synthetic patient. Durations count back from the start of the demo; None has not happened."""

    number: int
    family_name: str
    given_name: str
    sex: str
    birth_year: int
    story: Story
    started: timedelta | None = None
    stopped: timedelta | None = None
    paused: timedelta | None = None
    discharged: timedelta | None = None
    ended: timedelta | None = None
    #: How far ahead a planned infusion lies.
    planned: timedelta | None = None

    @property
    def record_number(self) -> str:
        """The number by which the demo finds its patient again."""
        return f"DEMO-{self.number:03d}"

    @property
    def is_live(self) -> bool:
        """True while a monitor sends readings."""
        return self.started is not None and self.discharged is None and self.ended is None


PLAYERS = (
    Player(1, "Example", "Ada", "female", 1961, Story.FEVER, started=_minutes(12)),
    Player(2, "Mustermann", "Max", "male", 1957, Story.PRESSURE, started=_minutes(24), paused=_minutes(4)),
    Player(3, "Placeholder", "Pat", "female", 1970, Story.QUIET, started=_minutes(11)),
    Player(4, "Sample", "Sam", "male", 1949, Story.CALM, started=_minutes(7)),
    Player(5, "Beispiel", "Berta", "female", 1966, Story.CALM, started=_hours(2), stopped=_hours(1.5)),
    Player(6, "Fulano", "Felix", "male", 1959, Story.CALM, started=_hours(6), stopped=_hours(5.5)),
    Player(
        7,
        "Nordmann",
        "Kari",
        "female",
        1974,
        Story.CALM,
        started=_hours(30),
        stopped=_hours(29.5),
        discharged=_hours(24),
    ),
    Player(
        8,
        "Doe",
        "Jo",
        "male",
        1953,
        Story.CALM,
        started=_hours(53),
        stopped=_hours(52.5),
        discharged=_hours(46),
        ended=_hours(4),
    ),
    Player(9, "Exemple", "Élodie", "female", 1968, Story.CALM, planned=_hours(3)),
)


@dataclass(frozen=True, slots=True)
class Colleague:
    """One user of the demo."""

    username: str
    name: str
    role: Role
    language: str = "en"
    phone: str = ""


COLLEAGUES = (
    Colleague("nurse", "Nina Nurse", Role.NURSE, phone="+1 555 0111"),
    Colleague("nurse2", "Noah Night", Role.NURSE, phone="+1 555 0112"),
    Colleague("charge", "Chris Charge", Role.CHARGE_NURSE, phone="4711"),
    Colleague("investigator", "Dr Ines Investigator", Role.INVESTIGATOR, phone="+1 555 0113"),
    Colleague("investigator2", "Dr Ivo Second", Role.INVESTIGATOR),
    Colleague("safety", "Sasha Safety", Role.SAFETY_COORDINATOR),
    Colleague("auditor", "Alex Auditor", Role.AUDITOR),
    Colleague("admin", "Andrea Admin", Role.ADMINISTRATOR),
)
