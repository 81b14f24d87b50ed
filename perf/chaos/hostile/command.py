"""`guidance chaos hostile`: attacks one after the other, and their effect on another client."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from perf.chaos.hostile import table
from perf.chaos.hostile.attack import DEFAULT_SETTINGS, Attack, AttackTarget, ServerSettings
from perf.chaos.hostile.attacks.catalogue import ATTACKS
from perf.chaos.hostile.honest_uses import refused
from perf.chaos.hostile.server import HostEnvironment, ServerUnderAttack, server_under_attack
from perf.chaos.hostile.trial import AttackFailed, AttackResult, run_attack
from perf.cli import options
from perf.cli.failures import reporting_not_measured
from perf.dataset.bench.tables import BenchSizes
from perf.servers.redis_server import running_redis
from perf.servers.seeded import running_model, seeded_database

_SIZES = BenchSizes(
    users=300,
    conversations_per_user=50,
    users_with_messages=300,
    exchanges_per_conversation=3,
    accounts=2,
    usage_days=5,
)
_CALM_SECONDS = 4.0
_CONTROL_NETWORK = "250"
_Report = Callable[[AttackResult], None]


@dataclass(frozen=True, slots=True)
class HostileResult:
    """The results of the attacks, and why honest uses were refused, if they were."""

    results: list[AttackResult] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def has_kept_limits(self) -> bool:
        """Whether every limit was kept and every honest use served."""
        return not any(one.missed for one in self.results) and not any(self.refused.values())


@click.command()
@click.option(
    "--only", multiple=True, help="A name of an attack, or a point like 1.4; several may be given."
)
@click.option("--seconds", default=4.0, show_default=True, help="How long each attack goes on.")
@click.option("--out", type=options.FILE, help="Where the table is written, in Markdown.")
def hostile(only: tuple[str, ...], seconds: float, out: Path | None) -> int:
    """Attack a server as outsiders would, while others use it.

    The server is started here. Exits with 1 unless every limit is kept: the other client's p99
    below 150 ms and below 20 times its value in calm, each of its requests answered, memory grown
    by less than 50 MB, and no connection left open. Uses the Redis at REDIS_URL, or starts one if
    it is installed.
    """
    attacks = [one for one in ATTACKS if not only or one.name in only or one.point in only]
    if not attacks:
        known = ", ".join(one.name for one in ATTACKS)
        raise click.BadParameter(f"there is no such attack; known: {known}", param_hint="--only")
    with reporting_not_measured("the server"), _place() as host:
        if host.redis_url is None:
            click.echo("Without Redis, of which none is installed.", err=True)
            attacks = [one for one in attacks if not one.settings.needs_redis]
        try:
            found = asyncio.run(
                attacked(host, attacks, seconds=seconds, report=_progress, has_control=not only)
            )
        except* AttackFailed as failures:
            raise click.ClickException(f"an attack failed: {failures.exceptions[0]}") from None
    text = "\n".join(table.lines(found.results, found.refused))
    click.echo(text)
    if out is not None:
        out.write_text(f"{text}\n")
    return int(not found.has_kept_limits)


async def attacked(
    host: HostEnvironment,
    attacks: Sequence[Attack],
    *,
    seconds: float,
    report: _Report,
    has_control: bool,
    calm_seconds: float = _CALM_SECONDS,
) -> HostileResult:
    """Run the attacks in turn, with a new server after each one that exceeded a limit."""
    found = HostileResult()
    numbers = {attack.name: number for number, attack in enumerate(attacks)}
    by_settings = sorted(attacks, key=lambda one: one.settings.name)
    for _, group in groupby(by_settings, key=lambda one: one.settings.name):
        left = list(group)
        while left:
            async with server_under_attack(host, left[0].settings, calm_seconds=calm_seconds) as it:
                while left:
                    attack = left.pop(0)
                    one = await run_attack(attack, it, number=numbers[attack.name], seconds=seconds)
                    found.results.append(one)
                    report(one)
                    if one.missed:
                        break
    if has_control:
        found.refused.update(await _controlled(host, DEFAULT_SETTINGS))
    found.results.sort(key=lambda one: float(one.attack.point))
    return found


async def _controlled(host: HostEnvironment, settings: ServerSettings) -> dict[str, str]:
    async with server_under_attack(host, settings, calm_seconds=1.0) as it:
        return await refused(_target(it))


def _target(it: ServerUnderAttack) -> AttackTarget:
    return AttackTarget(it.server.port, _CONTROL_NETWORK, it.tokens[-1], it.key_set_port)


@contextmanager
def _place() -> Iterator[HostEnvironment]:
    with (
        TemporaryDirectory(prefix="guidance-hostile-") as folder,
        seeded_database(Path(folder), _SIZES) as url,
        running_model() as model,
        running_redis(Path(folder)) as redis_url,
    ):
        environment = {
            "DATABASE_URL": url,
            "CHAT_LLM_BASE_URL": model,
            "GUIDANCE_DATA_DIR": folder,
        }
        yield HostEnvironment(environment, redis_url)


def _progress(one: AttackResult) -> None:
    click.echo(
        f"{one.attack.name}: p99 {one.under_attack.p99 * 1000:.0f} ms, {one.ratio:.1f} times; "
        f"{'; '.join(one.missed) or 'well'}",
        err=True,
    )
