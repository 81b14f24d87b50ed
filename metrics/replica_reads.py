"""Reads that a replica may answer: how many it does, and why the primary answered the others."""

from enum import Enum

from prometheus_client import Counter


class ReadSource(Enum):
    """Where a read went that the replica might have answered, and why there."""

    REPLICA = "replica"
    NOT_REPLAYED = "not_replayed"
    """To the primary: the replica does not have the caller's last write yet."""
    POSITION_UNKNOWN = "position_unknown"
    """To the primary: the store that knows the caller's last write cannot be asked."""
    REPLICA_AWAY = "replica_away"
    """To the primary: the replica cannot be reached."""
    REPLICA_LAGS = "replica_lags"
    """To the primary: the replica is too far behind for anybody."""


_READS = Counter(
    "guidance_database_replica_reads",
    "Reads that the replica may answer: by it (`replica`), or by the primary for the reason given.",
    ("source",),
)
_BY_SOURCE = {source: _READS.labels(source.value) for source in ReadSource}


def count_read(source: ReadSource) -> None:
    """Count one read."""
    _BY_SOURCE[source].inc()
