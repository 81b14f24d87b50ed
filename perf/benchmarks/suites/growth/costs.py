"""What each budgeted document costs on one database, as two people ask."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import asyncpg

from gql.documents.trusted_documents import TrustedDocument, trusted_documents
from perf.benchmarks.suites.growth.data import HEAVY, ORDINARY
from perf.gate.data.callers import CallerGroup
from perf.gate.execution.in_process import InProcessRunner, RunFailed, open_runner
from perf.gate.execution.server_log import captured_errors
from perf.gate.scenarios.scenario import Scenario, ScenarioContext
from perf.gate.scenarios.scenarios import scenarios
from perf.gate.scenarios.usual_variables import usual_variables

if TYPE_CHECKING:
    from db.connections.session import Driver

PRELOAD = "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'"
_ENABLE = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"
_RESET = "SELECT pg_stat_statements_reset()"
_BLOCKS = """
SELECT coalesce(sum(shared_blks_hit + shared_blks_read), 0)::bigint FROM pg_stat_statements
JOIN pg_database ON pg_database.oid = dbid AND datname = current_database()
WHERE toplevel AND query NOT LIKE '%pg_stat_statements%'
"""
WHO: dict[str, CallerGroup] = {"one": ORDINARY, "many": HEAVY}
"""A group of people like others, and one whose reader and writer have very many messages."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a document costs: the least statements and blocks of its runs, and every run's time."""

    statements: int
    blocks: int
    milliseconds: tuple[float, ...]
    processor_milliseconds: float
    """Of this process in a run, which has the server and not the database."""


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs by document and who asks, and why others have none."""

    of: dict[tuple[str, str], Cost]
    left_out: dict[str, str]


async def costs(url: str, folder: Path, *, runs: int, names: Sequence[str] = ()) -> Costs:
    """Measure all documents, or those of these names, for both who ask."""
    found: dict[tuple[str, str], Cost] = {}
    left_out: dict[str, str] = {}
    async with _counting(url) as counting, open_runner(url, folder) as runner:
        for name, document in trusted_documents().items():
            scenario = scenarios().get(name)
            if scenario is None or (names and name not in names):
                continue
            for who, callers in WHO.items():
                context = ScenarioContext(runner, callers)
                try:
                    with captured_errors():
                        found[name, who] = await _cost(
                            counting, runner, (document, scenario, context), runs
                        )
                except (RunFailed, LookupError, TypeError) as reason:
                    left_out[name] = str(reason).partition("\n")[0]
    return Costs(found, left_out)


async def _cost(
    counting: "Driver",
    runner: InProcessRunner,
    asked: tuple[TrustedDocument, Scenario, ScenarioContext],
    runs: int,
) -> Cost:
    document, scenario, context = asked
    blocks, statements, taken, processor = [], [], [], []
    # The first run is not counted: statements are prepared in it.
    for run in range(runs + 1):
        try:
            variables = await usual_variables(document, scenario, context)
            principal = scenario.principal(context.callers)
            await counting.execute(_RESET)
            began, busy = perf_counter(), process_time()
            usage, _data = await runner.run(document, principal, variables)
        except (RunFailed, LookupError):
            # What can be done to a few rows only has been done to them.
            if run <= 1:
                raise
            break
        taken.append((perf_counter() - began) * 1_000)
        processor.append((process_time() - busy) * 1_000)
        blocks.append(await counting.fetchval(_BLOCKS))
        statements.append(len(usage.ran))
    return Cost(min(statements[1:]), min(blocks[1:]), tuple(taken[1:]), min(processor[1:]))


@asynccontextmanager
async def _counting(url: str) -> AsyncIterator["Driver"]:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_ENABLE)
        yield connection
    finally:
        await connection.close()
