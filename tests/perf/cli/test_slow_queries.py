"""`guidance perf slow` asks a running server, and says in one line what keeps it from doing so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from perf.cli.command import perf
from services.clock import system_clock
from tests.fixtures.servers.production import PRODUCTION
from tests.fixtures.servers.server import SECRET, Api, serving, settings_for, token_of
from tests.fixtures.stores.world import ADA


def requested(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(perf, ["slow", *arguments], env=environment)


def printed(*arguments: str, **environment: str) -> list[str]:
    """What the command prints when it is run by itself, line by line."""
    command = [str(Path(sys.executable).with_name("guidance")), "perf", "slow", *arguments]
    ran = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    return (ran.stderr or ran.stdout).splitlines()


def test_the_methods_of_a_server_are_printed_slowest_first(world: str, tmp_path: Path) -> None:
    settings = settings_for(world, tmp_path, serve_runs_worker=False)
    with serving(settings, clock=system_clock) as running:
        api = Api(running.http, clock=system_clock)
        for _ in range(3):
            api.data("{ viewer { email conversations(first: 2) { totalCount } } }", viewer=ADA)
        url = str(api.http.base_url)
        heading, *rows = printed("--url", f"{url}/", "--top", "100", JWT_SECRET_KEY=SECRET)
        assert heading.split() == [
            *("method", "calls", "errors", "rows", "total", "ms", "mean", "ms"),
            *("p95", "ms", "max", "ms", "waiting", "ms", "python", "ms"),
        ]
        totals = [float(row.split()[4]) for row in rows]
        assert totals == sorted(totals, reverse=True)
        (people,) = (row.split() for row in rows if row.startswith("users.by_id "))
        assert people[1:4] == ["3", "0", "3"]
        token = token_of(ADA, now=system_clock())
        # What the server logs is in the output too: it runs in this process.
        refused = requested("--url", url, "--top", "1", GUIDANCE_OPS_TOKEN=token)
        assert "Error: the token lacks the role `ops`\n" in refused.output
        refused = requested("--url", url, "--token", "wrong")
        assert f"Error: {url} refuses: " in refused.output


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[", "http://a b"])
def test_where_there_is_no_server(url: str) -> None:
    refused = requested("--url", url, "--token", "token")
    assert refused.exit_code == 1
    assert refused.output == f"Error: no server is to be reached at {url}\n"


def test_what_is_no_address() -> None:
    refused = requested("--url", "nowhere", "--token", "token")
    assert refused.exit_code == 1
    assert refused.output.startswith("Error: nowhere does not answer as this API does: ")


def test_a_token_is_needed_where_none_can_be_signed() -> None:
    environment = PRODUCTION | {
        "DATABASE_URL": "postgresql://database.example/guidance",
        "JWT_JWKS_URL": "https://identity.example/keys",
    }
    refused = requested(**environment)
    assert refused.output == "Error: give a --token with the role `ops`: none can be signed here\n"
