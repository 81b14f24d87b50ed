"""Every personal table says whose its rows are; what nobody owns any more is archived.

Beside the version before: a trigger fills in what that one does not know.
"""

from alembic import op

from migrations.online import fill, has_column, index, moved, require, unique_index

revision: str = "20261130_0040"
down_revision: str | None = "20261130_0037"

MOVES = "what erasures have left, to tables without a person"
OWNED = {
    "chat_messages": ("id", "chat_conversations", "conversation_id"),
    "privacy_exports": ("request_id", "user_privacy_requests", "request_id"),
    "privacy_erasure_counts": ("request_id", "user_privacy_requests", "request_id"),
}
"""Tables that get a column with their person: their key, and the row that has the person."""
WEBHOOK_EVENTS = "billing_webhook_events"
ARCHIVED = {
    "archived_plan_changes": (
        "billing_plan_changes",
        "id subscription_id from_plan_code to_plan_code changed_at",
    ),
    "archived_payment_attempts": (
        "billing_payment_attempts",
        (
            "id subscription_id plan_code status amount_cents currency provider_key "
            "provider_reference failure_reason created_at updated_at asked_until next_check_at "
            "checks"
        ),
    ),
    "archived_subscriptions": (
        "user_subscriptions",
        "id plan_code status failure_reason started_at created_at updated_at",
    ),
    "archived_erasure_counts": (
        "privacy_erasure_counts",
        "request_id table_name row_count",
    ),
    "archived_privacy_requests": (
        "user_privacy_requests",
        (
            "id request_kind status requested_at scheduled_for started_at completed_at "
            "error_reason remaining_references verified_at"
        ),
    ),
}
"""Archives with what they archive and its columns, those that refer before those referred to."""
OWNERS = "privacy_request_owners"
BY_USER = {
    "chat_conversations": ("user_id", "id"),
    "chat_messages": ("id", "user_id"),
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
CREATED = """
CREATE TABLE IF NOT EXISTS archived_plan_changes (
  id BIGINT NOT NULL,
  subscription_id BIGINT NOT NULL,
  from_plan_code TEXT NOT NULL,
  to_plan_code TEXT NOT NULL,
  changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_archived_plan_changes PRIMARY KEY (id),
  CONSTRAINT ck_archived_plan_changes_changes_the_plan CHECK (from_plan_code <> to_plan_code),
  CONSTRAINT fk_archived_plan_changes_from_plan_code
    FOREIGN KEY(from_plan_code) REFERENCES billing_plans (code),
  CONSTRAINT fk_archived_plan_changes_to_plan_code
    FOREIGN KEY(to_plan_code) REFERENCES billing_plans (code)
);
CREATE TABLE IF NOT EXISTS archived_payment_attempts (
  id BIGINT NOT NULL,
  subscription_id BIGINT NOT NULL,
  plan_code TEXT NOT NULL,
  status TEXT NOT NULL,
  amount_cents INTEGER NOT NULL,
  currency TEXT NOT NULL,
  provider_key TEXT NOT NULL,
  provider_reference TEXT,
  failure_reason TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  asked_until TIMESTAMP WITH TIME ZONE,
  next_check_at TIMESTAMP WITH TIME ZONE NOT NULL,
  checks INTEGER NOT NULL,
  CONSTRAINT pk_archived_payment_attempts PRIMARY KEY (id),
  CONSTRAINT ck_archived_payment_attempts_amount_cents CHECK (amount_cents >= 0),
  CONSTRAINT ck_archived_payment_attempts_currency CHECK (currency ~ '^[A-Z]{3}$'),
  CONSTRAINT ck_archived_payment_attempts_status
    CHECK (status IN ('pending', 'succeeded', 'failed')),
  CONSTRAINT fk_archived_payment_attempts_plan_code
    FOREIGN KEY(plan_code) REFERENCES billing_plans (code)
);
CREATE INDEX IF NOT EXISTS ix_archived_payment_attempts_pending
  ON archived_payment_attempts (next_check_at) WHERE status = 'pending';
CREATE INDEX IF NOT EXISTS ix_archived_payment_attempts_provider_key
  ON archived_payment_attempts (provider_key);
CREATE TABLE IF NOT EXISTS archived_subscriptions (
  id BIGINT NOT NULL,
  plan_code TEXT NOT NULL,
  status TEXT NOT NULL,
  failure_reason TEXT,
  started_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_archived_subscriptions PRIMARY KEY (id),
  CONSTRAINT ck_archived_subscriptions_active_has_started
    CHECK (status <> 'active' OR started_at IS NOT NULL),
  CONSTRAINT ck_archived_subscriptions_status
    CHECK (status IN ('inactive', 'pending', 'active', 'failed')),
  CONSTRAINT fk_archived_subscriptions_plan_code
    FOREIGN KEY(plan_code) REFERENCES billing_plans (code)
);
CREATE TABLE IF NOT EXISTS archived_erasure_counts (
  request_id BIGINT NOT NULL,
  table_name TEXT NOT NULL,
  row_count BIGINT NOT NULL,
  CONSTRAINT pk_archived_erasure_counts PRIMARY KEY (request_id, table_name),
  CONSTRAINT ck_archived_erasure_counts_row_count CHECK (row_count >= 0)
);
CREATE TABLE IF NOT EXISTS archived_privacy_requests (
  id BIGINT NOT NULL,
  request_kind TEXT NOT NULL,
  status TEXT NOT NULL,
  requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
  scheduled_for TIMESTAMP WITH TIME ZONE,
  started_at TIMESTAMP WITH TIME ZONE,
  completed_at TIMESTAMP WITH TIME ZONE,
  error_reason TEXT,
  remaining_references INTEGER,
  verified_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_archived_privacy_requests PRIMARY KEY (id),
  CONSTRAINT ck_archived_privacy_requests_status
    CHECK (status IN ('requested', 'processing', 'completed', 'failed', 'cancelled')),
  CONSTRAINT ck_archived_privacy_requests_verification
    CHECK ((verified_at IS NULL) = (remaining_references IS NULL)),
  CONSTRAINT ck_archived_privacy_requests_completed_at
    CHECK ((status = 'completed') = (completed_at IS NOT NULL)),
  CONSTRAINT ck_archived_privacy_requests_request_kind
    CHECK (request_kind IN ('export', 'delete'))
);
CREATE TABLE IF NOT EXISTS privacy_request_owners (
  request_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  CONSTRAINT pk_privacy_request_owners PRIMARY KEY (request_id)
);
CREATE INDEX IF NOT EXISTS ix_privacy_request_owners_user_id ON privacy_request_owners (user_id)
"""
OWN_REQUESTS = """
CREATE OR REPLACE FUNCTION own_privacy_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO privacy_request_owners (request_id, user_id) VALUES (NEW.id, NEW.user_id)
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for statement in CREATED.strip().split(";\n"):
            op.execute(statement)
        for table in (*OWNED, WEBHOOK_EVENTS):
            if not has_column(table, "user_id"):
                op.execute(f"ALTER TABLE {table} ADD COLUMN user_id bigint")
        for table, (_key, parent, column) in OWNED.items():
            _fill_for_the_version_before(table, parent, column)
        op.execute(OWN_REQUESTS)
        op.execute(
            "CREATE OR REPLACE TRIGGER own_privacy_request AFTER INSERT ON user_privacy_requests "
            "FOR EACH ROW EXECUTE FUNCTION own_privacy_request()"
        )
        _fill()
    _archive_what_is_nobodys()
    with op.get_context().autocommit_block():
        for table in BY_USER:
            require(table, "user_id")
        for table, columns in KEYS.items():
            unique_index(f"pk_{table}_new", table, columns)
        _index()


def _fill_for_the_version_before(table: str, parent: str, column: str) -> None:
    find = f"SELECT user_id INTO NEW.user_id FROM {parent} WHERE id = NEW.{column}"  # noqa: S608 - our own names
    op.execute(
        f"CREATE OR REPLACE FUNCTION own_{table}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {find}; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE OR REPLACE TRIGGER own_{table} BEFORE INSERT ON {table} FOR EACH ROW "
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
    for archive, (table, columns) in ARCHIVED.items():
        names = columns.replace(" ", ", ")
        op.execute(moved(table, archive, names, "user_id IS NULL"))


def _index() -> None:
    # A conversation's messages are all one person's: to ask for both does not narrow them down.
    op.execute(
        "CREATE STATISTICS IF NOT EXISTS st_chat_messages_owner (dependencies) "
        "ON user_id, conversation_id FROM chat_messages"
    )
    op.execute("ANALYZE chat_messages")
    for name, condition in LEDGER_INDEXES.items():
        unique_index(
            f"uq_quota_ledger_entries_{name}_new",
            "quota_ledger_entries",
            ("user_id", "reply_id"),
            where=condition,
        )
    for table, column in {
        "billing_payment_attempts": "subscription_id",
        "billing_plan_changes": "subscription_id",
        "billing_webhook_events": "payment_attempt_id",
    }.items():
        index(f"ix_{table}_user_id_{column}", table, ("user_id", column))


def downgrade() -> None:
    op.execute("DROP TRIGGER own_privacy_request ON user_privacy_requests")
    op.execute("DROP FUNCTION own_privacy_request()")
    for table in BY_USER:
        if table not in {"chat_conversations", "reply_generations", "quota_ledger_entries"}:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN user_id DROP NOT NULL")
    for table in OWNED:
        op.execute(f"DROP TRIGGER IF EXISTS own_{table} ON {table}")
        op.execute(f"DROP FUNCTION own_{table}()")
    _bring_back()
    op.execute("DROP STATISTICS st_chat_messages_owner")
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
    for archive, (table, columns) in reversed(ARCHIVED.items()):
        names = columns.replace(" ", ", ")
        has_key = table in {"billing_payment_attempts", "billing_plan_changes"}
        more, values = (", idempotency_key", ", 'erased'") if has_key else ("", "")
        op.execute(
            f"INSERT INTO {table} ({names}{more}) SELECT {names}{values} FROM {archive}"  # noqa: S608 - our own names
        )
