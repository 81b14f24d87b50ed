"""What operators see of what ran."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.servers.server import Api, serving, settings_for
from tests.fixtures.stores.world import ADA


@pytest.fixture
def unasked(world: str, tmp_path: Path) -> Iterator[Api]:
    """A server that nobody else asks."""
    with serving(settings_for(world, tmp_path, serve_runs_worker=False)) as api:
        yield api


def test_operators_see_what_ran(unasked: Api) -> None:
    requested = {"documentId": "x-guidance-ConversationPage"}
    answer = unasked.http.post("/graphql", json=requested, headers=unasked.credentials(ADA))
    assert answer.json()["data"]["viewer"]
    unasked.data("query Invented { viewer { email } }", viewer=ADA)
    document = """{ ops {
      slowQueries(top: 100) { method calls totalMs meanMs p95Ms maxMs }
      operationSlos { operationName requests errors protected statementsMax budgetP95Ms
        budgetP99Ms budgetStatements withinBudget p50Ms p95Ms p99Ms }
    } }"""
    ops = unasked.data(document, viewer=ADA, roles=("ops",))["ops"]
    (method,) = (one for one in ops["slowQueries"] if one["method"] == "users.by_id")
    assert method["calls"] >= 1
    assert 0 < method["meanMs"] <= method["maxMs"] <= method["totalMs"]
    (slo,) = (one for one in ops["operationSlos"] if one["operationName"] == "ConversationPage")
    assert (slo["requests"], slo["errors"], slo["protected"], slo["statementsMax"]) == (1, 0, 0, 1)
    assert (slo["budgetP95Ms"], slo["budgetP99Ms"]) == (150, 400)
    assert slo["budgetStatements"] == 1
    assert 0 < slo["p50Ms"] == slo["p95Ms"] == slo["p99Ms"]
    names = {one["operationName"] for one in ops["operationSlos"]}
    assert ("untrusted" in names, "Invented" in names) == (True, False)


def test_only_operators_see_what_ran(api: Api) -> None:
    document = "{ ops { slowQueries { method } } }"
    assert api.data(document, viewer=ADA, roles=("support",)) == {"ops": None}
