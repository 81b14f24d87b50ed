"""Our own documents keep their budgets, and what would break one is caught and named."""

import asyncio
from collections.abc import Awaitable, Callable
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
import strawberry

from db.keyset import Page
from gql.context import Info
from gql.execution.prepare import Preparation
from gql.operations.budgets import DEFAULT, TrustedDocument, trusted_documents
from gql.operations.limits import Limits
from loaders import PageKey
from perf.gate.callers import reader, writer
from perf.gate.flows import FLOWS, Flow
from perf.gate.gate import Gate, Judged, judge_all, open_gate
from perf.gate.running import FlowFailed, Runner
from tests.fixtures.postgres import new_database, run

INDEX = "ix_chat_messages_conversation_id_created_at_id"
DOCUMENTS = trusted_documents()
NO_LIMITS = Limits(tokens=1_000, depth=10, aliases=10)
T = TypeVar("T")


def with_gate(url: str, folder: Path, work: Callable[[Gate], Awaitable[T]]) -> T:
    """What `work` makes of a gate."""

    async def open_and_work() -> T:
        async with open_gate(url, folder) as gate:
            return await work(gate)

    return asyncio.run(open_and_work())


def test_every_document_keeps_its_budget(crowd: str, tmp_path: Path) -> None:
    judged: list[Judged] = []
    asyncio.run(judge_all(crowd, tmp_path, judged=judged.append))
    assert [str(finding) for one in judged for finding in one.findings] == []
    assert [one.document.name for one in judged] == list(DOCUMENTS) == sorted(FLOWS)


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

    async def judge(gate: Gate) -> list[str]:
        documents = [
            replace(quota, budget=replace(quota.budget, **numbers)) for numbers in wrong.values()
        ]
        judged = [await gate.judge(one, FLOWS["Quota"]) for one in documents]
        return [str(finding) for one in judged for finding in one.findings]

    assert with_gate(crowd, tmp_path, judge) == [f"Quota: {said}" for said in wrong]


@strawberry.type
class Planted:
    """A conversation whose newest message is loaded by itself."""

    key: strawberry.Private[int]

    @strawberry.field
    async def newest(self, info: Info) -> str:
        page = PageKey(self.key, Page(size=1, is_backward=True))
        loaded = await info.context.loaders.renewed().messages_by_conversation.load(page)
        return str(loaded.rows[0]["content"])


@strawberry.type
class Query:
    """Conversations, each with its own statement."""

    @strawberry.field
    async def conversations(self, info: Info) -> list[Planted]:
        page = PageKey(info.context.signed_in(), Page(size=50))
        loaded = await info.context.loaders.conversations_by_user.load(page)
        return [Planted(key=row["id"]) for row in loaded.rows]


def test_a_loader_that_loads_one_by_one_is_caught(crowd: str, tmp_path: Path) -> None:
    document = TrustedDocument("OneByOne", "query OneByOne { conversations { newest } }", DEFAULT)

    async def judge(gate: Gate) -> Judged:
        service, core = copy(gate._runner._service), strawberry.Schema(Query)._schema
        service._schema = core
        preparing = copy(service._documents._preparing)
        preparing._preparation = Preparation(core, limits=NO_LIMITS, allows_introspection=False)
        service._documents = copy(service._documents)
        service._documents._preparing = preparing
        service.prepare = service._documents.operation
        planted = Gate(Runner(service, gate._runner._model), gate._planner)
        return await planted.judge(document, Flow(reader))

    (finding,) = with_gate(crowd, tmp_path, judge).findings
    assert finding.document == "OneByOne"
    assert finding.problem == "runs 12 times for n rows and 24 times for 2n (N+1)"
    assert finding.method == "messages.page_by_conversation"
    assert finding.statement is not None
    assert "FROM chat_messages WHERE chat_messages.conversation_id = parent.id" in finding.statement


def test_an_index_that_is_missing_is_caught(
    postgres: str, crowded_template: str, tmp_path: Path
) -> None:
    with new_database(postgres, crowded_template) as url:
        asyncio.run(run(url, f"DROP INDEX {INDEX}"))
        judged = with_gate(
            url,
            tmp_path,
            lambda gate: gate.judge(DOCUMENTS["ConversationsWithMessages"], FLOWS["Quota"]),
        )
    findings = {one.problem: one for one in judged.findings}
    whole, unordered = (
        "reads the whole of chat_messages: no index serves it",
        "sorts rows of chat_messages: no index has them in order",
    )
    assert findings.keys() == {whole, unordered}
    for finding in findings.values():
        assert finding.document == "ConversationsWithMessages"
        assert finding.method == "messages.page_by_conversation"
        assert finding.statement is not None
        assert finding.statement.startswith("SELECT array_agg(")


def test_a_document_that_is_not_answered_well_is_no_measurement(crowd: str, tmp_path: Path) -> None:
    async def unchanged(_asking: object) -> dict[str, Any]:
        return {"input": {"conversationId": "bm9uZQ==", "title": ""}}

    renaming = Flow(writer, unchanged)
    with pytest.raises(FlowFailed, match=r"RenameConversation was answered with .*NOT_FOUND"):
        with_gate(
            crowd, tmp_path, lambda gate: gate.judge(DOCUMENTS["RenameConversation"], renaming)
        )
