"""Many operations over few sockets, readers that do not read, and a server that stops."""

import asyncio
from collections import Counter
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from app.graphql.transports.websocket.connection import ConnectionTimeouts
from tests.captured_logs import capture_logs
from tests.fixtures.clients.peer import peer
from tests.fixtures.servers.live import Live, live_server
from tests.fixtures.servers.watched import PATIENCE_SECONDS, WATCH

SOCKETS, STREAMS, EVENTS = 4, 100, 5
COUNT = f"subscription Many {{ count(to: {EVENTS}) {{ number }} }}"


async def say(connection: ClientConnection, **message: object) -> None:
    await connection.send(orjson.dumps(message).decode())


async def follow_many(address: str) -> Counter[str]:
    """Follow many streams over one socket: the kinds of messages heard."""
    heard: Counter[str] = Counter()
    numbers: dict[str, int] = {}
    async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as connection:
        await say(connection, type="connection_init")
        for id_ in range(STREAMS):
            await say(connection, type="subscribe", id=str(id_), payload={"query": COUNT})
        while heard["complete"] < STREAMS:
            message = orjson.loads(await connection.recv())
            heard[message["type"]] += 1
            if message["type"] == "next":
                number = message["payload"]["data"]["count"]["number"]
                assert number == numbers.get(message["id"], 0) + 1
                numbers[message["id"]] = number
    return heard


def test_hundreds_of_streams_over_few_sockets_are_whole_and_in_order(live: Live) -> None:
    async def follow() -> list[Counter[str]]:
        async with asyncio.timeout(PATIENCE_SECONDS * 3):
            sockets = (follow_many(live.socket_address) for _ in range(SOCKETS))
            return await asyncio.gather(*sockets)

    for heard in asyncio.run(follow()):
        del heard["ping"]
        assert heard == {"connection_ack": 1, "next": STREAMS * EVENTS, "complete": STREAMS}


async def test_a_reader_that_stops_reading_stops_the_source(live: Live) -> None:
    """The source waits while nothing is read; nothing piles up in the server."""
    # The client reads no more than it has room for: one message.
    async with connect(
        live.socket_address,
        subprotocols=[Subprotocol("graphql-transport-ws")],
        max_queue=1,
        compression=None,
    ) as connection:
        await say(connection, type="connection_init")
        query = 'subscription { flood(name: "slow socket", characters: 100000) }'
        await say(connection, type="subscribe", id="1", payload={"query": query})
        await asyncio.to_thread(WATCH.until_open, "slow socket")
        await asyncio.to_thread(until_still, live, "slow socket")
        assert WATCH.given["slow socket"] * 100_000 < 16_000_000
        connection.transport.abort()
        await asyncio.to_thread(WATCH.until_closed, "slow socket")


def test_a_reader_that_never_reads_again_is_given_up(world: str) -> None:
    """Also where an operation has nothing left to do but to say that it ended."""
    times = ConnectionTimeouts(ping_seconds=0.5, stalled_seconds=0.5)

    async def never_read(live: Live, lines: list[Any]) -> None:
        async with connect(
            live.socket_address,
            subprotocols=[Subprotocol("graphql-transport-ws")],
            max_queue=1,
            compression=None,
        ) as connection:
            await say(connection, type="connection_init")
            query = 'subscription { flood(name: "stalled", characters: 100000) }'
            await say(connection, type="subscribe", id="1", payload={"query": query})
            await asyncio.to_thread(WATCH.until_open, "stalled")
            await asyncio.to_thread(until_still, live, "stalled")
            await say(connection, type="subscribe", id="2", payload={"query": "{ nothing }"})
            await asyncio.to_thread(WATCH.until_closed, "stalled")
            while not any(line.get("code") == 1013 for line in lines):
                await asyncio.to_thread(live.http.get, "/elsewhere")
            connection.transport.abort()

    with live_server(world, times=times) as live, capture_logs() as lines:
        asyncio.run(never_read(live, lines))


def until_still(live: Live, name: str) -> None:
    """Wait until a source gives nothing while the server answers twenty others."""
    before = -1
    while before != WATCH.given[name]:
        before = WATCH.given[name]
        for _ in range(20):
            live.http.post("/graphql", json={"query": "{ who }"})


def test_a_server_that_stops_says_so_and_closes_the_sources_at_once(world: str) -> None:
    query = 'subscription { endless(name: "stopped socket") { number } }'
    with live_server(world) as live:
        connected = peer(live.socket_address)
        client = connected.__enter__()
        client.init().subscribe("1", query)
        WATCH.until_open("stopped socket")
    WATCH.until_closed("stopped socket")
    assert client.closing() == (1012, "")
    connected.__exit__(None, None, None)
