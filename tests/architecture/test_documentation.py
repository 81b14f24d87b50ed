"""The documentation: complete against the code, and its examples run."""

import re
import tomllib
from enum import Enum
from pathlib import Path

import orjson
import pytest
from pydantic import SecretStr

from app.settings import Settings
from tests.fixtures.server import Api
from tests.fixtures.world import ADA

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLE = re.compile(r"```graphql\n(.*?)```(?:\s*```json\n(.*?)```)?", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
EXAMPLES = [
    pytest.param(document, answer, id=f"{page.name}-{index}")
    for page in PAGES
    for index, (document, answer) in enumerate(EXAMPLE.findall(page.read_text()))
]


@pytest.mark.parametrize(("document", "answer"), EXAMPLES)
def test_an_example_runs_and_answers_as_written(api: Api, document: str, answer: str) -> None:
    data = api.data(document, viewer=ADA)
    if answer:
        assert data == orjson.loads(answer)


def test_every_setting_is_documented_as_it_is() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    wanted = [
        f"| `{name.upper()}` | {_default(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    written = [line for line in page.splitlines() if re.match(r"\| `[A-Z0-9_]+` ", line)]
    assert written == wanted


def test_every_dependency_has_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    requirements = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    wanted = sorted(re.split(r"[\[>;]", requirement)[0] for requirement in requirements)
    page = (ROOT / "docs" / "dependencies.md").read_text()
    assert sorted(re.findall(r"^\| ([a-z][a-z0-9-]+) \| (?!what)", page, re.MULTILINE)) == wanted


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert missing == []


def test_decision_records_are_short() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    assert not [record.name for record in records if len(record.read_text().splitlines()) > 50]


def _default(value: object) -> str:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return "none" if value in {None, ()} else f"`{value}`"
