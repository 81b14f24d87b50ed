"""`guidance bench shards`: a simulation of very many messages on shards; nothing is run on any."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from statistics import mean

import click

from perf.cli import options

_SECONDS_OF_DAY = 86_400
_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the simulation takes for granted. What is measured says so in docs/scale.md."""

    messages: int = 1_000_000_000
    shards: int = 32
    nodes: int = 8
    person_messages: float = 400.0
    """Of a person, on average."""
    tail: float = 1.5
    """The exponent of the Pareto distribution of messages a person has: the less, the hotter."""
    most_of_one: int = 1_000_000
    message_bytes: int = 440
    """On disk with its indexes: measured with 20 million."""
    new_a_day: float = 1 / 1_000
    """The share of all messages that is written in a day."""
    reads_a_write: float = 10.0
    peak: float = 4.0
    """Times the average, in the busiest minute."""
    read_milliseconds: float = 0.5
    write_milliseconds: float = 3.0
    """The database's processor time of a page, and of a message with its reply."""
    copied_rows_a_second: float = 5_000.0
    """While a shard moves and is used."""
    workers: int = 16
    claims_a_second: float = 1.0
    """How often a worker asks one shard for each kind of work."""
    claim_kinds: int = 10
    claim_milliseconds: float = 0.2


@dataclass(frozen=True, slots=True)
class Simulated:
    """What comes of the assumptions."""

    people: int
    least: int
    average: float
    most: int
    """Messages of a shard."""
    hottest: int
    hottest_share: float
    """The messages of the person who has the most, and their share of the shard's."""
    shard_bytes: float
    busiest_cores: float
    """Processors that the busiest shard's requests use in the busiest minute."""
    claim_cores: float
    """Processors that the worker's claims use on each shard, at any time."""
    move_hours: float
    """For one shard to move to another node."""
    rebalance_hours: float
    """After a node is added: shards move one after another until all nodes have as many."""


USUAL = Assumptions()


def simulate(given: Assumptions, seed: int) -> Simulated:
    """Give people to shards as a hash would, and add up; the same seed gives the same."""
    random = Random(seed)
    shards = [0] * given.shards
    hottest = (0, 0)
    people = 0
    left = given.messages
    while left > 0:
        own = _messages_of_one(given, random)
        left -= own
        place = random.randrange(given.shards)
        shards[place] += own
        hottest = max(hottest, (own, place))
        people += 1
    return _sum_up(given, shards, hottest, people)


def _messages_of_one(given: Assumptions, random: Random) -> int:
    least = given.person_messages * (given.tail - 1) / given.tail
    return min(given.most_of_one, max(1, int(least * random.paretovariate(given.tail))))


def _sum_up(
    given: Assumptions, shards: Sequence[int], hottest: tuple[int, int], people: int
) -> Simulated:
    most = max(shards)
    writes = most * given.new_a_day / _SECONDS_OF_DAY * given.peak
    per_write = given.write_milliseconds + given.reads_a_write * given.read_milliseconds
    claims = given.workers * given.claims_a_second * given.claim_kinds
    move = mean(shards) / given.copied_rows_a_second / _HOUR
    moved = given.shards // (given.nodes + 1)
    return Simulated(
        people=people,
        least=min(shards),
        average=mean(shards),
        most=most,
        hottest=hottest[0],
        hottest_share=hottest[0] / shards[hottest[1]],
        shard_bytes=mean(shards) * given.message_bytes,
        busiest_cores=writes * per_write / 1_000,
        claim_cores=claims * given.claim_milliseconds / 1_000,
        move_hours=move,
        rebalance_hours=move * moved,
    )


@click.command("shards")
@options.number("--messages", USUAL.messages, "Messages of everybody.", least=1_000)
@options.number("--shards", USUAL.shards, "Shards.")
@options.number("--nodes", USUAL.nodes, "Machines that have the shards.")
@options.number("--workers", USUAL.workers, "Processes that take work from every shard.")
@click.option("--seed", default=1, show_default=True, help="Decides who has how many messages.")
def bench_shards(messages: int, shards: int, nodes: int, workers: int, seed: int) -> None:
    """Simulate a thousand million messages on shards.

    Nothing is run on shards: it says how evenly people fall on them, what the busiest one has to
    do, and how long it takes to move one.
    """
    given = replace(USUAL, messages=messages, shards=shards, nodes=nodes, workers=workers)
    found = simulate(given, seed)
    for name in Assumptions.__slots__:
        click.echo(f"assumed  {name.replace('_', ' ')}: {getattr(given, name):,}")
    click.echo(
        f"{found.people:,} people; a shard has {found.average:,.0f} messages "
        f"({found.least:,} to {found.most:,}), {found.shard_bytes / 1e9:.1f} GB"
    )
    click.echo(
        f"the person with the most has {found.hottest:,}, {found.hottest_share:.1%} of the shard"
    )
    click.echo(
        f"at the peak the busiest shard uses {found.busiest_cores:.2f} processors for requests; "
        f"claims use {found.claim_cores:.3f} of one on each shard at any time"
    )
    click.echo(
        f"a shard moves in {found.move_hours:.1f} h; after a node is added, all is even after "
        f"{found.rebalance_hours:.1f} h"
    )
