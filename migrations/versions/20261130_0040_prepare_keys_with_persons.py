"""Every personal table says whose its rows are; what nobody owns any more is archived.

Beside the version before: a trigger fills in what that one does not know.
"""

from alembic import op

from db.tables import Table
from migrations.online import fill, require, unique_index

revision: str = "20261130_0040"
down_revision: str | None = "20261130_0037"

NOBODYS = "what erasures had left is moved to tables without a person"
OWNED = {
    "chat_messages": ("id", "chat_conversations", "conversation_id"),
    "privacy_exports": ("request_id", "user_privacy_requests", "request_id"),
    "privacy_erasure_counts": ("request_id", "user_privacy_requests", "request_id"),
}
"""Tables that get a column with their person: their key, and the row that has the person."""
WEBHOOK_EVENTS = "billing_webhook_events"
ARCHIVED = {
    "archived_plan_changes": ("billing_plan_changes", "id"),
    "archived_payment_attempts": ("billing_payment_attempts", "id"),
    "archived_subscriptions": ("user_subscriptions", "id"),
    "archived_erasure_counts": ("privacy_erasure_counts", "request_id"),
    "archived_privacy_requests": ("user_privacy_requests", "id"),
}
"""Archives with the tables that they archive, those that refer before those referred to."""
OWNERS = "privacy_request_owners"
BY_USER = {
    "chat_conversations": ("user_id", "id"),
    "chat_messages": ("user_id", "id"),
    "reply_generations": ("user_id", "reply_id"),
    "quota_ledger_entries": ("user_id", "id"),
    "user_subscriptions": ("user_id", "id"),
    "billing_payment_attempts": ("user_id", "id"),
    "billing_plan_changes": ("user_id", "id"),
    "user_privacy_requests": ("user_id", "id"),
    "privacy_exports": ("user_id", "request_id"),
    "privacy_erasure_counts": ("user_id", "request_id", "table_name"),
}
BY_ACCOUNT = {
    "enterprise_credentials": ("enterprise_account_id", "id"),
    "enterprise_daily_usages": ("enterprise_account_id", "id"),
    "enterprise_generations": ("enterprise_account_id", "id"),
}
KEYS = BY_USER | BY_ACCOUNT
LEDGER_INDEXES = {"reserved": "kind = 'reserve'", "ended": "kind IN ('settle', 'release')"}
OWN_REQUESTS = """
CREATE FUNCTION own_privacy_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO privacy_request_owners (request_id, user_id) VALUES (NEW.id, NEW.user_id)
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    for archive in (*ARCHIVED, OWNERS):
        _create(archive)
    for table in (*OWNED, WEBHOOK_EVENTS):
        op.execute(f"ALTER TABLE {table} ADD COLUMN user_id bigint")
    for table, (_key, parent, column) in OWNED.items():
        _fill_for_the_version_before(table, parent, column)
    op.execute(OWN_REQUESTS)
    op.execute(
        "CREATE TRIGGER own_privacy_request AFTER INSERT ON user_privacy_requests "
        "FOR EACH ROW EXECUTE FUNCTION own_privacy_request()"
    )
    with op.get_context().autocommit_block():
        _fill()
    _archive_what_is_nobodys()
    with op.get_context().autocommit_block():
        for table in BY_USER:
            require(table, "user_id")
        for table, columns in KEYS.items():
            unique_index(f"pk_{table}_new", table, columns)
        _index()


def _create(table: str) -> None:
    """Create a table as it is declared today; migrations to come change it."""
    declared = Table.metadata.tables[table]
    declared.create(op.get_bind(), checkfirst=True)


def _fill_for_the_version_before(table: str, parent: str, column: str) -> None:
    op.execute(
        f"CREATE FUNCTION own_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"SELECT user_id INTO NEW.user_id FROM {parent} WHERE id = NEW.{column}; "
        "RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER own_{table} BEFORE INSERT ON {table} FOR EACH ROW "
        f"WHEN (NEW.user_id IS NULL) EXECUTE FUNCTION own_{table}()"
    )


def _fill() -> None:
    for table, (key, parent, column) in OWNED.items():
        fill(
            table,
            key,
            "user_id = owner.user_id",
            f"{parent} AS owner",
            f"owner.id = {table}.{column} AND {table}.user_id IS NULL",
        )
    op.execute(
        "UPDATE billing_webhook_events SET user_id = payment.user_id "
        "FROM billing_payment_attempts AS payment WHERE payment.id = payment_attempt_id"
    )
    op.execute(
        "INSERT INTO privacy_request_owners SELECT id, user_id FROM user_privacy_requests "
        "WHERE user_id IS NOT NULL ON CONFLICT DO NOTHING"
    )


def _archive_what_is_nobodys() -> None:
    op.execute("UPDATE billing_webhook_events SET payment_attempt_id = NULL WHERE user_id IS NULL")
    for archive, (table, _key) in ARCHIVED.items():
        names = ", ".join(Table.metadata.tables[archive].columns.keys())
        op.execute(
            f"INSERT INTO {archive} ({names}) SELECT {names} FROM {table} WHERE user_id IS NULL"  # noqa: S608 - our own names
        )
        op.execute(f"DELETE FROM {table} WHERE user_id IS NULL")  # noqa: S608 - our own names


def _index() -> None:
    for name, condition in LEDGER_INDEXES.items():
        op.execute(
            f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS uq_quota_ledger_entries_{name}_new "
            f"ON quota_ledger_entries (user_id, reply_id) WHERE {condition}"
        )
    for table, columns in {
        "billing_payment_attempts": "user_id, subscription_id",
        "billing_plan_changes": "user_id, subscription_id",
        "billing_webhook_events": "user_id, payment_attempt_id",
    }.items():
        name = f"ix_{table}_{columns.replace(', ', '_')}"
        op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} ({columns})")


def downgrade() -> None:
    op.execute("DROP TRIGGER own_privacy_request ON user_privacy_requests")
    op.execute("DROP FUNCTION own_privacy_request()")
    for table in BY_USER:
        if table not in {"chat_conversations", "reply_generations", "quota_ledger_entries"}:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN user_id DROP NOT NULL")
    for table in OWNED:
        op.execute(f"DROP TRIGGER own_{table} ON {table}")
        op.execute(f"DROP FUNCTION own_{table}()")
    _bring_back()
    for table in KEYS:
        op.execute(f"DROP INDEX pk_{table}_new")
    for name in LEDGER_INDEXES:
        op.execute(f"DROP INDEX uq_quota_ledger_entries_{name}_new")
    for table in ("billing_payment_attempts", "billing_plan_changes"):
        op.execute(f"DROP INDEX ix_{table}_user_id_subscription_id")
    for table in (*OWNED, WEBHOOK_EVENTS):
        op.execute(f"ALTER TABLE {table} DROP COLUMN user_id")
    for table in (OWNERS, *ARCHIVED):
        op.drop_table(table)


def _bring_back() -> None:
    """Rows of nobody return to where they were, those referred to first."""
    for archive, (table, _key) in reversed(ARCHIVED.items()):
        names = ", ".join(Table.metadata.tables[archive].columns.keys())
        has_key = table in {"billing_payment_attempts", "billing_plan_changes"}
        more, values = (", idempotency_key", ", 'erased'") if has_key else ("", "")
        op.execute(
            f"INSERT INTO {table} ({names}{more}) SELECT {names}{values} FROM {archive}"  # noqa: S608 - our own names
        )
