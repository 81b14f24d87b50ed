"""The leases of processes on the replies that they write.

Leases expire by the database's clock, the only one that all processes share.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Double,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute

from db.database import Connection
from db.statement import Statement, repository_method

LEASE_END = func.clock_timestamp() + bindparam("lease_seconds", type_=Double) * literal_column(
    "interval '1 second'"
)


class ReplyLeases:
    """The leases in the rows of one table: those of replies that `is_running` says are written.

    `key` is the reply's id. `is_held` are the conditions that `of_owner` has the lease on
    `reply_id`; `has_expired` chooses one expired lease that no other transaction is ending.
    """

    def __init__(
        self, name: str, key: InstrumentedAttribute[int], *is_running: ColumnElement[bool]
    ) -> None:
        table = key.class_
        is_owners = table.owner == bindparam("of_owner")
        self.is_held = (key == bindparam("reply_id"), is_owners, *is_running)
        expired = (
            select(key)
            .where(*is_running, table.lease_expires_at < func.clock_timestamp())
            .order_by(table.lease_expires_at)
            .limit(literal_column("1"))
            .with_for_update(skip_locked=True)
        )
        # As an array the rows are chosen once; a subquery of IN may be run again and choose others.
        self.has_expired = key == any_(func.array(expired.scalar_subquery()))
        is_one_of = key == any_(bindparam("reply_ids", type_=ARRAY(BigInteger)))
        held = select(key).where(is_one_of, is_owners, *is_running)
        self.renewal = Statement(
            f"{name}.renew",
            update(table)
            # A locked row is being ended by a transaction that may wait for another row.
            .where(key.in_(held.with_for_update(skip_locked=True)))
            .values(lease_expires_at=LEASE_END)
            .returning(key.label("reply_id")),
        )

    @repository_method
    async def renew(
        self, connection: Connection, owner: UUID, reply_ids: Sequence[int], lease_seconds: float
    ) -> set[int]:
        """Renew the leases of `owner` on the replies, except those that are being ended just now.

        Returns the ids of the renewed ones.
        """
        rows = await connection.fetch(
            self.renewal, of_owner=owner, reply_ids=reply_ids, lease_seconds=lease_seconds
        )
        return {row["reply_id"] for row in rows}
