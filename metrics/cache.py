"""Caches: hits and misses, the age of served values, and failures."""

from prometheus_client import Counter, Histogram

from metrics.buffered import BufferedCounter, Timing, flush_histogram

_AGE_EDGES = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 30.0, 60.0)

HITS = Counter("guidance_cache_hits", "Values served from a cache.", ("cache",))
MISSES = Counter("guidance_cache_misses", "Values that a cache did not have.", ("cache",))
BYPASSES = Counter(
    "guidance_cache_bypasses",
    "Values read from the database without asking a cache, which was away.",
    ("cache",),
)
FILLS = Counter("guidance_cache_fills", "Values put into a cache.", ("cache",))
FILLS_DISCARDED = Counter(
    "guidance_cache_fills_discarded",
    "Values read for a cache and not put into it: another was there, or it had been invalidated.",
    ("cache",),
)
AGE_SECONDS = Histogram(
    "guidance_cache_age_seconds",
    "The age of the values served from a cache, from before the database was read.",
    ("cache",),
    buckets=_AGE_EDGES,
)
ERRORS = Counter(
    "guidance_cache_errors",
    "Operations that a cache's store did not answer, or not in time.",
    ("cache", "operation"),
)
UNREADABLE = Counter(
    "guidance_cache_unreadable",
    "Entries that are not what this version writes; they are misses, and replaced.",
    ("cache",),
)
INVALIDATIONS_UNDELIVERED = Counter(
    "guidance_cache_invalidations_undelivered",
    "Keys that could not be invalidated at once: others may serve the old value for its lifetime.",
    ("cache",),
)


class CacheMetrics:
    """The measurements of the cache `name`; hits are buffered until `flush`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._ages = Timing()
        self._hits: list[float] = []
        self.hit = self._hits.append
        """Records a hit on a value of that age, in seconds."""
        self._flushed_hits = BufferedCounter(HITS.labels(name))
        self._age_seconds = AGE_SECONDS.labels(name)
        self._misses = MISSES.labels(name)
        self._bypasses = BYPASSES.labels(name)
        self._fills = FILLS.labels(name)
        self._discarded = FILLS_DISCARDED.labels(name)
        self._unreadable = UNREADABLE.labels(name)
        self._undelivered = INVALIDATIONS_UNDELIVERED.labels(name)

    def flush(self) -> None:
        """Flush the hits to Prometheus."""
        hits = self._hits.copy()
        del self._hits[: len(hits)]
        if hits:
            self._ages.add(*hits)
        self._flushed_hits.flush(self._ages.count)
        flush_histogram(self._age_seconds, self._ages)

    def missed(self, number: int) -> None:
        """Count misses."""
        self._misses.inc(number)

    def bypassed(self, number: int) -> None:
        """Count values that were read without asking the unavailable cache."""
        self._bypasses.inc(number)

    def filled(self, stored: int, *, of: int) -> None:
        """Count values that were stored, `of` those read for the cache."""
        self._fills.inc(stored)
        self._discarded.inc(of - stored)

    def failed(self, operation: str) -> None:
        """Count an operation that the store did not answer."""
        ERRORS.labels(self._name, operation).inc()

    def unreadable(self) -> None:
        """Count an entry in a format that this version does not write."""
        self._unreadable.inc()

    def undelivered(self, number: int) -> None:
        """Count keys whose invalidation could not be delivered at once."""
        self._undelivered.inc(number)
