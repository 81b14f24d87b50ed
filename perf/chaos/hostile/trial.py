"""Running one attack, and measuring its effect on another client."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson

from perf.chaos.hostile.attack import Attack
from perf.chaos.hostile.attacker import READY
from perf.chaos.hostile.server import ServerUnderAttack
from perf.chaos.hostile.victim import FEWEST, VictimResult

MOST_SECONDS = 0.150
MOST_CALM_SECONDS = 0.050
"""If the client is slower than this in calm, the machine is too busy to judge an attack."""
MOST_TIMES = 20
MOST_BYTES = 50 * 2**20
SETTLED_SECONDS = 10.0


class AttackFailed(Exception):
    """The attacker's process failed; it has printed why."""


@dataclass(frozen=True, slots=True)
class AttackResult:
    """The measurements of one attack."""

    attack: Attack
    calm: VictimResult
    under_attack: VictimResult
    answers: Mapping[str, int]
    grown_bytes: int
    settled_after: float | None
    left_open: int

    @property
    def ratio(self) -> float:
        """The client's p99 during the attack, divided by its p99 in calm."""
        return self.under_attack.p99 / self.calm.p99

    @property
    def is_conclusive(self) -> bool:
        """Whether latencies can be judged on this machine."""
        return self.calm.p99 < MOST_CALM_SECONDS

    @property
    def missed(self) -> list[str]:
        """A description of each limit that was missed."""
        return [words for is_missed, words in self._limits() if is_missed]

    def _limits(self) -> list[tuple[bool, str]]:
        failures = Counter(self.under_attack.failures)
        return [
            (bool(failures), f"not answered: {dict(failures)}"),
            (self.is_conclusive and self.under_attack.p99 >= MOST_SECONDS, "p99 over 150 ms"),
            (
                self.is_conclusive and self.ratio >= MOST_TIMES,
                f"p99 {self.ratio:.0f} times that in calm",
            ),
            (self.grown_bytes >= MOST_BYTES, f"{self.grown_bytes / 2**20:.0f} MB more"),
            (self.settled_after is None, f"left: {self.left_open} connections, or work"),
            (len(self.under_attack.latencies) < FEWEST, "too few requests to tell a p99"),
        ]


async def run_attack(
    attack: Attack, server: ServerUnderAttack, *, number: int, seconds: float
) -> AttackResult:
    """Run an attack for `seconds`; raises `AttackFailed`."""
    async with _attacker(attack, server, number, seconds) as process:
        before = server.server.resident_bytes()
        memory = asyncio.create_task(server.most_memory())
        _start(process)
        under_attack = await server.victim.ask(seconds)
        answers = await _read_line(process)
        if attack.server_must_close:
            settled, left = await _settled(server)
    if not attack.server_must_close:
        settled, left = await _settled(server)
    memory.cancel()
    return AttackResult(
        attack=attack,
        calm=server.calm,
        under_attack=under_attack,
        answers=orjson.loads(answers),
        grown_bytes=await memory - before,
        settled_after=settled,
        left_open=left,
    )


async def _settled(server: ServerUnderAttack) -> tuple[float | None, int]:
    after = await server.settled_after(SETTLED_SECONDS)
    return after, 0 if after is not None else server.connections()


@asynccontextmanager
async def _attacker(
    attack: Attack, server: ServerUnderAttack, number: int, seconds: float
) -> AsyncIterator[Process]:
    """Start the attacker's process, which waits for a line; it is killed when the block is left."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "perf.chaos.hostile.attacker",
        attack.name,
        str(server.server.port),
        str(number + 1),
        server.tokens[number],
        str(server.key_set_port),
        str(seconds),
        stdin=PIPE,
        stdout=PIPE,
    )
    try:
        if await _read_line(process) != READY:
            raise AttackFailed(attack.name)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _read_line(process: Process) -> bytes:
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    line = await process.stdout.readline()
    if not line:
        raise AttackFailed("the attacker's process ended")
    return line


def _start(process: Process) -> None:
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    process.stdin.write(b"go\n")
