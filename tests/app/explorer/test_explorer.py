"""The page for people: whole, self-contained, and shown to browsers only."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from posixpath import normpath

import pytest
from graphql import build_schema, introspection_from_schema

from app import explorer
from gql.documents.trusted_documents import FOLDER
from tests.fixtures.run.tools import tool
from tests.fixtures.servers.server import Api, serving, settings_for

SCHEMA = Path(explorer.__file__).parents[2] / "gql" / "schema.graphql"
STATIC = Path(explorer.__file__).with_name("static")
FILES = sorted(path for path in STATIC.rglob("*") if path.is_file())
CALLERS = {"Maya": {"Authorization": "Bearer abc"}}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
JSON = "application/json; charset=utf-8"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def test_a_browser_gets_the_page_with_its_policy(api: Api) -> None:
    answer = api.http.get("/graphql", headers={"accept": BROWSER})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<title>guidance-api</title>" in answer.text


def test_the_chat_is_a_page_with_the_same_policy(api: Api) -> None:
    answer = api.http.get("/chat")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == POLICY
    assert "<title>chat</title>" in answer.text
    assert api.http.post("/chat").status_code == 405


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/event-stream, */*", ""])
def test_a_program_gets_no_page(api: Api, accept: str) -> None:
    answer = api.http.get("/graphql", headers={"accept": accept})
    assert answer.headers["content-type"].endswith("json; charset=utf-8")


def test_a_link_to_an_operation_shows_a_browser_the_page(api: Api) -> None:
    parameters = {"query": "{ plans { code } }"}
    shown = api.http.get("/graphql", params=parameters, headers={"accept": BROWSER})
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    answer = api.http.get("/graphql", params=parameters, headers={"accept": "*/*"})
    assert answer.json()["data"]["plans"][0] == {"code": "basic-entry"}


def test_a_browser_that_names_an_operation_by_its_id_is_answered(api: Api) -> None:
    answer = api.http.get("/graphql", params={"id": "nobody's"}, headers={"accept": BROWSER})
    assert "errors" in answer.json()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_what_a_file_refers_to_is_served(api: Api, file: Path) -> None:
    folder = file.relative_to(STATIC).parent.as_posix()
    referred = re.findall(r'from "(\.[^"]+)"', file.read_text())
    names = [normpath(f"{folder}/{one}") for one in referred]
    for name in (
        *names,
        *re.findall(r'(?:src|href)="/graphql/explorer/([^"]+)"', file.read_text()),
    ):
        answer = api.http.get(f"/graphql/explorer/{name}")
        assert (answer.status_code, answer.text) == (200, (STATIC / name).read_text())


@pytest.mark.parametrize("name", ["page.html", "nothing.js", "..%2F__init__.py", "__init__.py"])
def test_nothing_else_is_served(api: Api, name: str) -> None:
    assert api.http.get(f"/graphql/explorer/{name}").status_code == 404


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_comes_from_another_host_and_nothing_is_inline(file: Path) -> None:
    text = file.read_text()
    assert not re.search(r"[\"'(`](?:https?:)?//", text)
    assert "innerHTML" not in text
    assert not re.search(r"<script(?![^>]*src)|<style|\son\w+=|\sstyle=", text)


def test_the_page_is_small() -> None:
    of_chat = [file for file in FILES if file.parent.name in {"chat", "client"}]
    for files in (of_chat, set(FILES) - set(of_chat)):
        assert sum(file.stat().st_size for file in files) < 100_000


def test_callers_are_shown_to_our_own_page_on_this_machine_only(world: str, tmp_path: Path) -> None:
    path, own = "/graphql/explorer/callers.json", {"sec-fetch-site": "same-origin"}
    with serving(settings_for(world, tmp_path, graphql_ide_callers=CALLERS)) as api:
        assert api.http.get(path, headers=own).json() == CALLERS
        assert api.http.get(path).json() == {}
        assert api.http.get(path, headers={"sec-fetch-site": "same-site"}).json() == {}
        rebound = {"host": f"evil.example:{api.http.base_url.port}"}
        assert api.http.get(path, headers=own | rebound).json() == {}


def test_elsewhere_there_are_no_callers(api: Api) -> None:
    answer = api.http.get(
        "/graphql/explorer/callers.json", headers={"sec-fetch-site": "same-origin"}
    )
    assert answer.json() == {}


def test_switched_off_there_is_no_page(world: str, tmp_path: Path) -> None:
    with serving(settings_for(world, tmp_path, graphql_ide=False)) as api:
        answer = api.http.get("/graphql", headers={"accept": BROWSER})
        assert (answer.status_code, answer.headers["content-type"]) == (400, JSON)
        for path in ("/graphql/explorer/page.js", "/chat", "/graphql/explorer/chat/page.js"):
            assert api.http.get(path, headers={"accept": BROWSER}).status_code == 404


@pytest.mark.heavy
def test_the_modules_without_a_page(tmp_path: Path) -> None:
    tests = Path(__file__).with_name("modules.test.mjs")
    shutil.copytree(STATIC, tmp_path / "static")
    # Node reads files as modules only where a package says that they are.
    (tmp_path / "static" / "package.json").write_text('{"type": "module"}')
    introspected = introspection_from_schema(build_schema(SCHEMA.read_text(), assume_valid=True))
    (tmp_path / "schema.json").write_text(json.dumps(introspected["__schema"]))
    command = [tool("node"), "--test", str(tests)]
    environment = {**os.environ, "EXPLORER": str(tmp_path), "DOCUMENTS": str(FOLDER)}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert ran.returncode == 0, ran.stdout
