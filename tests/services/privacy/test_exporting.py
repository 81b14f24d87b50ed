"""Exports: everything of one person, nothing of anybody else, once, whatever happens."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from errno import ENOSPC
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest

from db.personal.registry import BY_NAME
from db.queries.privacy import export_archives, request_processing
from metrics.repository_methods import ObservedStatement
from services.mutations.refusals import Conflict
from services.privacy.exports.files import ExportFiles, NewFile
from services.privacy.links import token_hash
from services.privacy.rules import MOST_ATTEMPTS
from tests.fixtures.postgres import run
from tests.fixtures.world import ADA, ADAS_CONVERSATIONS, ALAN, GRACE, NOW
from tests.services.privacy.archives import names_in
from tests.services.privacy.privacy_instances import (
    ADAS_SECRET,
    GRACES_SECRET,
    RETENTION,
    Crash,
    CrashAt,
    Instance,
    enrich,
    instance,
    until,
)

ADAS_EXPORT = 5
"""The request of the small world that is due."""
OF_ADA = {
    "quota_ledger_entries": "user_id = 1",
    "daily_quota_usages": "user_id = 1",
    "chat_messages": "conversation_id BETWEEN 1 AND 45",
    "chat_conversations": "user_id = 1",
    "idempotency_keys": "user_id = 1",
    "billing_webhook_events": "id = 'event 1'",
    "billing_payment_attempts": "user_id = 1",
    "billing_plan_changes": "user_id = 1",
    "user_subscriptions": "user_id = 1",
    "enterprise_accounts": "administrator_id = 1",
    "audit_events": "action IN ('plan.changed', 'credential.revoked') AND actor_id = 1",
    "privacy_exports": "false",
    "privacy_erasure_counts": "false",
    "user_privacy_requests": "user_id = 1",
    "users": "id = 1",
}


def as_json(value: object) -> object:
    """A column's value as an export has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value


async def rows_of_ada(parts: Instance, table: str) -> list[dict[str, object]]:
    key = "user_id, usage_date" if table == "daily_quota_usages" else "1"
    columns = ", ".join(one.name for one in BY_NAME[table].exported_columns)
    where = OF_ADA[table]
    rows = await parts.rows(f"SELECT {columns} FROM {table} WHERE {where} ORDER BY {key}")
    json = {"result", "details"}
    return [
        {
            name: orjson.loads(value) if name in json else as_json(value)
            for name, value in row.items()
        }
        for row in rows
    ]


def lines(content: bytes) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in content.splitlines()]


async def test_an_archive_holds_what_the_database_has_of_the_person_row_by_row(
    own_world: str, tmp_path: Path
) -> None:
    await enrich(own_world)
    async with instance(own_world, tmp_path) as parts:
        assert await parts.export() == 1
        archive = await parts.archive(ADAS_EXPORT)
        names = [*(f"{name}.jsonl" for name in OF_ADA), "conversations.html", "manifest.json"]
        assert sorted(archive.namelist()) == sorted(names)
        for table in OF_ADA:
            exported = lines(archive.read(f"{table}.jsonl"))
            wanted = await rows_of_ada(parts, table)
            # What became of the request itself came after the snapshot.
            if table == "user_privacy_requests":
                wanted[-1] |= {"status": "processing", "completed_at": None}
            assert sorted(exported, key=orjson.dumps) == sorted(wanted, key=orjson.dumps)
        counts = {
            table: len(lines(archive.read(f"{table}.jsonl")))
            for table in ("chat_messages", "chat_conversations", "audit_events")
        }
        assert counts == {
            "chat_messages": 30 + 44 * 3,
            "chat_conversations": 45,
            "audit_events": 2,
        }


async def test_an_archive_holds_no_byte_of_anybody_else(own_world: str, tmp_path: Path) -> None:
    await enrich(own_world)
    async with instance(own_world, tmp_path) as parts:
        await parts.export()
        archive = await parts.archive(ADAS_EXPORT)
        everything = b"\0".join(archive.read(name) for name in archive.namelist())
        for foreign in (GRACES_SECRET, "grace", "Grace", "Compilers", "mary@", "key of 2"):
            assert foreign.encode() not in everything
        assert b"ada@example.com" in everything
        for secret in (b"p1", b"fingerprint", b"token_hash"):
            assert secret not in everything.replace(archive.read("manifest.json"), b"")


async def test_the_manifest_counts_and_proves_every_file(own_world: str, tmp_path: Path) -> None:
    await enrich(own_world)
    async with instance(own_world, tmp_path) as parts:
        await parts.export()
        archive = await parts.archive(ADAS_EXPORT)
        assert archive.testzip() is None
        manifest = orjson.loads(archive.read("manifest.json"))
        assert (manifest["userId"], manifest["createdAt"]) == (ADA, "2026-02-20T09:30:00Z")
        for file in manifest["files"]:
            content = archive.read(file["name"])
            assert file["byte_size"] == len(content)
            assert file["sha256"] == sha256(content).hexdigest()
            if file["name"].endswith(".jsonl"):
                assert file["rows"] == len(content.splitlines())
        assert {
            "table": "billing_payment_attempts",
            "column": "payment_method_token",
            "reason": (
                "It would let whoever finds it take money, and is gone when the payment has ended."
            ),
        } in manifest["notIncluded"]
        recorded = await parts.rows("SELECT * FROM privacy_exports")
        (whole,) = recorded
        content = parts.files.path(whole["file_name"]).read_bytes()
        assert whole["byte_size"] == len(content)
        assert whole["sha256"] == sha256(content).digest()
        assert whole["expires_at"] == NOW + RETENTION
        token = parts.links.export_token(whole["file_name"])
        assert whole["token_hash"] == token_hash(token)
        assert (await parts.request(ADAS_EXPORT))["completed_at"] == NOW


async def test_the_page_shows_conversations_and_runs_nothing(
    own_world: str, tmp_path: Path
) -> None:
    await enrich(own_world)
    async with instance(own_world, tmp_path) as parts:
        await parts.export()
        page = (await parts.archive(ADAS_EXPORT)).read("conversations.html").decode()
        assert "Ada&#x27;s &lt;b&gt;secret&lt;/b&gt; &amp; wishes" in page
        assert ADAS_SECRET not in page
        assert page.count("<h2 ") == len(ADAS_CONVERSATIONS)
        assert page.count('<article class="assistant"') == 15 + 44
        assert page.index(">Message 29<") < page.index(">Message 30<")


async def test_a_person_without_anything_has_an_archive_too(own_world: str, tmp_path: Path) -> None:
    async with instance(own_world, tmp_path) as parts:
        request = await parts.ask_for_export(ALAN)
        assert await parts.export() == 2
        archive = await parts.archive(request)
        assert [one["email"] for one in lines(archive.read("users.jsonl"))] == ["alan@example.com"]
        assert archive.read("chat_messages.jsonl") == b""


async def test_everything_is_as_it_was_at_one_instant(own_world: str, tmp_path: Path) -> None:
    changes = (
        "INSERT INTO chat_messages (conversation_id, role, content) VALUES (1, 'user', 'Late')",
        "UPDATE chat_conversations SET title = 'Late' WHERE user_id = 1",
        "UPDATE users SET email = 'late@example.com' WHERE id = 1",
    )

    def change_after_the_first_table(observed: ObservedStatement) -> None:
        if observed[0] == "privacy.export_quota_ledger_entries":
            changing = threading.Thread(target=asyncio.run, args=(run(own_world, *changes),))
            changing.start()
            changing.join()

    def _texts(content: bytes) -> bytes:
        return b" ".join(word for word in content.split(b'"') if word in {b"Late", b"late@exa"})

    async with instance(own_world, tmp_path, observe=change_after_the_first_table) as parts:
        await parts.export()
        archive = await parts.archive(ADAS_EXPORT)
        assert not [name for name in archive.namelist() if b"ate" in _texts(archive.read(name))]
        assert await parts.value("SELECT email FROM users WHERE id = 1") == "late@example.com"


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


class FullDisk(ExportFiles):
    """A folder on a disk that is full."""

    @contextmanager
    def new(self, request_id: int) -> Iterator[NewFile]:
        raise OSError(ENOSPC, "No space left on device", str(request_id))
        yield


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
        working = asyncio.create_task(parts.carrying.run_due(work))
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


async def test_a_link_is_told_until_it_ends(own_world: str, tmp_path: Path) -> None:
    async with instance(own_world, tmp_path) as parts:
        await parts.export()
        async with parts.database.read_primary() as connection:
            told = [
                len(await export_archives.by_request(connection, [ADAS_EXPORT], now))
                for now in (NOW, NOW + RETENTION - timedelta(seconds=1), NOW + RETENTION)
            ]
        assert told == [1, 1, 0]


async def test_a_link_can_be_revoked(own_world: str, tmp_path: Path) -> None:
    async with instance(own_world, tmp_path) as parts:
        await parts.export()
        async with parts.database.read_primary() as connection:
            assert [
                row["request_id"]
                for row in await export_archives.by_request(connection, [ADAS_EXPORT], NOW)
            ] == [ADAS_EXPORT]
            assert await export_archives.revoke(connection, ADAS_EXPORT, NOW)
            assert not await export_archives.revoke(connection, ADAS_EXPORT, NOW)
            assert await export_archives.by_request(connection, [ADAS_EXPORT], NOW) == []
            assert not await request_processing.try_again(connection, ADAS_EXPORT)


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


async def test_nobody_but_the_person_is_exported(own_world: str, tmp_path: Path) -> None:
    async with instance(own_world, tmp_path) as parts:
        request = await parts.ask_for_export(GRACE)
        await parts.export()
        archive = await parts.archive(request)
        everything = b"\0".join(archive.read(name) for name in archive.namelist())
        assert b"grace@example.com" in everything
        assert b"ada@example.com" not in everything
