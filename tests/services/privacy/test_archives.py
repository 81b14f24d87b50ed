"""What an archive holds: the person's data, row by row, and nobody else's."""

import asyncio
import threading
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from db.personal.registry import BY_NAME
from metrics.repository_methods import ObservedStatement
from services.privacy.links import token_hash
from tests.fixtures.stores.postgres import run
from tests.fixtures.stores.world import ADA, ADAS_CONVERSATIONS, ALAN, GRACE, NOW
from tests.services.privacy.archive_contents import ADAS_EXPORT, OF_ADA
from tests.services.privacy.privacy_instances import (
    ADAS_SECRET,
    GRACES_SECRET,
    RETENTION,
    Instance,
    enrich,
    instance,
)


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
            for table in ("chat_messages", "chat_conversations", "enterprise_audit_events")
        }
        assert counts == {
            "chat_messages": 30 + 44 * 3,
            "chat_conversations": 45,
            "enterprise_audit_events": 1,
        }


async def test_an_archive_holds_no_byte_of_anybody_else(own_world: str, tmp_path: Path) -> None:
    await enrich(own_world)
    async with instance(own_world, tmp_path) as parts:
        await parts.export()
        archive = await parts.archive(ADAS_EXPORT)
        everything = b"\0".join(archive.read(name) for name in archive.namelist())
        # A column is called like a person.
        named = everything.replace(b"grace_ends_at", b"")
        for foreign in (GRACES_SECRET, "grace", "Grace", "Compilers", "mary@", "key of 2"):
            assert foreign.encode() not in named
        assert b"ada@example.com" in everything
        manifest = archive.read("manifest.json")
        for secret in (b"p1", b"fingerprint", b"token_hash"):
            assert secret not in everything.replace(manifest, b"")


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
        (
            "INSERT INTO chat_messages (user_id, conversation_id, role, content) "
            "VALUES (1, 1, 'user', 'Late')"
        ),
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


async def test_nobody_but_the_person_is_exported(own_world: str, tmp_path: Path) -> None:
    async with instance(own_world, tmp_path) as parts:
        request = await parts.ask_for_export(GRACE)
        await parts.export()
        archive = await parts.archive(request)
        everything = b"\0".join(archive.read(name) for name in archive.namelist())
        assert b"grace@example.com" in everything
        assert b"ada@example.com" not in everything
