"""All instances are restarted under load; the short form is in tests/app/cli."""

import pytest
from click.testing import CliRunner

from perf.chaos.command import chaos
from perf.servers.cluster.cluster import PROGRAMS
from tests.fixtures.tools import tool


@pytest.mark.slow
def test_no_request_fails_and_no_reply_is_lost() -> None:
    for name in PROGRAMS:
        tool(name)
    result = CliRunner().invoke(chaos, ["rolling-restart", "--people", "6", "--reads", "20"])
    assert (result.exit_code, result.stderr) == (0, ""), result.output
