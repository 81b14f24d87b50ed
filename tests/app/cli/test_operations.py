"""`guidance operations` and `guidance schema check`: what the page for operators shows."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from app.cli import guidance as commands
from gql.build import schema
from services.documents.identifiers import hash_of
from tests.fixtures.servers.server import SECRET, serving, settings_for

PAGE = Path(__file__).parents[3] / "docs" / "operating" / "trusted-documents.md"
BLOCK = re.compile(r"```(graphql|json|console)(?: ([^\n]*))?\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^\$ guidance (.*)$", re.MULTILINE)
REQUEST = "request "
NOWHERE = "postgresql://127.0.0.1:1/nothing"
APOLLO = {"format": "apollo-persisted-query-manifest", "version": 1}
HOME = "query Home { plans { code } }"
UNKNOWN = "0" * 64


# Any: JSON.
def marked(tool: Any) -> dict[str, Any]:
    """A manifest of one operation, which its client marked as a tool."""
    return APOLLO | {"operations": [{"id": "x-h", "name": "Home", "body": HOME, "tool": tool}]}


DISPLAY_NAME = re.compile(r'\n  """[^"]*"""\n  displayName: String!\n')


def guidance(url: str, *arguments: str) -> str:
    """What a command prints; a failure is said as `guidance` says it."""
    environment = {"DATABASE_URL": url, "JWT_SECRET_KEY": SECRET}
    ran = CliRunner().invoke(commands, arguments, env=environment, standalone_mode=False)
    said = ran.output
    if ran.exception is not None:
        said += f"guidance: {ran.exception.format_message()}\n"  # type: ignore[attr-defined]  # of click
    return said


def request(url: str, folder: Path, client: str, members: str) -> None:
    """Send a request to a server in `log`, and stop it, which writes what it counted."""
    settings = settings_for(url, folder, graphql_operations_mode="log", serve_runs_worker=False)
    with serving(settings) as api:
        headers = {"graphql-client-name": client}
        answer = api.http.post("/graphql", json=orjson.loads(members), headers=headers)
        assert answer.status_code == 200


def test_the_page_for_operators_shows_what_commands_print(
    own_world: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    now = schema().as_str()
    (tmp_path / "now.graphql").write_text(now)
    plan = now.index("type Plan ")
    following, removed = DISPLAY_NAME.subn("\n", now[plan:], count=1)
    assert removed == 1
    (tmp_path / "next.graphql").write_text(now[:plan] + following)
    page = PAGE.read_text()

    def as_it_is(block: re.Match[str]) -> str:
        kind, label, text = block.groups()
        if kind == "console":
            said = (
                f"$ guidance {command}\n{guidance(own_world, *command.split())}"
                for command in COMMAND.findall(text)
            )
            return f"```console\n{''.join(said)}```"
        if label.startswith(REQUEST):
            request(own_world, tmp_path / "data", label.removeprefix(REQUEST), text)
        else:
            path = tmp_path / label
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        return block.group()

    assert BLOCK.sub(as_it_is, page) == page


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (b"{", "is not JSON"),
        (b"[]", "is not a manifest"),
        (b"{}", "has no documents"),
        ({"x-home": 7}, "what stands under x-home is no text"),
        ({"format": "other"}, "is not apollo-persisted-query-manifest of version 1"),
        (APOLLO, "has no list of operations"),
        (APOLLO | {"operations": [{"id": "1"}]}, "operation 0 lacks its id, name or body"),
        (marked("yes"), "the tool Home is not `true` or some of ['costPerCall', "),
        (marked({"cost": 1}), "the tool Home is not `true` or some of ['costPerCall', "),
        (marked({"costPerCall": 0}), "the limits of the tool Home are no whole numbers from 1"),
        (marked({"msPerDay": True}), "the limits of the tool Home are no whole numbers from 1"),
        (marked({"bytesPerDay": 1}), "a call of the tool Home may take more than a day"),
    ],
)
def test_a_file_that_is_no_manifest(tmp_path: Path, manifest: object, said: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(manifest if isinstance(manifest, bytes) else orjson.dumps(manifest))
    ran = guidance(NOWHERE, "operations", "check", str(path))
    assert ran.startswith("guidance: ")
    assert said in ran
    assert len(ran.splitlines()) == 1


@pytest.mark.parametrize(
    ("id_", "text", "said"),
    [
        (UNKNOWN, HOME, "The id is not the SHA-256 of the text."),
        ("x-a b", HOME, "The id is not printable, or too long."),
        ("x-guidance-Home", HOME, "Ids that begin with x-guidance- are the server's own."),
        ("x-home", "{ plans { code } }", "The operation has no name."),
        ("x-home", "query Home {", "1:13: Syntax Error: Expected Name, found <EOF>."),
        ("x-home", f"{HOME} query Other {{ plans {{ code }} }}", "Several operations: name one."),
        ("x-home", "query Home { __schema { types { name } } }", "GraphQL introspection has been"),
        ("x-home", "fragment F on Plan { code }", "Fragment 'F' is never used."),
    ],
)
def test_a_document_that_is_not_good_is_one_line(
    tmp_path: Path, id_: str, text: str, said: str
) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(orjson.dumps({id_: text, "x-good": HOME}))
    ran = guidance(NOWHERE, "operations", "publish", str(path), "--client", "web")
    line, last = ran.splitlines()
    assert line.startswith(f"{id_}: ")
    assert said in line
    assert last == "guidance: 1 of 2 documents are not good; nothing was stored"


def test_manifests_of_each_kind_are_the_same_documents(own_world: str, tmp_path: Path) -> None:
    digits = hash_of(HOME).removeprefix("sha256:")
    operation = {"id": digits, "name": "Home", "type": "query", "body": HOME}
    manifests = {
        "apollo": APOLLO | {"operations": [operation]},
        "relay": {"5ac6b71a5d56ac67bbe4d0d5cb5e0a0c": HOME},
        "codegen": {digits: HOME},
    }
    for client, manifest in manifests.items():
        (tmp_path / client).write_bytes(orjson.dumps(manifest))
        said = guidance(
            own_world, "operations", "publish", str(tmp_path / client), "--client", client
        )
        assert said == f"Published for {client}: 1 new, 0 active again, 0 known.\n"
    listed = guidance(own_world, "operations", "list")
    ids = [line.split()[-1] for line in listed.splitlines() if "Home" in line]
    assert ids == [hash_of(HOME), hash_of(HOME), "5ac6b71a5d56ac67bbe4d0d5cb5e0a0c"]


@pytest.mark.parametrize("client", ["guidance-api", "a\tb", "n" * 101])
def test_a_name_that_no_client_can_have(tmp_path: Path, client: str) -> None:
    said = guidance(NOWHERE, "operations", "publish", str(tmp_path), "--client", client)
    assert "Invalid value for '--client'" in said


def test_what_is_no_schema_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "schema.graphql"
    path.write_text("type Query {")
    said = guidance(NOWHERE, "schema", "check", str(path))
    assert said.startswith(f"guidance: {path} is not a schema: Syntax Error")
    assert len(said.splitlines()) == 1
