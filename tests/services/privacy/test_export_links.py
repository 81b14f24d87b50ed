"""Until when an export can be fetched, and how often one can be requested."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from db.queries.privacy import export_archives, request_processing
from services.mutations.refusals import Conflict
from tests.fixtures.stores.world import ADA, NOW
from tests.services.privacy.archive_contents import ADAS_EXPORT
from tests.services.privacy.archives import names_in
from tests.services.privacy.privacy_instances import (
    RETENTION,
    Instance,
    instance,
)


async def test_files_go_when_they_cannot_be_fetched_any_more(
    own_world: str, tmp_path: Path
) -> None:
    async with (
        instance(own_world, tmp_path) as parts,
        instance(own_world, tmp_path, clock=lambda: NOW + RETENTION) as later,
    ):
        await parts.export()
        (kept,) = names_in(tmp_path)
        left_behind, fresh = tmp_path / "9-x.zip.unfinished", tmp_path / "9-y.zip.unfinished"
        left_behind.touch()
        fresh.touch()
        for path in (tmp_path / kept, left_behind):
            os.utime(path, (0, 0))
        assert await parts.exporting.remove_expired() == 1
        assert names_in(tmp_path) == {kept, fresh.name}
        assert await later.exporting.remove_expired() == 1
        assert names_in(tmp_path) == {fresh.name}


async def test_a_link_is_shown_until_it_expires(own_world: str, tmp_path: Path) -> None:
    async with instance(own_world, tmp_path) as parts:
        await parts.export()
        async with parts.database.read_primary() as connection:
            links_shown = [
                len(await export_archives.by_request(connection, [ADAS_EXPORT], ADA, now))
                for now in (NOW, NOW + RETENTION - timedelta(seconds=1), NOW + RETENTION)
            ]
        assert links_shown == [1, 1, 0]


async def test_a_link_can_be_revoked(own_world: str, tmp_path: Path) -> None:
    async with instance(own_world, tmp_path) as parts:
        await parts.export()
        async with parts.database.read_primary() as connection:
            assert [
                row["request_id"]
                for row in await export_archives.by_request(connection, [ADAS_EXPORT], ADA, NOW)
            ] == [ADAS_EXPORT]
            assert await export_archives.revoke(connection, ADA, ADAS_EXPORT, NOW)
            assert not await export_archives.revoke(connection, ADA, ADAS_EXPORT, NOW)
            assert await export_archives.by_request(connection, [ADAS_EXPORT], ADA, NOW) == []
            assert not await request_processing.try_again(connection, ADA, ADAS_EXPORT)


async def test_a_day_has_to_pass_after_an_export(own_world: str, tmp_path: Path) -> None:
    async def ask(parts: Instance) -> int:
        return await parts.ask_for_export(ADA)

    day = timedelta(days=1)
    async with (
        instance(own_world, tmp_path) as parts,
        instance(own_world, tmp_path, clock=lambda: NOW + day) as later,
    ):
        await parts.export()
        with pytest.raises(Conflict) as refused:
            await ask(parts)
        assert refused.value.retry_after_seconds == 86_400
        assert await ask(later) > ADAS_EXPORT
