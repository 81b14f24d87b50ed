"""Send every budgeted document many times, so that its verdicts have enough samples."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

from gql.documents.trusted_documents import trusted_documents
from perf.load.generator.samples import Sample
from perf.servers.client import client_of
from perf.sweep.documents import DocumentClient, PreparationFailed, left_out, optional_connection
from perf.sweep.http_runner import HttpRunner
from perf.sweep.server import SweepTarget

SWEEP = "sweep"


@dataclass(frozen=True, slots=True)
class SweepResult:
    """The samples of each document, and the reasons why others have none."""

    samples: Mapping[str, Sequence[Sample]]
    left_out: Mapping[str, str]


def sweep(target: SweepTarget, *, samples: int) -> SweepResult:
    """Send each document so many times, one by one, alternating between documents."""
    return asyncio.run(_sweep(target, samples))


async def _sweep(target: SweepTarget, count: int) -> SweepResult:
    names = list(trusted_documents())
    async with (
        client_of(target.url) as client,
        optional_connection(target.database_url) as connection,
    ):
        runner = HttpRunner(client, target.credentials, connection, by_id=target.by_id)
        documents = DocumentClient(runner, target)
        reasons = await left_out(documents, names, target)
        samples: dict[str, list[Sample]] = {name: [] for name in names if name not in reasons}
        started = perf_counter()
        for _ in range(count):
            for name, found in samples.items():
                # A failing preparation is a document too, with samples of its own.
                with suppress(PreparationFailed):
                    found.append(await _sample(documents, name, started))
        return SweepResult(samples, reasons)


async def _sample(documents: DocumentClient, name: str, started: float) -> Sample:
    """Send one request; raises `PreparationFailed`."""
    prepared = await documents.prepare(name)
    begun = perf_counter() - started
    answered = await documents.ask(prepared)
    return Sample(name, SWEEP, begun, begun, begun + answered.seconds, answered.outcome)
