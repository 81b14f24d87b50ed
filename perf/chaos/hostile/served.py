"""The server under attack, in a process of its own, with a client that must not suffer."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic

import psutil

from perf.benchmarks.servers import SERVED, Server, free_port, running_process
from perf.benchmarks.tokens import tokens_of_people
from perf.chaos.hostile.attack import Serving
from perf.chaos.hostile.victim import ADDRESS, Victim, VictimResult

PEOPLE = 200
_VICTIM = 0
_LOOK_SECONDS = 0.1
_WARM_SECONDS = 1.0
_BUSY_SHARE = 0.2
_LISTENS = psutil.CONN_LISTEN


@dataclass(frozen=True, slots=True)
class Place:
    """Settings shared by all servers under attack: database, model and folder, and a Redis."""

    environment: Mapping[str, str]
    redis_url: str | None


@dataclass(frozen=True, slots=True)
class Served:
    """A running server, its honest client, and that client's latencies before the attack."""

    server: Server
    victim: Victim
    tokens: list[str]
    key_set_port: int
    calm: VictimResult

    def connections(self) -> int:
        """Number of open connections that are not the honest client's."""
        return sum(
            one.laddr.port == self.server.port
            and one.status != _LISTENS
            and one.raddr
            and one.raddr.ip != ADDRESS
            for one in self.server.process.net_connections("tcp")
        )

    async def settled_after(self, patience_seconds: float) -> float | None:
        """Seconds until no connection is open and the server is idle; None if it takes too long."""
        began = monotonic()
        while monotonic() - began < patience_seconds:
            used = self.server.cpu_seconds()
            looked = monotonic()
            await asyncio.sleep(_LOOK_SECONDS)
            share = (self.server.cpu_seconds() - used) / (monotonic() - looked)
            if share < _BUSY_SHARE and not self.connections():
                return looked - began
        return None

    async def most_memory(self) -> int:
        """The peak of its resident memory until this is cancelled."""
        most = 0
        try:
            while True:
                most = max(most, self.server.resident_bytes())
                await asyncio.sleep(_LOOK_SECONDS)
        except asyncio.CancelledError:
            return most


@asynccontextmanager
async def server_under_attack(
    place: Place, serving: Serving, *, calm_seconds: float
) -> AsyncIterator[Served]:
    """Run a server until the block is left, after measuring the honest client in calm."""
    secret, key_set_port = secrets.token_hex(), free_port()
    environment = {**place.environment, "JWT_SECRET_KEY": secret, **serving.environment}
    if serving.needs_redis and place.redis_url is not None:
        environment["REDIS_URL"] = place.redis_url
    if serving.needs_key_set:
        environment["JWT_JWKS_URL"] = f"http://127.0.0.1:{key_set_port}/keys"
    tokens = tokens_of_people(secret, PEOPLE)
    with running_process(SERVED, environment, None) as server:
        victim = Victim(server.port, tokens[_VICTIM])
        await victim.ask(_WARM_SECONDS)
        calm = await victim.ask(calm_seconds)
        try:
            yield Served(server, victim, tokens[_VICTIM + 1 :], key_set_port, calm)
        finally:
            await victim.close()
