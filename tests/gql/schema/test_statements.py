"""How many SQL statements operations run, and which: the number does not depend on the rows."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.graphql.request.graphql_request import GraphQLRequest
from app.wiring import open_application
from gql.values.ids import global_id
from perf.benchmarks.harness.single_response import single_response
from services.callers.principal import Person
from tests.fixtures.servers.server import settings_for
from tests.fixtures.stores.world import ADA, GRACES_COMPANY, NOW

# Any: JSON.
Statements = Any
_NO_BOUND = 1_000_000
"""What is counted here are statements, of operations of any size."""


@pytest.fixture
def statements(world: str, tmp_path: Path) -> Statements:
    """The names of the statements that a document runs for Ada, or for a `key`, sorted."""

    def names(
        document: str, variables: dict[str, Any] | None = None, *, key: str | None = None
    ) -> list[str]:
        return sorted(asyncio.run(run(document, variables, key)))

    async def run(
        document: str, variables: dict[str, Any] | None, key: str | None
    ) -> tuple[str, ...]:
        settings = settings_for(
            world,
            tmp_path,
            graphql_max_cost=_NO_BOUND,
            graphql_key_budget=_NO_BOUND,
            graphql_person_budget=_NO_BOUND,
            graphql_address_budget=_NO_BOUND,
        )
        async with open_application(settings, world, clock=lambda: NOW) as application:
            request = GraphQLRequest(document, variables=variables)
            client = key and await application.enterprise.authenticate(key)
            answer = await single_response(application.graphql, request, client or Person(ADA))
            assert "errors" not in answer.body, answer.body
            return tuple(answer.statements)

    return names


def test_twenty_conversations_with_ten_messages_each_are_two(statements: Statements) -> None:
    document = """{ viewer { conversations(first: 20) { edges { node {
      title messages(last: 10) { edges { node { content role } cursor } pageInfo { startCursor } }
    } } } } }"""
    assert statements(document) == [
        "conversations.page_by_user",
        "messages.page_by_conversation",
    ]


@pytest.mark.parametrize("size", [1, 2, 45, 100])
def test_the_number_of_rows_does_not_matter(statements: Statements, size: int) -> None:
    document = """query ($size: Int!) { viewer { conversations(first: $size) { totalCount
      edges { node {
        messageCount lastMessage { content conversation { title messageCount } }
        messages(first: $size) { edges { node { conversation { updatedAt } } } }
      } }
    } } }"""
    assert statements(document, {"size": size}) == [
        "conversations.by_id",
        "conversations.count_by_user",
        "conversations.page_by_user",
        "messages.count_by_conversation",
        "messages.page_by_conversation",
        "messages.page_by_conversation",
    ]


def test_one_look_at_the_subscription_however_many_fields_ask(statements: Statements) -> None:
    document = """query ($me: ID!) {
      viewer { subscription { status plan { code } } again: subscription { status }
               quota { remaining } more: quota { limit } }
      other: viewer { quota { state } subscription { updatedAt } }
      node(id: $me) { ... on User { subscription { failureReason } quota { used } } }
      nodes(ids: [$me, $me]) { ... on User { subscription { startedAt } quota { resetsAt } } }
    }"""
    assert statements(document, {"me": global_id("User", ADA)}) == [
        "billing.current_subscription_by_user",
        "quota.used_by_user",
    ]


def test_what_the_token_says_costs_nothing(statements: Statements) -> None:
    assert statements("{ viewer { id __typename } }") == []


def test_a_whole_account_page(statements: Statements) -> None:
    document = """{ viewer { email createdAt subscription { status } quota { remaining }
      conversations { edges { node { title } } }
      privacyRequests { edges { node { kind } } }
      export: latestPrivacyRequest(kind: EXPORT) { status }
      delete: latestPrivacyRequest(kind: DELETE) { status }
    } }"""
    assert statements(document) == [
        "billing.current_subscription_by_user",
        "conversations.page_by_user",
        "privacy.requests_page_by_user",
        "privacy.requests_page_by_user",
        "privacy.requests_page_by_user",
        "quota.used_by_user",
        "users.by_id",
    ]


def test_a_hundred_nodes_are_one_statement_a_type(statements: Statements) -> None:
    ids = [global_id("Conversation", key) for key in range(1, 46)]
    ids += [global_id("Message", key) for key in range(1, 31)]
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert statements(document, {"ids": ids}) == ["conversations.by_id", "messages.by_id"]


def test_a_company_with_everything(statements: Statements) -> None:
    document = """{ enterpriseAccount {
      companyName usage { dailyUsed } credentials { status }
      january: dailyUsage(from: "2026-01-01", to: "2026-01-31") { requestCount }
      february: dailyUsage(from: "2026-02-01", to: "2026-02-28") { requestCount }
    } }"""
    assert statements(document) == [
        "credentials.by_account",
        "enterprise.accounts_by_administrator",
        "enterprise.daily_usage_by_account",
        "enterprise.daily_usage_by_account",
        "enterprise.usage_totals_by_account",
    ]


def test_the_company_of_a_key_comes_with_the_check_of_the_key(
    statements: Statements, api_key: str
) -> None:
    document = """query ($id: ID!) {
      enterpriseAccount { id companyName dailyUsage(from: "2026-01-01", to: "2026-03-31") {
        requestCount
      } }
      node(id: $id) { ... on EnterpriseAccount { companyName } }
    }"""
    variables = {"id": global_id("EnterpriseAccount", GRACES_COMPANY)}
    assert statements(document, variables, key=api_key) == ["enterprise.daily_usage_by_account"]
