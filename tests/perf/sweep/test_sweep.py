"""Every budgeted document is asked over HTTP; what cannot be is listed with its reason."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from gql.documents.trusted_documents import trusted_documents
from perf.comparisons.ab.interleaving import StopRule
from perf.comparisons.ab.measured_servers import by_documents
from perf.comparisons.ab.rounds import ComparisonPlan, measure
from perf.gate.data.callers import TWICE_THE_ROWS
from perf.load.generator.outcomes import ANSWERED
from perf.load.results.completeness import incomplete
from perf.load.results.terminal import lines
from perf.load.workload.profiles import PROFILES
from perf.servers.client import client_of
from perf.servers.credentials import CallerCredentials
from perf.servers.seeded import ServerUnderTest
from perf.statistics.verdicts import Verdict, samples_needed
from perf.sweep.credentials import CredentialMissing, Credentials
from perf.sweep.documents import DocumentClient, PreparationFailed
from perf.sweep.http_runner import HttpRunner
from perf.sweep.remote import remote_sweep_target
from perf.sweep.report import swept_name, with_sweep
from perf.sweep.server import SweepTarget, gate_server
from perf.sweep.sweep import SWEEP, SweepResult, sweep
from services.callers.principal import ANONYMOUS, ApiClient, Person
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.stores.postgres import new_database
from tests.perf.comparisons.report.sample_reports import made_up

DOCUMENTS = trusted_documents()
TIMES = 2


@pytest.fixture(scope="module")
def target(
    postgres: str,
    crowded_template: str,
    stand_in_process: StandInControl,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SweepTarget]:
    stand_in_process.reset()
    folder: Path = tmp_path_factory.mktemp("data")
    with (
        new_database(postgres, crowded_template) as url,
        gate_server(
            url, stand_in_process.url, groups=(TWICE_THE_ROWS,), data_dir=str(folder)
        ) as server,
    ):
        yield server


@pytest.fixture(scope="module")
def swept(target: SweepTarget) -> SweepResult:
    return sweep(target, samples=TIMES)


def test_every_document_with_a_budget_is_answered_each_time(swept: SweepResult) -> None:
    assert swept.left_out == {}
    assert {name: [one.outcome for one in samples] for name, samples in swept.samples.items()} == {
        name: TIMES * [ANSWERED] for name in DOCUMENTS
    }


def test_each_is_timed_by_itself_and_not_what_comes_before_it(swept: SweepResult) -> None:
    samples = sorted(
        (one for found in swept.samples.values() for one in found), key=lambda one: one.sent
    )
    assert {one.stage for one in samples} == {SWEEP}
    assert all(0 < one.latency < 10 for one in samples)
    assert all(one.ended <= after.sent for one, after in pairwise(samples))


def test_the_report_has_all_of_them_apart_from_the_mix(swept: SweepResult) -> None:
    run = made_up()
    report = with_sweep(run, SweepResult(swept.samples, {"Later": "it has no flow"}), is_own=True)
    assert [name for name, one in report.operations.items() if one.swept] == [
        swept_name(name) for name in DOCUMENTS
    ]
    assert (report.mix, report.stages) == (run.mix, run.stages)
    assert report.left_out == {"Later (sweep)": "it has no flow"}
    assert "left out: Later (sweep): it has no flow" in list(lines(report))
    (plans,) = (line for line in lines(report) if line.startswith("Plans (sweep)"))
    plan = DOCUMENTS["Plans"].budget
    assert plans.endswith(f"  Python {plan.python_calls}, C {plan.c_calls}")
    assert incomplete(report) == incomplete(run)


def test_a_budget_that_is_missed_in_the_sweep_alone_is_missed(swept: SweepResult) -> None:
    name = "RenameConversation"
    late = [
        type(one)(one.operation, one.stage, one.due, one.sent, one.sent + 3, one.outcome)
        for one in list(swept.samples[name]) * 20
    ]
    report = with_sweep(made_up(), SweepResult({name: late}, {}), is_own=True)
    assert report.verdict is Verdict.FAIL
    assert any(
        line.startswith(f"{name} (sweep): FAIL         p95: 3000.00 ms") for line in lines(report)
    )


def test_the_sweep_has_the_samples_that_its_verdicts_need() -> None:
    judging = [one for name, one in PROFILES.items() if name != "brief"]
    assert all(one.swept >= samples_needed(0.01) for one in judging)


def test_what_one_request_of_a_version_passed_its_time_in_is_known(target: SweepTarget) -> None:
    """By which two versions are compared: only what is traced has parts."""
    side, plan = (
        by_documents(target),
        ComparisonPlan(("Quota",), StopRule(0.1, seconds=60, most_rounds=1)),
    )
    alone = measure(side, side, plan).b.alone["Quota"]
    assert alone["request Quota"].traced_times == 1
    assert alone["batch quota for User.quota"].traced_times == 1
    assert alone["python quota.used_by_user"].traced_times == 1


def why_not(target: SweepTarget, name: str) -> str:
    async def prepared() -> str:
        async with client_of(target.url) as client:
            documents = DocumentClient(HttpRunner(client, target.credentials), target)
            with pytest.raises(PreparationFailed) as refused:
                await documents.prepare(name)
            return str(refused.value)

    return asyncio.run(prepared())


def test_a_document_without_a_flow_is_a_sentence(target: SweepTarget) -> None:
    assert why_not(target, "Unheard") == (
        "it has no scenario: perf/gate/scenarios has to say who asks"
    )


def test_what_has_to_be_undone_needs_a_database_of_our_own(target: SweepTarget) -> None:
    assert why_not(target, "Checkout") == (
        "what comes before it fails: what it does has to be undone in the database, which is not "
        "ours"
    )


def test_of_a_server_elsewhere_what_reads_is_swept(target: SweepTarget) -> None:
    token = target.credentials.headers(Person(TWICE_THE_ROWS.first_person))["authorization"]
    people = CallerCredentials([token.removeprefix("Bearer ")], (), None)
    found = sweep(
        remote_sweep_target(ServerUnderTest(target.url, people, "some", "none")), samples=1
    )
    reads = {name for name, one in DOCUMENTS.items() if one.text.startswith("query")}
    companies = {"EnterpriseUsage", "EnterpriseDailyUsage"}
    # What has to be prepared in the database, which is not ours.
    prepared = {"PlanChangePreview"}
    operators = {"ModelFeedback"}
    assert found.samples.keys() == reads - companies - prepared - operators
    assert {one.outcome for samples in found.samples.values() for one in samples} == {ANSWERED}
    for name in companies:
        assert found.left_out[name] == "it is a company's, and there is no --api-key"
    for name in operators:
        assert found.left_out[name] == "it is an operator's, and there is no --token of one"
    assert found.left_out["SendMessage"] == (
        "it writes, which the sweep does on a server of its own alone"
    )
    assert found.left_out.keys() == DOCUMENTS.keys() - found.samples.keys()


def test_nobody_has_no_credentials_and_who_is_missing_is_named() -> None:
    credentials = Credentials("", {1: "key"})
    assert credentials.headers(ANONYMOUS) == {}
    assert credentials.headers(ApiClient(1, 2)) == {"x-api-key": "key"}
    with pytest.raises(CredentialMissing, match="a person's, and there is no --token of one"):
        credentials.headers(Person(1))
    with pytest.raises(CredentialMissing, match="there is no --api-key"):
        credentials.headers(ApiClient(2, 3))
