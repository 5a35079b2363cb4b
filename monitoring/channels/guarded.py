"""Requests to addresses that somebody typed: never into our own networks, never where a redirect leads, and
never for longer than a few seconds.

The name is resolved once and the connection goes to the address that was checked: an answer that changes
between two questions opens nothing.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

#: For the whole of a request, from the first packet to the status line: less than a lease lasts.
PATIENCE_S = min(10.0, 2 * settings.TICK.total_seconds())


class NotAllowed(ValueError):
    """An address that Febris does not write to; the message says why, with the host at most."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the other side said: nothing but its status is of interest."""

    status: int


def check(url: str) -> None:
    """Nothing, when the address may be written to.

    Raises: NotAllowed; OSError when its name is not known.
    """
    parts = _parts(url)
    _place(parts)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
    """The status with which the address answered.

    Raises: NotAllowed; OSError.
    """
    parts = _parts(url)
    family, place = _place(parts)
    connection = _connection(parts, family, place)
    stop = threading.Timer(PATIENCE_S, _cut, (connection,))
    stop.daemon = True
    stop.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body=body, headers={"User-Agent": "Febris", **headers})
        return Answered(connection.getresponse().status)
    except http.client.HTTPException as error:
        raise ConnectionError(f"not an answer of the web: {type(error).__name__}") from error
    finally:
        stop.cancel()
        connection.close()


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NotAllowed("this is not an address of the web") from error
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        raise NotAllowed("this is not an address of the web")
    if parts.username is not None or parts.password is not None:
        raise NotAllowed("an address with a name or password in it is not taken")
    return parts


def _place(parts: SplitResult) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """Where to connect: the first address of the name, when every one of them may be written to."""
    assert parts.hostname is not None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    for _family, _kind, _protocol, _name, place in found:
        address = ipaddress.ip_address(str(place[0]).partition("%")[0])
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        is_ours = any(address in network for network in settings.PRIVATE_TARGETS)
        if not is_ours and not (address.is_global and not address.is_multicast):
            raise NotAllowed(f"{parts.hostname} is in a private network, which is not allowed")
        if not is_ours and parts.scheme != "https":
            raise NotAllowed(f"{parts.hostname} would be written to without encryption: use https")
    family, _kind, _protocol, _name, place = found[0]
    return family, (str(place[0]), int(place[1]))


def _connection(
    parts: SplitResult, family: socket.AddressFamily, place: tuple[str, int]
) -> http.client.HTTPConnection:
    """A connection to that place which speaks to the host by its name."""
    assert parts.hostname is not None
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=PATIENCE_S)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE_S)
    plain = socket.socket(family, socket.SOCK_STREAM)
    plain.settimeout(PATIENCE_S)
    try:
        plain.connect(place)
        if parts.scheme == "https":
            plain = ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname)
    except BaseException:
        plain.close()
        raise
    connection.sock = plain
    return connection


def _cut(connection: http.client.HTTPConnection) -> None:
    """Ends a request that somebody keeps alive a byte at a time."""
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
