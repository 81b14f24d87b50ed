"""Attacks of each kind, each for a moment: somebody else is answered, and nothing is left of it."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import pytest

from perf.chaos.hostile.attack import DEFAULT_SETTINGS, Attack, AttackTarget, ServerSettings, Tally
from perf.chaos.hostile.attacks.catalogue import ATTACKS
from perf.chaos.hostile.honest_uses import refused
from perf.chaos.hostile.server import HostEnvironment, ServerUnderAttack, server_under_attack
from perf.chaos.hostile.trial import MOST_BYTES
from perf.dataset.bench.tables import BenchSizes
from perf.servers.seeded import fill_with_sizes
from tests.fixtures.stores.postgres import new_database

_MOMENT_SECONDS = 0.3
_REQUESTS = 5
_PATIENCE_SECONDS = 30.0
_NAMES = (
    "lines-unknown",
    "types-again",
    "distinct-wide",
    "ws-pings",
    "ws-fragments",
    "metrics",
    "registering",
    "receipts",
    "half-head",
    "slow-body",
    "lines-unknown-trusted",
)
"""Some of each kind that need nothing but the server; `guidance chaos hostile` has them all."""
_CHOSEN = [attack for attack in ATTACKS if attack.name in _NAMES]
_FEW = BenchSizes(
    users=len(_CHOSEN) + 3,
    conversations_per_user=2,
    users_with_messages=len(_CHOSEN) + 3,
    exchanges_per_conversation=1,
    accounts=1,
    usage_days=1,
)
_SERVINGS = {attack.settings.name: attack.settings for attack in _CHOSEN}
_IN_SHORT = {DEFAULT_SETTINGS.name}
_NUMBERS = {attack.name: number for number, attack in enumerate(_CHOSEN)}


@pytest.fixture(scope="module")
def host(
    postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HostEnvironment]:
    """A database with people for the servers of these tests."""
    folder = tmp_path_factory.mktemp("hostile")
    with new_database(postgres, template) as url:
        fill_with_sizes(url, _FEW)
        yield HostEnvironment({"DATABASE_URL": url, "GUIDANCE_DATA_DIR": str(folder)}, None)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(one, id=name, marks=[] if name in _IN_SHORT else pytest.mark.slow)
        for name, one in _SERVINGS.items()
    ],
)
async def test_an_attack_keeps_nobody_from_being_answered(
    host: HostEnvironment, settings: ServerSettings
) -> None:
    """And with the settings as they come, all honest uses are served afterwards."""
    attacks = [attack for attack in _CHOSEN if attack.settings == settings]
    found = await _attacked(host, settings, attacks)
    assert {name: problems for name, problems in found.items() if problems} == {}


async def _attacked(
    host: HostEnvironment, settings: ServerSettings, attacks: list[Attack]
) -> dict[str, object]:
    async with server_under_attack(host, settings, calm_seconds=_MOMENT_SECONDS) as it:
        found: dict[str, object] = {attack.name: await _problems(attack, it) for attack in attacks}
        if settings == DEFAULT_SETTINGS:
            found |= await refused(_target(it, len(_CHOSEN)))
        return found


async def _problems(attack: Attack, it: ServerUnderAttack) -> list[object]:
    before = it.server.resident_bytes()
    running = asyncio.ensure_future(attack.run(_target(it, _NUMBERS[attack.name]), Tally()))
    await asyncio.wait([running], timeout=_MOMENT_SECONDS)
    requested = await it.victim.ask_in_turn(_REQUESTS)
    left = await it.settled_after(_PATIENCE_SECONDS) if attack.server_must_close else None
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    if not attack.server_must_close:
        left = await it.settled_after(_PATIENCE_SECONDS)
    grown = it.server.resident_bytes() - before
    return [
        *requested.failures,
        *([] if left is not None else [f"{it.connections()} connections are open, or work"]),
        *([f"{grown} bytes more"] if grown >= MOST_BYTES else []),
    ]


def _target(it: ServerUnderAttack, number: int) -> AttackTarget:
    return AttackTarget(it.server.port, str(number + 1), it.tokens[number], it.key_set_port)
