"""What operations cost over HTTP: reported, refused, and given back."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.graphql.budgeted_callers import (
    BUDGET,
    COMPANY,
    PLANS,
    Caller,
    client,
    fields,
    person,
    server,
)
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.server import Api
from tests.fixtures.stores.postgres import run
from tests.fixtures.stores.world import GRACE

PAGE = "query Page($n: Int!) { viewer { conversations(first: $n) { edges { node { title } } } } }"
EXPENSIVE = "{ enterpriseAccount { credentials { status } } }"
"""Costs 101, and is refused to a key by the field, which is an error of the client's."""
DEEP = """{ viewer { conversations(first: 100) { edges { node {
  messages(last: 100) { edges { node { content } } } } } } } }"""


@pytest.fixture
def small(world: str, tmp_path: Path) -> Iterator[Api]:
    """A server whose budgets are small."""
    with server(world, tmp_path, **BUDGET) as api:
        yield api


def test_a_key_gets_its_costs_in_the_format_of_shopify(api: Api, world: str) -> None:
    answer = client(api, world).ask(COMPANY)
    assert answer.status_code == 200
    assert answer.json()["extensions"] == {
        "cost": {
            "requestedQueryCost": 2,
            "actualQueryCost": 2,
            "throttleStatus": {
                "maximumAvailable": 20_000,
                "currentlyAvailable": 19_998,
                "restoreRate": 2_000,
            },
        }
    }
    policy, remaining = (fields(answer.headers[name]) for name in ("ratelimit-policy", "ratelimit"))
    assert policy == ("cost", {"q": 20_000, "w": 10})
    assert remaining == ("cost", {"r": 19_998, "t": 1})


@pytest.fixture
def usual(world: str, tmp_path: Path) -> Iterator[Api]:
    """A server whose budgets are the usual ones."""
    with server(world, tmp_path) as api:
        yield api


def test_people_and_who_has_no_credential_have_the_fields_alone(usual: Api) -> None:
    answer = person(usual).ask(PAGE, {"n": 5})
    assert set(answer.json()) == {"data"}
    assert fields(answer.headers["ratelimit-policy"]) == ("cost", {"q": 50_000, "w": 10})
    answer = Caller(usual).ask(PLANS)
    assert set(answer.json()) == {"data"}
    assert fields(answer.headers["ratelimit-policy"]) == ("cost", {"q": 20_000, "w": 10})


def test_what_was_not_returned_is_given_back(small: Api) -> None:
    answer = person(small, GRACE).ask(PAGE, {"n": 19})
    assert len(answer.json()["data"]["viewer"]["conversations"]["edges"]) == 1
    assert fields(answer.headers["ratelimit"])[1]["r"] == 38


def test_an_operation_that_is_too_expensive_is_refused_with_advice(api: Api) -> None:
    answer = person(api).ask(DEEP)
    assert (answer.status_code, set(answer.json())) == (400, {"errors"})
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {
        "code": "OPERATION_COST_EXCEEDED",
        "cost": 10_101,
        "maximum": 5_000,
        "paths": [
            {
                "path": "viewer.conversations",
                "cost": 10_100,
                "argument": "first",
                "size": 100,
                "atMost": 49,
            },
            {
                "path": "viewer.conversations.edges.node.messages",
                "cost": 10_000,
                "argument": "last",
                "size": 100,
                "atMost": 48,
            },
        ],
    }
    assert error["message"] == (
        "The operation costs 10101, and at most 5000 is served. Dearest is viewer.conversations "
        "(10100: ask for at most 49 here), then viewer.conversations.edges.node.messages "
        "(10000: ask for at most 48 here)."
    )


def test_the_cost_can_be_had_without_running(small: Api, world: str) -> None:
    caller = client(small, world)
    for _ in range(30):
        answer = caller.ask(COMPANY, graphql_cost="validate")
    assert answer.status_code == 200
    assert answer.json() == {
        "extensions": {
            "cost": {
                "requestedQueryCost": 2,
                "actualQueryCost": None,
                "maximumQueryCost": 20,
                "paths": [],
            }
        }
    }
    refused = caller.ask(EXPENSIVE, graphql_cost="validate")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["extensions"]["code"] == "OPERATION_COST_EXCEEDED"
    assert (
        caller.ask(COMPANY).json()["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"]
        == 17
    ), "the refusal has cost 1"


def test_our_failures_cost_nothing(own_world: str, tmp_path: Path) -> None:
    with server(own_world, tmp_path, **BUDGET) as api:
        caller = client(api, own_world)
        asyncio.run(run(own_world, "ALTER TABLE enterprise_daily_usages RENAME TO gone"))
        for _ in range(30):
            answer = caller.ask(COMPANY)
            assert answer.status_code == 200
            code = answer.json()["errors"][0]["extensions"]["code"]
            assert code == "INTERNAL_SERVER_ERROR"
        status = answer.json()["extensions"]["cost"]
        assert status["actualQueryCost"] == 0
        assert status["throttleStatus"]["currentlyAvailable"] == 20


def test_a_model_that_is_away_costs_nothing(
    own_world: str, tmp_path: Path, stand_in: StandInControl
) -> None:
    settings = {"chat_llm_base_url": stand_in.url, "chat_llm_retry_count": 0}
    document = """mutation { generateGuidance(input: {
      situation: "s", objective: "o", idempotencyKey: "k"}) { text userErrors { code } } }"""
    with server(own_world, tmp_path, **settings) as api:
        stand_in.next({"status": 503})
        cost = client(api, own_world).ask(document).json()["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (12, 0)


def test_a_stream_of_a_reply_that_fails_costs_nothing(
    own_world: str, tmp_path: Path, stand_in: StandInControl
) -> None:
    settings = BUDGET | {
        "chat_llm_base_url": stand_in.url,
        "chat_llm_retry_count": 0,
        "graphql_person_restore_rate": 1,
    }
    send = """mutation { sendMessage(input: {
      content: "How?", idempotencyKey: "k", delivery: STREAM}) { reply { id } } }"""
    follow = "subscription ($id: ID!) { replyStream(messageId: $id) { __typename } }"
    with server(own_world, tmp_path, **settings) as api:
        stand_in.next({"status": 503})
        caller = person(api)
        reply = caller.ask(send).json()["data"]["sendMessage"]["reply"]
        # Together they would cost more than the budget of 40 has.
        for _ in range(60):
            answer = caller.ask(follow, reply, accept="text/event-stream")
            assert "ReplyFailed" in answer.text, answer.text
