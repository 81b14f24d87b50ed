"""`guidance demo`: what it prints works, and it changes nobody's data."""

import asyncio
import os
import re
import shlex
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from click.testing import CliRunner, Result

from app.wiring import open_application
from perf.dataset.command import DEMO, fill_with_profile
from perf.dataset.demo.api_key import demo_api_key
from perf.dataset.demo.command import demo
from perf.dataset.demo.people import JONAS, MAYA
from perf.servers.process import free_port
from services.billing.subscriptions.plan_changes import PlanChangeOrder
from services.clock import system_clock
from tests.fixtures.servers.processes import PATIENCE_SECONDS, accepts, until
from tests.fixtures.servers.production import PRODUCTION
from tests.fixtures.servers.server import SECRET, settings_for
from tests.perf.dataset.queries import EMPTY, counts, fetch

_GUIDANCE = Path(sys.executable).with_name("guidance")
_CONNECT_ATTEMPTS = 5


def test_what_it_prints_works_as_it_stands(database_url: str, tmp_path: Path) -> None:
    """Its stand-in ends with it; a second demo keeps data and key, and uses a model that is set."""
    with _demo(database_url, tmp_path) as printed, _client() as http:
        before = _data(database_url)
        command = shlex.split(printed[printed.index("curl") :].replace("\\\n", ""))
        address, headers, body = _request(command)
        hello = http.post(address, headers=headers, content=body).json()
        key = printed.split("Company")[1].split()[0]
        question = {"query": "{ enterpriseAccount { companyName } }"}
        page = {"sec-fetch-site": "same-origin"}
        callers = http.get(f"{address}/explorer/callers.json", headers=page).json()
        company = http.post(address, headers={"x-api-key": key}, json=question).json()
        (url,) = re.findall(r"a stand-in at (\S+/v1), which only pretends", printed)
        requested = {"model": "any", "messages": [{"role": "user", "content": "Hello"}]}
        reply = http.post(f"{url}/chat/completions", json=requested).json()

    authorization = {"Authorization": headers["Authorization"]}
    assert callers == {"Maya, a person": authorization, "Northwind, a company": {"X-API-Key": key}}
    viewer = hello["data"]["viewer"]
    assert viewer["email"] == "maya@example.com"
    assert viewer["subscription"] == {"status": "ACTIVE", "plan": {"displayName": "Premium"}}
    assert (viewer["quota"]["state"], viewer["quota"]["limit"]) == ("AVAILABLE", 1000)
    first, *others = viewer["conversations"]["edges"]
    assert first["node"]["title"] == "Moving flat without losing a month"
    assert first["node"]["lastMessage"]["role"] == "ASSISTANT"
    assert len(others) == 2
    assert company["data"] == {"enterpriseAccount": {"companyName": "Northwind Advisory"}}
    assert reply["choices"][0]["message"]["content"].startswith("[stand-in]")
    port = httpx2.URL(url).port
    assert port is not None
    until(lambda: not accepts(port))
    _assert_a_second_one_keeps_data_and_key(database_url, tmp_path, before, key)


def _assert_a_second_one_keeps_data_and_key(
    database_url: str, tmp_path: Path, before: dict[str, int], key: str
) -> None:
    model = {"CHAT_LLM_BASE_URL": "http://127.0.0.1:1/v1"}
    with _demo(database_url, tmp_path, **model) as second:
        pass
    assert "Model     as CHAT_LLM_BASE_URL or CHAT_LLM_MODELS say" in second
    assert "stand-in" not in second
    kept = tmp_path / "demo-api-key"
    assert kept.read_text() == key
    assert kept.read_text() in second
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert _data(database_url) == before
    assert before["enterprise_credentials"] == 1


def test_whoever_has_a_plan_can_change_it_with_the_card_that_is_stored(
    database_url: str, tmp_path: Path
) -> None:
    fill_with_profile(database_url, DEMO)

    async def change() -> None:
        settings = settings_for(database_url, tmp_path)
        async with open_application(settings, database_url, clock=system_clock) as application:
            billing = application.billing
            order = PlanChangeOrder(JONAS, "premium-unlimited", "key", None)
            changed = await billing.plan_changes.change_plan(order)
            assert changed.payment is not None
            assert changed.payment["status"] == "succeeded"
            link = await billing.portal.link(MAYA, "https://example.com/account")
            assert link.startswith("https://sandbox.invalid/portal/")

    asyncio.run(change())


def test_a_key_that_was_revoked_is_replaced(database_url: str, tmp_path: Path) -> None:
    settings = settings_for(database_url, tmp_path)
    fill_with_profile(database_url, DEMO)
    revoked = asyncio.run(demo_api_key(settings, database_url))
    fetch(database_url, "UPDATE enterprise_credentials SET status = 'revoked'")
    kept = asyncio.run(demo_api_key(settings, database_url))
    assert kept != revoked
    assert kept == (tmp_path / "demo-api-key").read_text()
    assert kept == asyncio.run(demo_api_key(settings, database_url))


def test_a_taken_port_is_said_before_anything_is_done(database_url: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = _run(database_url, tmp_path, "--port", str(port))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: port {port} is taken; choose another: PORT=9000 make run\n"
    assert counts(database_url) == EMPTY


def test_other_peoples_data_is_left_alone(database_url: str, tmp_path: Path) -> None:
    fetch(database_url, "INSERT INTO users (email) VALUES ('somebody@example.com')")
    result = _run(database_url, tmp_path, "--port", str(free_port()))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "Error: the database has other people's data; the demo needs an empty one, or its own\n"
    )
    assert counts(database_url) == EMPTY | {"users": 1}


def test_production_is_left_alone(database_url: str, tmp_path: Path) -> None:
    production = PRODUCTION | {"JWT_SECRET_KEY": SECRET}
    result = _run(database_url, tmp_path, **production)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: the demo does not belong in production\n"
    assert counts(database_url) == EMPTY


_WORKERS = frozenset(
    {
        *("privacy_exports", "audit_events", "general_audit_events"),
        *("chat_messages_to_index", "chat_message_searches"),
    }
)


def _data(database_url: str) -> dict[str, int]:
    """How many rows there are, but for those that a demo's worker adds when it comes to it."""
    return {table: count for table, count in counts(database_url).items() if table not in _WORKERS}


def _environment(database_url: str, data_dir: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "GUIDANCE_DATA_DIR": str(data_dir),
        "SHUTDOWN_DRAIN_SECONDS": "0",
    }


def _run(database_url: str, data_dir: Path, *arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(
        demo, arguments, env=_environment(database_url, data_dir) | environment
    )


@contextmanager
def _demo(database_url: str, data_dir: Path, **environment: str) -> Iterator[str]:
    """Run the command, and give what it has printed when it begins to serve."""
    with subprocess.Popen(
        [_GUIDANCE, "demo", "--port", str(free_port())],
        env=os.environ | _environment(database_url, data_dir) | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            printed = ""
            for line in process.stdout:
                printed += line
                if line.lstrip().startswith("-d "):
                    break
            yield printed
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def _request(command: list[str]) -> tuple[str, dict[str, str], str]:
    curl, silent, address, *options = command
    assert (curl, silent) == ("curl", "-s")
    given = list(zip(options[::2], options[1::2], strict=True))
    headers = dict(value.split(": ", 1) for option, value in given if option == "-H")
    (body,) = (value for option, value in given if option == "-d")
    return address, headers, body


def _client() -> httpx2.Client:
    return httpx2.Client(transport=httpx2.HTTPTransport(retries=_CONNECT_ATTEMPTS), timeout=30)
