"""The production shape on this machine: each service of the compose file, to start, freeze and kill."""

import json
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psycopg

from config.postgres import Cluster
from config.processes import die_with
from tests.ports import free_port
from tests.stack.compose import CHECKOUT, ENVIRONMENT, Translation, services
from tests.stack.sinks import MailServer, Receiver

PATIENCE_S = 120.0
#: In the order in which they need each other.
SERVERS = ("postgres", "redis")
FEBRIS = ("web", "events", "worker-watch", "worker-slow", "beat")


class NotInTime(AssertionError):
    """Something that was waited for did not come; the message names it."""


def wait_for(what: str, condition: Callable[[], object], patience_s: float = PATIENCE_S) -> Any:
    """What `condition` returns, once it is true.

    Raises: NotInTime
    """
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.05)
    raise NotInTime(f"{what} did not come within {patience_s:g} s")


class Shape:
    """Services by name; each is a process group of its own, as it would be a container.

    What it mails ends in `mail`; `tick_s` is the pace of its watch.
    """

    def __init__(self, tick_s: int = 1) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="febris-stack-"))
        self.folder.chmod(0o755)
        self.tick_s = tick_s
        self.mail, self.receiver = MailServer(), Receiver()
        self.services = services(
            EMAIL_URL=f"smtp://127.0.0.1:{self.mail.port}", TICK_SECONDS=str(tick_s), LOG_LEVEL="WARNING"
        )
        self.translation = Translation(self.folder)
        self.proxy_health_port = free_port()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._cluster = Cluster(self.folder / "database", CHECKOUT)
        named = os.environ.get("POSTGRES_BIN")
        self.postgres_bin = Path(named) if named else self._cluster.binaries

    # --- Addresses -----------------------------------------------------------------------------------------

    def url(self, path: str, service: str = "web") -> str:
        """The address of `path` at one of the servers."""
        scheme = "https" if service == "proxy" else "http"
        return f"{scheme}://localhost:{self.translation.ports[service]}{path}"

    def database_url(self, role: str = "febris_app") -> str:
        """The address of the database for a role."""
        password = ENVIRONMENT["APPLICATION_PASSWORD" if role == "febris_app" else "OWNER_PASSWORD"]
        return f"postgres://{role}:{password}@127.0.0.1:{self.translation.ports['postgres']}/febris"

    def environment(self, service: str) -> dict[str, str]:
        """What the service finds in its environment."""
        made = self.translation.environment(service, self.services[service])
        # The receiver of webhooks is on this machine, which a hospital's is not.
        return made | {"PRIVATE_TARGETS": "127.0.0.0/8"}

    # --- Life ----------------------------------------------------------------------------------------------

    def make_database(self) -> None:
        """Make the cluster and let the file's own script make the roles."""
        port, folder = str(self.translation.ports["postgres"]), self.folder / "database"
        self._own(folder)
        self._own(self.folder / "archive")
        password = self.folder / "password"
        password.write_text(ENVIRONMENT["POSTGRES_PASSWORD"])
        password.chmod(0o644)
        self._as_postgres(
            *(
                "initdb",
                "--pgdata",
                str(folder / "data"),
                "--username=postgres",
                "--encoding=UTF8",
                "--locale=C",
            ),
            *("--auth=scram-sha-256", f"--pwfile={password}", "--no-sync"),
        )
        self.start("postgres")
        self.wait_healthy("postgres")
        definition = self.services["postgres"]
        script = next(m["source"] for m in definition["volumes"] if m["target"].endswith("make_roles.sh"))
        environment = self.environment("postgres") | {
            "PATH": f"{self.postgres_bin}:{os.environ['PATH']}",
            "POSTGRES_USER": "postgres",
            "PGHOST": "127.0.0.1",
            "PGPORT": port,
            "PGPASSWORD": ENVIRONMENT["POSTGRES_PASSWORD"],
        }
        subprocess.run([script], env=environment, check=True, stdout=subprocess.DEVNULL)

    def _own(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        if self._cluster.user is not None:
            os.chown(folder, self._cluster.user.pw_uid, self._cluster.user.pw_gid)

    def _as_postgres(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self.postgres_bin / program), *arguments],
            **self._cluster.as_user(),
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def start(self, *names: str) -> None:
        """Start services by their own commands."""
        for name in names:
            assert name not in self.running, f"{name} runs already"
            self.running[name] = self._spawn(name)

    def _spawn(self, name: str) -> subprocess.Popen[bytes]:
        definition = self.services[name]
        command = self.translation.command(name, definition, definition["command"])
        arguments: dict[str, Any] = {"env": self.environment(name), "cwd": CHECKOUT}
        port = str(self.translation.ports.get(name, ""))
        if name == "postgres":
            command = [
                *(
                    str(self.postgres_bin / "postgres"),
                    "-D",
                    str(self.folder / "database" / "data"),
                    *command[1:],
                ),
                *(f"--port={port}", "--listen_addresses=127.0.0.1"),
                # Only a machine that loses its power needs it; ours kill processes.
                *(f"--unix_socket_directories={self.folder / 'database'}", "--fsync=off"),
            ]
            arguments = self._cluster.as_user()
        elif name == "redis":
            command += ["--port", port, "--bind", "127.0.0.1", "--dir", str(self.folder)]
        elif name == "proxy":
            # An address with a port of its own is the one thing that the file cannot know.
            arguments["env"] |= {
                "SITE_ADDRESS": f"https://localhost:{port}",
                "HTTP_PORT": str(free_port()),
                "HEALTH_PORT": str(self.proxy_health_port),
            }
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with(os.getpid(), signal.SIGKILL),
                **arguments,
            )

    def run(self, name: str, *command: str, patience_s: float = PATIENCE_S) -> str:
        """Run a service's command (or another in its place) to its end; what it printed."""
        definition = self.services[name]
        done = subprocess.run(
            self.translation.command(name, definition, list(command) or definition["command"]),
            env=self.environment(name),
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=patience_s,
            check=False,
        )
        assert done.returncode == 0, f"{name} ended with {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def is_healthy(self, name: str) -> bool:
        """What the service's own health check says."""
        kind, *test = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        if name == "proxy":  # its image has wget, which a machine need not have
            return self._answers(test[-1].replace(":8081/", f":{self.proxy_health_port}/"))
        command = self.translation.command(name, self.services[name], test)
        port = str(self.translation.ports.get(name, ""))
        if name == "postgres":
            command = [str(self.postgres_bin / test[0]), *command[1:], f"--port={port}"]
        elif name == "redis":
            command[1:1] = ["-p", port]
        done = subprocess.run(
            command, env=self.environment(name), cwd=CHECKOUT, capture_output=True, check=False
        )
        return done.returncode == 0

    @staticmethod
    def _answers(address: str) -> bool:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return True
        except OSError:
            return False

    def wait_healthy(self, *names: str) -> None:
        """Wait until the services' own health checks pass.

        Raises: NotInTime with the end of the log of the one that does not.
        """
        for name in names:
            try:
                wait_for(f"the health of {name}", lambda name=name: self.is_healthy(name))
            except NotInTime as error:
                raise NotInTime(f"{error}; its log ends: {self.log(name)[-3000:]}") from None

    def log(self, name: str) -> str:
        """What the service has written."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def kill(self, *names: str) -> None:
        """`kill -9` of whole services, as when their container dies."""
        self._end(names, signal.SIGKILL)

    def stop(self, *names: str) -> None:
        """An orderly end."""
        self._end(names, signal.SIGTERM)

    def _end(self, names: Iterable[str], word: signal.Signals) -> None:
        ending = {name: self.running.pop(name) for name in names if name in self.running}
        for name, process in ending.items():
            if word is signal.SIGKILL:
                os.killpg(process.pid, word)
            else:  # PostgreSQL would wait for its clients after SIGTERM
                process.send_signal(signal.SIGINT if name == "postgres" else word)
        for process in ending.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def freeze(self, name: str) -> None:
        """SIGSTOP: it accepts connections and says nothing."""
        os.killpg(self.running[name].pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """SIGCONT"""
        os.killpg(self.running[name].pid, signal.SIGCONT)

    def revive(self) -> None:
        """What a restart policy does: whatever has ended of its own or by a kill is started again."""
        names = ("postgres", "redis", *FEBRIS)
        for name in names:
            process = self.running.get(name)
            if process is not None and process.poll() is not None:
                del self.running[name]
        self.start(*(name for name in names if name not in self.running))

    def restart(self, *names: str) -> None:
        """Start again those that are not running, and wait for their health."""
        self.start(*(name for name in names if name not in self.running))
        self.wait_healthy(*names)

    def close(self) -> None:
        """End everything and leave nothing behind."""
        for process in self.running.values():
            os.killpg(process.pid, signal.SIGCONT)
        self.stop("proxy", *FEBRIS)
        self.stop(*SERVERS)
        self.mail.close()
        self.receiver.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- Looking -------------------------------------------------------------------------------------------

    def query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """The rows of a statement, asked as the owner."""
        with psycopg.connect(self.database_url("febris_owner"), autocommit=True) as connection:
            return connection.execute(statement, parameters).fetchall()  # type: ignore[arg-type]

    def try_query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]] | None:
        """The same; None while the database does not answer."""
        try:
            return self.query(statement, *parameters)
        except psycopg.OperationalError:
            return None

    def reasons(self) -> set[str] | None:
        """Why `/health/ready` says that nobody should rely on the watch; None when it does not answer."""
        try:
            with urllib.request.urlopen(self.url("/health/ready"), timeout=3):
                return set()
        except urllib.error.HTTPError as error:
            with error:
                body = error.read()
            if error.code != 503:
                return {f"http_{error.code}"}
            return {reason["code"] for reason in json.loads(body)["reasons"]}
        except OSError:
            return None

    def board_says(self, session: str) -> bool:
        """True when the board shows its reader that the watch is not complete."""
        request = urllib.request.Request(self.url("/"), headers={"Cookie": f"sessionid={session}"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                page = answer.read().decode()
        except OSError:
            return False
        assert 'class="counts"' in page, "this is not the board"
        return 'class="notice stop"' in page

    def mailed_about(self, site: str, problem: str) -> bool:
        """True when somebody has had a mail about such an alert of the site."""
        sent = self.query(
            "SELECT d.uuid::text FROM monitoring_delivery d JOIN monitoring_alert a ON a.id = d.alert_id"
            " JOIN tracker_site s ON s.id = a.site_id WHERE s.code = %s AND a.problem = %s",
            site,
            problem,
        )
        return not {mail.delivery for mail in self.mail.taken}.isdisjoint(uuid for (uuid,) in sent)

    def trust(self) -> ssl.SSLContext:
        """A context that trusts the proxy's own authority, and no other."""
        root = next(self.folder.rglob("root.crt"))
        return ssl.create_default_context(cafile=str(root))

    def status(self, path: str, service: str = "web") -> int:
        """The status of a GET; 0 when nobody answers."""
        context = self.trust() if service == "proxy" else None
        try:
            with urllib.request.urlopen(self.url(path, service), timeout=10, context=context) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0
