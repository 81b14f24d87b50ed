"""The server under attack, in a process of its own, with a client that must not suffer."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic

import psutil

from perf.chaos.hostile.attack import ServerSettings
from perf.chaos.hostile.victim import ADDRESS, Victim, VictimResult
from perf.servers.credentials import tokens_of_people
from perf.servers.process import WITH_WORKER, Server, free_port, running_process

PEOPLE = 200
_VICTIM = 0
_LOOK_SECONDS = 0.1
_WARM_SECONDS = 1.0
_BUSY_SHARE = 0.2
_LISTENS = psutil.CONN_LISTEN


@dataclass(frozen=True, slots=True)
class HostEnvironment:
    """Settings shared by all servers under attack: database, model and folder, and a Redis."""

    environment: Mapping[str, str]
    redis_url: str | None


@dataclass(frozen=True, slots=True)
class ServerUnderAttack:
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
    host: HostEnvironment, settings: ServerSettings, *, calm_seconds: float
) -> AsyncIterator[ServerUnderAttack]:
    """Run a server until the block is left, after measuring the honest client in calm."""
    secret, key_set_port = secrets.token_hex(), free_port()
    environment = {**host.environment, "JWT_SECRET_KEY": secret, **settings.environment}
    if settings.needs_redis and host.redis_url is not None:
        environment["REDIS_URL"] = host.redis_url
    if settings.needs_key_set:
        environment["JWT_JWKS_URL"] = f"http://127.0.0.1:{key_set_port}/keys"
    tokens = tokens_of_people(secret, PEOPLE)
    with running_process(WITH_WORKER, environment, None) as server:
        victim = Victim(server.port, tokens[_VICTIM])
        await victim.ask(_WARM_SECONDS)
        calm = await victim.ask(calm_seconds)
        try:
            yield ServerUnderAttack(server, victim, tokens[_VICTIM + 1 :], key_set_port, calm)
        finally:
            await victim.close()
