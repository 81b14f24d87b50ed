"""The commands: help, one clear line on bad input, never a traceback."""

import asyncio
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import jwt
import pytest
from click.testing import CliRunner

from app.cli import GROUP, main
from app.cli import guidance as commands
from db.migration import revisions
from gql.build import schema
from services.enterprise.keys import parse_key
from tests.fixtures.server import SECRET
from tests.fixtures.world import ADAS_COMPANY, populate

GUIDANCE = Path(sys.executable).with_name("guidance")
COMMANDS = sorted(entry.name for entry in entry_points(group=GROUP))
PRODUCTION = {"APP_ENV": "production", "PAYMENTS_PROVIDER": "sandbox"}
NOWHERE = "postgresql://127.0.0.1:1/nothing"


def guidance(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the command, with nothing but these variables set."""
    return subprocess.run(
        [GUIDANCE, *arguments],
        env={"PATH": os.environ["PATH"], "JWT_SECRET_KEY": SECRET} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help(command: str) -> None:
    ran = CliRunner().invoke(commands, [*command.split(), "--help"])
    assert ran.exit_code == 0
    assert ran.stdout.startswith("Usage: ")


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["nothing"], {}, "No such command 'nothing'"),
        (["token"], {}, "Missing option '--user-id'"),
        (["token", "--user-id", "0"], {}, "0 is not in the range x>=1"),
        (["token", "--user-id", "1"], PRODUCTION, "not made in production"),
        (["token", "--user-id", "1"], {"JWT_SECRET_KEY": "short"}, "JWT_SECRET_KEY: must have"),
        (["serve", "--port", "70000"], {}, "70000 is not in the range"),
        (["serve", "--workers", "0"], {}, "0 is not in the range"),
        (["migrate"], {"DATABASE_URL": NOWHERE}, "the database cannot be migrated"),
        (["api-key", "--account-id", "1"], {"DATABASE_URL": NOWHERE}, "cannot be used"),
        (["seed", "--profile", "huge"], {}, "'huge' is not one of 'demo', 'bench'"),
        (["seed", "--profile", "demo"], {"DATABASE_URL": NOWHERE}, "cannot be filled"),
        (["demo", "--port", "x"], {}, "'x' is not a valid integer"),
    ],
)
def test_bad_input_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    environment: dict[str, str],
    message: str,
) -> None:
    for variable, value in ({"JWT_SECRET_KEY": SECRET} | environment).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys, "argv", ["guidance", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr()
    assert left.value.code not in {0, None}
    assert said.err.startswith("guidance: ")
    assert message in said.err
    assert (len(said.err.splitlines()), said.out) == (1, "")


def test_a_token_is_signed_for_a_user() -> None:
    ran = guidance("token", "--user-id", "7", "--role", "ops", "--ttl", "60")
    claims = jwt.decode(ran.stdout.strip(), SECRET, ["HS256"])
    assert (claims["sub"], claims["roles"], claims["exp"] - claims["iat"]) == ("7", ["ops"], 60)


def test_a_key_is_made_for_a_company(database_url: str) -> None:
    asyncio.run(populate(database_url))
    ran = guidance("api-key", "--account-id", str(ADAS_COMPANY), DATABASE_URL=database_url)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert parse_key(ran.stdout.strip()) is not None


def test_no_key_is_made_for_no_company(database_url: str) -> None:
    ran = guidance("api-key", "--account-id", "7", DATABASE_URL=database_url)
    assert (ran.returncode, ran.stderr) == (1, "guidance: there is no enterprise account 7\n")


def test_the_schema_is_printed() -> None:
    assert guidance("schema").stdout == schema().as_str() + "\n"


def test_a_database_is_moved_up_and_down(empty_database_url: str) -> None:
    def migrate(*revision: str) -> tuple[int, str]:
        ran = guidance("migrate", *revision, DATABASE_URL=empty_database_url)
        return ran.returncode, ran.stdout + ran.stderr

    head = revisions()[-1]
    assert migrate() == (0, f"The database is at {head}.\n")
    assert migrate("20260220_0018") == (0, "The database is at 20260220_0018.\n")
    assert migrate("base") == (0, "The database is at base.\n")
    status, said = migrate("20990101_0001")
    assert status == 2
    assert "unknown revision '20990101_0001'" in said
