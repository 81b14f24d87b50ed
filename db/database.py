"""Connections: `read()` and `write()` for statements that stand alone, `begin()` for a transaction.

`snapshot()` is for reading much of the database as it was at one instant.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from db.bounds import ANSWER_SECONDS, BACKGROUND_SECONDS, MAX_AGE_SECONDS, Bounds
from db.connection import Connection, Observer, Reading
from db.connector import Connector
from db.pool import Pool, kept
from db.transaction import Snapshot, Transaction
from db.writing import Writing

__all__ = [
    "Connection",
    "Database",
    "Observer",
    "Snapshot",
    "Transaction",
    "Writing",
    "open_database",
]

_CONNECT_SHARE = 0.75
_REPLICA_CONNECT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Database:
    """The pools of one process; made by `open_database`.

    Where no connection can be had in time, one is lost, or an answer does not come in time,
    `DatabaseUnavailable` is raised.
    """

    primary: Pool
    replica: Pool
    observe: Observer | None
    patience_seconds: float
    answer_seconds: float
    background_seconds: float

    def read(self) -> Reading:
        """Hold a connection for statements that need no transaction; it may be a replica's.

        It is the primary's while the replica cannot be reached.
        """
        pool = self.replica
        if pool.fallback is not None and pool.is_bypassed():
            pool = pool.fallback
        return Reading(pool, self.observe, self.patience_seconds, self.answer_seconds)

    def read_primary(self) -> Reading:
        """Hold a connection like `read()`, on which everything committed is seen."""
        return Reading(self.primary, self.observe, self.patience_seconds, self.answer_seconds)

    def write(self) -> Writing:
        """Hold a connection for a statement that writes, and is committed with its answer.

        Raises `OutcomeUnknown` where it was sent and not answered.
        """
        return Writing(self.primary, self.observe, self.patience_seconds, self.answer_seconds)

    def waiting(self) -> int:
        """How many wait for a connection, where more do."""
        return max(self.primary.waiting, self.replica.waiting)

    def begin(self) -> Transaction:
        """Hold a connection in a transaction: leaving commits, an exception rolls back.

        Raises `OutcomeUnknown` where the commit was not answered.
        """
        return Transaction(self.primary, self.observe, self.patience_seconds, self.answer_seconds)

    def snapshot(self) -> Snapshot:
        """Hold a connection to the primary on which nothing changes until the block is left."""
        return Snapshot(self.primary, self.observe, self.patience_seconds, self.answer_seconds)

    def without_replica(self) -> "Database":
        """The same database, read on the primary alone: for whoever has just written to it."""
        return self if self.replica is self.primary else replace(self, replica=self.primary)

    @property
    def has_replica(self) -> bool:
        """Whether reads go elsewhere than writes."""
        return self.replica is not self.primary

    @property
    def replica_state(self) -> str:
        """`ok`, or that the primary answers reads because the replica cannot be reached."""
        return "away: the primary is read" if self.is_replica_away else "ok"

    @property
    def is_replica_away(self) -> bool:
        """Whether the primary answers reads because the replica cannot be reached."""
        return self.has_replica and self.replica.is_bypassed()

    def within(self, seconds: float) -> "Database":
        """The same database, of which nothing is waited for longer than so many seconds."""
        return replace(
            self,
            patience_seconds=min(seconds, self.patience_seconds),
            answer_seconds=min(seconds, self.answer_seconds),
        )

    def in_background(self) -> "Database":
        """The same database, with the patience of work that nobody waits for."""
        return replace(self, answer_seconds=self.background_seconds)


@asynccontextmanager
async def open_database(
    url: str,
    *,
    replica_url: str | None,
    pool_size: int,
    observe: Observer | None,
    patience_seconds: float | None = None,
    answer_seconds: float = ANSWER_SECONDS,
    background_seconds: float = BACKGROUND_SECONDS,
    max_age_seconds: float = MAX_AGE_SECONDS,
    keeps_statements: bool = True,
) -> AsyncIterator[Database]:
    """Open pools of at most `pool_size` connections; leaving closes them.

    They connect when they are first used, so that a process starts while its database is away.
    A connection is waited for as long as an answer, unless `patience_seconds` says otherwise.
    `keeps_statements=False` suits a pooler that lends its connections for a transaction only.
    """
    bounds = Bounds(
        connect_seconds=answer_seconds * _CONNECT_SHARE,
        idle_seconds=answer_seconds,
        longest_seconds=background_seconds,
        max_age_seconds=max_age_seconds,
    )
    patience_seconds = answer_seconds if patience_seconds is None else patience_seconds
    primary = Pool(
        Connector(url, bounds, keeps_statements=keeps_statements).connect,
        pool_size,
        name="primary",
    )
    replica = primary
    if replica_url is not None:
        nearer = replace(
            bounds, connect_seconds=min(_REPLICA_CONNECT_SECONDS, bounds.connect_seconds)
        )
        connector = Connector(replica_url, nearer, keeps_statements=keeps_statements)
        replica = Pool(connector.connect, pool_size, fallback=primary, name="replica")
    async with AsyncExitStack() as stack:
        for pool in {primary, replica}:
            await stack.enter_async_context(kept(pool))
        yield Database(
            primary, replica, observe, patience_seconds, answer_seconds, background_seconds
        )
