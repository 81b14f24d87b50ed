"""Every line that may call for somebody is on the operator's first page."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/operating/first-day.md").read_text()
PACKAGES = ("app", "cache", "clients", "db", "gql", "keyvalue", "loaders", "services", "streams")
LEVELS = {"error": "error", "exception": "error", "warning": "warning"}


def lines_of(level: str) -> Iterator[str]:
    """The events that our code logs at a level; what it puts into one is `…`."""
    for package in PACKAGES:
        texts = (module.read_text() for module in (ROOT / package).rglob("*.py"))
        for text in texts:
            for node in ast.walk(ast.parse(text)) if "_log." in text else ():
                match node:
                    case ast.Call(
                        func=ast.Attribute(value=ast.Name("_log"), attr=attribute), args=[said, *_]
                    ) if LEVELS.get(attribute) == level:
                        yield _text(said)


def _text(said: ast.expr) -> str:
    match said:
        case ast.Constant(str(text)):
            return text
        case ast.JoinedStr(values):
            return "".join(
                "…" if isinstance(one, ast.FormattedValue) else _text(one) for one in values
            )
    raise AssertionError(f"the line has no text: {ast.dump(said)}")


@pytest.mark.parametrize("level", ["error", "warning"])
def test_every_line_of_a_level_is_in_its_table_and_nothing_else(level: str) -> None:
    table = PAGE.partition(f"| line, `{level}` |")[2].partition("\n\n")[0]
    firsts = [row.split(" | ")[0] for row in table.splitlines()[2:]]
    documented = {name for first in firsts for name in first.strip("| `").split("`, `")}
    assert documented == set(lines_of(level))
