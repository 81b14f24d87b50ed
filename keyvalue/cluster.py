"""A Redis cluster: one client for each of its primaries, and which keys each of them has."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from time import monotonic
from types import TracebackType
from typing import Self, TypeVar

from redis.crc import key_slot

from keyvalue.breaker import PROBE_SECONDS
from keyvalue.client import CONNECT_SECONDS, TIMEOUT_SECONDS, KeyValueClient
from keyvalue.clock import ServerClock
from keyvalue.connection import Argument, Command, Reply
from keyvalue.errors import (
    CommandRefused,
    KeyValueUnavailable,
    ScriptUnknown,
    SlotElsewhere,
    SlotMoving,
)
from keyvalue.protocol import Script
from keyvalue.topology import Topology, beside, read_topology, server_urls

K = TypeVar("K", str, bytes)
_MOST_REDIRECTIONS = 3


class KeyValueCluster:
    """`async with KeyValueCluster(url)`: sends each command to the server that has its key.

    Each primary has a client with a circuit of its own. Which keys it has is read again, by one
    task, whenever a server says that it has a key no more, and while one cannot be used: a replica
    may have taken over.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        probe_seconds: float = PROBE_SECONDS,
    ) -> None:
        self._seeds = server_urls(url)
        self._timeout_seconds = timeout_seconds
        self._probe_seconds = probe_seconds
        self._topology = Topology()
        self._clients: dict[str, KeyValueClient] = {}
        self._refreshing: asyncio.Task[None] | None = None
        self._refreshed_at = -probe_seconds
        self._closing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Try to reach the cluster once; the client can be used even if that fails."""
        await self._refresh_once()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)
        clients = list(self._clients.values())
        self._topology, self._clients = Topology(), {}
        await asyncio.gather(*(_close(one) for one in clients), *self._closing)

    @property
    def is_available(self) -> bool:
        """Whether commands are sent now, whatever their key is."""
        clients = self._clients.values()
        return bool(clients) and all(one.is_available for one in clients)

    async def run(self, *command: Argument) -> Reply:
        """Run a command and return its answer; raises `KeyValueError`."""
        (reply,) = await self.run_all([command])
        if isinstance(reply, CommandRefused):
            raise reply
        return reply

    async def run_all(self, commands: Sequence[Command]) -> list[Reply]:
        """Run commands in one round trip to each server; an answer may be a `CommandRefused`.

        Raises `KeyValueUnavailable`.
        """
        replies: list[Reply] = [None] * len(commands)
        places: Iterable[int] = range(len(commands))
        for _ in range(_MOST_REDIRECTIONS):
            await self._run_at(places, commands, replies)
            places = [one for one in places if isinstance(replies[one], SlotElsewhere)]
            if not places:
                return replies
            await self._refresh_once()
        raise KeyValueUnavailable

    async def run_script(
        self, script: Script, keys: Sequence[str | bytes], arguments: Sequence[Argument]
    ) -> Reply:
        """Run a script and return its answer; raises `KeyValueError`."""
        rest = (len(keys), *keys, *arguments)
        try:
            return await self.run("EVALSHA", script.digest, *rest)
        except ScriptUnknown:
            return await self.run("EVAL", script.text, *rest)

    async def run_blocking(self, *command: Argument, block_seconds: float, lane: int = 0) -> Reply:
        """Like `run`, for a command that blocks up to `block_seconds`; one at a time in a lane."""
        try:
            return await self._client(_key_of(command)).run_blocking(
                *command, block_seconds=block_seconds, lane=lane
            )
        except (SlotElsewhere, SlotMoving, KeyValueUnavailable) as error:
            self._refresh_soon()
            raise KeyValueUnavailable from error

    def together(self, keys: Sequence[K]) -> Sequence[Sequence[K]]:
        """The keys of each slot."""
        groups: defaultdict[int, list[K]] = defaultdict(list)
        for key in keys:
            groups[_slot_of(key)].append(key)
        return list(groups.values())

    def lane_of(self, key: str | bytes) -> int:
        """A lane for each slot."""
        return _slot_of(key)

    def clock_of(self, key: str | bytes) -> ServerClock:
        """The clock of the server that has the key; raises `KeyValueUnavailable`."""
        return self._client(key).clock

    async def synchronize(self) -> None:
        """Set the clock of each server anew; raises `KeyValueError`."""
        await asyncio.gather(*(one.synchronize() for one in self._all()))

    async def ping(self) -> None:
        """Ask each server for any answer; raises `KeyValueError`."""
        await asyncio.gather(*(one.ping() for one in self._all()))

    async def _run_at(
        self, places: Iterable[int], commands: Sequence[Command], replies: list[Reply]
    ) -> None:
        """Run those at `places`, and put their answers there; what has moved asks its new place."""
        grouped: defaultdict[KeyValueClient, list[int]] = defaultdict(list)
        for place in places:
            client = self._client(_key_of(commands[place]))
            refused = replies[place]
            if isinstance(refused, SlotElsewhere) and refused.is_for_once:
                client = self._clients.get(beside(client.url, refused.host, refused.port), client)
            grouped[client].append(place)
        await asyncio.gather(
            *(self._run_of(one, placed, commands, replies) for one, placed in grouped.items())
        )

    async def _run_of(
        self,
        client: KeyValueClient,
        places: Sequence[int],
        commands: Sequence[Command],
        replies: list[Reply],
    ) -> None:
        # After a refusal; to the server that has the slot it says nothing.
        again = [("ASKING",) if replies[place] is not None else () for place in places]
        sent = [
            one
            for pair in zip(again, (commands[place] for place in places), strict=True)
            for one in pair
            if one
        ]
        try:
            answers = iter(await client.run_all(sent))
        except KeyValueUnavailable:
            self._refresh_soon()
            raise
        for place, asking in zip(places, again, strict=True):
            if asking:
                next(answers)
            replies[place] = next(answers)

    def _client(self, key: str | bytes) -> KeyValueClient:
        client = self._clients.get(self._topology.server_of(key) or "")
        if client is None or not client.is_available:
            self._refresh_soon()
        if client is None:
            raise KeyValueUnavailable
        return client

    def _all(self) -> Sequence[KeyValueClient]:
        if not self.is_available:
            self._refresh_soon()
            raise KeyValueUnavailable
        return list(self._clients.values())

    def _refresh_soon(self) -> asyncio.Task[None]:
        if self._refreshing is None:
            self._refreshing = asyncio.create_task(self._refresh())
            self._refreshing.add_done_callback(self._refreshed)
        return self._refreshing

    def _refreshed(self, task: asyncio.Task[None]) -> None:
        self._refreshing = None
        if not task.cancelled() and not self.is_available:
            self._refresh_soon()

    async def _refresh_once(self) -> None:
        await asyncio.shield(self._refresh_soon())

    async def _refresh(self) -> None:
        """Read the topology, no more often than servers are probed, and follow it."""
        await asyncio.sleep(self._refreshed_at + self._probe_seconds - monotonic())
        self._refreshed_at = monotonic()
        known = (*self._clients, *self._seeds)
        topology = await read_topology(known, CONNECT_SECONDS + self._timeout_seconds)
        if topology is None:
            return
        for url in self._clients.keys() - topology.servers:
            task = asyncio.create_task(_close(self._clients.pop(url)))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        self._topology = topology
        added = [self._add(url) for url in topology.servers - self._clients.keys()]
        await asyncio.gather(*(client.__aenter__() for client in added))

    def _add(self, url: str) -> KeyValueClient:
        client = KeyValueClient(
            url,
            timeout_seconds=self._timeout_seconds,
            probe_seconds=self._probe_seconds,
            probe_key=lambda: self._topology.key_at(url),
        )
        self._clients[url] = client
        return client


def _key_of(command: Command) -> str | bytes:
    """The key of a command: the first argument, but for two."""
    name = command[0]
    if name in {"EVALSHA", "EVAL"}:
        key = command[3]
    elif name == "XREAD":
        key = command[list(command).index("STREAMS") + 1]
    else:
        key = command[1]
    return key if isinstance(key, bytes) else str(key)


def _slot_of(key: str | bytes) -> int:
    return key_slot(key if isinstance(key, bytes) else key.encode())


async def _close(client: KeyValueClient) -> None:
    await client.__aexit__(None, None, None)
