"""What is kept of repository methods, and what is exposed to Prometheus."""

from prometheus_client import REGISTRY

from metrics.repository_methods import MethodStats, RepositoryMethods

PREFIX = "guidance_statement"


def exposed(name: str, **labels: str) -> float | None:
    """A sample of this process's metrics."""
    return REGISTRY.get_sample_value(f"{PREFIX}_{name}", labels)


def test_the_slowest_methods_are_those_that_took_most_in_all() -> None:
    methods = RepositoryMethods()
    for method, seconds in (("often", 0.2), ("once", 0.3), ("often", 0.2), ("rarely", 0.1)):
        methods.observe((method, seconds, 1, 0.0, None))
    slowest = methods.slowest(2)
    assert [(name, method.timing.count) for name, method in slowest] == [("often", 2), ("once", 1)]


def test_errors_rows_and_waits_are_kept_apart_from_the_time_in_the_database() -> None:
    methods = RepositoryMethods()
    methods.observe(("kept", 0.25, 10, 0.0, None))
    methods.observe(("kept", 0.5, None, 2.0, None))
    methods.observe(("kept", 0.125, 5, 0.5, None))
    ((_, kept),) = methods.slowest(1)
    assert (kept.timing.count, kept.timing.total, kept.timing.longest) == (3, 0.875, 0.5)
    assert (kept.errors, kept.rows, kept.waited_seconds) == (1, 15, 2.5)
    assert list(kept.timing.newest) == [0.25, 0.5, 0.125]


def test_everything_is_reported_to_prometheus_once() -> None:
    methods = RepositoryMethods()
    methods.observe(("example", 0.005, 3, 0.0, None))
    methods.observe(("example", 0.25, None, 0.5, None))
    assert exposed("seconds_count", method="example") is None, "not before it asks"
    methods.flush()
    methods.flush()
    methods.observe(("example", 4.0, 1, 0.0, None))
    methods.flush()
    assert exposed("seconds_count", method="example") == 3
    assert exposed("seconds_sum", method="example") == 4.255
    within = [
        exposed("seconds_bucket", method="example", le=edge)
        for edge in ("0.0025", "0.005", "0.1", "0.25", "1.0", "+Inf")
    ]
    assert within == [0, 1, 1, 2, 2, 3], "an edge belongs to its bucket"
    assert exposed("errors_total", method="example") == 1
    assert exposed("rows_total", method="example") == 4
    assert exposed("wait_seconds_total", method="example") == 0.5


def test_a_method_that_nobody_called_has_nothing() -> None:
    assert RepositoryMethods().slowest(1) == []
    assert MethodStats().timing.count == 0
