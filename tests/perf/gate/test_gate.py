"""Our own documents keep their budgets, and what would break one is caught and named."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from gql.documents.budgets.budget import ImpossibleVariant
from gql.documents.budgets.variants import VariantPattern
from gql.documents.trusted_documents import trusted_documents
from gql.values.ids import global_id
from perf.gate.data.callers import writer
from perf.gate.document_check import DocumentResult
from perf.gate.findings import GateFinding
from perf.gate.gate import Gate, check_documents, open_gate
from perf.gate.scenarios.scenario import Scenario, ScenarioContext
from perf.gate.scenarios.scenarios import scenarios
from tests.perf.gate.missing_index import without_index

INDEX = "ix_chat_messages_conversation_id_branch_created_at_id"
DOCUMENTS = trusted_documents()
T = TypeVar("T")


def with_gate(url: str, folder: Path, work: Callable[[Gate], Awaitable[T]]) -> T:
    """What `work` makes of a gate."""

    async def open_and_work() -> T:
        async with open_gate(url, folder) as gate:
            return await work(gate)

    return asyncio.run(open_and_work())


async def test_every_document_keeps_its_budget_in_each_variant(crowd: str, tmp_path: Path) -> None:
    reported: list[DocumentResult | GateFinding] = []
    await check_documents(crowd, tmp_path, report=reported.append)
    judged = [one for one in reported if isinstance(one, DocumentResult)]
    unjudged = [str(one) for one in reported if isinstance(one, GateFinding)]
    assert unjudged + [str(finding) for one in judged for finding in one.findings] == []
    assert [one.document.name for one in judged] == list(DOCUMENTS) == sorted(scenarios())
    assert min(one.variants for one in judged) == 5, "the kinds of callers"
    assert max(one.variants for one in judged) <= 31


def test_a_number_that_is_not_kept_is_named(crowd: str, tmp_path: Path) -> None:
    methods = "(billing.current_subscription_by_user 1, quota.used_by_user 1)"
    # Any: the numbers of a budget.
    wrong: dict[str, dict[str, Any]] = {
        f"2 statements, where exactly 1 are agreed {methods}": {"statements": 1},
        f"2 statements, where exactly 3 are agreed {methods}": {"statements": 3},
        "1 subscription lookups, where at most 0 are agreed": {"subscription_lookups": 0},
        "2 rows, where at most 1 are agreed": {"rows": 1},
        "143 response bytes, where at most 142 are agreed": {"response_bytes": 142},
        "2 cost, where at most 1 are agreed": {"cost": 1},
    }
    quota = DOCUMENTS["Quota"]

    async def check(gate: Gate) -> list[str]:
        documents = [
            replace(quota, budget=replace(quota.budget, **numbers)) for numbers in wrong.values()
        ]
        judged = [await gate.check(one, scenarios()["Quota"]) for one in documents]
        return [str(finding) for one in judged for finding in one.findings]

    assert with_gate(crowd, tmp_path, check) == [f"Quota: {said}" for said in wrong]


def test_an_index_that_is_missing_is_caught(crowd: str, tmp_path: Path) -> None:
    document, scenario = DOCUMENTS["ConversationsWithMessages"], scenarios()["Quota"]
    with without_index(crowd, INDEX):
        judged = with_gate(crowd, tmp_path, lambda gate: gate.check(document, scenario))
    findings = {one.problem: one for one in judged.findings}
    assert findings.keys() == {
        "sorts rows of chat_messages: no index has them in order",
        "reads 21600 rows of chat_messages to use 720: no index serves it",
    }
    for finding in findings.values():
        assert finding.document == "ConversationsWithMessages"
        assert finding.method == "messages.page_by_conversation"
        assert finding.statement is not None
        assert finding.statement.startswith("SELECT parent.id")


def test_a_document_that_is_refused_with_its_usual_variables_is_no_measurement(
    crowd: str, tmp_path: Path
) -> None:
    async def unchanged(_asking: object) -> dict[str, Any]:
        return {"input": {"conversationId": global_id("Conversation", 2**40), "title": "None"}}

    renaming = Scenario(writer, unchanged)
    judged = with_gate(
        crowd, tmp_path, lambda gate: gate.check(DOCUMENTS["RenameConversation"], renaming)
    )
    problems = [one.problem for one in judged.findings]
    assert "is refused with NOT_FOUND, and budgets.toml does not call it impossible" in problems
    assert "no variant that is answered gives input.title" in problems


def test_a_preparation_that_fails_is_reported_in_a_sentence(crowd: str, tmp_path: Path) -> None:
    async def failing(context: ScenarioContext) -> dict[str, Any]:
        return {"input": await context.data("ArchiveConversation", input={"conversationId": "no"})}

    document = DOCUMENTS["ArchiveConversation"]
    reported = with_gate(
        crowd, tmp_path, lambda gate: gate.check_or_explain(document, Scenario(writer, failing))
    )
    assert isinstance(reported, GateFinding)
    assert "was answered with" in reported.problem


def test_what_is_called_impossible_and_succeeds_is_caught(crowd: str, tmp_path: Path) -> None:
    page = DOCUMENTS["ConversationPage"]
    where = VariantPattern((("status", frozenset({"ARCHIVED"})),))
    unknown = VariantPattern((("state", frozenset({"ARCHIVED"})),))
    budget = replace(
        page.budget,
        impossible=(
            ImpossibleVariant(where, "nothing is archived"),
            ImpossibleVariant(unknown, "there is no such choice"),
        ),
    )
    document = replace(page, budget=budget)
    judged = with_gate(
        crowd, tmp_path, lambda gate: gate.check(document, scenarios()["ConversationPage"])
    )
    assert [str(one) for one in judged.findings] == [
        "ConversationPage (status: ARCHIVED): is answered, and must not be: nothing is archived",
        "ConversationPage: budgets.toml calls impossible what no variant is: {state: ARCHIVED}",
    ]
