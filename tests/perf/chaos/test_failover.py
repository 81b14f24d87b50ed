"""The servers of PostgreSQL and of Redis die, or follow late, while people write."""

import pytest
from click.testing import CliRunner

from perf.chaos.command import chaos
from perf.servers.cluster.cluster import PROGRAMS
from tests.fixtures.run.tools import tool


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        "failover --seconds 2",
        "failover --seconds 2 --redis cluster",
        "stale-reads --pairs 100 --close-pairs 100 --requests 1000",
    ],
)
def test_nothing_is_lost_and_nothing_is_stale(command: str) -> None:
    for name in PROGRAMS:
        tool(name)
    result = CliRunner().invoke(chaos, command.split())
    assert (result.exit_code, result.stderr) == (0, ""), result.output
