"""Invoices of people and of companies, numbered without gaps, and never changed once issued."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.online import has_table, refer_from_new

revision: str = "20261130_0075"
down_revision: str | None = "20261130_0070"

OWNERS = {
    "user_invoices": ("user_id", "users"),
    "enterprise_invoices": ("enterprise_account_id", "enterprise_accounts"),
}
LAST = "archived_invoice_lines"
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
    # Its arguments are the archive, and the column of an invoice's id there and in the table.
    """
CREATE FUNCTION refuse_to_lose_an_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE is_archived boolean := false;
BEGIN
  IF TG_NARGS > 0 THEN
    EXECUTE format(
      'SELECT EXISTS (SELECT FROM %I a WHERE a.%I = $1 AND to_jsonb(a) <@ $2)',
      TG_ARGV[0], TG_ARGV[1])
      INTO is_archived
      USING (to_jsonb(OLD) ->> TG_ARGV[2])::bigint, to_jsonb(OLD);
  END IF;
  IF is_archived THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'an issued invoice is not deleted: an erasure archives it first'
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
    # What nobody uses yet comes at once; then what is in use is locked, each by itself.
    if not has_table(LAST):
        _create_all()
    with op.get_context().autocommit_block():
        for table, (owner, owners) in OWNERS.items():
            refer_from_new(table, [owner], owners, ["id"])


def _create_all() -> None:
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
    for table, (owner, _) in OWNERS.items():
        _create_invoices(table, owner)
        _create_lines(LINES[table], owner, table)
        _create_triggers(table, LINES[table], owner)
    _create_archives()


def downgrade() -> None:
    for table in (LAST, "archived_invoices"):
        op.drop_table(table)
    for table in reversed(OWNERS):
        op.drop_table(LINES[table])
        op.drop_table(table)
    for function in (
        "check_that_an_invoice_adds_up",
        "refuse_to_lose_an_invoice",
        "refuse_to_change_a_line",
        "refuse_to_change_an_invoice",
    ):
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_table("invoice_counters")
    op.execute("DROP SEQUENCE invoice_ids")


def _invoice_columns() -> list[sa.Column[Any]]:
    return [
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("number", "source", "status")),
        sa.Column("currency", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("subtotal_cents", "tax_cents", "total_cents")
        ),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("seller", sa.Text(), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("credit_note_for", sa.BigInteger()),
    ]


def _invoice_checks(table: str) -> list[sa.CheckConstraint]:
    checks = {
        "status": "status IN ('open', 'paid', 'uncollectible', 'credited')",
        "currency": "currency ~ '^[A-Z]{3}$'",
        "total_cents": "total_cents = subtotal_cents + tax_cents",
        "credit_notes_give_back": (
            "CASE WHEN credit_note_for IS NULL THEN total_cents >= 0 ELSE total_cents <= 0 END"
        ),
        "line_count": "line_count > 0",
    }
    return [
        sa.CheckConstraint(text, name=op.f(f"ck_{table}_{name}")) for name, text in checks.items()
    ]


def _line_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("period_start", INSTANT),
        sa.Column("period_end", INSTANT),
    ]


def _line_checks(table: str) -> list[sa.CheckConstraint]:
    checks = {
        "kind": "kind IN ('period', 'proration', 'credit', 'overage')",
        "credits_give_back": "kind <> 'credit' OR amount_cents <= 0",
        "quantity": "quantity > 0",
    }
    return [
        sa.CheckConstraint(text, name=op.f(f"ck_{table}_{name}")) for name, text in checks.items()
    ]


def _create_invoices(table: str, owner: str) -> None:
    op.create_table(
        table,
        sa.Column(
            "id", sa.BigInteger(), server_default=sa.text("nextval('invoice_ids')"), nullable=False
        ),
        *_invoice_columns(),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column(owner, sa.BigInteger(), nullable=False),
        *_invoice_checks(table),
        sa.PrimaryKeyConstraint(owner, "id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(owner, "source", name=op.f(f"uq_{table}_{owner}_source")),
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
        *_line_columns(),
        sa.Column(owner, sa.BigInteger(), nullable=False),
        *_line_checks(table),
        sa.PrimaryKeyConstraint(owner, "invoice_id", "line_number", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            [owner, "invoice_id"],
            [f"{invoices}.{owner}", f"{invoices}.id"],
            name=op.f(f"fk_{table}_{owner}_invoice_id"),
        ),
    )


def _create_archives() -> None:
    """What an erasure keeps: the same without the person, which is not changed either."""
    invoices, lines = "archived_invoices", LAST
    op.create_table(
        invoices,
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        *_invoice_columns(),
        *_invoice_checks(invoices),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{invoices}")),
    )
    op.create_table(
        lines,
        *_line_columns(),
        *_line_checks(lines),
        sa.PrimaryKeyConstraint("invoice_id", "line_number", name=op.f(f"pk_{lines}")),
    )
    for table in (invoices, lines):
        op.execute(
            f"CREATE TRIGGER is_final BEFORE UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_to_change_a_line()"
        )
    for table, archive, column, id_ in (
        ("user_invoices", invoices, "id", "id"),
        ("user_invoice_lines", lines, "invoice_id", "invoice_id"),
    ):
        op.execute(
            f"CREATE TRIGGER is_kept BEFORE DELETE ON {table} FOR EACH ROW "
            f"EXECUTE FUNCTION refuse_to_lose_an_invoice('{archive}', '{column}', '{id_}')"
        )
    for table in ("enterprise_invoices", "enterprise_invoice_lines"):
        op.execute(
            f"CREATE TRIGGER is_kept BEFORE DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_to_lose_an_invoice()"
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
