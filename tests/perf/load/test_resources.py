"""Memory that is kept of each request, and how much a machine was busy and stolen from."""

from perf.load.monitoring.cpu_ticks import Ticks, machine_load_between
from perf.load.monitoring.resources import MemorySample, memory_growth
from perf.load.results.report import MemoryGrowth

MEGABYTE = 1_000_000


def memory(kept_bytes: int, noise: int = 0) -> MemoryGrowth:
    """What is said of a server that keeps so much of each request, seen 201 times."""
    seen = [
        MemorySample(10 * place, 100 * MEGABYTE + 10 * place * kept_bytes + noise * (place % 3))
        for place in range(201)
    ]
    found = memory_growth(seen)
    assert found is not None
    return found


def test_a_kilobyte_of_each_request() -> None:
    found = memory(1_000)
    assert (found.request_bytes, found.low, found.high) == (1_000, 1_000, 1_000)
    assert found.resident_bytes == 102 * MEGABYTE


def test_it_is_found_through_noise_and_noise_alone_is_nothing() -> None:
    leaking, steady = memory(1_000, noise=10_000), memory(0, noise=10_000)
    assert 0 < leaking.low < 1_000 < leaking.high + 100
    assert steady.low < 0 < steady.high


def test_of_a_few_looks_nothing_is_said() -> None:
    assert memory_growth([MemorySample(place, MEGABYTE) for place in range(30)]) is None


def test_how_busy_the_machine_was_and_how_much_was_stolen() -> None:
    found = machine_load_between(Ticks(1_000, 500, 10), Ticks(2_000, 700, 110))
    assert found is not None
    assert (round(found.busy_share, 6), round(found.stolen_share, 6)) == (0.8, 0.1)
    assert machine_load_between(None, Ticks(1, 1, 1)) is None
