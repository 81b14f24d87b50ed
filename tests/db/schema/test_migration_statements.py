"""What squawk says of the SQL of each migration: nothing, but of those from before it was asked."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.engine import Engine

from db.schema.migration import migrate
from db.schema.revisions import SCRIPTS, revisions

pytestmark = pytest.mark.heavy

SQUAWK = Path(sys.executable).with_name("squawk")
# How long a lock may be waited for is the session's matter, and repeating a migration Alembic's.
# Numbers that are small by their meaning stay so.
_LEFT_OUT = (
    "require-lock-timeout,require-statement-timeout,prefer-robust-stmts,"
    "prefer-bigint-over-int,prefer-bigint-over-smallint"
)
_ARRIVED = re.compile(r"(?:UPDATE|INSERT INTO) alembic_version .*?'(\w+)'", re.DOTALL)
FROM_BEFORE = {
    "20260220_0018": {"prefer-text-field"},
    "20261124_0020": {
        "adding-foreign-key-constraint",
        "ban-drop-constraint",
        "constraint-missing-not-valid",
    },
    "20261124_0021": {
        "adding-not-nullable-field",
        "constraint-missing-not-valid",
        "disallowed-unique-constraint",
        "require-concurrent-index-creation",
    },
    "20261124_0023": {
        "ban-drop-not-null",
        "constraint-missing-not-valid",
        "require-concurrent-index-creation",
    },
}
"""They ran when nobody was served yet."""
REPLACED = {
    # Indexes of tables that the same migration creates.
    "20261130_0040": {"require-concurrent-index-creation", "ban-drop-constraint"},
    "20261130_0041": {"ban-drop-constraint"},
    "20261130_0042": {
        *("ban-drop-constraint", "ban-drop-column", "ban-drop-function"),
        "require-concurrent-index-creation",
    },
    "20261130_0060": {"ban-drop-constraint"},
    "20261130_0070": {"ban-drop-constraint", "ban-drop-default", "renaming-object"},
}
"""A constraint is dropped in the transaction that adds what replaces it; an index, which no
statement names, is renamed."""


def complaints(sql: str) -> set[str]:
    """The rules of squawk that statements break, in one transaction where they may be in one."""
    whole = sql if "CONCURRENTLY" in sql else f"BEGIN;\n{sql}\nCOMMIT;"
    done = subprocess.run(
        [SQUAWK, "--reporter", "json", "--pg-version", "18", "--exclude", _LEFT_OUT],
        input=whole,
        capture_output=True,
        text=True,
        check=False,
    )
    return {one["rule_name"] for one in orjson.loads(done.stdout)}


@contextmanager
def heard() -> Iterator[list[str]]:
    """The statements that SQLAlchemy runs within the block."""
    statements: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        statements.append(f"{statement.strip().rstrip(';')};")

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def by_revision(statements: list[str]) -> dict[str, str]:
    """The statements of each migration, in the order in which they were run."""
    found: dict[str, str] = {}
    so_far: list[str] = []
    for statement in statements:
        if arrived := _ARRIVED.match(statement):
            found[arrived[1]] = "\n".join(so_far)
            so_far = []
        else:
            so_far.append(statement)
    return found


LOSSES = re.compile(r"\b(DROP TABLE|DROP COLUMN|TRUNCATE|DELETE FROM)\b", re.IGNORECASE)


def test_no_migration_stops_those_who_read_and_write(empty_database_url: str) -> None:
    with heard() as statements:
        migrate(empty_database_url)
    found = by_revision(statements)
    assert tuple(found) == revisions()
    said = {revision: complaints(sql) for revision, sql in found.items()}
    assert {revision: rules for revision, rules in said.items() if rules} == FROM_BEFORE | REPLACED
    scripts = {one.revision: one.module for one in ScriptDirectory(str(SCRIPTS)).walk_revisions()}
    lossy = {revision for revision, sql in found.items() if LOSSES.search(sql)}
    assert lossy == {
        name
        for name, module in scripts.items()
        if hasattr(module, "LOSES") or hasattr(module, "MOVES")
    }


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("ALTER TABLE users DROP COLUMN email;", "ban-drop-column"),
        ("ALTER TABLE users RENAME COLUMN email TO mail;", "renaming-column"),
        ("ALTER TABLE users ALTER COLUMN id TYPE text;", "changing-column-type"),
        ("ALTER TABLE users ALTER COLUMN email SET NOT NULL;", "adding-not-nullable-field"),
        ("CREATE INDEX one ON users (email);", "require-concurrent-index-creation"),
        ("ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0);", "constraint-missing-not-valid"),
        ("DROP TABLE users;", "ban-drop-table"),
    ],
)
def test_what_stops_them_is_found(statement: str, rule: str) -> None:
    assert rule in complaints(statement)
