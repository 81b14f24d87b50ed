"""`guidance bench chat`: what we add to the model, in time, processor time and memory."""

import asyncio
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import click
import httpx2

from app.composition.database_url import database_url
from app.settings import load_settings
from perf.benchmarks.harness.closed_loop import send
from perf.benchmarks.harness.operations import QUOTA
from perf.benchmarks.harness.people import people_with_quota
from perf.benchmarks.harness.replies import ChatUser, model_reply
from perf.benchmarks.suites.chat.concurrent_replies import (
    ConcurrentReplies,
    peak_concurrency,
    read_concurrently,
)
from perf.benchmarks.suites.chat.first_delta import (
    QUESTION,
    FirstDeltas,
    added_seconds,
    first_deltas,
)
from perf.cli import options
from perf.llm_standin.process import running_stand_in
from perf.servers.connection import UnexpectedAnswer
from perf.servers.credentials import tokens_of_people
from perf.servers.process import OURS, PRODUCTION, RELAY, Server, reserve_cores, running_process

_PEOPLE = 10_000
_TALKING = 10
_MESSAGES = 200
_QUOTA_REQUESTS = 200
_MODEL = "the model itself"
_SHORT = {"tokens": 20, "tokens_per_second": 200}
_LONG = {"tokens": 200, "tokens_per_second": 40, "first_token_seconds": 0.2}
# The first token is late and the replies are long, so that all of them overlap.
_CROWDED = {"tokens": 300, "tokens_per_second": 8, "first_token_seconds": 30}
_SENDING = 8
_BEGINNINGS = {"after 200 ms": 0.2, "at once": 0.0}
_PATIENCE = {"CHAT_LLM_TIMEOUT_SECONDS": "600"}


@dataclass(frozen=True, slots=True)
class _Bench:
    """The running servers, and the people who send messages to them."""

    model: str
    ours: Server
    relay: Server
    people: Sequence[ChatUser]

    # Any: a behaviour has values of many types.
    def behave(self, **behaviour: Any) -> None:
        """Change the behaviour of the stand-in from now on."""
        control = self.model.removesuffix("/v1") + "/control"
        httpx2.patch(control, json=behaviour).raise_for_status()


@click.command("chat")
@click.option(
    "--samples",
    type=click.IntRange(2, 1_500),
    default=200,
    show_default=True,
    help="Replies that are timed to their first delta, each way.",
)
@click.option(
    "--replies",
    type=click.IntRange(1, 100),
    default=20,
    show_default=True,
    help="Replies at the same time for the processor time of a delta.",
)
@options.rounds(3)
@click.option(
    "--crowd",
    "crowded",
    type=click.IntRange(0),
    default=500,
    show_default=True,
    help="Replies at the same time for the memory; 0 leaves it out.",
)
def bench_chat(samples: int, replies: int, rounds: int, crowded: int) -> None:
    """What we add to the model's own time.

    With the stand-in, on the data of `guidance db seed --profile bench`. The server runs on one
    core; PostgreSQL, the stand-in and the people on the others. The messages stay in the database,
    and are charged.
    """
    count = max(_TALKING, replies, crowded)
    try:
        with _running(count) as bench:
            _print_first_deltas(bench, samples)
            _print_costs(bench, replies, rounds)
            if crowded:
                _print_crowd(bench, crowded)
    except UnexpectedAnswer as error:
        raise click.ClickException(f"this was not to be answered: {error}") from None


@contextmanager
def _running(people: int) -> Iterator[_Bench]:
    settings = load_settings()
    secret = secrets.token_hex()
    cores = reserve_cores()
    with database_url(settings) as url, running_stand_in("--port", "0") as model:
        environment = PRODUCTION | {
            "DATABASE_URL": url,
            "JWT_SECRET_KEY": secret,
            "CHAT_LLM_BASE_URL": model,
            "CHAT_LLM_API_KEY": "any",
        }
        with (
            running_process(OURS, environment | _PATIENCE, cores) as ours,
            running_process(RELAY, environment, cores) as relay,
        ):
            asking = people_with_quota(
                ours.port, tokens_of_people(secret, _PEOPLE), count=people, messages=_MESSAGES
            )
            yield _Bench(model, ours, relay, asking)


def _print_first_deltas(bench: _Bench, samples: int) -> None:
    click.echo(
        f"{'the model begins':<18}{'asked through':<20}{'p50 ms':>8}{'added p50':>11}"
        f"{'added p95':>11}{'ratio':>8}"
    )
    talking = bench.people[:_TALKING]
    over = 0.0
    for name, seconds in _BEGINNINGS.items():
        bench.behave(**_SHORT, first_token_seconds=seconds)
        taken = first_deltas(
            model_port=_port(bench.model),
            relay_port=bench.relay.port,
            port=bench.ours.port,
            people=talking,
            samples=samples,
        )
        over = over or added_seconds(taken.ours, taken.model).median
        _print_beginning(name, taken)
    quota = median(_quota_seconds(bench, talking))
    click.echo(
        f"the quota operation takes {quota * 1e3:.2f} ms: added p50 is {over / quota:.2f} of it"
    )


def _print_beginning(name: str, taken: FirstDeltas) -> None:
    click.echo(f"{name:<18}{_MODEL:<20}{median(taken.model) * 1e3:>8.2f}")
    relayed = added_seconds(taken.relay, taken.model)
    for server, seconds in ((RELAY, taken.relay), (OURS, taken.ours)):
        over = added_seconds(seconds, taken.model)
        click.echo(
            f"{name:<18}{server:<20}{median(seconds) * 1e3:>8.2f}{over.median * 1e3:>11.2f}"
            f"{over.p95 * 1e3:>11.2f}{over.median / relayed.median:>8.2f}"
        )


def _quota_seconds(bench: _Bench, people: Sequence[ChatUser]) -> list[float]:
    asking = [person.token for person in people]
    return asyncio.run(
        send(bench.ours.port, QUOTA, asking, requests=_QUOTA_REQUESTS, connections=1)
    )


def _print_costs(bench: _Bench, replies: int, rounds: int) -> None:
    bench.behave(**_LONG)
    relayed, ours = [], []
    for _ in range(rounds):
        passed_on = [model_reply(bench.relay.port, QUESTION) for _ in range(replies)]
        relayed.append(read_concurrently(bench.relay, passed_on))
        ours.append(_ours(bench, replies))
    click.echo(
        f"\n{f'{replies} replies at once':<20}{'deltas':>8}{'CPU us a delta':>16}"
        f"{'CPU ms a reply':>16}{'ratio':>8}"
    )
    least = _cpu_of_a_reply(relayed)
    for server, rows in ((RELAY, relayed), (OURS, ours)):
        cost = _cpu_of_a_reply(rows)
        click.echo(
            f"{server:<20}{sum(one.deltas for one in rows):>8}"
            f"{median(one.cpu_seconds_a_delta for one in rows) * 1e6:>16.0f}"
            f"{cost * 1e3:>16.1f}{cost / least:>8.2f}"
        )


def _cpu_of_a_reply(crowds: Sequence[ConcurrentReplies]) -> float:
    return median(one.cpu_seconds / len(one.replies) for one in crowds)


def _print_crowd(bench: _Bench, replies: int) -> None:
    bench.behave(**_CROWDED)
    before = bench.ours.resident_bytes()
    seen = _ours(bench, replies)
    words = int(_CROWDED["tokens"])
    firsts = median(reply.first_seconds for reply in seen.replies)
    click.echo(
        f"\n{replies} replies: {seen.whole(words)} complete with every word, "
        f"{peak_concurrency(seen.replies)} at the same instant\n"
        f"memory MB: {before / 1e6:.1f} before, {seen.resident_bytes / 1e6:.1f} at most\n"
        f"{seen.deltas} deltas at {seen.cpu_seconds_a_delta * 1e6:.0f} us of CPU; "
        f"the first after {firsts:.2f} s (median)"
    )
    for failure in seen.failures[:1]:
        click.echo(f"{len(seen.failures)} failed, the first with: {failure}")


def _ours(bench: _Bench, replies: int) -> ConcurrentReplies:
    # Sending is limited, as people do not all send at one instant; the long replies overlap anyway.
    turn = asyncio.Semaphore(_SENDING)
    asking = [person.ask(bench.ours.port, QUESTION, turn=turn) for person in bench.people[:replies]]
    return read_concurrently(bench.ours, asking)


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None  # noqa: S101 - the stand-in names it
    return port
