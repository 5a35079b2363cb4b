"""The embedded PostgreSQL: made, started, adopted, refused with a reason. Real clusters, no Django."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import postgres
from config.postgres import Cluster, PostgresError
from config.processes import is_alive

Start = Callable[[], Cluster]


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder that is not there yet, where the service user may enter."""
    outer = Path(tempfile.mkdtemp(prefix="febris-test-"))
    outer.chmod(0o755)
    yield outer / "data"
    shutil.rmtree(outer, ignore_errors=True)


@pytest.fixture
def start(data_dir: Path) -> Iterator[Start]:
    """Makes and starts the cluster of the folder; whatever runs at the end is stopped."""
    clusters: list[Cluster] = []

    def begin() -> Cluster:
        clusters.append(Cluster(data_dir))
        clusters[-1].prepare()
        clusters[-1].start()
        clusters[-1].ensure_roles()
        return clusters[-1]

    yield begin
    for cluster in clusters:
        cluster.stop()


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 60
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(pid)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_fresh_cluster_is_private_has_both_roles_and_the_database(data_dir: Path, start: Start) -> None:
    cluster = start()
    assert [mode(path) for path in (data_dir, cluster.folder, cluster.socket)] == [0o700] * 3
    with cluster.connect(postgres.DATABASE, postgres.APPLICATION) as connection:
        row = connection.execute(
            "SELECT current_user, inet_server_addr(), pg_get_userbyid(datdba),"
            " current_setting('server_version_num') FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert row is not None
    assert row[:3] == (postgres.APPLICATION, None, postgres.OWNER)
    assert row[3].startswith("18")


def test_it_does_not_run_as_root(start: Start) -> None:
    cluster = start()
    pid = cluster.pid()
    assert pid is not None
    assert Path(f"/proc/{pid}").stat().st_uid != 0


def test_an_orphan_is_adopted_not_fought(data_dir: Path, start: Start) -> None:
    pid = start().pid()
    other = Cluster(data_dir)
    other.prepare()
    assert other.start() == pid
    other.stop()
    assert other.pid() is None


def test_a_killed_postmaster_is_started_again_with_what_was_committed(start: Start) -> None:
    cluster = start()
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")
    pid = cluster.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until_gone(pid)
    assert cluster.pid() is None
    assert cluster.start() != pid
    with cluster.connect() as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(1,)]


def test_the_number_of_a_dead_postmaster_worn_by_a_stranger_is_no_postmaster(start: Start) -> None:
    cluster = start()
    cluster.stop()
    (cluster.folder / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.folder}\n")
    assert cluster.pid() is None
    cluster.prepare()
    cluster.start()
    assert cluster.pid() is not None


def test_a_folder_that_we_did_not_make_keeps_its_mode(data_dir: Path, start: Start) -> None:
    data_dir.mkdir(mode=0o755)
    data_dir.chmod(0o755)
    cluster = start()
    assert mode(data_dir) == 0o755
    assert mode(cluster.folder) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user to drop to")
def test_where_the_service_user_cannot_enter_the_data_go_elsewhere(
    data_dir: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Path(tempfile.mkdtemp(prefix="febris-elsewhere-"))
    elsewhere.chmod(0o755)
    monkeypatch.setattr(postgres, "ELSEWHERE", elsewhere)
    data_dir.mkdir(mode=0o700)
    try:
        cluster = start()
        assert cluster.folder.is_relative_to(elsewhere)
        assert cluster.folder.parent.name.startswith(cluster.checkout.name)
        assert (data_dir / "postgres").is_symlink()
        assert Cluster(data_dir).folder == cluster.folder
        cluster.stop()
    finally:
        shutil.rmtree(elsewhere)


def test_a_folder_that_cannot_be_made_is_named(data_dir: Path) -> None:
    data_dir.write_text("a file where the folder should be")
    with pytest.raises(PostgresError, match=str(data_dir / "inner")):
        Cluster(data_dir / "inner").prepare()


def test_a_cluster_of_another_version_is_named(data_dir: Path) -> None:
    (data_dir / "postgres" / "16").mkdir(parents=True)
    with pytest.raises(PostgresError, match="made by PostgreSQL 16"):
        Cluster(data_dir).prepare()


def test_a_socket_folder_of_another_is_refused(data_dir: Path) -> None:
    folder = postgres.socket_folder(data_dir)
    folder.mkdir(mode=0o755)
    try:
        folder.chmod(0o755)
        with pytest.raises(PostgresError, match=str(folder)):
            Cluster(data_dir).prepare()
    finally:
        folder.rmdir()


def test_a_cluster_that_cannot_start_says_why(data_dir: Path) -> None:
    cluster = Cluster(data_dir)
    cluster.prepare()
    with pytest.raises(PostgresError, match="no_such_setting"):
        cluster.start({"no_such_setting": "1"})
