"""A migration that was killed before its revision was noted is run again, and goes on."""

import asyncio
import inspect
import threading
from itertools import pairwise

import asyncpg
from alembic.script import ScriptDirectory

from db.schema.migration import migrate
from db.schema.revisions import SCRIPTS, revisions
from tests.db.schema.test_keys_with_persons import LEFT_BEHIND
from tests.db.schema.test_migrations import (
    PATIENCE_SECONDS,
    column,
    invalid_indexes,
    objects,
    undeclared,
)
from tests.fixtures.stores.postgres import rows_of, run

OLDEST = "20261130_0037"
KEPT, PARTED, QUEUED = "20261130_0040", "20261130_0042", "20261130_0052"
# The others commit what they do together with their revision: nothing of them is ever half done.
HALF_DONE = "autocommit_block"
OF_COMPANIES = """
INSERT INTO idempotency_keys (user_id, enterprise_account_id, key, fingerprint)
  VALUES (1, NULL, 'person', sha256('p')), (NULL, 1, 'company', sha256('c'));
INSERT INTO audit_events (user_id, enterprise_account_id, actor_kind, action, subject)
  VALUES (1, NULL, 'user', 'a', 's'), (NULL, 1, 'user', 'b', 's'), (NULL, NULL, 'system', 'c', 's');
"""
STALE = """
INSERT INTO user_emails VALUES ('gone@example.com', 3);
INSERT INTO enterprise_idempotency_keys (enterprise_account_id, key, fingerprint)
  VALUES (1, 'new', sha256('n'));
"""
INVALID = """
UPDATE pg_index SET indisvalid = false
  WHERE indexrelid = 'uq_quota_ledger_entries_reserved_new'::regclass
"""
BEFORE = {PARTED: OF_COMPANIES}
BETWEEN = {KEPT: INVALID, PARTED: STALE, QUEUED: "DELETE FROM chat_messages_to_index"}
MESSAGES = """
INSERT INTO users (id, email) VALUES (1, 'a@example.com');
INSERT INTO chat_conversations (id, user_id, title) VALUES (1, 1, 'A');
INSERT INTO chat_messages (id, user_id, conversation_id, role, content)
  SELECT m, 1, 1, 'user', 'Text' FROM generate_series(1, 3) m;
DELETE FROM chat_messages_to_index;
"""
WATCH = """
CREATE SCHEMA watch;
CREATE TABLE watch.known (relation oid);
CREATE TABLE watch.held
  (transaction bigint, command text, ended_at timestamptz, relation text);
CREATE FUNCTION watch.note() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE ended_at timestamptz := clock_timestamp();
BEGIN
  INSERT INTO watch.held SELECT txid_current(), TG_TAG, ended_at, relname
  FROM pg_locks AS lock JOIN watch.known USING (relation)
  JOIN pg_class AS class ON class.oid = relation
  WHERE pid = pg_backend_pid() AND granted
    AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock');
END $$;
CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION watch.note();
"""
"""Notes the tables that each transaction of a migration locks, if they were there before it."""
KNOW = """
TRUNCATE watch.known, watch.held;
INSERT INTO watch.known SELECT oid FROM pg_class
  WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version';
"""
TOGETHER = """
SELECT string_agg(DISTINCT relation, ', ' ORDER BY relation) FROM watch.held GROUP BY transaction
HAVING count(DISTINCT relation) > 1
  AND (count(DISTINCT ended_at) > 1 OR bool_or(command = 'CREATE TABLE'))
"""
"""A foreign key between two tables that are in use locks both, which one command does."""
LEFT = {
    "SELECT count(*) FROM chat_messages": [100],
    "SELECT count(*) FROM chat_messages_to_index": [100],
    "SELECT id FROM archived_privacy_requests": [2],
    "SELECT key FROM idempotency_keys": ["person"],
    "SELECT key FROM enterprise_idempotency_keys ORDER BY id": ["company", "new"],
    "SELECT action FROM audit_events": ["a"],
    "SELECT action FROM enterprise_audit_events": ["b"],
    "SELECT action FROM general_audit_events": ["c"],
    "SELECT email FROM user_emails ORDER BY 1": ["a@example.com", "b@example.com"],
}


def half_done() -> set[str]:
    """The revisions that commit some of what they do before they are noted."""
    scripts = ScriptDirectory(str(SCRIPTS)).walk_revisions()
    return {one.revision for one in scripts if HALF_DONE in inspect.getsource(one.module)}


def test_each_migration_can_be_repeated(empty_database_url: str, database_url: str) -> None:
    url, history, unfinished = empty_database_url, revisions(), half_done()
    locked: list[str] = []
    migrate(url, revision=OLDEST)
    asyncio.run(run(url, LEFT_BEHIND, WATCH))
    for previous, revision in pairwise(history[history.index(OLDEST) :]):
        asyncio.run(run(url, BEFORE.get(revision, "SELECT"), KNOW))
        migrate(url, revision=revision)
        if revision in unfinished:
            asyncio.run(run(url, BETWEEN.get(revision, "SELECT")))
            asyncio.run(run(url, f"UPDATE alembic_version SET version_num = '{previous}'"))
            assert migrate(url, revision=revision) == revision
        locked += [f"{revision} locks {tables}" for tables in column(url, TOGETHER)]
    assert locked == []
    asyncio.run(run(url, "DROP EVENT TRIGGER watching; DROP SCHEMA watch CASCADE"))
    assert column(url, "SELECT version_num FROM alembic_version") == [history[-1]]
    assert invalid_indexes(url) == []
    assert objects(url) == objects(database_url)
    assert undeclared(url) == ""
    for query, left in LEFT.items():
        assert [row[0] for row in asyncio.run(rows_of(url, query))] == left, query


def test_a_message_that_is_deleted_while_it_is_queued(empty_database_url: str) -> None:
    url, history = empty_database_url, revisions()
    before = history[history.index(QUEUED) - 1]
    migrate(url, revision=before)
    asyncio.run(run(url, MESSAGES))
    migrating = threading.Thread(target=migrate, args=(url,), kwargs={"revision": QUEUED})
    asyncio.run(_delete_during(url, migrating))
    migrating.join(PATIENCE_SECONDS)
    assert column(url, "SELECT version_num FROM alembic_version") == [QUEUED]
    assert column(url, "SELECT message_id::text FROM chat_messages_to_index ORDER BY 1") == [
        "1",
        "3",
    ]


async def _delete_during(url: str, migrating: threading.Thread) -> None:
    """Delete one message, and lock another, in transactions that end once the migration waits."""
    deleting, watching = [await asyncpg.connect(url) for _ in range(2)]
    async with asyncio.timeout(PATIENCE_SECONDS):
        transaction = deleting.transaction()
        await transaction.start()
        await deleting.execute("DELETE FROM chat_messages WHERE id = 2")
        await deleting.execute("SELECT FROM chat_messages WHERE id = 3 FOR UPDATE")
        migrating.start()
        while not await watching.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0)
        await transaction.commit()
    await deleting.close()
    await watching.close()
