"""Schemathesis reads the schema from a server, and asks for all that it has found there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.captured_logs import capture_logs
from tests.fixtures.clients.environments import environment
from tests.fixtures.clients.npm import NodeTests, checked
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.server import Api, issue_key, serving, settings_for, token_of
from tests.fixtures.stores.world import ADA, ADAS_COMPANY

pytestmark = pytest.mark.slow

EXAMPLES = 4
"""For each root field."""


@pytest.fixture(scope="module")
def schemathesis(node_tests: NodeTests) -> str:
    """The path of its command."""
    del node_tests
    return str(
        environment("schemathesis", "schemathesis", "schemathesis>=4.32,<5") / "schemathesis"
    )


@pytest.fixture
def generous(own_world: str, stand_in: StandInControl, tmp_path: Path) -> Iterator[Api]:
    """A server that refuses nobody for asking much."""
    settings = settings_for(
        own_world,
        tmp_path,
        chat_llm_base_url=stand_in.url,
        serve_runs_worker=False,
        graphql_person_budget=100_000_000,
        graphql_key_budget=100_000_000,
        graphql_address_budget=0,
    )
    with serving(settings) as api:
        yield api


@pytest.mark.parametrize("caller", ["person", "company", "nobody"])
def test_no_answer_to_anybody_is_a_fault(
    schemathesis: str, generous: Api, own_world: str, tmp_path: Path, caller: str
) -> None:
    headers = {
        "person": ["--header", f"Authorization:Bearer {token_of(ADA, 'ops')}"],
        "company": ["--header", f"X-API-Key:{issue_key(own_world, ADAS_COMPANY)}"],
        "nobody": [],
    }[caller]
    bounds = ["--max-examples", str(EXAMPLES), "--seed", "1", "--no-shrink", "--phases", "fuzzing"]
    checks = ["--checks", "not_a_server_error", "--suppress-health-check", "all"]
    address = f"{str(generous.http.base_url).rstrip('/')}/graphql"
    with capture_logs() as logs:
        said = checked([schemathesis, "run", address, *headers, *bounds, *checks], tmp_path)
    assert [event for event in logs if event["log_level"] in {"error", "critical"}] == []
    answered = [
        event for event in logs if event.get("operation") or event.get("path") == "/graphql"
    ]
    assert len(answered) > 150
    found = re.search(r"(\d+) (?:selected|total)", said)
    assert found is not None
    assert int(found[1]) > 50
