"""The child process of one attack: it waits for a line, attacks, prints the answers, and ends.

It runs at a lower priority, so that the server is not slowed down by a lack of processors.
"""

import asyncio
import os
import sys

import orjson

from perf.chaos.hostile.attack import Attack, AttackTarget, Tally
from perf.chaos.hostile.attacks.catalogue import attack_named

_NICENESS = 10
READY = b"ready\n"


async def _attack(attack: Attack, target: AttackTarget, seconds: float) -> None:
    tally = Tally()
    running = asyncio.ensure_future(attack.run(target, tally))
    done, _ = await asyncio.wait([running], timeout=seconds)
    for one in done:
        one.result()
    _write(orjson.dumps(tally.answers) + b"\n")
    # Connections stay open until the parent has inspected the server.
    await asyncio.to_thread(sys.stdin.buffer.readline)
    os._exit(0)


def _write(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def main() -> None:
    """Run the attack that the arguments name."""
    name, port, network, token, key_set_port, seconds = sys.argv[1:]
    os.nice(_NICENESS)
    attack = attack_named(name)
    target = AttackTarget(int(port), network, token, int(key_set_port))
    _write(READY)
    if sys.stdin.buffer.readline():
        asyncio.run(_attack(attack, target, float(seconds)))


if __name__ == "__main__":
    main()
