"""The indexes that the code relies on: compared with the catalogue, named, and made again."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner

from app.cli.migrate import migrate as migrate_command
from db.queries.schema import INDEXES
from db.schema.index_repair import IndexNotRepaired, repair_indexes
from db.schema.indexes import canonical, declared_indexes, existing_index, index_differences
from db.schema.migration import migrate
from db.schema.revisions import revisions
from db.tables import Table
from tests.fixtures.servers.server import serving, settings_for
from tests.fixtures.stores.postgres import rows_of, run

PAGE = "ix_chat_messages_conversation_id_branch_created_at_id"
LIVE = "uq_user_subscriptions_live"
KIND = "ix_user_privacy_requests_user_id_request_kind_requested_at_id"
KEY = "uq_idempotency_keys_user_id_key"
INVALID = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{}'::regclass"
DEFINITIONS = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
BROKEN = {
    f"{PAGE} is not valid": [INVALID.format(PAGE)],
    f"{PAGE} is missing": [f"DROP INDEX {PAGE}"],
    f"{PAGE} is another than declared": [
        f"DROP INDEX {PAGE}",
        f"CREATE INDEX {PAGE} ON chat_messages (conversation_id, branch, id, created_at)",
    ],
    f"{LIVE} is another than declared": [
        f"DROP INDEX {LIVE}",
        f"CREATE UNIQUE INDEX {LIVE} ON user_subscriptions (user_id) WHERE status = 'active'",
    ],
    f"{KEY} is not valid": [INVALID.format(KEY)],
    f"{KEY} is missing": [f"ALTER TABLE idempotency_keys DROP CONSTRAINT {KEY}"],
    "pk_audit_events is missing": ["ALTER TABLE audit_events DROP CONSTRAINT pk_audit_events"],
}
OTHERS = {
    "descending": f"CREATE INDEX {PAGE} ON chat_messages"
    " (conversation_id, branch, created_at DESC, id)",
    "not unique": f"CREATE INDEX {LIVE} ON user_subscriptions (user_id)"
    " WHERE status IN ('pending', 'active')",
    "of fewer columns": f"CREATE INDEX {PAGE} ON chat_messages (conversation_id, branch)",
    "of all rows": f"CREATE UNIQUE INDEX {LIVE} ON user_subscriptions (user_id)",
    "ordered otherwise": f"CREATE INDEX {KIND} ON user_privacy_requests"
    ' (user_id, request_kind COLLATE "POSIX", requested_at, id)',
    "for patterns": f"CREATE INDEX {KIND} ON user_privacy_requests"
    " (user_id, request_kind text_pattern_ops, requested_at, id)",
    "without more than one null": f"CREATE UNIQUE INDEX {LIVE} ON user_subscriptions (user_id)"
    " NULLS NOT DISTINCT WHERE status IN ('pending', 'active')",
}


def different(url: str) -> list[str]:
    """What is said of the database's indexes."""
    rows = asyncio.run(rows_of(url, INDEXES.replace(":tables", "$1"), list(Table.metadata.tables)))
    return [str(one) for one in index_differences([existing_index(row) for row in rows])]


def definitions(url: str) -> list[asyncpg.Record]:
    return asyncio.run(rows_of(url, DEFINITIONS))


def test_every_index_of_the_tables_is_known_with_its_predicate(database_url: str) -> None:
    assert different(database_url) == []
    names = {one.name for one in declared_indexes()}
    (existing,) = asyncio.run(rows_of(database_url, "SELECT array_agg(indexname) FROM pg_indexes"))
    assert names <= set(existing[0])
    assert {PAGE, LIVE, KEY} <= names


@pytest.mark.parametrize("said", BROKEN)
def test_what_differs_is_named_and_made_again(database_url: str, said: str) -> None:
    before = definitions(database_url)
    asyncio.run(run(database_url, *BROKEN[said]))
    assert different(database_url) == [said]
    reported: list[str] = []
    assert migrate(database_url, repaired=reported.append) == revisions()[-1]
    assert (reported, different(database_url)) == ([said], [])
    assert definitions(database_url) == before
    migrate(database_url, repaired=reported.append)
    assert reported == [said]


@pytest.mark.parametrize("how", OTHERS)
def test_an_index_of_the_name_that_is_another(database_url: str, how: str) -> None:
    name = OTHERS[how].split("INDEX ")[1].split(" ")[0]
    asyncio.run(run(database_url, f"DROP INDEX {name}", OTHERS[how]))
    assert different(database_url) == [f"{name} is another than declared"]
    migrate(database_url)
    assert different(database_url) == []


def test_what_operators_add_is_left_alone_and_may_stand_for_ours(database_url: str) -> None:
    own = "CREATE INDEX own ON chat_messages (content)"
    twin = "CREATE INDEX twin ON chat_messages (conversation_id, branch, created_at, id)"
    asyncio.run(run(database_url, own, INVALID.format("own"), twin, f"DROP INDEX {PAGE}"))
    before = definitions(database_url)
    assert different(database_url) == []
    migrate(database_url)
    assert definitions(database_url) == before


@pytest.mark.parametrize("what", ["(key, user_id)", "(user_id, key) DEFERRABLE"])
def test_a_constraint_that_is_another_is_left_to_the_operator(database_url: str, what: str) -> None:
    asyncio.run(
        run(
            database_url,
            f"ALTER TABLE idempotency_keys DROP CONSTRAINT {KEY}",
            f"ALTER TABLE idempotency_keys ADD CONSTRAINT {KEY} UNIQUE {what}",
        )
    )
    before = definitions(database_url)
    result = CliRunner().invoke(migrate_command, env={"DATABASE_URL": database_url})
    assert (result.exit_code, result.output) == (
        1,
        f"Error: {KEY} is another than declared, and belongs to a constraint: make it by hand\n",
    )
    with pytest.raises(IndexNotRepaired):
        asyncio.run(repair_indexes(database_url))
    assert definitions(database_url) == before


TWICE = """
INSERT INTO users (id, email) VALUES (1, 'ada@example.com');
INSERT INTO user_subscriptions (user_id, plan_code, status, started_at)
  SELECT 1, (SELECT min(code) FROM billing_plans), 'active', now() FROM generate_series(1, 2)"""
CANNOT_BE_MADE = {
    f"{PAGE} is missing: an index of users has its name; rename that": [
        f"DROP INDEX {PAGE}",
        f"CREATE INDEX {PAGE} ON users (email)",
    ],
    f"{PAGE} is missing: another relation has its name; rename that": [
        f"DROP INDEX {PAGE}",
        f"CREATE TABLE {PAGE} (n int)",
    ],
    f'{PAGE} is missing and cannot be made: column "created_at" does not exist': [
        "ALTER TABLE chat_messages DROP COLUMN created_at"
    ],
    f'{LIVE} is missing and cannot be made: could not create unique index "{LIVE}"': [
        f"DROP INDEX {LIVE}",
        TWICE,
    ],
}


@pytest.mark.parametrize("said", CANNOT_BE_MADE)
def test_an_index_that_cannot_be_made_is_one_line(database_url: str, said: str) -> None:
    asyncio.run(run(database_url, *CANNOT_BE_MADE[said]))
    result = CliRunner().invoke(migrate_command, env={"DATABASE_URL": database_url})
    assert (result.exit_code, result.output) == (1, f"Error: {said}\n")


def test_the_command_names_what_it_made(database_url: str) -> None:
    asyncio.run(run(database_url, INVALID.format(PAGE)))
    result = CliRunner().invoke(migrate_command, env={"DATABASE_URL": database_url})
    assert result.output.splitlines() == [
        f"The index {PAGE} is not valid: it was made again.",
        f"The database is at {revisions()[-1]}.",
    ]


def test_two_who_repair_at_once(database_url: str) -> None:
    asyncio.run(run(database_url, INVALID.format(PAGE), f"DROP INDEX {LIVE}"))
    with ThreadPoolExecutor() as threads:
        done = [threads.submit(asyncio.run, repair_indexes(database_url)) for _ in range(2)]
    said = [one.result() for one in done]
    assert sorted(map(len, said)) == [0, 2]
    assert different(database_url) == []


def test_a_database_whose_index_is_not_valid_is_not_ready(
    database_url: str, tmp_path: Path
) -> None:
    asyncio.run(run(database_url, INVALID.format(PAGE)))
    with serving(settings_for(database_url, tmp_path)) as api:
        ready = api.http.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["database"] == f"{PAGE} is not valid: run `guidance db migrate`"
    migrate(database_url)
    with serving(settings_for(database_url, tmp_path)) as api:
        assert api.http.get("/readyz").json()["database"] == "ok"


@pytest.mark.parametrize(
    ("declared", "stored"),
    [
        ("status IN ('a', 'b')", "(status = ANY (ARRAY['a'::text, 'b'::text]))"),
        (
            "(status IN ('a', 'b')) OR (status = 'c' AND kind = 'd')",
            (
                "((status = ANY (ARRAY['a'::text, 'b'::text])) OR "
                "((status = 'c'::text) AND (kind = 'd'::text)))"
            ),
        ),
        ("content IS NOT NULL", "(content IS NOT NULL)"),
        (
            "code IN ('a (b', 'c')",
            (
                "((code)::text = ANY ((ARRAY['a (b'::character varying, 'c'::character varying])"
                "::text[]))"
            ),
        ),
    ],
)
def test_predicates_are_compared_whatever_their_spelling(declared: str, stored: str) -> None:
    assert canonical(declared) == canonical(stored)
    assert canonical(declared) != canonical(stored.replace("'a", "'z").replace("NOT ", ""))
