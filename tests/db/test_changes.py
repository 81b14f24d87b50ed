"""Whose rows a statement changes, and what may be remembered of what it reads."""

import importlib
import pkgutil
import re
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text as sql

import db.queries
from db.changes import (
    OWNER_NAMES,
    UNFOLLOWED_TABLES,
    Changes,
    are_reproducible,
    footprint_of,
)
from db.database import open_database
from db.personal.registry import REGISTRY
from db.personal.vocabulary import BY_COMPANY, EVERYWHERE
from db.statement import Statement, statements_named
from db.tables import Table
from perf.distribution.statements import all_statements
from tests.fixtures.stores.postgres import rows_of
from tests.fixtures.stores.world import ADA, ALAN, EDITH, GRACE, MARY, NOW

for _module in pkgutil.walk_packages(db.queries.__path__, "db.queries."):
    importlib.import_module(_module.name)

Told = list[frozenset[int] | None]
Change = tuple[str, dict[str, object], int | None]
OF_COMPANIES = {one.name for one in REGISTRY if one.distribution == BY_COMPANY}
OF_EVERYBODY = {one.name for one in REGISTRY if one.distribution == EVERYWHERE}
NOT_ERASED = "SELECT id FROM users WHERE erasure_began_at IS NULL ORDER BY id"


def statement(name: str) -> Statement:
    (one, *_) = statements_named(name)
    return one


def told_by(*changes: Change) -> Callable[[], Awaitable[Told]]:
    async def tell() -> Told:
        told: Told = []

        async def on_change(people: frozenset[int] | None) -> None:
            told.append(people)

        noted = Changes(on_change)
        for name, values, rows in changes:
            noted.add(statement(name), values, rows=rows)
        await noted.tell()
        await noted.tell()
        return told

    return tell


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("conversations.rename", {"user_id": ADA}, 1), [frozenset({ADA})]),
        (("conversations.rename", {"user_id": ADA}, None), [frozenset({ADA})]),
        (("messages.end_reply", {"tenant_id": ADA, "reply_id": 1}, 1), [frozenset({ADA})]),
        (("generations.save_progress", {"user_ids": [ADA, GRACE]}, 2), [frozenset({ADA, GRACE})]),
        (("users.begin_erasure", {"user_id": ADA}, None), [frozenset({ADA})]),
        (("conversations.rename", {"user_id": ADA}, 0), [frozenset({ADA})]),
        (("privacy.claim", {}, 0), []),
        (("privacy.claim", {}, 1), [None]),
        (("users.by_id", {"ids": [ADA]}, 1), []),
        (("audit.record", {"concerned_user": ADA}, 0), []),
        (("metering.charge", {}, 1), []),
        (("metered_model_use.record_use", {"tenant_id": ADA}, 1), []),
        (("model_use.record_use", {"tenant_id": ADA}, 1), [frozenset({ADA})]),
        (("idempotency.forget", {}, 1), []),
    ],
)
async def test_a_statement_tells_whose_rows_it_changed(change: Change, expected: Told) -> None:
    assert await told_by(change)() == expected


async def test_whoever_is_not_named_may_be_anybody() -> None:
    erased: Change = ("privacy.erase_chat_messages", {"keys": []}, None)
    assert await told_by(("conversations.rename", {"user_id": ADA}, 1), erased)() == [None]


async def test_people_of_one_block_are_told_together() -> None:
    changes: list[Change] = [
        ("conversations.rename", {"user_id": person}, 1) for person in (ADA, GRACE, ADA)
    ]
    assert await told_by(*changes)() == [frozenset({ADA, GRACE})]


def test_the_person_that_a_statement_names_is_whose_rows_it_changes() -> None:
    """So the name means the owner wherever it is used, and never who asks, or who is concerned."""
    followed = [
        one
        for one in all_statements()
        if footprint_of(one).is_followed and footprint_of(one).owner_name is not None
    ]
    assert len(followed) > 50
    assert [one.sql for one in followed if not is_of_its_person(one)] == []


def is_of_its_person(one: Statement) -> bool:
    """Whether the name of an owner stands where a row's owner is compared or inserted."""
    owner = footprint_of(one).owner_name
    places = "|".join(str(place) for place, name in enumerate(one.names, 1) if name == owner)
    compared = rf"\b(?:user_id|users\.id) = (?:ANY \()?\$(?:{places})\b"
    inserted = r"INSERT INTO \w+ \([^)]*\buser_id\b"
    return re.search(f"{compared}|{inserted}", one.sql) is not None


def test_every_table_is_followed_or_named() -> None:
    assert Table.metadata.tables.keys() >= UNFOLLOWED_TABLES
    assert "user_id" in OWNER_NAMES


def test_what_companies_and_the_worker_write_is_not_followed() -> None:
    assert len(OF_COMPANIES) > 10
    assert not OF_COMPANIES - UNFOLLOWED_TABLES
    # Operators change plans; the others change with rows of one person, who is named.
    followed = OF_EVERYBODY - UNFOLLOWED_TABLES
    assert followed == {
        "alembic_version",
        "billing_plans",
        "payment_provider_keys",
        "payment_provider_references",
        "privacy_export_files",
        "privacy_export_tokens",
        "user_emails",
    }


@pytest.mark.parametrize("table", sorted(OF_COMPANIES))
async def test_what_companies_have_is_neither_published_nor_remembered(table: str) -> None:
    column = next(iter(Table.metadata.tables[table].c)).name
    read = Statement(f"changes_read.{table}", sql(f"SELECT {column} FROM {table}"))
    Statement(f"changes_delete.{table}", sql(f"DELETE FROM {table}"))
    assert not read.writes
    assert not are_reproducible([read.name])
    assert await told_by((f"changes_delete.{table}", {}, 1))() == []


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["conversations.by_id", "messages.by_id", "users.by_id"], True),
        (["billing.plans_on_sale"], True),
        (["enterprise.accounts_by_id"], False),
        (["conversations.by_id", "idempotency.stored"], False),
        (["conversations.rename"], False),
        (["of.nobody"], False),
        ([], True),
    ],
)
def test_what_may_be_remembered(names: list[str], expected: bool) -> None:
    assert are_reproducible(names) is expected


async def test_a_change_is_told_after_its_commit(own_world: str) -> None:
    told: list[tuple[frozenset[int] | None, list[int]]] = []

    async def note(people: frozenset[int] | None) -> None:
        rows = await rows_of(own_world, NOT_ERASED)
        told.append((people, [row[0] for row in rows]))

    async with open_database(
        own_world, replica_url=None, pool_size=1, observe=None, on_change=note
    ) as database:
        async with database.begin() as transaction:
            await transaction.fetch(statement("users.begin_erasure"), user_id=ADA, now=NOW)
            assert told == []
        assert told == [(frozenset({ADA}), [GRACE, ALAN, MARY, EDITH])]
