"""The settings on the operator's first page: what is said to be needed is, and suffices."""

import re
from base64 import b64encode
from hashlib import sha512
from pathlib import Path

import pytest

from app.settings import InvalidSettings, Settings, load_settings
from tests.fixtures.servers.production import PRODUCTION

PAGE = (Path(__file__).parents[2] / "docs/operating/first-day.md").read_text()
TABLE = PAGE.partition("| variable | to |")[2].partition("\n\n")[0]
ROWS = [
    re.findall("`([A-Z_]+)`", row.strip("| ").split(" | ")[0]) for row in TABLE.splitlines()[2:]
]
VALUES = PRODUCTION | {
    "DATABASE_URL": "postgresql://guidance:word@database.example/guidance?sslmode=verify-full",
    "JWT_SECRET_KEY": b64encode(sha512(b"of the tests").digest()).decode(),
}
NEEDED = {names[0]: VALUES[names[0]] for names in ROWS[:5]}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """What the first five rows say, and nothing else."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_the_first_five_suffice() -> None:
    assert load_settings().is_production


@pytest.mark.parametrize("name", [name for name in NEEDED if name != "APP_ENV"])
def test_each_of_the_first_five_is_needed(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)
    with pytest.raises(InvalidSettings, match=name):
        load_settings()


def test_all_that_is_missing_is_said_at_once(environment: pytest.MonkeyPatch) -> None:
    for name in NEEDED.keys() - {"APP_ENV"}:
        environment.delenv(name)
    with pytest.raises(InvalidSettings) as refused:
        load_settings()
    assert [name for name in NEEDED if name not in str(refused.value)] == ["APP_ENV"]
    assert str(refused.value).count(";") == len(NEEDED) - 2


def test_whatever_the_table_names_is_a_setting() -> None:
    named = {name for names in ROWS for name in names}
    assert named <= {name.upper() for name in Settings.model_fields}
