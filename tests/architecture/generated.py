"""Parts of files that follow from the code: `make generate` writes them, a test compares them."""

import ast
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from textwrap import wrap

from pydantic import SecretStr

from app.settings import Settings
from db.queries.chat import conversations, messages
from gql.build import schema
from gql.documents.trusted_documents import FOLDER
from perf.distribution.citus_script import citus_script

ROOT = Path(__file__).parents[2]
_CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]
_TREE = re.compile(r"(?<=<!-- generated: the packages -->\n```\n).*?(?=```\n)", re.DOTALL)
_AGREED = re.compile(r"(?P<head>\| operation \|.*\n\|[-|]+\n)(?:\|.*\n)*")
_COLUMN = 26
_SETTING = re.compile(r"(?:^\| `[A-Z0-9_]+` .*\n)+", re.MULTILINE)
_STATEMENT = re.compile(r"(?<=```sql\n)/\* (?P<name>[\w.]+) \*/.*?(?=```)", re.DOTALL)
_FIRST_PAGE = {"has_after": False, "has_before": False, "filters": None}
_MESSAGE_COLUMNS = frozenset({"id", "role", "status", "content", "created_at"})


@dataclass(frozen=True, slots=True)
class Generated:
    """A file, and what makes its text anew from the text that it has."""

    path: Path
    regenerate: Callable[[str], str]

    def is_current(self) -> bool:
        """Whether the file has the text that the code gives."""
        text = self.path.read_text()
        return self.regenerate(text) == text

    def write(self) -> None:
        """Bring the file up to date."""
        self.path.write_text(self.regenerate(self.path.read_text()))


def _schema(_text: str) -> str:
    return schema().as_str() + "\n"


def _settings_table(text: str) -> str:
    rows = "".join(
        f"| `{name.upper()}` | {_default(field.default)} | {field.description} |\n"
        for name, field in Settings.model_fields.items()
    )
    return _SETTING.sub(lambda _: rows, text, count=1)


def _default(value: object) -> str:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, tuple):
        value = ", ".join(value)
    return "none" if value in {None, ""} else f"`{value}`"


def _statements(text: str) -> str:
    """The page with the statements of a page of conversations with messages, as they run."""
    page_by_user = conversations.PAGE_BY_USER._statement(is_backward=False, **_FIRST_PAGE)
    page_by_conversation = messages.PAGE_BY_CONVERSATION._statement(
        is_backward=True, **_FIRST_PAGE, wanted=_MESSAGE_COLUMNS
    )
    by_name = {
        match["name"]: one.sql
        for one in (page_by_user, page_by_conversation)
        if (match := re.match(r"/\* (?P<name>[\w.]+) \*/", one.sql))
    }
    return _STATEMENT.sub(lambda match: _laid_out(match[0], by_name.get(match["name"], "")), text)


def _agreed(text: str) -> str:
    """The page with what the gate counts of each of our own documents."""
    budgets = tomllib.loads((FOLDER / "budgets.toml").read_text())
    rows = "".join(
        f"| {name} | {one['statements']} | {one['python_calls']} | {one['python_calls_per_row']} "
        f"| {one['response_bytes']:,} | {one['p95_ms']} |\n"
        for name, one in budgets.items()
        if name != "every"
    )
    return _AGREED.sub(lambda match: match["head"] + rows, text)


def _tree(text: str) -> str:
    """The page with every package, from the edge inwards, and the first line of its docstring."""
    around, *product = _CONTRACTS[0]["layers"]
    names = [name for layer in [*product, around] for name in layer.split(" | ")]
    return _TREE.sub("".join(_package_lines(ROOT / name) for name in names), text)


def _package_lines(folder: Path, depth: int = 0) -> str:
    module = ast.parse((folder / "__init__.py").read_text())
    sentence = (ast.get_docstring(module) or "").partition("\n")[0].removesuffix(".")
    name = f"{'  ' * depth}{folder.name}/"
    inner = sorted(one.parent for one in folder.glob("*/__init__.py"))
    line = f"{name:{_COLUMN}}{sentence}".rstrip() + "\n"
    return line + "".join(_package_lines(one, depth + 1) for one in inner)


def _laid_out(old: str, sql: str) -> str:
    """The statement; with the line breaks that the page has already, if nothing else differs."""
    if _without_breaks(old) == _without_breaks(sql):
        return old
    return "\n".join(wrap(sql, 100)) + "\n"


def _without_breaks(sql: str) -> str:
    return re.sub(r"\s*([()])\s*", r"\1", " ".join(sql.split()))


GENERATED = [
    Generated(ROOT / "gql" / "schema.graphql", _schema),
    Generated(ROOT / "docs" / "operating" / "configuration.md", _settings_table),
    Generated(
        ROOT / "docs" / "performance" / "figures.md", lambda text: _agreed(_statements(text))
    ),
    Generated(ROOT / "ARCHITECTURE.md", _tree),
    Generated(ROOT / "deploy" / "citus" / "distribute.sql", lambda _: citus_script()),
]

if __name__ == "__main__":
    for generated in GENERATED:
        if not generated.is_current():
            generated.write()
            print(f"wrote {generated.path.relative_to(ROOT)}")  # noqa: T201 - a command's answer
