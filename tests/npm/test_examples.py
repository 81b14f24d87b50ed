"""The examples: they are built and run as they say, and do what they say."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from perf.servers.process import free_port
from tests.fixtures.clients.environments import environment
from tests.fixtures.clients.npm import CLIENT, EXAMPLES, FOLDER, NodeTests, checked
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.run.tools import skip_without, tool
from tests.fixtures.servers.chat import Chat
from tests.fixtures.servers.documents import publish_manifest
from tests.fixtures.servers.server import serving, settings_for, token_of
from tests.fixtures.stores.postgres import new_database
from tests.fixtures.stores.world import ADA, TODAY

_ROOT = EXAMPLES.parents[1]
_CODEGEN = EXAMPLES.parent / "python/codegen"
_PYTHON_REQUIREMENTS = EXAMPLES.parent / "python/requirements.txt"
_LAST_REPLY = "SELECT content FROM chat_messages ORDER BY id DESC LIMIT 1"
_NOWHERE = f"http://127.0.0.1:{free_port()}"
_USED = "SELECT used FROM daily_quota_usages WHERE user_id = $1 AND usage_date = $2"


@pytest.fixture(scope="module")
def registered(
    postgres: str,
    world_template: str,
    stand_in_process: StandInControl,
    built_examples: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Chat]:
    """A server that takes the ids of published documents and no texts."""
    folder = tmp_path_factory.mktemp("registered")
    manifests = {
        "apollo": built_examples / "apollo/manifest.js",
        "urql": built_examples / "urql/manifest.js",
        "ours": CLIENT / "dist/manifest.js",
    }
    for client, program in manifests.items():
        manifest = checked([tool("node"), str(program)], EXAMPLES)
        (folder / f"{client}.json").write_text(manifest)
    (folder / "relay.json").write_bytes((EXAMPLES / "relay.json").read_bytes())
    with new_database(postgres, world_template) as url:
        for client in (*manifests, "relay"):
            publish_manifest(url, folder / f"{client}.json", client)
        settings = settings_for(
            url,
            folder,
            chat_llm_base_url=stand_in_process.url,
            serve_runs_worker=False,
            graphql_operations_mode="trusted",
            graphql_operations_require_id=True,
        )
        with serving(settings) as api:
            yield Chat(api, url, stand_in_process)


@pytest.fixture(scope="module")
def python_packages() -> Path:
    """A folder with what the examples in Python need beside our own environment.

    It is no part of that: the package gql has the name of one of our folders.
    """
    folder = FOLDER / "node_modules/.python"
    if not folder.exists():
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        wanted = ("--no-deps", "--target", folder, "--requirement", _PYTHON_REQUIREMENTS)
        ran = subprocess.run([*pip, *wanted], capture_output=True, text=True, check=False)
        if ran.returncode:
            skip_without(f"the package gql ({ran.stderr.strip()[:200]})")
    return folder


@pytest.fixture(scope="module")
def generated_client(
    node_tests: NodeTests, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The Python of an environment with ariadne-codegen, and the example with its client made."""
    del node_tests
    programs = environment(
        "codegen", "ariadne-codegen", "--requirement", str(_CODEGEN / "requirements.txt")
    )
    # The schema is found as from the folder of the example.
    root = tmp_path_factory.mktemp("codegen")
    folder = root / _CODEGEN.relative_to(_ROOT)
    shutil.copytree(_CODEGEN, folder)
    (root / "gql").mkdir()
    shutil.copy(_ROOT / "gql/schema.graphql", root / "gql")
    command = [str(programs / "ariadne-codegen"), "--config", "ariadne-codegen.toml"]
    checked(command, folder)
    return programs / "python", folder


@pytest.mark.parametrize("client", ["apollo", "urql", "relay"])
def test_an_app_that_sends_ids_alone(
    registered: Chat, stand_in: StandInControl, built_examples: Path, client: str
) -> None:
    assert stand_in is registered.stand_in
    ((used,),) = registered.rows(_USED, ADA, TODAY)
    left = 1_000 - used
    said = checked(
        [tool("node"), str(built_examples / client / "main.js")], EXAMPLES, **_caller(registered)
    )
    ((reply,),) = registered.rows(_LAST_REPLY)
    assert said == (
        f"ada@example.com may send {left} messages today.\n{reply}\n{left - 1} are left.\n"
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {},
            "PersistedQueryNotFound\nIts documents are published first: see examples/README.md.\n",
        ),
        ({"TOKEN": "abc"}, "The token is not accepted: it is malformed."),
        ({"ADDRESS": _NOWHERE}, f"Nothing answers at {_NOWHERE}: serve it with `make run`.\n"),
        ({"TOKEN": ""}, "Set ADDRESS and TOKEN to what `make run` prints.\n"),
    ],
    ids=["documents", "a-good-token", "a-server", "a-token"],
)
def test_what_is_missing_is_said_in_a_line_or_two(
    chat: Chat, built_examples: Path, changed: dict[str, str], said: str
) -> None:
    ran = subprocess.run(
        [tool("node"), str(built_examples / "apollo/main.js")],
        env=os.environ | _caller(chat) | changed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(said)
    assert ran.stderr.count("\n") <= 2


def test_the_client_sends_ids_alone(
    node_tests: NodeTests, registered: Chat, stand_in: StandInControl
) -> None:
    assert stand_in is registered.stand_in
    node_tests("ids.test.mjs", **_caller(registered))


@pytest.mark.heavy
def test_what_the_packages_say_of_themselves(node_tests: NodeTests, built_examples: Path) -> None:
    node_tests("packages.test.mjs", EXAMPLES=str(built_examples))


def test_the_examples_in_python_and_curl(
    node_tests: NodeTests, chat: Chat, python_packages: Path
) -> None:
    tool("jq")
    chat.stand_in.behave(tokens=40, tokens_per_second=40)
    reply = chat.send()["reply"]
    node_tests(
        "examples.test.mjs",
        **_caller(chat),
        CONTENT=reply["content"],
        PYTHON=sys.executable,
        PYTHONPATH=str(python_packages),
    )


@pytest.mark.slow
def test_the_example_with_generated_python(chat: Chat, generated_client: tuple[Path, Path]) -> None:
    python, folder = generated_client
    ((used,),) = chat.rows(_USED, ADA, TODAY) or ((0,),)
    said = checked([str(python), "main.py"], folder, **_caller(chat))
    ((reply,),) = chat.rows(_LAST_REPLY)
    assert said == (
        f"ada@example.com may send {1_000 - used} messages today.\n"
        f"{reply}\n{999 - used} are left.\n"
    )


def _caller(chat: Chat) -> dict[str, str]:
    return {"ADDRESS": str(chat.api.http.base_url), "TOKEN": token_of(ADA)}
