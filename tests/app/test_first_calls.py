"""What a company's page has to paste into a shell works as it stands there."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.fixtures.server import Api
from tests.fixtures.tools import tool

PAGE = (Path(__file__).parents[2] / "docs" / "clients" / "b2b.md").read_text()
FIRST, DRY_RUN = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
SAID = re.search(r"```json dry-run\n(.*?)```", PAGE, re.DOTALL)


# Any: JSON.
def pasted(command: str, api: Api, key: str) -> Any:
    """What a command of the page prints, asking our server with our key."""
    tool("curl")
    address = str(api.http.base_url).rstrip("/")
    ran = subprocess.run(
        ["bash", "-c", command.replace("http://127.0.0.1:8000", address)],
        env={"KEY": key, "PATH": "/usr/bin:/bin:/usr/local/bin"},
        capture_output=True,
        check=True,
        text=True,
    )
    return json.loads(ran.stdout)


def test_the_first_call(api: Api, api_key: str) -> None:
    assert pasted(FIRST, api, api_key)["data"]["enterpriseAccount"] == {
        "companyName": "Compilers",
        "usage": {"dailyUsed": 7, "dailyRemaining": 493},
    }


def test_a_dry_run_tells_the_cost_alone(api: Api, api_key: str) -> None:
    assert SAID is not None
    assert pasted(DRY_RUN, api, api_key) == json.loads(SAID[1])
