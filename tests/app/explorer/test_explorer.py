"""The page for people: whole, self-contained, and shown to browsers only."""

import re
import subprocess
from pathlib import Path

import pytest

from app import explorer
from tests.fixtures.run.tools import tool
from tests.fixtures.servers.server import Api, serving, settings_for

STATIC = Path(explorer.__file__).with_name("static")
FILES = sorted(STATIC.iterdir())
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


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/event-stream, */*", ""])
def test_a_program_gets_no_page(api: Api, accept: str) -> None:
    answer = api.http.get("/graphql", headers={"accept": accept})
    assert answer.headers["content-type"].endswith("json; charset=utf-8")


def test_a_browser_that_asks_for_an_operation_gets_its_answer(api: Api) -> None:
    parameters = {"query": "{ plans { code } }"}
    answer = api.http.get("/graphql", params=parameters, headers={"accept": BROWSER})
    assert answer.json()["data"]["plans"][0] == {"code": "basic-entry"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_what_a_file_refers_to_is_served(api: Api, file: Path) -> None:
    text = file.read_text()
    referred = re.findall(r'(?:from |src=|href=)"(?:\./|/graphql/explorer/)([^"]+)"', text)
    for name in referred:
        answer = api.http.get(f"/graphql/explorer/{name}")
        assert (answer.status_code, answer.text) == (200, (STATIC / name).read_text())


@pytest.mark.parametrize("name", ["page.html", "nothing.js", "..%2F__init__.py", "__init__.py"])
def test_nothing_else_is_served(api: Api, name: str) -> None:
    assert api.http.get(f"/graphql/explorer/{name}").status_code == 404


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_comes_from_another_host_and_nothing_is_inline(file: Path) -> None:
    text = file.read_text()
    assert not re.search(r"https?://|[\"'(]//", text)
    assert "innerHTML" not in text
    assert not re.search(r"<script(?![^>]*src)|<style|\son\w+=|\sstyle=", text)


def test_the_page_is_small() -> None:
    assert sum(file.stat().st_size for file in FILES) < 40_000


def test_switched_off_there_is_no_page(world: str, tmp_path: Path) -> None:
    with serving(settings_for(world, tmp_path, graphql_ide=False)) as api:
        answer = api.http.get("/graphql", headers={"accept": BROWSER})
        assert (answer.status_code, answer.headers["content-type"]) == (400, JSON)
        assert api.http.get("/graphql/explorer/page.js").status_code == 404


@pytest.mark.heavy
def test_the_modules_without_a_page() -> None:
    tests = Path(__file__).with_name("modules.test.mjs")
    command = [tool("node"), "--test", str(tests)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
