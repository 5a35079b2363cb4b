"""The ward board: who is being watched, how they are, who has answered, and what is due next."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.doors import for_displays
from accounts.permissions import Act, Actor
from config import clock
from monitoring.views.board_rows import gather
from monitoring.views.latest import SHORT, TITLES
from monitoring.views.system import lit
from tracker.views.door import is_fragment, page

#: So many infusions can be named in one request for rows; a page that knows of more asks for all.
NAMED_AT_MOST = 50


@for_displays
@page(Act.READ_BOARD)
def board(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The board of every site that this actor may see, or of one; its rows alone for a live refresh, of the
    infusions named by `only` where some are. On a wall it shows no names and leads nowhere.
    """
    now = clock.now()
    wall = actor.user is None or bool(request.GET.get("wall"))
    context = {
        "board": gather(actor, now, request.GET.get("site", ""), _named(request), initials=wall),
        "wall": wall,
        "theme": "light" if request.GET.get("theme") == "light" else "dark",
        "heads": [(SHORT[key], TITLES[key][0], key) for key in SHORT],
        "may_open": not wall and actor.may_anywhere(Act.READ),
        "may_record": not wall and actor.may_anywhere(Act.RECORD_READINGS),
    }
    if is_fragment(request):
        return render(request, "monitoring/_board.html", context)
    template = "monitoring/wall.html" if wall else "monitoring/board.html"
    return render(request, template, context | lit(clock.real_now()))


def _named(request: HttpRequest) -> list[UUID]:
    """The infusions that the page asks for; none, which is all, where one of them is no number of ours."""
    try:
        return [UUID(text) for text in request.GET.getlist("only")[:NAMED_AT_MOST]]
    except ValueError:
        return []
