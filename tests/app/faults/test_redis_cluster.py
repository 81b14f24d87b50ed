"""With a Redis Cluster everybody is served, also while a primary dies and another takes over."""

from pathlib import Path

import pytest

from tests.app.faults.everybody import ask_all, is_recovered
from tests.fixtures.servers.server import serving, settings_for
from tests.fixtures.stores.redis_cluster import redis_cluster
from tests.waiting import until

MOST_SECONDS = 2.0
FAILOVER_SECONDS = 10.0


def test_nobody_notices_a_failover(
    world: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with redis_cluster(tmp_path) as cluster:
        settings = settings_for(world, tmp_path, redis_url=cluster.url, serve_runs_worker=False)
        with serving(settings) as api:
            ask_all(api, "Before")
            assert is_recovered(api)
            cluster.kill(cluster.primaries[0])
            assert max(ask_all(api, "Meanwhile")) < MOST_SECONDS
            until(lambda: is_recovered(api), seconds=FAILOVER_SECONDS)
            assert max(ask_all(api, "Afterwards")) < MOST_SECONDS
            assert is_recovered(api)
    assert "Traceback" not in "".join(capfd.readouterr())
