"""The board on a wall: no names, no way further."""

import pytest
from django.test import Client as Browser

from accounts.models import Client, ClientKind
from accounts.permissions import Role
from tests import builders
from tracker.models import Site

from .conftest import Patient

pytestmark = pytest.mark.django_db


def test_a_wall_shows_the_board_without_names_and_nothing_else(ward: Site, running: Patient) -> None:
    from accounts.permissions import Actor, Grant
    from config import clock
    from monitoring.views.board import gather

    client = Client.objects.create(name="wall", kind=ClientKind.DISPLAY, role=Role.WALL_DISPLAY, site=ward)
    actor = Actor(client=client, memberships=(Grant(Role.WALL_DISPLAY, ward.pk),))
    board = gather(actor, clock.now())
    assert [row.infusion for row in board.rows] == [running.infusion]
    assert [row.name for row in board.rows] == [""]
    builders.make_site("LATER")
    assert [site.code for site in board.sites] == ["WARD"]
    assert Browser().get("/").status_code == 302
