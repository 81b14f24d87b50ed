"""The short form of `guidance bench streams`: what holds for 10,000 streams holds for 200."""

from contextlib import aclosing
from time import monotonic

import orjson

from perf.benchmarks.suites.streams.clock_model import ClockModel
from perf.benchmarks.suites.streams.command import open_streams
from perf.benchmarks.suites.streams.readers import Delays
from perf.llm_standin.application import CHAT_PATH
from perf.servers.connection import connected

STREAMS, EVERY_SECONDS, SECONDS = 200, 0.5, 2.0
MOST_BYTES_EACH = 40_000
MOST_SECONDS_LATE = 0.25


def test_open_streams_take_little_and_their_deltas_are_not_late(own_world: str) -> None:
    seen = open_streams(STREAMS, 1, EVERY_SECONDS, SECONDS, url=own_world)
    assert seen.lost == 0
    # And those besides that were late when it began.
    assert len(seen.delays) >= SECONDS / EVERY_SECONDS * STREAMS - STREAMS
    assert seen.bytes_each < MOST_BYTES_EACH
    # The machine may be at anything: half of them say whether ours is the delay.
    assert sorted(seen.delays)[len(seen.delays) // 2] < MOST_SECONDS_LATE


async def test_the_model_says_the_time() -> None:
    began = monotonic()
    async with (
        ClockModel(0.01).serving() as port,
        connected(port) as wire,
        aclosing(wire.events()) as events,
    ):
        wire.post(CHAT_PATH, b"{}")
        first, second = [word_of(await anext(events)) for _ in range(2)]
    assert began < first < first + 0.01 <= second < monotonic()


def word_of(event: bytes) -> float:
    return float(orjson.loads(event)["choices"][0]["delta"]["content"])


def test_only_what_came_since_all_were_open_is_late() -> None:
    delays = Delays(since=monotonic())
    delays.note(b"%f %f " % (delays.since - 1, delays.since + 0.001))
    assert len(delays.seconds) == 1
    assert delays.seconds[0] < 1
