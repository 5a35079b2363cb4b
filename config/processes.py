"""What the processes of the embedded mode share: dying with the parent, dropping root. Knows no Django."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
#: Bound at import: between fork and exec nothing may be looked up or locked.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

SERVICE_USER = "febris"


class NoServiceUser(RuntimeError):
    """Febris runs as root and finds no ordinary user for the database; the message says how to make one."""


def die_with(parent: int, deadly: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` that has the kernel send `deadly` when the process `parent` dies, even by SIGKILL.

    It must run after the change of user, which would clear it; `subprocess` calls it at that moment.
    """

    def arrange() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(deadly), 0, 0, 0)
            if os.getppid() != parent:  # it died between the fork and this line
                os._exit(1)

    return arrange


def service_user() -> pwd.struct_passwd | None:
    """The ordinary user that root's database runs as, made when absent; None when we are not root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SERVICE_USER)
    except KeyError:
        pass
    useradd = shutil.which("useradd")
    if useradd is not None:
        made = subprocess.run(  # noqa: S603 - a fixed command
            [
                useradd,
                "--system",
                "--user-group",
                "--no-create-home",
                "--shell",
                "/usr/sbin/nologin",
                SERVICE_USER,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        try:
            return pwd.getpwnam(SERVICE_USER)
        except KeyError:
            reason = made.stderr.strip()
    else:
        reason = "useradd is not installed"
    raise NoServiceUser(
        f"PostgreSQL does not run as root, and the user {SERVICE_USER!r} could not be made ({reason}). "
        f"Make it by hand, or start Febris as an ordinary user."
    )


def is_alive(pid: int) -> bool:
    """True when a process with this number runs (a zombie does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return sys.platform != "linux"
