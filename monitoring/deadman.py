"""The word to the outside: an address that rings at somebody else's when it is *not* asked.

Asked only after a completed pass of the canary, with every other part alive. The address is a secret: it goes
into no log, no page and, by way of a redirect, to nobody else. Nobody waits for it.
"""

from __future__ import annotations

import logging
import threading
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

from django.conf import settings
from django.db import connection

from config.clock import real_now
from monitoring import health, heartbeat

log = logging.getLogger(__name__)

#: For the whole of connecting and for each wait on the answer.
PATIENCE_S = 5.0

_asking = threading.Lock()


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Follows nobody: where else the address would lead is none of Febris's business."""

    def redirect_request(self, *_: Any) -> None:
        """No request: the answer stands as it is, and is an error."""


_opener = urllib.request.build_opener(_StayHere)


def tell_outside() -> bool:
    """True when somebody outside is being told, by a thread of its own, that a pass came through.

    Not while another part is silent, nor while the last word still waits for its answer.
    """
    if not settings.DEADMAN_URL or health.stale_parts(real_now()) or not _asking.acquire(blocking=False):
        return False
    threading.Thread(target=_ask_and_write, name="dead man", daemon=True).start()
    return True


def ask(address: str) -> str:
    """Empty when the address was answered with 2xx; else why not, without the address."""
    asked = urllib.request.Request(address, method="GET", headers={"User-Agent": "Febris"})  # noqa: S310
    try:
        with _opener.open(asked, timeout=PATIENCE_S) as answer:
            return "" if 200 <= answer.status < 300 else f"answered {answer.status}"
    except urllib.error.HTTPError as error:
        error.close()
        return f"answered {error.code}"
    except urllib.error.URLError as error:
        return f"not reached: {type(error.reason).__name__}"
    except (OSError, ValueError, HTTPException) as error:
        return f"not reached: {type(error).__name__}"


def _ask_and_write() -> None:
    try:
        fault = ask(settings.DEADMAN_URL)
        if fault:
            log.warning("the word to the outside was not taken: %s", fault)
        else:
            heartbeat.alive(heartbeat.PING, real_now())
    except Exception:
        log.exception("nor could it be written down that the outside was told")
    finally:
        _asking.release()
        connection.close()
