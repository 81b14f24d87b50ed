"""What is kept of each request is found, and what fills until it is full is not."""

import tracemalloc
from collections.abc import Callable

from perf.counting.memory.leaks import Leak, MeasurementHalf, leaks, traced_memory

REQUESTS = 100
TURN = MeasurementHalf(REQUESTS, documents=1)


def found(request: Callable[[], object]) -> list[Leak]:
    """What three rounds of requests leave behind, of which the first is not counted."""
    tracemalloc.start()
    held = []
    for _ in range(3):
        for _ in range(REQUESTS):
            request()
        held.append(traced_memory())
    tracemalloc.stop()
    before, between, after = held
    return list(leaks(before, between, after, TURN))


def test_a_kilobyte_that_is_kept_of_each_request() -> None:
    kept: list[bytes] = []
    (leak,) = found(lambda: kept.append(bytes(1_000)))
    assert leak.place.startswith("tests/perf/counting/test_memory_leaks.py:")
    assert 1_000 <= leak.request_bytes < 1_100


def test_a_cache_that_has_become_full() -> None:
    kept: dict[int, bytes] = {}

    def ask() -> None:
        kept.setdefault(len(kept), bytes(1_000)) if len(kept) < 1.2 * REQUESTS else None

    assert found(ask) == []


def test_what_is_let_go_of() -> None:
    kept: list[bytes] = []

    def ask() -> None:
        kept[:] = [bytes(1_000)]

    assert found(ask) == []


def test_of_many_documents_in_turns_one_that_keeps_a_kilobyte_is_found() -> None:
    held = ({"a.py:1": 0}, {"a.py:1": 10_000}, {"a.py:1": 20_000})
    assert list(leaks(*held, MeasurementHalf(100, documents=10))) == [Leak("a.py:1", 100)]
    assert list(leaks(*held, MeasurementHalf(100, documents=7))) == []


def test_what_keeps_the_newest_may_fill() -> None:
    held = (
        {"metrics/buffered.py:32": 0},
        {"metrics/buffered.py:32": 20_000},
        {"metrics/buffered.py:32": 40_000},
    )
    assert list(leaks(*held, MeasurementHalf(100, documents=20))) == []
