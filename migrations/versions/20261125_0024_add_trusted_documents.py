"""Documents that clients publish, how often they are used, and those that nobody published."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261125_0024"
down_revision: str | None = "20261124_0023"

DOCUMENTS = "trusted_documents"
PUBLICATIONS = "trusted_document_publications"
USES = "trusted_document_uses"
VERSION = "trusted_document_version"
UNKNOWN = "unknown_documents"
INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("now()")


def upgrade() -> None:
    op.create_table(
        DOCUMENTS,
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        _of_32_bytes(DOCUMENTS),
        sa.PrimaryKeyConstraint("sha256", name=op.f(f"pk_{DOCUMENTS}")),
    )
    _create_publications()
    _create_uses()
    op.create_table(
        VERSION,
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f(f"ck_{VERSION}_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{VERSION}")),
    )
    op.execute(f"INSERT INTO {VERSION} (id, version) VALUES (1, 0)")  # noqa: S608 - our own name
    _create_unknown()


def downgrade() -> None:
    for table in (UNKNOWN, VERSION, USES, PUBLICATIONS, DOCUMENTS):
        op.drop_table(table)


def _create_publications() -> None:
    op.create_table(
        PUBLICATIONS,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("operation_name", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text()),
        sa.Column("cost", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("published_at", INSTANT, server_default=NOW, nullable=False),
        sa.Column("state_changed_at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "state IN ('active', 'deprecated', 'retired')", name=op.f(f"ck_{PUBLICATIONS}_state")
        ),
        sa.ForeignKeyConstraint(
            ["sha256"], [f"{DOCUMENTS}.sha256"], name=op.f(f"fk_{PUBLICATIONS}_sha256")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{PUBLICATIONS}")),
        sa.UniqueConstraint(
            "client_name", "sha256", name=op.f(f"uq_{PUBLICATIONS}_client_name_sha256")
        ),
    )
    op.create_index(f"ix_{PUBLICATIONS}_sha256", PUBLICATIONS, ["sha256"])
    op.create_index(
        f"ix_{PUBLICATIONS}_document_id",
        PUBLICATIONS,
        ["document_id"],
        postgresql_where=sa.text("document_id IS NOT NULL"),
    )


def _create_uses() -> None:
    op.create_table(
        USES,
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("client_name", sa.Text(), nullable=False),
        sa.Column("use_count", sa.BigInteger(), nullable=False),
        sa.Column("first_used_at", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=False),
        _of_32_bytes(USES),
        sa.PrimaryKeyConstraint("sha256", "client_name", name=op.f(f"pk_{USES}")),
    )


def _create_unknown() -> None:
    op.create_table(
        UNKNOWN,
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("client_name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("operation_name", sa.Text()),
        sa.Column("cost", sa.Integer(), nullable=False),
        sa.Column("request_count", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        _of_32_bytes(UNKNOWN),
        sa.PrimaryKeyConstraint("sha256", "client_name", name=op.f(f"pk_{UNKNOWN}")),
    )


def _of_32_bytes(table: str) -> sa.CheckConstraint:
    return sa.CheckConstraint("octet_length(sha256) = 32", name=op.f(f"ck_{table}_sha256"))
