"""A restored backup brings nobody back who was erased since, and forgets no erasure."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from services.privacy.erasure_ledger import ErasureLedger
from tests.app.cli.ended_command import ended
from tests.fixtures.postgres import new_database, rows_of, run
from tests.fixtures.server import Api, serving, settings_for
from tests.fixtures.world import ADA, GRACE
from tests.services.privacy.privacy_instances import LATER, instance
from tests.waiting import until

pytestmark = pytest.mark.heavy

BACK = "1 erased people are back: run `guidance db restore-check`"
_LONG_AGO = "UPDATE users SET created_at = '2020-01-01Z'"
_ADA_ALONE = "UPDATE user_privacy_requests SET status = 'cancelled' WHERE id = 10"
_STATUS = "SELECT status FROM user_privacy_requests WHERE user_id = $1 AND id > 10"
_PEOPLE = "SELECT id FROM users ORDER BY id"


@dataclass
class Place:
    """A database with people, its backup, and the ledger."""

    url: str
    backup: str
    ledger: ErasureLedger
    folder: Path

    def erase(self, user_id: int) -> None:
        """Erase a person, as the worker does a week after the person has asked."""

        async def scenario() -> None:
            async with instance(self.url, self.folder, ledger=self.ledger) as parts:
                await parts.ask_for_erasure(user_id)
            async with instance(
                self.url, self.folder, clock=lambda: LATER, ledger=self.ledger
            ) as parts:
                assert await parts.erase() == 1

        asyncio.run(scenario())

    def restore(self, postgres: str) -> None:
        """Put the backup in the place of the database."""
        name, copy = (urlsplit(one).path.removeprefix("/") for one in (self.url, self.backup))
        asyncio.run(
            run(
                postgres,
                f'DROP DATABASE "{name}" WITH (FORCE)',
                f'CREATE DATABASE "{name}" TEMPLATE "{copy}"',
            )
        )

    def people(self) -> list[int]:
        return [row["id"] for row in asyncio.run(rows_of(self.url, _PEOPLE))]


@pytest.fixture
def place(postgres: str, own_world: str, tmp_path: Path) -> Iterator[Place]:
    asyncio.run(run(own_world, _LONG_AGO, _ADA_ALONE))
    ledger = ErasureLedger(tmp_path / "ledger")
    ledger.path.touch()
    with new_database(postgres, urlsplit(own_world).path.removeprefix("/")) as backup:
        yield Place(own_world, backup, ledger, tmp_path)


@pytest.fixture
def api(place: Place) -> Iterator[Api]:
    settings = settings_for(
        place.url,
        place.folder,
        serve_runs_worker=False,
        erasure_ledger_file=place.ledger.path,
        database_timeout_seconds=5,
    )
    with serving(settings) as running:
        yield running


def readiness(api: Api) -> tuple[int, str]:
    """The answer of /readyz about the database; it may be a second old."""
    answer = api.http.get("/readyz")
    return answer.status_code, answer.json()["database"]


def test_who_was_erased_since_the_backup_is_erased_again_before_anybody_is_served(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    postgres: str,
    place: Place,
    api: Api,
) -> None:
    def check(*options: str) -> tuple[object, str, str]:
        return ended(
            monkeypatch,
            capsys,
            *("db", "restore-check", *options),
            DATABASE_URL=place.url,
            GUIDANCE_DATA_DIR=str(place.folder),
            ERASURE_LEDGER_FILE=str(place.ledger.path),
        )

    everybody = place.people()
    place.erase(ADA)
    others = [one for one in everybody if one != ADA]
    assert place.people() == others
    assert [one.user_id for one in place.ledger.entries().people] == [ADA]
    until(lambda: readiness(api) == (200, "ok"))
    place.restore(postgres)
    assert place.people() == everybody
    until(lambda: readiness(api) == (503, BACK))
    found = "The ledger has 1 erasures.\n1 erased people are in this database.\n"
    status, said, wrong = check()
    assert (status, said) == (2, found)
    assert "Nothing was erased: --yes erases them without asking." in wrong
    assert place.people() == everybody
    assert check("--yes") == (0, f"{found}1 people were erased again.\n", "")
    assert place.people() == others
    assert check()[:2] == (0, "The ledger has 2 erasures.\n0 erased people are in this database.\n")
    until(lambda: readiness(api) == (200, "ok"))


def test_somebody_else_with_an_id_that_was_erased_is_left_alone(place: Place, api: Api) -> None:
    place.erase(ADA)
    asyncio.run(
        run(place.url, f"INSERT INTO users (id, email) VALUES ({ADA}, 'new@people.example')")
    )
    late = f"UPDATE users SET created_at = '{LATER.isoformat()}'::timestamptz + interval '1s' "
    asyncio.run(run(place.url, f"{late} WHERE id = {ADA}"))
    until(lambda: readiness(api) == (200, "ok"))
    assert GRACE in place.people()


def test_a_ledger_that_is_missing_is_no_empty_one(place: Place, api: Api) -> None:
    place.ledger.path.unlink()
    assert readiness(api) == (
        503,
        "the ledger of erasures cannot be read: No such file or directory",
    )


def test_an_erasure_that_the_ledger_cannot_take_is_not_completed(place: Place) -> None:
    place.ledger.path.unlink()
    place.ledger.path.mkdir()
    before = place.people()
    place.erase(ADA)
    assert place.people() == before
    (request,) = asyncio.run(rows_of(place.url, _STATUS, ADA))
    assert request["status"] == "processing"
