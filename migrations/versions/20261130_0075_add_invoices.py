"""Invoices of people and of companies, numbered without gaps, and never changed once issued."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261130_0075"
down_revision: str | None = "20261130_0037"

OWNERS = {
    "user_invoices": ("user_id", "users.id"),
    "enterprise_invoices": ("enterprise_account_id", "enterprise_accounts.id"),
}
LINES = {"user_invoices": "user_invoice_lines", "enterprise_invoices": "enterprise_invoice_lines"}
INSTANT = sa.DateTime(timezone=True)
FUNCTIONS = (
    """
CREATE FUNCTION refuse_to_change_an_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'status' = to_jsonb(OLD) - 'status'
    AND (NEW.status = OLD.status OR (OLD.status, NEW.status) IN (
      ('open', 'paid'), ('open', 'uncollectible'), ('uncollectible', 'paid'),
      ('open', 'credited'), ('paid', 'credited'), ('uncollectible', 'credited')))
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'an issued invoice is not changed: issue a credit note'
    USING ERRCODE = 'integrity_constraint_violation';
END $$
""",
    """
CREATE FUNCTION refuse_to_change_a_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the lines of an issued invoice are not changed: issue a credit note'
    USING ERRCODE = 'integrity_constraint_violation';
END $$
""",
    # Its arguments are the tables of invoices and lines, the owner's column, and that of the id.
    """
CREATE FUNCTION check_that_an_invoice_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE is_whole boolean;
BEGIN
  EXECUTE format(
    'SELECT (SELECT count(*) = i.line_count AND sum(l.amount_cents) = i.subtotal_cents '
    'FROM %2$I l WHERE l.%3$I = i.%3$I AND l.invoice_id = i.id) '
    'FROM %1$I i WHERE i.%3$I = $1 AND i.id = $2',
    TG_ARGV[0], TG_ARGV[1], TG_ARGV[2])
    INTO is_whole
    USING (to_jsonb(NEW) ->> TG_ARGV[2])::bigint, (to_jsonb(NEW) ->> TG_ARGV[3])::bigint;
  IF is_whole IS FALSE THEN
    RAISE EXCEPTION 'the lines of an invoice are those that it was issued with, and add up to it'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$
""",
)


def upgrade() -> None:
    op.execute("CREATE SEQUENCE invoice_ids")
    op.create_table(
        "invoice_counters",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("last_number > 0", name=op.f("ck_invoice_counters_last_number")),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_invoice_counters")),
    )
    for function in FUNCTIONS:
        op.execute(function)
    for table, (owner, owners) in OWNERS.items():
        _create_invoices(table, owner, owners)
        _create_lines(LINES[table], owner, table)
        _create_triggers(table, LINES[table], owner)


def downgrade() -> None:
    for table in reversed(OWNERS):
        op.drop_table(LINES[table])
        op.drop_table(table)
    for function in (
        "check_that_an_invoice_adds_up",
        "refuse_to_change_a_line",
        "refuse_to_change_an_invoice",
    ):
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_table("invoice_counters")
    op.execute("DROP SEQUENCE invoice_ids")


def _create_invoices(table: str, owner: str, owners: str) -> None:
    op.create_table(
        table,
        sa.Column(
            "id", sa.BigInteger(), server_default=sa.text("nextval('invoice_ids')"), nullable=False
        ),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("number", "source", "status", "currency")
        ),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("subtotal_cents", "tax_cents", "total_cents")
        ),
        sa.Column("line_count", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("seller", "recipient")),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("credit_note_for", sa.BigInteger()),
        sa.Column(owner, sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'paid', 'uncollectible', 'credited')",
            name=op.f(f"ck_{table}_status"),
        ),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f(f"ck_{table}_currency")),
        sa.CheckConstraint(
            "total_cents = subtotal_cents + tax_cents", name=op.f(f"ck_{table}_total_cents")
        ),
        sa.CheckConstraint(
            "CASE WHEN credit_note_for IS NULL THEN total_cents >= 0 ELSE total_cents <= 0 END",
            name=op.f(f"ck_{table}_credit_notes_give_back"),
        ),
        sa.CheckConstraint("line_count > 0", name=op.f(f"ck_{table}_line_count")),
        sa.PrimaryKeyConstraint(owner, "id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(owner, "source", name=op.f(f"uq_{table}_{owner}_source")),
        sa.ForeignKeyConstraint([owner], [owners], name=op.f(f"fk_{table}_{owner}")),
    )
    op.create_index(f"ix_{table}_{owner}_issued_at_id", table, [owner, "issued_at", "id"])
    op.create_index(
        f"ix_{table}_credit_notes",
        table,
        [owner, "credit_note_for"],
        postgresql_where=sa.text("credit_note_for IS NOT NULL"),
    )


def _create_lines(table: str, owner: str, invoices: str) -> None:
    op.create_table(
        table,
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("period_start", INSTANT),
        sa.Column("period_end", INSTANT),
        sa.Column(owner, sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('period', 'proration', 'credit', 'overage')", name=op.f(f"ck_{table}_kind")
        ),
        sa.CheckConstraint(
            "kind <> 'credit' OR amount_cents <= 0", name=op.f(f"ck_{table}_credits_give_back")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f(f"ck_{table}_quantity")),
        sa.PrimaryKeyConstraint(owner, "invoice_id", "line_number", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            [owner, "invoice_id"],
            [f"{invoices}.{owner}", f"{invoices}.id"],
            name=op.f(f"fk_{table}_{owner}_invoice_id"),
        ),
    )


def _create_triggers(invoices: str, lines: str, owner: str) -> None:
    op.execute(
        f"CREATE TRIGGER is_final BEFORE UPDATE ON {invoices} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_to_change_an_invoice()"
    )
    op.execute(
        f"CREATE TRIGGER is_final BEFORE UPDATE ON {lines} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_to_change_a_line()"
    )
    for table, id_ in ((invoices, "id"), (lines, "invoice_id")):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER adds_up AFTER INSERT ON {table} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "
            f"check_that_an_invoice_adds_up('{invoices}', '{lines}', '{owner}', '{id_}')"
        )
