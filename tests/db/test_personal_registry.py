"""The registry of personal data against the database's own catalogue."""

import asyncio
from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy import Table as SqlTable

from db.database import open_database
from db.personal.completeness import differences
from db.personal.registry import BY_NAME, MIGRATIONS, REGISTRY
from db.personal.vocabulary import (
    Anonymised,
    Archived,
    Author,
    Category,
    ClassifiedTable,
    Column,
    Deleted,
    Kept,
    Untouched,
)
from db.queries.privacy import erasure_verification
from db.queries.privacy.personal_rows import free_text_columns
from db.tables import Table
from tests.fixtures.stores.postgres import run

PERSONAL = [table for table in REGISTRY if not isinstance(table.erasure, Untouched | Kept)]


def catalogue(url: str) -> list[tuple[str, str]]:
    async def read() -> list[tuple[str, str]]:
        async with (
            open_database(url, replica_url=None, pool_size=1, observe=lambda *_: None) as database,
            database.read() as connection,
        ):
            return await erasure_verification.catalogue(connection)

    return asyncio.run(read())


def test_every_column_of_the_database_is_classified_and_no_other(database_url: str) -> None:
    found = differences(catalogue(database_url))
    assert found == [], "say in db/personal what a column holds, whose it is and what becomes of it"


def test_a_column_that_nobody_classified_is_found(database_url: str) -> None:
    asyncio.run(run(database_url, "ALTER TABLE chat_messages ADD COLUMN mood text"))
    assert differences(catalogue(database_url)) == ["chat_messages.mood is not classified"]


def test_a_table_that_nobody_classified_is_found(database_url: str) -> None:
    asyncio.run(run(database_url, "CREATE TABLE diaries (user_id bigint, entry text)"))
    assert differences(catalogue(database_url)) == [
        "diaries.entry is not classified",
        "diaries.user_id is not classified",
    ]


def test_a_classified_column_that_is_gone_is_found(database_url: str) -> None:
    asyncio.run(run(database_url, "ALTER TABLE chat_messages DROP COLUMN latency_ms"))
    assert differences(catalogue(database_url)) == ["chat_messages.latency_ms does not exist"]


def test_no_table_or_column_is_classified_twice() -> None:
    assert len(BY_NAME) == len(REGISTRY)
    for table in REGISTRY:
        names = [one.name for one in table.columns]
        assert len(set(names)) == len(names), table.name


def test_whatever_refers_to_a_person_is_a_way_to_that_person() -> None:
    referring = {
        (declared.name, column.name)
        for declared in Table.metadata.tables.values()
        for column in declared.columns
        for key in column.foreign_keys
        if key.column.table.name == "users"
    }
    owner_paths = {(table.name, path.column) for table in REGISTRY for path in table.owner_paths}
    assert referring <= owner_paths


def test_a_way_is_an_existing_column() -> None:
    for table in REGISTRY:
        for path in table.owner_paths:
            assert path.column in {one.name for one in table.columns}
            if path.found_by is not None:
                column, parent = path.found_by
                declared = Table.metadata.tables[table.name]
                referred = {key.target_fullname for key in declared.c[column].foreign_keys}
                assert f"{parent}.id" in referred


def test_every_table_says_by_what_its_rows_are_distributed() -> None:
    missing = [table.name for table in REGISTRY if table.distribution is None]
    assert missing == [], (
        "say in db/personal whose a row is: `distribution=BY_PERSON`, if a person's"
    )


def test_a_row_is_found_by_whose_it_is_and_never_changes_hands() -> None:
    for table in REGISTRY:
        column = table.distribution.column if table.distribution else None
        if column is not None:
            declared = Table.metadata.tables[table.name]
            assert not declared.c[column].nullable, table.name
            for key in _unique_keys(declared):
                assert column in key, (table.name, key)
            for constraint in declared.foreign_key_constraints:
                _check_stays_with_owner(constraint, column)


def _unique_keys(declared: SqlTable) -> list[list[str]]:
    return [
        one.columns.keys()
        for one in (*declared.constraints, *declared.indexes)
        if isinstance(one, PrimaryKeyConstraint | UniqueConstraint)
        or (isinstance(one, Index) and one.unique)
    ]


def _check_stays_with_owner(constraint: ForeignKeyConstraint, column: str) -> None:
    """A reference stays with the same person or company, or leads to a table that is everywhere."""
    target = BY_NAME[constraint.referred_table.name].distribution
    assert target is not None
    if target.column is not None:
        pairs = [(one.parent.name, one.column.name) for one in constraint.elements]
        assert (column, target.column) in pairs, constraint.name


def test_a_persons_rows_are_found_by_an_index() -> None:
    for table in REGISTRY:
        for path in table.owner_paths:
            if not path.is_mention:
                found_by = path.found_by[0] if path.found_by else path.column
                assert found_by in _leading_columns(table), (table.name, path.column)


def test_personal_data_has_a_way_and_other_data_has_none() -> None:
    for table in REGISTRY:
        is_personal = not isinstance(table.erasure, Untouched | Kept)
        assert bool(table.owner_paths) == is_personal, table.name
        categories = {one.category for one in table.columns}
        assert (categories == {Category.NOT_PERSONAL}) != is_personal, table.name


def test_who_refers_to_a_deleted_row_is_erased_before_it() -> None:
    order = {table.name: place for place, table in enumerate(REGISTRY)}
    for table in PERSONAL:
        for constraint in Table.metadata.tables[table.name].constraints:
            if isinstance(constraint, ForeignKeyConstraint):
                referred = constraint.referred_table.name
                if isinstance(BY_NAME[referred].erasure, Deleted):
                    assert order[table.name] < order[referred], (table.name, referred)


def test_writers_of_replies_are_silenced_first() -> None:
    assert REGISTRY[0].name == "reply_generations"


def test_a_kept_row_loses_every_column_that_identifies() -> None:
    for table in PERSONAL:
        if isinstance(table.erasure, Archived):
            assert table.erasure.reason
            kept = {one.name for one in BY_NAME[table.erasure.archive].columns}
            assert kept < {one.name for one in table.columns}, table.name
            left_out = {one.name for one in table.columns if _is_left_out(one)}
            assert left_out.isdisjoint(kept), table.name
        if isinstance(table.erasure, Anonymised):
            assert table.erasure.reason
            identifying = [one for one in table.columns if one.category is Category.IDENTITY]
            assert all(one.replacement is not None for one in identifying), table.name


def test_what_is_kept_is_kept_for_some_time_or_with_what_it_belongs_to() -> None:
    without_end = {
        table.name
        for table in PERSONAL
        if isinstance(table.erasure, Anonymised) and table.erasure.retention is None
    }
    assert without_end == {"enterprise_accounts", "enterprise_audit_events"}, "as long as a company"
    archives = [table.erasure for table in REGISTRY if isinstance(table.erasure, Kept)]
    assert all(one.retention is not None or one.refers_to is not None for one in archives)


def test_the_time_that_a_row_is_kept_begins_at_an_instant() -> None:
    for table in REGISTRY:
        if isinstance(table.erasure, Anonymised | Kept) and table.erasure.retention is not None:
            declared = Table.metadata.tables[table.name]
            kinds = {declared.c[name].type.python_type for name in table.erasure.retention.since}
            assert kinds == {datetime}, table.name


def test_every_text_has_an_author_and_nothing_else_has_one() -> None:
    for table in REGISTRY:
        if table.name == MIGRATIONS:
            continue
        authored = {one.name for one in table.columns if one.author is not None}
        assert authored == set(free_text_columns(Table.metadata.tables[table.name])), table.name


def test_words_of_callers_go_with_whoever_sent_them_or_are_a_programs() -> None:
    left = {
        table.name
        for table in REGISTRY
        for one in table.columns
        if one.author is Author.CALLER
        and not isinstance(table.erasure, Deleted | Archived)
        and one.replacement is None
    }
    # A company's question is there while it is answered, and goes with the end of its reply.
    # Its keys are a company's own.
    assert left == {"unknown_documents", "enterprise_generations", "enterprise_idempotency_keys"}


def test_what_was_said_is_cut_together_with_the_mention() -> None:
    for table in REGISTRY:
        names = {one.name for one in table.columns}
        for path in table.owner_paths:
            assert set(path.authored_columns) <= names, table.name
            assert path.is_mention or not path.authored_columns, table.name


def test_what_is_not_exported_says_why() -> None:
    for table in REGISTRY:
        for one in table.columns:
            assert one.withheld is None or len(one.withheld.split()) >= 4, (table.name, one.name)


def test_only_alembics_table_is_not_declared() -> None:
    assert set(BY_NAME) - set(Table.metadata.tables) == {MIGRATIONS}


def _is_left_out(column: Column) -> bool:
    """Whether an archive must not have the column: it identifies, or a client wrote it."""
    is_left = column.category is Category.IDENTITY or column.author is Author.CALLER
    return is_left and column.replacement is None


def _leading_columns(table: ClassifiedTable) -> set[str]:
    declared = Table.metadata.tables[table.name]
    keys = [
        constraint.columns.keys()[0]
        for constraint in declared.constraints
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint)
    ]
    indexes: set[Index] = declared.indexes
    return {*keys, *(index.columns.keys()[0] for index in indexes)}
