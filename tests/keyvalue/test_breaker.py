"""A circuit that opens and closes: at once, or ever more rarely where closing it does not help."""

import asyncio
from time import perf_counter

from keyvalue import CircuitBreaker
from tests.captured_logs import capture_logs
from tests.keyvalue.availability import until


async def recover() -> None:
    """All seems well."""


async def test_one_that_never_settles_is_left_open_for_longer_each_time() -> None:
    breaker = CircuitBreaker("test", recover, probe_seconds=0.01)
    await breaker.start()
    assert not breaker.is_open
    taken = []
    with capture_logs() as logs:
        for _ in range(5):
            started = perf_counter()
            breaker.trip("broken")
            breaker.trip("broken")
            breaker.refuse()
            await until(lambda: not breaker.is_open)
            taken.append(perf_counter() - started)
    assert taken[4] >= 0.16
    assert [line["event"] for line in logs] == ["circuit opened", "circuit closed"] * 5
    assert [line["refused"] for line in logs[1::2]] == [1] * 5
    await breaker.stop()


async def test_each_reason_to_stay_open_is_logged_once() -> None:
    found = iter(["refused", "refused", "LOADING", "refused", "LOADING", None])

    async def recover() -> str | None:
        return next(found)

    breaker = CircuitBreaker("test", recover, probe_seconds=0.001)
    with capture_logs() as logs:
        await breaker.start()
        await until(lambda: not breaker.is_open)
    assert [(line["event"], line.get("reason")) for line in logs] == [
        ("circuit opened", "refused"),
        ("circuit stays open", "LOADING"),
        ("circuit closed", None),
    ]


async def test_what_is_stopped_probes_no_more() -> None:
    probes = 0

    async def never() -> str:
        nonlocal probes
        probes += 1
        return "away"

    breaker = CircuitBreaker("test", never, probe_seconds=0.001)
    await breaker.start()
    await until(lambda: probes > 3)
    await breaker.stop()
    before = probes
    for _ in range(20):
        await asyncio.sleep(0.001)
    assert (probes, breaker.is_open) == (before, True)
