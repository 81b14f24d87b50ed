"""Schemathesis reads the schema from a server, and asks for all that it has found there."""

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


@pytest.mark.parametrize(
    ("caller", "asked", "fewest"),
    [
        ("person", ("--exclude-name", "Mutation.generateGuidance"), 100),
        ("company", ("--include-name-regex", r"^Query\.|generateGuidance"), 30),
        ("nobody", ("--include-name-regex", r"^Query\."), 25),
    ],
)
def test_what_callers_may_ask_for_is_answered_without_a_fault(
    schemathesis: str,
    generous: Api,
    own_world: str,
    tmp_path: Path,
    caller: str,
    asked: tuple[str, str],
    fewest: int,
) -> None:
    """It calls an answer without data a fault of the server, as that to a wrong caller is."""
    headers = {
        "person": ["--header", f"Authorization:Bearer {token_of(ADA, 'ops')}"],
        "company": ["--header", f"X-API-Key:{issue_key(own_world, ADAS_COMPANY)}"],
        "nobody": [],
    }[caller]
    bounds = ["--max-examples", str(EXAMPLES), "--seed", "1", "--no-shrink", "--phases", "fuzzing"]
    checks = ["--checks", "not_a_server_error", "--suppress-health-check", "all"]
    address = f"{str(generous.http.base_url).rstrip('/')}/graphql"
    with capture_logs() as logs:
        checked([schemathesis, "run", address, *headers, *asked, *bounds, *checks], tmp_path)
    assert [event for event in logs if event["log_level"] in {"error", "critical"}] == []
    statuses = [event["status"] for event in logs if event.get("path") == "/graphql"]
    assert len(statuses) > fewest
    assert max(statuses) < 500
