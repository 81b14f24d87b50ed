"""The arithmetic of the benchmark of chat, and its reading of what servers send."""

import asyncio
import socket
from contextlib import closing

import pytest

from perf.benchmarks.harness.replies import Reply, model_reply
from perf.benchmarks.suites.chat.concurrent_replies import ConcurrentReplies, peak_concurrency
from perf.benchmarks.suites.chat.first_delta import added_seconds
from perf.servers.connection import UnexpectedAnswer, connected
from tests.fixtures.outside.llm import StandInControl


def port_of(stand_in: StandInControl) -> int:
    return int(stand_in.url.removesuffix("/v1").rpartition(":")[2])


def test_what_is_added_is_over_the_usual_time_of_the_model() -> None:
    own = [0.2, 0.1, 0.9]
    taken = [0.2 + one / 1_000 for one in range(1, 100)]
    over = added_seconds(taken, own)
    assert over.median == pytest.approx(0.05)
    assert over.p95 == pytest.approx(0.095)


def test_a_reply_is_there_from_its_first_piece_to_its_end() -> None:
    spans = ((0.0, 2.0), (1.0, 4.0), (2.0, 3.0), (5.0, 6.0))
    replies = [Reply(first_at=first, ended_at=end) for first, end in spans]
    assert peak_concurrency(replies) == 2
    assert peak_concurrency(replies[:1]) == 1


def test_a_delta_costs_its_share_of_everything() -> None:
    replies = [Reply(pieces=["one", " two"]), Reply(pieces=["one two"]), Reply(pieces=["one"])]
    seen = ConcurrentReplies(replies, cpu_seconds=0.02, resident_bytes=0)
    assert (seen.deltas, seen.cpu_seconds_a_delta, seen.whole(2)) == (4, 0.005, 2)


async def test_a_reply_is_timed_to_its_first_piece(stand_in: StandInControl) -> None:
    stand_in.behave(first_token_seconds=0.1, tokens=5, tokens_per_second=100)
    reply = await model_reply(port_of(stand_in), "Hello")
    assert (reply.text, len(reply.pieces)) == ("[stand-in] No language model wrote", 5)
    assert reply.first_seconds >= 0.1
    assert reply.ended_at > reply.first_at


async def test_a_refusal_is_no_reply(stand_in: StandInControl) -> None:
    stand_in.next({"status": 503})
    with pytest.raises(UnexpectedAnswer, match=r"^HTTP/1\.1 503"):
        await model_reply(port_of(stand_in), "Hello")


async def test_events_are_whole_however_they_are_cut() -> None:
    chunks = (
        b":\n\nid: 1\nda",
        b'ta: {"a": "data: 1"}\n',
        b"\ndata: 2\n\nevent: complete\ndata:\n\n",
    )
    sent = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
    sent += b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))

    async def read(port: int) -> list[bytes]:
        async with connected(port) as wire:
            return [data async for data in wire.events()]

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        writer.close()
        await writer.wait_closed()

    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        async with await asyncio.start_server(answer, sock=listening):
            assert (await read(listening.getsockname()[1])) == [b'{"a": "data: 1"}', b"2"]
