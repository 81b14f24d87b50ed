"""Redis: the state of the client's circuit breakers, and how often others fell back."""

from prometheus_client import Counter, Gauge

OPEN = Gauge(
    "guidance_keyvalue_circuit_open",
    "Processes that leave a Redis server alone at present: altogether (redis), or for the cache.",
    ("circuit",),
    multiprocess_mode="livesum",
)
ERRORS = Counter(
    "guidance_keyvalue_errors",
    "Failures that opened a circuit, or found it open, by why Redis cannot be used.",
    ("circuit", "reason"),
)
FALLBACKS = Counter(
    "guidance_keyvalue_fallbacks",
    "Times that budgets, streams or persisted texts had to do without Redis.",
    ("user",),
)
UNREADABLE = Counter(
    "guidance_keyvalue_unreadable",
    "Entries found in Redis that are not what we write; they count as absent.",
    ("user",),
)


class CircuitMetrics:
    """The measurements of the circuit `name`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._is_open = False

    def state(self, *, is_open: bool) -> None:
        """Record the state; several circuits of one name, as a cluster has, are added up."""
        OPEN.labels(self._name).inc(is_open - self._is_open)
        self._is_open = is_open

    def failed(self, reason: str) -> None:
        """Count a failure."""
        ERRORS.labels(self._name, reason).inc()


def count_fallback(user: str) -> None:
    """Count a call in which `user` had to do without Redis."""
    FALLBACKS.labels(user).inc()


def unreadable(user: str, number: int = 1) -> None:
    """Count entries of `user` in a format that this version does not write."""
    if number:
        UNREADABLE.labels(user).inc(number)
