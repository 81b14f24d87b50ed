"""What operations cost over HTTP: told, refused, held back, and given back."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx2
import orjson
import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from perf.benchmarks.flood import flooded
from perf.benchmarks.wire import posted
from services.throttling.pauses import PAUSE_SECONDS
from tests.fixtures.llm import StandInControl
from tests.fixtures.peer import peer
from tests.fixtures.postgres import run
from tests.fixtures.server import Api, issue_key, serving, settings_for, token_of
from tests.fixtures.world import ADA, ADAS_COMPANY, GRACE, GRACES_COMPANY

PAGE = "query Page($n: Int!) { viewer { conversations(first: $n) { edges { node { title } } } } }"
COMPANY = "query Company { enterpriseAccount { companyName usage { dailyUsed } } }"
"""Costs 2."""
DEAR = "{ enterpriseAccount { credentials { status } } }"
"""Costs 101, and is refused to a key by the field, which is an error of the client's."""
DEEP = """{ viewer { conversations(first: 100) { edges { node {
  messages(last: 100) { edges { node { content } } } } } } } }"""
PLANS = "{ plans { code } }"
ADDRESSES = ("2001:db8:1:2::1", "203.0.113.7")
NEIGHBOUR = "2001:db8:1:2:ffff::9"
"""In the network of the first."""
BUDGET = {
    "graphql_max_cost": 20,
    "graphql_key_budget": 20,
    "graphql_key_restore_rate": 4,
    "graphql_person_budget": 40,
    "graphql_person_restore_rate": 4,
}


class Caller:
    """Somebody who asks and looks at the whole answer."""

    def __init__(self, api: Api, **headers: str) -> None:
        self.api = api
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    # Any: JSON.
    def ask(self, document: str, variables: Any = None, **headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.api.http.post(
            "/graphql",
            json={"query": document, "variables": variables},
            headers=self.headers | named,
        )


# Any: settings have values of many types.
@contextmanager
def server(url: str, folder: Path, **settings: Any) -> Iterator[Api]:
    with serving(settings_for(url, folder, **settings)) as api:
        yield api


@pytest.fixture
def small(world: str, tmp_path: Path) -> Iterator[Api]:
    """A server whose budgets are small."""
    with server(world, tmp_path, **BUDGET) as api:
        yield api


def client(api: Api, world: str, company: int = GRACES_COMPANY) -> Caller:
    return Caller(api, x_api_key=issue_key(world, company))


def person(api: Api, user: int = ADA) -> Caller:
    return Caller(api, authorization=f"Bearer {token_of(user)}")


def fields(value: str) -> tuple[str, dict[str, int]]:
    """A structured field (RFC 9651) of one string with integer parameters."""
    match = re.fullmatch(r'"([ !#-\[\]-~]*)"((?:;[a-z*][a-z0-9_.*-]*=-?\d{1,15})*)', value)
    assert match, value
    parameters = dict(one.split("=") for one in match[2].split(";")[1:])
    return match[1], {name: int(number) for name, number in parameters.items()}


def test_a_key_is_told_in_the_shape_of_shopify(api: Api, world: str) -> None:
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


def test_people_and_who_has_no_credential_have_the_fields_alone(api: Api) -> None:
    answer = person(api).ask(PAGE, {"n": 5})
    assert set(answer.json()) == {"data"}
    assert fields(answer.headers["ratelimit-policy"]) == ("cost", {"q": 50_000, "w": 10})
    answer = Caller(api).ask(PLANS)
    assert set(answer.json()) == {"data"}
    assert fields(answer.headers["ratelimit-policy"]) == ("cost", {"q": 20_000, "w": 10})


def test_who_has_no_credential_spends_the_budget_of_an_address(world: str, tmp_path: Path) -> None:
    slow = {"graphql_address_budget": 40, "graphql_address_restore_rate": 1}
    with server(world, tmp_path, graphql_max_cost=40, **slow) as api:
        here, there = (Caller(api, x_forwarded_for=address) for address in ADDRESSES)
        statuses = [here.ask(PLANS).status_code for _ in range(41)]
        assert statuses[0] == 200
        refused = here.ask(PLANS)
        assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (
            429,
            "THROTTLED",
        )
        neighbour = Caller(api, x_forwarded_for=NEIGHBOUR).ask(PLANS)
        assert neighbour.status_code == 429
        assert there.ask(PLANS).status_code == 200
        for known in (person(api), client(api, world)):
            assert known.ask(COMPANY, x_forwarded_for=ADDRESSES[0]).status_code == 200
        assert 'guidance_throttled_total{caller="address"}' in api.http.get("/metrics").text


def test_over_a_socket_too(world: str, tmp_path: Path) -> None:
    slow = {"graphql_address_budget": 40, "graphql_address_restore_rate": 1}
    with server(world, tmp_path, graphql_max_cost=40, **slow) as api:
        here = Caller(api, x_forwarded_for=ADDRESSES[0])
        while here.ask(PLANS).status_code == 200:
            pass
        address = str(api.http.base_url).replace("http", "ws") + "/graphql"
        subprotocol = Subprotocol("graphql-transport-ws")
        with connect(address, subprotocols=[subprotocol], additional_headers=here.headers) as it:
            it.send(orjson.dumps({"type": "connection_init"}).decode())
            assert orjson.loads(it.recv())["type"] == "connection_ack"
            asked = {"type": "subscribe", "id": "1", "payload": {"query": PLANS}}
            it.send(orjson.dumps(asked).decode())
            (error,) = orjson.loads(it.recv())["payload"]
        assert error["extensions"]["code"] == "THROTTLED"


def test_what_was_not_returned_is_given_back(small: Api) -> None:
    answer = person(small, GRACE).ask(PAGE, {"n": 19})
    assert len(answer.json()["data"]["viewer"]["conversations"]["edges"]) == 1
    assert fields(answer.headers["ratelimit"])[1]["r"] == 38


def test_an_operation_that_is_too_dear_is_refused_with_advice(api: Api) -> None:
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
    refused = caller.ask(DEAR, graphql_cost="validate")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["extensions"]["code"] == "OPERATION_COST_EXCEEDED"
    assert (
        caller.ask(COMPANY).json()["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"]
        == 18
    )


def test_an_empty_budget_holds_back_and_the_wait_is_enough(small: Api, world: str) -> None:
    caller = client(small, world)
    while (answer := caller.ask(COMPANY)).status_code == 200:
        pass
    assert answer.status_code == 429
    body = answer.json()
    assert set(body) == {"errors", "extensions"}
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
    cost = body["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (2, None)
    assert cost["throttleStatus"]["currentlyAvailable"] in {0, 1}
    assert fields(answer.headers["ratelimit"])[1]["r"] in {0, 1}
    wait = answer.headers["retry-after"]
    assert wait == "1"
    assert body["errors"][0]["extensions"]["retryAfterSeconds"] == 1
    # What the header promises is time itself, so that here, and only here, it has to pass.
    sleep(int(wait))
    assert caller.ask(COMPANY).status_code == 200


def test_one_caller_holds_no_other_back(small: Api, world: str) -> None:
    flooding = client(small, world)
    while flooding.ask(COMPANY).status_code == 200:
        pass
    for caller in (client(small, world), client(small, world, ADAS_COMPANY), person(small, GRACE)):
        assert caller.ask(COMPANY).status_code == 200
    metrics = small.http.get("/metrics").text
    assert re.search(r'guidance_throttled_total\{caller="key"\} \d', metrics)
    assert re.search(
        r'guidance_operations_total\{operation="untrusted",outcome="protected"\} \d', metrics
    )


def test_a_flood_in_one_name_is_slowed_by_itself_and_not_by_others(small: Api, world: str) -> None:
    """What others then take is measured by `guidance bench-limits`."""
    body = orjson.dumps({"query": COMPANY})
    calling, flooding = (
        posted("/graphql", body, **{"x-api-key": issue_key(world, company)})
        for company in (ADAS_COMPANY, GRACES_COMPANY)
    )
    port = small.http.base_url.port
    assert port is not None
    started = monotonic()
    flood = asyncio.run(flooded(port, calling, flooding, calls=5, connections=8, is_refused=True))
    elapsed_seconds = monotonic() - started
    assert len(flood.beside) == 5
    assert set(flood.statuses) == {200, 429}
    # Each connection waits for each of its refusals, whatever the machine could do.
    assert flood.statuses[429] <= 8 * elapsed_seconds / PAUSE_SECONDS
    alone, beside = flood.medians
    # Fifteen and more before refusals were held back; two are usual.
    assert beside < 8 * alone


def test_instances_with_a_redis_share_a_budget(world: str, tmp_path: Path, redis_url: str) -> None:
    settings = {"redis_url": redis_url, "graphql_key_restore_rate": 1}
    with server(world, tmp_path, **settings) as one, server(world, tmp_path, **settings) as other:
        key = issue_key(world, GRACES_COMPANY)
        callers = [Caller(api, x_api_key=key) for api in (one, other)]
        for number in range(100):
            cost = callers[number % 2].ask(COMPANY).json()["extensions"]["cost"]
    # Each alone would have spent half as much; a little is restored meanwhile.
    assert 19_800 <= cost["throttleStatus"]["currentlyAvailable"] < 19_890


def test_operations_over_a_socket_spend_the_same_budget(small: Api, world: str) -> None:
    key = issue_key(world, GRACES_COMPANY)
    address = str(small.http.base_url).replace("http", "ws") + "/graphql"
    with peer(address) as socket:
        socket.init({"X-API-Key": key})
        for number in range(1_000):
            socket.subscribe(f"{number}", COMPANY)
            message = socket.hear()
            if message["type"] == "error":
                break
            cost = message["payload"]["extensions"]["cost"]
            assert cost["throttleStatus"]["maximumAvailable"] == 20
            assert socket.hear()["type"] == "complete"
        (error,) = message["payload"]
        assert error["extensions"]["code"] == "THROTTLED"
        assert error["extensions"]["retryAfterSeconds"] >= 1
    assert Caller(small, x_api_key=key).ask(COMPANY).status_code in {200, 429}


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


def test_a_stream_that_tells_of_a_failed_reply_costs_nothing(
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
