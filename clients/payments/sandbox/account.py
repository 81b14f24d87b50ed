"""What the sandbox remembers, in a SQLite file that all processes share."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from weakref import finalize

_WAIT_SECONDS = 20.0
_TABLES = """
CREATE TABLE IF NOT EXISTS charges (
  key TEXT PRIMARY KEY, reference TEXT UNIQUE NOT NULL, payment_id INTEGER NOT NULL, owner TEXT,
  amount_cents INTEGER NOT NULL, currency TEXT NOT NULL, state TEXT NOT NULL, reason TEXT,
  client_secret TEXT UNIQUE NOT NULL, payment_method TEXT, created_at REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS charges_created_at ON charges (created_at);
CREATE TABLE IF NOT EXISTS customers (
  owner TEXT PRIMARY KEY, reference TEXT UNIQUE NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS refunds (
  key TEXT PRIMARY KEY, reference TEXT NOT NULL, charge_reference TEXT NOT NULL,
  amount_cents INTEGER NOT NULL, created_at REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS refunds_charge ON refunds (charge_reference);
CREATE TABLE IF NOT EXISTS usage_events (
  identifier TEXT NOT NULL, customer TEXT NOT NULL, quantity INTEGER NOT NULL,
  occurred_at REAL NOT NULL, received_at REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS usage_events_identifier ON usage_events (identifier);
CREATE INDEX IF NOT EXISTS usage_events_customer ON usage_events (customer, occurred_at);
"""


class SandboxAccount:
    """Opens its file when it is first needed; without a path it is in memory, for one process."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that excludes all others; what it did survives the end of its process."""
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file, if it was opened."""
        if "_connection" in self.__dict__:
            self._connection.close()

    @cached_property
    def _connection(self) -> sqlite3.Connection:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        # Only what closes it in the end may be another thread.
        connection = sqlite3.connect(
            self._path or ":memory:",
            timeout=_WAIT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.row_factory = sqlite3.Row
        # The machine may lose it, as no money is.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_TABLES)
        # Who forgets to close it leaves nothing open all the same.
        finalize(self, connection.close)
        return connection
