"""Metered guidance over the API, with a real model beside it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.server import Api, issue_key, serving, settings_for
from tests.fixtures.stores.world import ADA, GRACES_COMPANY
from tests.gql.resolvers.guidance_documents import GENERATE, INPUT


class Client:
    """A company's client."""

    def __init__(self, api: Api, key: str) -> None:
        self.api = api
        self.key = key

    # Any: JSON.
    def generate(self, **others: Any) -> Any:
        variables = {"input": INPUT | others}
        return self.api.data(GENERATE, variables, api_key=self.key)["generateGuidance"]


# Any: settings have values of many types.
def client_of(url: str, folder: Path, stand_in: StandInControl, **others: Any) -> Iterator[Client]:
    settings = settings_for(url, folder, chat_llm_base_url=stand_in.url, **others)
    with serving(settings) as api:
        yield Client(api, issue_key(url, GRACES_COMPANY))


@pytest.fixture
def client(own_world: str, tmp_path: Path, stand_in: StandInControl) -> Iterator[Client]:
    yield from client_of(own_world, tmp_path, stand_in, chat_llm_retry_count=0)


@pytest.fixture
def limited(own_world: str, tmp_path: Path, stand_in: StandInControl) -> Iterator[Client]:
    """One whose contract leaves a single request of the day."""
    yield from client_of(own_world, tmp_path, stand_in, b2b_daily_usage_limit=8)


@pytest.fixture
def overage(own_world: str, tmp_path: Path, stand_in: StandInControl) -> Iterator[Client]:
    """One whose contract has no request left, and serves overage."""
    yield from client_of(
        own_world, tmp_path, stand_in, b2b_daily_usage_limit=7, b2b_usage_limit_mode="overage"
    )


def test_a_reply_is_counted_once_and_given_again(client: Client, stand_in: StandInControl) -> None:
    first = client.generate(timeHorizon="a year")
    assert first["userErrors"] == []
    assert len(first["text"]) > 30
    assert first["isOverage"] is False
    assert first["generation"] == {"model": "stand-in", "attempts": 1, "completionTokens": 30}
    assert first["usage"] == {
        "limitMode": "BLOCK",
        "dailyUsed": 8,
        "dailyRemaining": 492,
        "monthlyUsed": 8,
    }
    assert client.generate(timeHorizon="a year") == first
    assert stand_in.counts()["finished"] == 1
    (prompt,) = stand_in.prompts()
    assert prompt[-1]["content"].endswith("Time horizon:\na year")
    reused = client.generate(objective="Another.")
    assert reused["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_a_model_that_is_away_costs_nothing(client: Client, stand_in: StandInControl) -> None:
    stand_in.next({"status": 503})
    failed = client.generate()
    assert failed["text"] is None
    assert failed["userErrors"][0]["code"] == "LLM_UNAVAILABLE"
    assert failed["usage"]["dailyUsed"] == 7
    assert client.generate(idempotencyKey="another")["usage"]["dailyUsed"] == 8


def test_over_a_limit_it_is_refused(limited: Client, stand_in: StandInControl) -> None:
    assert limited.generate()["usage"]["dailyRemaining"] == 0
    refused = limited.generate(idempotencyKey="another")
    assert refused["userErrors"] == [
        {"code": "USAGE_LIMIT_EXCEEDED", "field": None, "retryAfterSeconds": 52_200}
    ]
    assert refused["text"] is None
    assert limited.generate()["userErrors"] == []
    assert stand_in.counts()["received"] == 1


def test_over_a_limit_it_is_served_as_overage(overage: Client) -> None:
    served = overage.generate()
    assert (served["isOverage"], served["userErrors"]) == (True, [])
    assert (served["usage"]["dailyUsed"], served["usage"]["dailyRemaining"]) == (8, 0)


@pytest.mark.parametrize("caller", [{"viewer": ADA}, {}])
def test_only_a_key_may_ask(client: Client, caller: dict[str, Any]) -> None:
    code, _ = client.api.error(GENERATE, {"input": INPUT}, **caller)
    assert code == "UNAUTHENTICATED"


def test_a_question_that_is_none(client: Client) -> None:
    refused = client.generate(objective=" ")
    assert refused["userErrors"] == [
        {"code": "INVALID_INPUT", "field": ["input", "objective"], "retryAfterSeconds": None}
    ]
