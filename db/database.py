"""The database of a process: `read()` and `write()` for single statements, `begin()`, `snapshot()`.

`begin()` opens a transaction. `snapshot()` reads much of the database as it was at one instant.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from db.changes import OnChange
from db.connections.connection import Connection, Observer, ReadConnection, ReplicaConnection
from db.connections.connector import Connector
from db.connections.pool import Pool, run_pool
from db.connections.timeouts import (
    DEFAULT_ANSWER_SECONDS,
    DEFAULT_BACKGROUND_SECONDS,
    DEFAULT_MAX_AGE_SECONDS,
    ConnectionTimeouts,
)
from db.connections.transaction import ReadOnlyTransaction, Snapshot, Transaction
from db.connections.write_connection import WriteConnection
from db.replication.reads import CallerReads, Opening, ReplicaRead
from db.replication.status import ReplicaStatus
from metrics.replica_reads import ReadSource, count_read

__all__ = [
    "Connection",
    "Database",
    "Observer",
    "Snapshot",
    "Transaction",
    "WriteConnection",
    "open_database",
]

_CONNECT_SHARE = 0.75
_REPLICA_CONNECT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Database:
    """The connection pools of one process; made by `open_database`.

    `DatabaseUnavailable` is raised when no connection is available in time, a connection is lost,
    or an answer does not arrive in time.
    """

    primary: Pool
    replica: Pool
    observe: Observer | None
    patience_seconds: float
    answer_seconds: float
    background_seconds: float
    replica_status: ReplicaStatus
    caller_reads: CallerReads | None = None

    def read(self) -> Opening:
        """Open a connection for reads that need no transaction, on the replica if there is one.

        The primary is used while the replica cannot be reached or is too far behind, and where the
        replica does not have what the caller has written.
        """
        if self.replica is self.primary:
            # As `read_primary`, whose call each request would pay for.
            return ReadConnection(
                self.primary, self.observe, self.patience_seconds, self.answer_seconds
            )
        if self.replica.is_bypassed() or self.replica_status.lags:
            is_away = self.replica.is_bypassed()
            count_read(ReadSource.REPLICA_AWAY if is_away else ReadSource.REPLICA_LAGS)
            return self.read_primary()
        if self.caller_reads is None:
            count_read(ReadSource.REPLICA)
            return self.read_replica()
        return ReplicaRead(
            self._open_replica_for_caller(),
            self.read_primary(),
            self.caller_reads,
            self.replica_status,
        )

    def read_replica(self) -> ReplicaConnection:
        """Open a connection to the replica, whatever it has replayed."""
        return ReplicaConnection(
            self.replica, self.observe, self.patience_seconds, self.answer_seconds
        )

    def reading_for(self, caller_reads: CallerReads) -> "Database":
        """The same database with the reads of one caller's request."""
        return replace(self, caller_reads=caller_reads)

    def _open_replica_for_caller(self) -> Opening:
        if not self.replica_status.is_pooled:
            return self.read_replica()
        return ReadOnlyTransaction(
            self.replica, self.observe, self.patience_seconds, self.answer_seconds
        )

    def read_primary(self) -> ReadConnection:
        """Open a connection like `read()`, on the primary: it sees everything that is committed."""
        return ReadConnection(
            self.primary, self.observe, self.patience_seconds, self.answer_seconds
        )

    def write(self) -> WriteConnection:
        """Open a connection for a single statement that writes and commits by itself.

        Raises `OutcomeUnknown` if it was sent and not answered.
        """
        return WriteConnection(
            self.primary, self.observe, self.patience_seconds, self.answer_seconds
        )

    def waiting(self) -> int:
        """How many tasks wait for a connection, in the pool where more do."""
        waiters = self.primary.waiter_count
        return max(waiters, self.replica.waiter_count) if self.has_replica else waiters

    def begin(self) -> Transaction:
        """Open a transaction: leaving the block commits, an exception rolls back.

        Raises `OutcomeUnknown` if the commit was not answered.
        """
        return Transaction(self.primary, self.observe, self.patience_seconds, self.answer_seconds)

    def snapshot(self) -> Snapshot:
        """Open a read-only transaction on the primary that sees one state until the block ends."""
        return Snapshot(self.primary, self.observe, self.patience_seconds, self.answer_seconds)

    def without_replica(self) -> "Database":
        """The same database with all reads on the primary, to see what was just written."""
        return self if self.replica is self.primary else replace(self, replica=self.primary)

    @property
    def has_replica(self) -> bool:
        """Whether there is a replica for reads."""
        return self.replica is not self.primary

    @property
    def replica_state(self) -> str:
        """`ok`, or a text saying why the primary is read instead."""
        if self.is_replica_away:
            return "away: the primary is read"
        return "behind: the primary is read" if self.replica_status.lags else "ok"

    @property
    def is_replica_away(self) -> bool:
        """Whether reads go to the primary because the replica cannot be reached."""
        return self.has_replica and self.replica.is_bypassed()

    def within(self, seconds: float) -> "Database":
        """The same database with no timeout longer than `seconds`."""
        return replace(
            self,
            patience_seconds=min(seconds, self.patience_seconds),
            answer_seconds=min(seconds, self.answer_seconds),
        )

    def in_background(self) -> "Database":
        """The same database with the longer timeout of background jobs."""
        return replace(self, answer_seconds=self.background_seconds)


@asynccontextmanager
async def open_database(
    url: str,
    *,
    replica_url: str | None,
    pool_size: int,
    observe: Observer | None,
    patience_seconds: float | None = None,
    answer_seconds: float = DEFAULT_ANSWER_SECONDS,
    background_seconds: float = DEFAULT_BACKGROUND_SECONDS,
    max_age_seconds: float = DEFAULT_MAX_AGE_SECONDS,
    keeps_statements: bool = True,
    replica_status: ReplicaStatus | None = None,
    on_change: OnChange | None = None,
) -> AsyncIterator[Database]:
    """Open pools of at most `pool_size` connections; leaving the block closes them.

    Connections are made when they are first needed, so that a process can start while its database
    is unreachable. `patience_seconds` is how long to wait for a connection (default:
    `answer_seconds`). `keeps_statements=False` is for a pooler in transaction mode. `on_change` is
    told of the people whose rows were changed, once that is committed and before the block ends.
    """
    timeouts = ConnectionTimeouts(
        connect_seconds=answer_seconds * _CONNECT_SHARE,
        idle_seconds=answer_seconds,
        statement_seconds=background_seconds,
        max_age_seconds=max_age_seconds,
    )
    patience_seconds = answer_seconds if patience_seconds is None else patience_seconds
    primary = Pool(
        Connector(url, timeouts, keeps_statements=keeps_statements).connect,
        pool_size,
        name="primary",
    )
    primary.on_change = on_change
    replica = primary
    if replica_url is not None:
        replica_timeouts = replace(
            timeouts, connect_seconds=min(_REPLICA_CONNECT_SECONDS, timeouts.connect_seconds)
        )
        connector = Connector(replica_url, replica_timeouts, keeps_statements=keeps_statements)
        replica = Pool(connector.connect, pool_size, fallback=primary, name="replica")
    async with AsyncExitStack() as stack:
        for pool in {primary, replica}:
            await stack.enter_async_context(run_pool(pool))
        yield Database(
            primary,
            replica,
            observe,
            patience_seconds,
            answer_seconds,
            background_seconds,
            replica_status or ReplicaStatus(is_pooled=not keeps_statements),
        )
