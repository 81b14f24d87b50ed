"""`guidance cluster`: what deploy/ describes, from programs on the loopback."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from uuid import uuid4

import httpx2
import psutil
import pytest

from perf.servers.cluster.cluster import PROGRAMS, Cluster, running_cluster
from perf.servers.cluster.guard import guarded
from perf.servers.cluster.programs import ProgramsMissing, programs
from perf.servers.cluster.service import Service, ServiceFailed
from tests.fixtures.processes import GUIDANCE, PATIENCE_SECONDS
from tests.fixtures.tools import tool
from tests.waiting import until

pytestmark = pytest.mark.heavy

NO_MODEL = "http://127.0.0.1:9/v1"
_PROCESS = re.compile(r"^\S+ +process (\d+)", re.MULTILINE)
_CLIENTS = re.compile(r"^Clients ask at (\S+)/graphql", re.MULTILINE)
_GUARDED = """
import subprocess
from perf.servers.cluster.guard import guarded
with guarded() as guard:
    child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    guard.watch(child.pid)
    print(child.pid, flush=True)
    child.wait()
"""


@pytest.fixture
def folder(database_folder: Path) -> Path:
    """An empty folder that the user of PostgreSQL can reach."""
    own = database_folder / uuid4().hex
    own.mkdir(parents=True)
    return own


@contextmanager
def of_cluster(folder: Path, *, instances: int) -> Iterator[tuple[Cluster, httpx2.Client]]:
    """A running cluster, and a client of it; skipped where a program is missing."""
    for name in PROGRAMS:
        tool(name)
    with (
        running_cluster(folder, model_url=NO_MODEL, instances=instances) as cluster,
        httpx2.Client(base_url=cluster.url, timeout=PATIENCE_SECONDS) as http,
    ):
        yield cluster, http


def readiness(http: httpx2.Client) -> tuple[int, dict[str, str]]:
    answer = http.get("/readyz")
    return answer.status_code, answer.json()


def test_a_cluster_serves_by_way_of_all_its_parts_and_leaves_nothing(folder: Path) -> None:
    with of_cluster(folder, instances=1) as (cluster, http):
        all_is_well = {"database": "ok", "documents": "ok", "cache": "ok", "replica": "ok"}
        until(lambda: readiness(http) == (200, all_is_well))
        answer = http.post("/graphql", json={"id": "x-guidance-Plans"})
        assert answer.json()["data"]["plans"], answer.text
        followers = "SELECT string_agg(application_name || ' ' || sync_state, ',') FROM "
        assert cluster.primary.run(f"{followers} pg_stat_replication") == "replica sync"
        assert cluster.standby.run("SELECT pg_is_in_recovery()") is True
        started = [psutil.Process(one.pid) for one in cluster.services.values()]
        assert len(started) == len(cluster.services) == 11
    assert [one for one in started if one.is_running()] == []


def test_what_is_missing_is_named_all_at_once() -> None:
    with pytest.raises(ProgramsMissing) as missing:
        programs("no-such-program", sys.executable, "nor-this")
    assert str(missing.value) == (
        "not here: no-such-program, nor-this; `make tools` unpacks Debian's beside the source, or "
        "install them: apt-get install no-such-program nor-this"
    )


def test_a_part_that_does_not_come_up_is_named_with_what_it_said(tmp_path: Path) -> None:
    with guarded() as guard:
        command = ["sh", "-c", "echo no such room >&2; exit 3"]
        service = Service(tmp_path, guard, "hotel", command, is_ready=lambda: False)
        with pytest.raises(ServiceFailed, match=r"^hotel ended: no such room$"):
            service.start()


def test_who_is_killed_ends_what_it_started_all_the_same() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _GUARDED], stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        child = psutil.Process(int(starter.stdout.readline()))
        starter.kill()
        until(lambda: not child.is_running())


@pytest.mark.slow
def test_the_standby_and_another_redis_take_over_without_anybody_started_anew(
    folder: Path,
) -> None:
    with of_cluster(folder, instances=3) as (cluster, http):
        until(lambda: readiness(http)[1].get("replica") == "ok")
        cluster.services["redis-1"].kill()
        cluster.primary.kill()
        assert cluster.standby.run("SELECT pg_promote()") is True
        until(lambda: readiness(http)[1].get("database") == "ok", seconds=10)
        until(lambda: readiness(http)[1].get("cache") == "ok", seconds=30)
        for _ in cluster.instances:
            assert http.post("/graphql", json={"id": "x-guidance-Plans"}).status_code == 200
        assert all(one.pid is not None for one in cluster.instances)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["told", "killed"])
def test_the_command_ends_everything_however_it_ends(number: signal.Signals, folder: Path) -> None:
    for name in PROGRAMS:
        tool(name)
    with NamedTemporaryFile("r+", prefix="guidance-cluster-") as said:
        command = subprocess.Popen(
            [GUIDANCE, "cluster", "up", "--port", "0"],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONUNBUFFERED": "1",
                "TMPDIR": str(folder),
            },
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        until(lambda: _CLIENTS.search(Path(said.name).read_text()) is not None, seconds=120)
        text = Path(said.name).read_text()
        started = [psutil.Process(int(pid)) for pid in _PROCESS.findall(text)]
        assert len(started) == 13
        (url,) = _CLIENTS.findall(text)
        assert httpx2.get(f"{url}/readyz", timeout=PATIENCE_SECONDS).status_code == 200
        command.send_signal(number)
        command.wait(PATIENCE_SECONDS)
        until(lambda: not any(one.is_running() for one in started))
    assert command.returncode == (0 if number is signal.SIGTERM else -number)
