"""What the links of exports open: for a while, for whoever has them, and never by their log."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from zipfile import ZipFile

import httpx2
import pytest

from app.composition.privacy import open_privacy
from db.database import open_database
from db.queries.privacy import export_archives
from gql.values.ids import global_id
from tests.fixtures.servers.server import Api, serving, settings_for
from tests.fixtures.stores.postgres import run
from tests.fixtures.stores.world import ADA, NOW
from tests.services.privacy.privacy_instances import RETENTION, enrich, nothing

SECOND = timedelta(seconds=1)
ADAS_EXPORT = 5
EXPORT = """query ($id: ID!) { node(id: $id) { ... on PrivacyRequest {
  status export { downloadUrl expiresAt byteSize sha256 }
} } }"""
PATIENCE_SECONDS = 30


@dataclass
class Clock:
    """A clock that is set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def worked(own_world: str, tmp_path: Path, clock: Clock) -> Iterator[Api]:
    """A server whose worker has made Ada's export."""
    asyncio.run(enrich(own_world))
    settings = settings_for(own_world, tmp_path, worker_every_seconds=0.1)
    with serving(settings, clock=clock) as api:
        deadline = monotonic() + PATIENCE_SECONDS
        while shown(api)["status"] != "COMPLETED":
            assert monotonic() < deadline
            sleep(0.02)
        yield api


@pytest.fixture
def made(own_world: str, tmp_path: Path, clock: Clock) -> Iterator[Api]:
    """A server, for which Ada's export was made without waiting for its worker."""
    settings = settings_for(own_world, tmp_path)

    async def make() -> None:
        await enrich(own_world)
        async with open_database(
            own_world, replica_url=None, pool_size=2, observe=None
        ) as database:
            privacy = open_privacy(
                settings, database, forget=(), forget_replies=nothing, clock=clock
            )
            await privacy.runner.run_due(privacy.exporting)

    asyncio.run(make())
    with serving(settings, clock=clock) as api:
        yield api


# Any: JSON.
def shown(api: Api) -> Any:
    request = {"id": global_id("PrivacyRequest", ADAS_EXPORT)}
    return api.data(EXPORT, request, viewer=ADA)["node"]


def test_an_archive_is_fetched_without_a_sign_in_and_by_nobody_kept(worked: Api) -> None:
    export = shown(worked)["export"]
    answer = worked.http.get(export["downloadUrl"])
    assert answer.status_code == 200
    assert len(answer.content) == export["byteSize"]
    assert sha256(answer.content).hexdigest() == export["sha256"]
    assert export["expiresAt"] == "2026-02-27T09:30:00Z"
    with ZipFile(BytesIO(answer.content)) as archive:
        assert b"ada@example.com" in archive.read("users.jsonl")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="export.zip"'


def test_an_interrupted_download_is_continued(made: Api) -> None:
    url = shown(made)["export"]["downloadUrl"]
    whole = made.http.get(url).content
    rest = made.http.get(url, headers={"range": "bytes=100-"})
    assert (rest.status_code, rest.content) == (206, whole[100:])


def test_a_link_works_until_its_last_second(made: Api, clock: Clock) -> None:
    url = shown(made)["export"]["downloadUrl"]
    clock.now = NOW + RETENTION - SECOND
    assert made.http.get(url).status_code == 200
    clock.now = NOW + RETENTION + SECOND
    assert refusal(made.http.get(url)) == 410
    clock.now = NOW + RETENTION
    assert refusal(made.http.get(url)) == 410


async def test_a_revoked_link_is_gone(made: Api, own_world: str) -> None:
    url = shown(made)["export"]["downloadUrl"]

    async with (
        open_database(own_world, replica_url=None, pool_size=1, observe=lambda *_: None) as one,
        one.read_primary() as connection,
    ):
        assert await export_archives.revoke(connection, ADA, ADAS_EXPORT, NOW)
    assert refusal(made.http.get(url)) == 410
    assert shown(made)["export"] is None


@pytest.mark.parametrize("token", ["x", "é", "a" * 10_000, "%00", "..%2f..%2fjwt-secret"])
def test_a_link_that_was_never_given_opens_nothing(made: Api, token: str) -> None:
    answer = made.http.get(f"/exports/{token}")
    assert answer.status_code == 404


def test_an_archive_that_is_not_here_is_our_fault(made: Api, tmp_path: Path) -> None:
    url = shown(made)["export"]["downloadUrl"]
    for path in (tmp_path / "exports").iterdir():
        path.unlink()
    answer = made.http.get(url)
    assert (refusal(answer, "SERVICE_UNAVAILABLE"), answer.headers["retry-after"]) == (503, "1")


async def test_the_link_is_the_same_each_time_and_the_database_does_not_know_it(
    made: Api, own_world: str
) -> None:
    url = shown(made)["export"]["downloadUrl"]
    assert shown(made)["export"]["downloadUrl"] == url
    token = url.removeprefix("/exports/")
    known = "SELECT 1 / (NOT EXISTS (SELECT FROM privacy_exports e WHERE e::text LIKE '%{}%'))::int"
    await run(own_world, known.format(token))


def test_no_log_has_the_token_an_address_or_a_message(
    worked: Api, capfd: pytest.CaptureFixture[str]
) -> None:
    url = shown(worked)["export"]["downloadUrl"]
    worked.http.get(url)
    worked.http.get(f"{url}x")
    logged = "".join(capfd.readouterr())
    assert "path=/exports" in logged
    for secret in (url.removeprefix("/exports/"), "example.com", "secret</b>", "Message 1"):
        assert secret not in logged


def refusal(answer: httpx2.Response, code: str = "NOT_FOUND") -> int:
    """The status of a refusal with this code, which nobody keeps either."""
    assert answer.headers["cache-control"] == "no-store"
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": code}
    return answer.status_code
