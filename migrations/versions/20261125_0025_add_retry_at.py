"""When the model may be asked again for a reply that failed."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261125_0025"
down_revision: str | None = "20261125_0024"


def upgrade() -> None:
    op.add_column("chat_messages", sa.Column("retry_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("chat_messages", "retry_at")
