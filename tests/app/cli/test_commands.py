"""The commands: help, one clear line on bad input, never a traceback."""

import asyncio
import os
import pty
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest
from click.testing import CliRunner

from app.cli import guidance as commands
from app.cli.migrate import untested
from db.schema.revisions import revisions
from gql.build import schema
from gql.semantic_non_null import with_semantic_non_null
from perf.servers.process import free_port
from services.enterprise.keys import parse_key
from tests.app.cli.ended_command import ended, guidance
from tests.fixtures.servers.production import PRODUCTION
from tests.fixtures.servers.server import SECRET
from tests.fixtures.stores.postgres import rows_of, run
from tests.fixtures.stores.world import ADAS_COMPANY, GRACES_COMPANY, populate

GUIDANCE = Path(sys.executable).with_name("guidance")
NOWHERE = "postgresql://127.0.0.1:1/nothing"
LIVE = PRODUCTION | {"DATABASE_URL": "postgresql://127.0.0.1:1/none"}
SERVE = ("serve", "--port")  # a server that somebody runs beside the tests has the usual port
UNSIGNED = {"JWT_SECRET_KEY": ""}


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["nothing"], {}, "No such command 'nothing'"),
        (["gate"], {}, "Did you mean 'perf gate'?"),
        (["db", "migrat"], {}, "Did you mean 'migrate'?"),
        (["bench-profile"], {}, "`guidance bench-profile` is now `guidance bench profile`"),
        (["token"], {}, "Missing option '--user-id'"),
        (["token", "--user-id", "0"], {}, "0 is not in the range 1<=x<="),
        (["token", "--user-id", str(2**63)], {}, "is not in the range 1<=x<="),
        (["token", "--user-id", "1"], LIVE, "not made in production"),
        (["serve"], PRODUCTION, "production needs DATABASE_URL"),
        (["serve"], LIVE | {"JWT_SECRET_KEY": "s" * 32}, "production needs a JWT_SECRET_KEY drawn"),
        (["token", "--user-id", "1"], {"JWT_SECRET_KEY": "short"}, "JWT_SECRET_KEY: must have"),
        (["serve", "--port", "70000"], {}, "70000 is not in the range"),
        (["serve", "--workers", "0"], {}, "0 is not in the range"),
        (["serve"], {"DATABASE_URL": "postgresql://host:port/x"}, "DATABASE_URL: must be like"),
        ([*SERVE, "0"], {"GUIDANCE_DATA_DIR": "/dev/null"}, "/dev/null/postgres cannot be used"),
        (["token", "--user-id", "1"], UNSIGNED | {"GUIDANCE_DATA_DIR": "/dev/null"}, "File exists"),
        (["migrate"], {"DATABASE_URL": NOWHERE}, "the database cannot be migrated"),
        (["api-key", "--account-id", "1"], {"DATABASE_URL": NOWHERE}, "cannot be used"),
        (["db", "migrate"], {"DATABASE_URL": NOWHERE}, "the database cannot be migrated"),
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
    environment = {"JWT_SECRET_KEY": SECRET} | environment
    assert message in only_line(monkeypatch, capsys, arguments, environment)


def only_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    environment: dict[str, str],
) -> str:
    """What a command that fails says, run in this process."""
    status, out, err = ended(monkeypatch, capsys, *arguments, **environment)
    assert status not in {0, None}
    assert err.startswith("guidance: ")
    assert (len(err.splitlines()), out) == (1, "")
    return err


@pytest.mark.heavy
def test_a_token_is_signed_for_a_user() -> None:
    ran = guidance("token", "--user-id", "7", "--role", "ops", "--ttl", "60")
    claims = jwt.decode(ran.stdout.strip(), SECRET, ["HS256"])
    assert (claims["sub"], claims["roles"], claims["exp"] - claims["iat"]) == ("7", ["ops"], 60)


def test_a_secret_that_no_server_has_is_warned_of_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Whoever gives a command in another folder than the server's is told so."""
    folder = tmp_path / ".data"
    environment = UNSIGNED | {"GUIDANCE_DATA_DIR": str(folder)}
    first = ended(monkeypatch, capsys, "token", "--user-id", "1", **environment)
    assert first[2].startswith(f"There is no {folder}: it is made, and empty.")
    again = ended(monkeypatch, capsys, "token", "--user-id", "1", **environment)
    assert (first[0], again[0], again[2]) == (0, 0, "")


def test_a_key_is_made_for_a_company(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], own_world: str
) -> None:
    arguments = ("api-key", "--account-id", str(ADAS_COMPANY))
    status, out, err = ended(monkeypatch, capsys, *arguments, DATABASE_URL=own_world)
    assert (status, err) == (0, "")
    assert parse_key(out.strip()) is not None


def test_no_key_is_made_for_no_company(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str
) -> None:
    arguments = ("api-key", "--account-id", "7")
    said = "guidance: there is no enterprise account 7; `guidance accounts` lists them\n"
    assert ended(monkeypatch, capsys, *arguments, DATABASE_URL=database_url) == (1, "", said)


def test_a_postgresql_older_than_that_of_the_tests_is_warned_of() -> None:
    assert untested(15) == "PostgreSQL 15 has it; the tests run on 18, and on no older one."
    assert (untested(18), untested(19)) == (None, None)


@pytest.mark.parametrize("command", [(*SERVE, "0"), ("worker",)], ids=" ".join)
def test_a_database_that_must_be_migrated_first_is_one_line(
    empty_database_url: str, command: tuple[str, ...]
) -> None:
    said = "guidance: the database is empty: run `guidance db migrate`\n"
    # In a process: where a command sets up its log, it would be that of all later tests.
    ran = guidance(*command, DATABASE_URL=empty_database_url)
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", said)


def test_companies_are_listed_with_their_ids(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str
) -> None:
    def listed(*options: str) -> tuple[object, str, str]:
        return ended(monkeypatch, capsys, "accounts", *options, DATABASE_URL=database_url)

    assert listed() == (0, "There are none.\n", "")
    asyncio.run(populate(database_url))
    status, whole, reported = listed()
    assert (status, reported) == (0, "")
    head, *rows = whole.splitlines()
    assert head.split("  ")[0] == "id"
    assert [row.split()[0] for row in rows] == [str(ADAS_COMPANY), str(GRACES_COMPANY)]
    more = f"There may be more: guidance accounts --after {ADAS_COMPANY}\n"
    assert listed("--most", "1") == (0, f"{head}\n{rows[0]}\n", more)
    assert listed("--after", "99") == (0, "There are none.\n", "")


def test_the_schema_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = ended(monkeypatch, capsys, "schema")
    assert (status, out) == (0, schema().as_str() + "\n")


def test_the_schema_is_printed_for_clients_that_null_errors_themselves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = ended(monkeypatch, capsys, "schema", "--semantic-non-null")
    assert (status, out) == (0, with_semantic_non_null(schema().as_str()) + "\n")


def test_a_database_is_moved_up_and_down(empty_database_url: str) -> None:
    def migrate(*revision: str) -> tuple[int, str]:
        environment = {"DATABASE_URL": empty_database_url}
        ran = CliRunner().invoke(commands, ["migrate", *revision], env=environment)
        return ran.exit_code, ran.output

    head = revisions()[-1]
    assert migrate() == (0, f"The database is at {head}.\n")
    assert migrate("20260220_0018") == (0, "The database is at 20260220_0018.\n")
    assert migrate("base") == (0, "The database is at base.\n")
    status, said = migrate("20990101_0001")
    assert status == 2
    assert "unknown revision '20990101_0001'" in said


def test_data_is_destroyed_in_production_only_when_that_is_said(database_url: str) -> None:
    environment = PRODUCTION | {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET}

    def migrate(*arguments: str) -> tuple[int, str]:
        ran = CliRunner().invoke(commands, ["migrate", *arguments], env=environment)
        return ran.exit_code, ran.output

    head = revisions()[-1]
    status, said = migrate("20260220_0019")
    assert (status, revision_of(database_url)) == (1, head)
    assert f"this destroys stored data: {head} is undone; " in said
    assert "Do it with --yes" in said
    assert migrate() == (0, f"The database is at {head}.\n")
    assert migrate("20260220_0019", "--yes")[0] == 0
    assert revision_of(database_url) == "20260220_0019"
    assert migrate()[0] == 0


def test_data_is_not_destroyed_on_a_terminal_when_that_is_denied(database_url: str) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, b"n\n")
    ran = subprocess.run(
        [GUIDANCE, "migrate", "20260220_0019"],
        env={"PATH": os.environ["PATH"], "DATABASE_URL": database_url},
        stdin=theirs,
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    assert "Go on? [y/N]" in ran.stdout
    assert (ran.returncode, revision_of(database_url)) == (130, revisions()[-1])


def revision_of(database_url: str) -> str:
    rows = asyncio.run(rows_of(database_url, "SELECT version_num FROM alembic_version"))
    return str(rows[0][0])


async def test_two_who_migrate_at_once_both_succeed(empty_database_url: str) -> None:
    with ThreadPoolExecutor() as threads:
        done = [
            threads.submit(guidance, "migrate", DATABASE_URL=empty_database_url) for _ in range(2)
        ]
    said = f"The database is at {revisions()[-1]}.\n"
    ran = [one.result() for one in done]
    assert [(one.returncode, one.stdout, one.stderr) for one in ran] == [(0, said, "")] * 2
    assert (await rows_of(empty_database_url, "SELECT count(*) FROM alembic_version"))[0][0] == 1


@pytest.mark.parametrize("command", [("db", "migrate"), ("demo", "--port")], ids=" ".join)
def test_a_database_of_a_later_version(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    database_url: str,
    tmp_path: Path,
    command: tuple[str, ...],
) -> None:
    asyncio.run(run(database_url, "UPDATE alembic_version SET version_num = '20990101_0001'"))
    environment = {"DATABASE_URL": database_url, "GUIDANCE_DATA_DIR": str(tmp_path)}
    port = [str(free_port())] if "--port" in command else []
    said = only_line(monkeypatch, capsys, [*command, *port], environment)
    assert "the database is not of this version" in said


@pytest.mark.parametrize("group", [(), ("bench",)])
def test_without_a_command_there_is_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], group: tuple[str, ...]
) -> None:
    status, out, err = ended(monkeypatch, capsys, *group)
    assert (status, out) == (2, "")
    assert err.startswith(" ".join(("Usage: guidance", *group)))
