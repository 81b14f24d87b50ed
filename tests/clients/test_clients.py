"""The npm clients of front ends against our server, where Node is there."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fixtures.live import WATCH, Live
from tests.fixtures.server import token_of
from tests.fixtures.world import ADA

FOLDER = Path(__file__).parent
LOCK, INSTALLED = FOLDER / "package-lock.json", FOLDER / "node_modules" / ".package-lock.json"


@pytest.fixture(scope="session")
def node_modules() -> None:
    """The packages of the lock file, installed once."""
    if shutil.which("npm") is None:
        pytest.skip("the clients of front ends need Node with npm")
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= LOCK.stat().st_mtime:
        return
    ran = subprocess.run(
        ["npm", "ci", "--no-progress"], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        pytest.skip(f"npm cannot install the clients: {ran.stderr.strip()[:200]}")


@pytest.mark.usefixtures("node_modules")
def test_the_clients_of_front_ends(live: Live) -> None:
    ran = subprocess.run(
        ["node", "--test", FOLDER / "transports.test.mjs"],
        env={"PATH": os.environ["PATH"], "ADDRESS": live.address, "TOKEN": token_of(ADA)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    for name in ("graphql-ws", "graphql-sse", "the page"):
        WATCH.until_closed(f"left by {name}")
