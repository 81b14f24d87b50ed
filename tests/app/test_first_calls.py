"""The first call of a company's page works as it stands there."""

import json
import re
import subprocess
from pathlib import Path

from tests.fixtures.server import Api
from tests.fixtures.tools import tool

PAGE = Path(__file__).parents[2] / "docs" / "clients" / "b2b.md"
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def test_a_companys_first_call(api: Api, api_key: str) -> None:
    tool("curl")
    address = str(api.http.base_url).rstrip("/")
    (command,) = BLOCK.findall(PAGE.read_text())
    ran = subprocess.run(
        ["bash", "-c", command.replace("http://127.0.0.1:8000", address)],
        env={"KEY": api_key, "PATH": "/usr/bin:/bin:/usr/local/bin"},
        capture_output=True,
        check=True,
        text=True,
    )
    account = json.loads(ran.stdout)["data"]["enterpriseAccount"]
    assert account == {
        "companyName": "Compilers",
        "usage": {"dailyUsed": 7, "dailyRemaining": 493},
    }
