"""`guidance chaos hostile`: attacks one after the other, and their effect on another client."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from perf import options
from perf.chaos.hostile import table
from perf.chaos.hostile.attack import AS_IT_COMES, Aim, Attack, Serving
from perf.chaos.hostile.catalogue import ATTACKS
from perf.chaos.hostile.control import refused
from perf.chaos.hostile.served import Place, Served, server_under_attack
from perf.chaos.hostile.trial import AttackFailed, Tried, run_attack
from perf.chaos.redis_server import running_redis
from perf.dataset.bench import BenchSizes
from perf.load.own_server import running_model, seeded_database
from perf.measuring import failing_as_not_measured

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
_Report = Callable[[Tried], None]


@dataclass(frozen=True, slots=True)
class Found:
    """The results of the attacks, and why honest uses were refused, if they were."""

    results: list[Tried] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def is_well(self) -> bool:
        """Whether every limit was kept and every honest use served."""
        return not any(one.missed for one in self.results) and not any(self.refused.values())


@click.command()
@click.option(
    "--only", multiple=True, help="A name of an attack, or a point like 1.4; several may be given."
)
@click.option("--seconds", default=4.0, show_default=True, help="How long each attack goes on.")
@click.option("--out", type=options.FILE, help="Where the table is written, in Markdown.")
def hostile(only: tuple[str, ...], seconds: float, out: Path | None) -> int:
    """Attack a server of our own as an outsider would, while somebody else uses it.

    Exits with 1 unless every limit is kept: the other client's p99 below 150 ms and below 20 times
    its value in calm, each of its requests answered, memory grown by less than 50 MB, and no
    connection left open. Uses the Redis at REDIS_URL, or starts one if it is installed.
    """
    attacks = [one for one in ATTACKS if not only or one.name in only or one.point in only]
    if not attacks:
        known = ", ".join(one.name for one in ATTACKS)
        raise click.BadParameter(f"there is no such attack; known: {known}", param_hint="--only")
    with failing_as_not_measured("the server"), _place() as place:
        if place.redis_url is None:
            click.echo("Without Redis, of which none is installed.", err=True)
            attacks = [one for one in attacks if not one.serving.needs_redis]
        try:
            found = asyncio.run(
                attacked(place, attacks, seconds=seconds, report=_progress, has_control=not only)
            )
        except* AttackFailed as failures:
            raise click.ClickException(f"an attack failed: {failures.exceptions[0]}") from None
    text = "\n".join(table.lines(found.results, found.refused))
    click.echo(text)
    if out is not None:
        out.write_text(f"{text}\n")
    return int(not found.is_well)


async def attacked(
    place: Place,
    attacks: Sequence[Attack],
    *,
    seconds: float,
    report: _Report,
    has_control: bool,
    calm_seconds: float = _CALM_SECONDS,
) -> Found:
    """Run the attacks in turn, with a new server after each one that exceeded a limit."""
    found = Found()
    numbers = {attack.name: number for number, attack in enumerate(attacks)}
    by_settings = sorted(attacks, key=lambda one: one.serving.name)
    for _, group in groupby(by_settings, key=lambda one: one.serving.name):
        left = list(group)
        while left:
            async with server_under_attack(place, left[0].serving, calm_seconds=calm_seconds) as it:
                while left:
                    attack = left.pop(0)
                    one = await run_attack(attack, it, number=numbers[attack.name], seconds=seconds)
                    found.results.append(one)
                    report(one)
                    if one.missed:
                        break
    if has_control:
        found.refused.update(await _controlled(place, AS_IT_COMES))
    found.results.sort(key=lambda one: float(one.attack.point))
    return found


async def _controlled(place: Place, serving: Serving) -> dict[str, str]:
    async with server_under_attack(place, serving, calm_seconds=1.0) as it:
        return await refused(_aim(it))


def _aim(it: Served) -> Aim:
    return Aim(it.server.port, _CONTROL_NETWORK, it.tokens[-1], it.key_set_port)


@contextmanager
def _place() -> Iterator[Place]:
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
        yield Place(environment, redis_url)


def _progress(one: Tried) -> None:
    click.echo(
        f"{one.attack.name}: p99 {one.under_attack.p99 * 1000:.0f} ms, {one.ratio:.1f} times; "
        f"{'; '.join(one.missed) or 'well'}",
        err=True,
    )
