"""A short load test of the real server: every flow is answered, and what it asks is counted."""

import asyncio
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from perf.dataset.bench.tables import BenchSizes, bench_tables
from perf.dataset.fill import fill
from perf.load.generator.outcomes import ANSWERED, error
from perf.load.generator.progress import Progress
from perf.load.generator.samples import Sample
from perf.load.results.report import LoadReport
from perf.load.run import run_load
from perf.load.workload.flows import FLOWS
from perf.load.workload.profiles import PLATEAU, Profile
from perf.servers.seeded import ServerUnderTest, generated_callers
from services.clock import system_clock
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.server import SECRET, issue_key, serving, settings_for
from tests.fixtures.stores.postgres import new_database
from tests.perf.dataset.progress import RecordedProgress

SIZES = BenchSizes(
    users=40,
    conversations_per_user=3,
    users_with_messages=30,
    exchanges_per_conversation=2,
    accounts=1,
    usage_days=3,
)
BRIEF = Profile("brief", rate=15, warm_up=0.5, ramp_up=1, plateau=3, spike=0.5)


@pytest.fixture(scope="module")
def report(
    postgres: str,
    template: str,
    stand_in_process: StandInControl,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[LoadReport]:
    stand_in_process.reset()
    folder: Path = tmp_path_factory.mktemp("data")
    with new_database(postgres, template) as url:
        tables = bench_tables(SIZES, system_clock())
        asyncio.run(fill(url, tables, progress=nullcontext(RecordedProgress())))
        settings = settings_for(
            url, folder, chat_llm_base_url=stand_in_process.url, serve_runs_worker=False
        )
        with serving(settings, clock=system_clock) as api:
            people = generated_callers(
                SECRET, SIZES.users, SIZES.users_with_messages, issue_key(url, 1)
            )
            target = ServerUnderTest(
                str(api.http.base_url).rstrip("/"), people, "little", "at once"
            )
            yield run_load(BRIEF, target, seed=3)


def test_every_flow_is_answered(report: LoadReport) -> None:
    assert list(report.operations) == list(FLOWS)
    went_wrong = {name: one.errors | one.protected for name, one in report.operations.items()}
    assert {name: codes for name, codes in went_wrong.items() if codes} == {}
    sent = sum(stage.requests for stage in report.stages.values())
    assert sent == sum(one.requests for one in report.operations.values()) > 50


def test_the_statements_of_each_operation_are_known_by_method(report: LoadReport) -> None:
    alone = report.operations["ConversationsWithMessages"].alone
    assert alone["conversations.page_by_user"].calls == 1
    assert alone["messages.page_by_conversation"].calls == 1
    assert alone["conversations.page_by_user"].rows == SIZES.conversations_per_user
    assert report.operations["Quota"].alone["quota.used_by_user"].calls == 1


def test_the_server_s_own_counts_are_there(report: LoadReport) -> None:
    counts = report.counts
    assert counts is not None
    assert counts.statements > 50
    assert counts.cache_hits > 0
    assert counts.retries == 0
    assert counts.methods["conversations.page_by_user"].database_seconds > 0


def test_progress_is_one_line() -> None:
    progress = Progress(BRIEF, 4, lambda: 2, is_shown=False)
    first = Sample("Quota", PLATEAU, 1.0, 1.0, 1.2, ANSWERED)
    second = Sample("Quota", PLATEAU, 2.0, 2.0, 2.4, error("HTTP 503"))
    progress.note(first)
    progress.note(second)
    assert progress.line(second) == (
        "brief [##########          ] plateau     2/5 s, 1 answered, 1 errors, 2 under way"
    )
