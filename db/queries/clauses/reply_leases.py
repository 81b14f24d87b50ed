"""The leases of processes on the replies that they write.

Leases expire by the database's clock, the only one that all processes share. A released reply
belongs to `NOBODY`, and whoever takes it first is its next writer.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Double,
    Integer,
    Select,
    all_,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal_column,
    not_,
    select,
    true,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute

from db.database import Connection
from db.reply_key import ReplyKey
from db.row import Row
from db.statement import Statement, repository_method

NOBODY = UUID(int=0)
"""The owner of a reply that its writer released, and that nobody has taken over yet."""
MOST_ABANDONED = 2
"""How often the lease of a reply may run out before it counts as failed."""
LEASE_END = func.clock_timestamp() + bindparam("lease_seconds", type_=Double) * literal_column(
    "interval '1 second'"
)
_ONE: ColumnElement[int] = literal_column("1")
_NOBODY: ColumnElement[UUID] = literal_column(f"'{NOBODY}'::uuid")


class ReplyLeases:
    """The leases in the rows of one table: those of replies that `is_running` says are written.

    `tenant` is whose the reply is, and `key` is its id. `is_held` are the conditions that
    `of_owner` has the lease on `reply_id`; `is_to_end` chooses one expired lease of a reply that
    nobody is to take over: it was abandoned too often, or `may_continue` is false.
    """

    def __init__(
        self,
        name: str,
        tenant: InstrumentedAttribute[int],
        key: InstrumentedAttribute[int],
        *is_running: ColumnElement[bool],
        may_continue: ColumnElement[bool] | None = None,
    ) -> None:
        table = key.class_
        self._name = name
        self._tenant = tenant
        self._key = key
        self._is_running = is_running
        may_continue = true() if may_continue is None else may_continue
        is_owners = table.owner == bindparam("of_owner")
        has_expired = (*is_running, table.lease_expires_at < func.clock_timestamp())
        has_hope = and_(table.times_abandoned < literal_column(f"{MOST_ABANDONED}"), may_continue)
        is_this = (tenant == bindparam("tenant_id"), key == bindparam("reply_id"))
        self.is_held = (*is_this, is_owners, *is_running)
        self.is_to_end = self._chosen(
            select(tenant, key)
            .where(*has_expired, not_(has_hope), table.owner != _NOBODY)
            .order_by(table.lease_expires_at)
            .limit(_ONE)
        )
        is_one_of = (
            tenant == any_(bindparam("tenant_ids", type_=ARRAY(BigInteger))),
            key == any_(bindparam("reply_ids", type_=ARRAY(BigInteger))),
        )
        held = select(tenant, key).where(*is_one_of, is_owners, *is_running)
        self._renew = self._update("renew", held, lease_expires_at=LEASE_END)
        self._release = Statement(
            f"{name}.release",
            update(table)
            .where(*self.is_held)
            .values(
                owner=_NOBODY,
                lease_expires_at=LEASE_END,
                elapsed_ms=bindparam("taken_ms", type_=Integer),
            )
            .returning(key.label("reply_id")),
        )
        self._release_abandoned = self._update(
            "release_abandoned",
            select(tenant, key).where(*has_expired, has_hope, table.owner != _NOBODY),
            owner=_NOBODY,
            lease_expires_at=LEASE_END,
            times_abandoned=table.times_abandoned + _ONE,
        )
        released = select(tenant, key).where(table.owner == _NOBODY, *is_running)
        self._has_released = Statement(f"{name}.has_released", select(exists(released)))
        self._take = self._update(
            "take",
            released.where(key != all_(bindparam("active", type_=ARRAY(BigInteger))))
            .order_by(table.lease_expires_at)
            .limit(bindparam("most")),
            owner=bindparam("of_owner"),
            lease_expires_at=LEASE_END,
            writer_number=table.writer_number + _ONE,
        )
        self.statements = (
            self._renew,
            self._release,
            self._release_abandoned,
            self._has_released,
            self._take,
        )

    def _chosen(self, keys: Select[int, int]) -> ColumnElement[bool]:
        """Whether a row is one of `keys`, and no other transaction is at work on it."""
        # In a CTE the rows are chosen once; a subquery of IN may be run again and choose others.
        chosen = keys.with_for_update(skip_locked=True).cte("chosen")
        return and_(
            self._tenant == chosen.c[self._tenant.key], self._key == chosen.c[self._key.key]
        )

    # Any: a column of any type.
    def _update(self, name: str, keys: Select[int, int], **values: object) -> Statement:
        table = self._key.class_
        return Statement(
            f"{self._name}.{name}",
            update(table)
            # A locked row is being ended by a transaction that may wait for another row.
            .where(self._chosen(keys))
            .values(values)
            .returning(
                self._tenant.label("tenant_id"),
                self._key.label("reply_id"),
                table.writer_number,
                table.times_abandoned,
                table.elapsed_ms,
            ),
        )

    @repository_method
    async def renew(
        self, connection: Connection, owner: UUID, replies: Sequence[ReplyKey], lease_seconds: float
    ) -> set[int]:
        """Renew the leases of `owner` on the replies, except those that are being ended just now.

        Returns the ids of the renewed ones.
        """
        rows = await connection.fetch(
            self._renew,
            of_owner=owner,
            tenant_ids=[one.tenant_id for one in replies],
            reply_ids=[one.reply_id for one in replies],
            lease_seconds=lease_seconds,
        )
        return {row["reply_id"] for row in rows}

    @repository_method
    async def release(
        self,
        connection: Connection,
        owner: UUID,
        reply: ReplyKey,
        lease_seconds: float,
        *,
        elapsed_ms: int,
    ) -> bool:
        """Leave a reply to whoever takes it; false if `owner` has lost the lease already.

        `elapsed_ms` is how long it has been written until now.
        """
        rows = await connection.fetch(
            self._release,
            of_owner=owner,
            tenant_id=reply.tenant_id,
            reply_id=reply.reply_id,
            lease_seconds=lease_seconds,
            taken_ms=elapsed_ms,
        )
        return bool(rows)

    @repository_method
    async def release_abandoned(self, connection: Connection, lease_seconds: float) -> set[int]:
        """Release the replies whose lease ran out, and return their ids; not for the third time."""
        rows = await connection.fetch(self._release_abandoned, lease_seconds=lease_seconds)
        return {row["reply_id"] for row in rows}

    @repository_method
    async def has_released(self, connection: Connection) -> bool:
        """Whether there are replies to be taken over."""
        (row,) = await connection.fetch(self._has_released)
        return bool(row[0])

    @repository_method
    async def take(
        self,
        connection: Connection,
        owner: UUID,
        lease_seconds: float,
        *,
        active: Sequence[int],
        most: int,
    ) -> list[Row]:
        """Take over released replies.

        Returns `(tenant_id, reply_id, writer_number, times_abandoned, elapsed_ms)` of each. From
        then on nothing is stored of what their writers before may still write. `active` are left
        out: those that the process itself has not noticed to have lost.
        """
        return await connection.fetch(
            self._take, of_owner=owner, lease_seconds=lease_seconds, active=active, most=most
        )
