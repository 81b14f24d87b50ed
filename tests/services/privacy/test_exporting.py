"""Carrying exports out: once each, whatever dies or fails meanwhile."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from errno import ENOSPC
from pathlib import Path
from uuid import uuid4

from metrics.repository_methods import ObservedStatement
from services.privacy.exports.files import ExportFiles, NewFile
from services.privacy.rules import MOST_ATTEMPTS
from tests.fixtures.postgres import run
from tests.fixtures.world import ADA
from tests.services.privacy.archive_contents import ADAS_EXPORT, OF_ADA
from tests.services.privacy.archives import names_in
from tests.services.privacy.privacy_instances import (
    Crash,
    CrashAt,
    Instance,
    instance,
    until,
)


class FullDisk(ExportFiles):
    """A folder on a disk that is full."""

    @contextmanager
    def new(self, request_id: int) -> Iterator[NewFile]:
        raise OSError(ENOSPC, "No space left on device", str(request_id))
        yield


async def test_two_processes_carry_out_fifty_requests_once_each(
    own_world: str, tmp_path: Path
) -> None:
    people = """
    INSERT INTO users (id, email) SELECT 100 + i, i || '@example.com' FROM generate_series(1, 50) i;
    INSERT INTO user_privacy_requests (id, user_id, request_kind)
      OVERRIDING SYSTEM VALUE SELECT 100 + i, 100 + i, 'export' FROM generate_series(1, 50) i;
    DELETE FROM user_privacy_requests WHERE id = 5;
    UPDATE user_privacy_requests SET requested_at = '2026-02-20' WHERE id > 100;
    """

    await run(own_world, people)
    async with instance(own_world, tmp_path) as one, instance(own_world, tmp_path) as other:
        counts = await asyncio.gather(one.export(), other.export(), one.export())
        assert sum(counts) == 50
        rows = await one.rows("SELECT status, attempts FROM user_privacy_requests WHERE id > 100")
        assert [tuple(row) for row in rows] == [("completed", 1)] * 50
        names = {row["file_name"] for row in await one.rows("SELECT * FROM privacy_exports")}
        assert names_in(tmp_path) == names
        assert len(names) == 50


async def test_a_process_that_dies_anywhere_leaves_an_export_that_is_done_once(
    own_world: str, tmp_path: Path
) -> None:
    await run(own_world, "UPDATE user_privacy_requests SET attempts = -100 WHERE id = 5")
    crashes, is_done = 0, False
    while not is_done:
        async with instance(own_world, tmp_path, observe=CrashAt(crashes + 1)) as dying:
            try:
                await dying.export()
                is_done = True
            except Crash:
                crashes += 1
        await run(own_world, "UPDATE user_privacy_requests SET lease_expires_at = '-infinity'")
    # To take it, fifteen tables and the page, to complete it, and to look for more.
    assert crashes >= 1 + len(OF_ADA) + 1 + 3
    async with instance(own_world, tmp_path) as parts:
        assert (await parts.request(ADAS_EXPORT))["status"] == "completed"
        assert await parts.value("SELECT count(*) FROM privacy_exports") == 1
        archive = await parts.archive(ADAS_EXPORT)
        assert archive.testzip() is None
        kept = await parts.value("SELECT file_name FROM privacy_exports")
        assert names_in(tmp_path) == {kept}


async def test_a_full_disk_is_tried_again_and_said_at_last(own_world: str, tmp_path: Path) -> None:
    async with instance(own_world, tmp_path, files=FullDisk(tmp_path)) as parts:
        for attempt in range(1, MOST_ATTEMPTS):
            assert await parts.export() == 1
            request = await parts.request(ADAS_EXPORT)
            assert (request["status"], request["attempts"]) == ("processing", attempt)
            assert await parts.export() == 0, "it rests"
            assert request["lease_expires_at"] > datetime.now(UTC)
            await run(own_world, "UPDATE user_privacy_requests SET lease_expires_at = '-infinity'")
        assert await parts.export() == 1
        request = await parts.request(ADAS_EXPORT)
        assert (request["status"], request["error_reason"]) == ("failed", "storage_full")
        assert await parts.export() == 0
        again = await parts.ask_for_export(ADA)
        assert again != ADAS_EXPORT


async def test_a_request_that_kills_every_process_is_given_up(
    own_world: str, tmp_path: Path
) -> None:
    await run(own_world, f"UPDATE user_privacy_requests SET attempts = {MOST_ATTEMPTS}")
    async with instance(own_world, tmp_path) as parts:
        assert await parts.export() == 1
        request = await parts.request(ADAS_EXPORT)
        assert (request["status"], request["error_reason"]) == ("failed", "interrupted")


async def test_who_has_lost_the_lease_completes_nothing(own_world: str, tmp_path: Path) -> None:
    other = uuid4()

    def lose(observed: ObservedStatement) -> None:
        if observed[0] == "privacy.export_users":
            take = f"UPDATE user_privacy_requests SET lease_owner = '{other}' WHERE id = 5"
            taking = threading.Thread(target=asyncio.run, args=(run(own_world, take),))
            taking.start()
            taking.join()

    async with instance(own_world, tmp_path, observe=lose) as parts:
        assert await parts.export() == 1
        request = await parts.request(ADAS_EXPORT)
        assert (request["status"], request["lease_owner"]) == ("processing", other)
        assert names_in(tmp_path) == set()
        assert await parts.value("SELECT count(*) FROM privacy_exports") == 0


async def test_a_lease_that_is_lost_ends_the_work_at_once(own_world: str, tmp_path: Path) -> None:
    class Endless:
        """Work that never ends by itself."""

        def __init__(self, parts: Instance) -> None:
            self.kind = parts.exporting.kind
            self.has_begun = False

        async def begin(self, *_: object) -> None:
            """Nothing."""

        async def run(self, _task: object) -> None:
            self.has_begun = True
            await asyncio.Event().wait()

    async with instance(own_world, tmp_path, lease_seconds=0.05) as parts:
        work = Endless(parts)
        working = asyncio.create_task(parts.runner.run_due(work))
        await until(lambda: work.has_begun)
        first = await parts.value("SELECT max(lease_expires_at) FROM user_privacy_requests")
        renewed = "SELECT max(lease_expires_at) > $1 FROM user_privacy_requests"
        await until(lambda: parts.value(renewed, first))
        await run(
            own_world,
            "UPDATE user_privacy_requests SET lease_owner = gen_random_uuid(), "
            "lease_expires_at = 'infinity' WHERE id = 5",
        )
        async with asyncio.timeout(30):
            assert await working == 1
