"""The page about errors has every code that the source can give, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from gql.errors import ApiError
from services.mutations.refusals import UserErrorCode

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "clients" / "errors.md").read_text()
SOURCES = [
    ROOT / "app" / "http" / "error_responses.py",
    *(ROOT / "app" / "graphql").rglob("*.py"),
    *(ROOT / "gql" / "runtime").glob("*.py"),
    *(ROOT / "gql" / "documents").rglob("*.py"),
    ROOT / "gql" / "errors.py",
]
ADVICE = "add a line to docs/clients/errors.md, or remove one"
CODE = re.compile(r"[A-Z]{5,}(_[A-Z]+)*|[A-Z]+(_[A-Z]+)+")


def codes_in(source: Path) -> Iterator[str]:
    """What looks like a code: a text of capitals, as an error's code is and nothing else here."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            if CODE.fullmatch(text):
                yield text


def listed(heading: str) -> list[str]:
    """The first column of the table below a heading."""
    part = PAGE.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return re.findall(r"^\| `([A-Z_]+)` \|", part, re.MULTILINE)


def test_every_code_is_listed_once() -> None:
    written = {code for source in SOURCES for code in codes_in(source)}
    assert {error.code for error in ApiError.__subclasses__()} <= written
    assert sorted(listed("code")) == sorted(written), ADVICE


def test_every_refusal_is_listed_once() -> None:
    refusals = [code.name for code in UserErrorCode]
    assert listed("refusal") == refusals, ADVICE


def test_nothing_else_in_the_edge_answers_with_a_code() -> None:
    """Codes come from the sources above: beside them nobody writes one into an answer."""
    outside = [
        path
        for folder in ("app", "gql", "services", "loaders")
        for path in (ROOT / folder).rglob("*.py")
        if path not in SOURCES
    ]
    writers = [path.name for path in outside if re.search(r"""["']code["']:""", path.read_text())]
    # A message of ASGI's, in which the code of a WebSocket's end is called so.
    assert writers == ["websocket.py"]
