"""The program that the page for agents shows, run as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.graphql.transports.mcp.conftest import Tools
from tests.fixtures.servers.server import token_of
from tests.fixtures.stores.world import ADA

PAGE = Path(__file__).parents[5] / "docs/clients/agents.md"


@pytest.mark.slow
def test_the_program_lists_tools_and_calls_one(tools: Tools) -> None:
    found = re.search("```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    address = str(tools.api.http.base_url).rstrip("/")
    program = found[1].replace("https://api.example", address)
    program = program.replace("Bearer …", f"Bearer {token_of(ADA)}")
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    listed, called = ran.stdout.splitlines()
    assert "'Titles'" in listed
    assert "Conversation 1" in called
