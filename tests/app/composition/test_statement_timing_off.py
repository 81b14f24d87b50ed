"""A server that is configured not to time its statements, as a process of its own."""

from services.clock import system_clock
from tests.fixtures.servers.processes import served
from tests.fixtures.servers.server import Api
from tests.fixtures.stores.world import ADA


def test_without_timing_operations_are_answered_and_nothing_is_kept_of_statements(
    world: str,
) -> None:
    off = {"DATABASE_TIMING": "false", "SERVE_RUNS_WORKER": "false"}
    with served(world, **off) as (_, http):
        api = Api(http, clock=system_clock)
        people = api.data("{ viewer { conversations(first: 2) { edges { cursor } } } }", viewer=ADA)
        slowest = api.data("{ ops { slowQueries { method } } }", viewer=ADA, roles=("ops",))
        metrics = http.get("/metrics").text
    assert len(people["viewer"]["conversations"]["edges"]) == 2
    assert slowest["ops"]["slowQueries"] == []
    assert 'guidance_operation_statements_total{operation="untrusted"} 1.0' in metrics
    assert "guidance_statement_seconds_count" not in metrics
