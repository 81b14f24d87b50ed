"""A circuit that opens and closes: at once, or ever more rarely where closing it does not help."""

import asyncio
from time import perf_counter

from keyvalue import CircuitBreaker
from tests.captured_logs import capture_logs
from tests.keyvalue.asking import until


async def recover() -> bool:
    """All seems well."""
    return True


def test_one_that_never_settles_is_left_open_for_longer_each_time() -> None:
    async def scenario() -> None:
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

    asyncio.run(scenario())


def test_what_is_stopped_probes_no_more() -> None:
    async def scenario() -> None:
        probes = 0

        async def never() -> bool:
            nonlocal probes
            probes += 1
            return False

        breaker = CircuitBreaker("test", never, probe_seconds=0.001)
        await breaker.start()
        await until(lambda: probes > 3)
        await breaker.stop()
        before = probes
        for _ in range(20):
            await asyncio.sleep(0.001)
        assert (probes, breaker.is_open) == (before, True)

    asyncio.run(scenario())
