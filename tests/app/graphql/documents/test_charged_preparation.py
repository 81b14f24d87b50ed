"""Texts that are not kept: paid for before anything is done, in turn, while others are answered."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from graphql import GraphQLError, get_introspection_query
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from app.graphql.documents.charged_preparation import ChargedPreparation, cost_of_text
from app.graphql.documents.preparation_thread import open_preparation_thread
from app.graphql.metering.charge import Throttled
from app.graphql.metering.meter import Meter
from app.graphql.pipeline.error_formatting import format_errors, refusal_body
from gql.build import core_schema
from gql.documents.document_cache import DocumentCache
from gql.documents.trusted_documents import trusted_documents
from gql.documents.validation.error_formatting import MAX_FIELD_ERRORS
from gql.documents.validation.limits import Limits
from services.callers.principal import Anonymous, Person
from services.documents.records import OperationsMode
from services.throttling.concurrency import ConcurrencyLimiter
from services.throttling.memory_buckets import MemoryBuckets
from services.throttling.rate_limiter import RateLimiter
from services.throttling.records import BucketPolicy, CostLimits
from tests.app.graphql.budgeted_callers import PLANS, Caller, fields, person, server
from tests.app.graphql.documents.persisted_requests import persisted
from tests.app.graphql.raw_bodies import refusal
from tests.fixtures.clients.peer import TRANSPORT_WS, Peer
from tests.fixtures.servers.documents import publish
from tests.fixtures.servers.server import Api
from tests.fixtures.stores.world import ADA

LIMITS = Limits(tokens=2_000, depth=15, aliases=100)
ADDRESS_BUDGET = {
    "graphql_max_cost": 1_000,
    "graphql_address_budget": 1_000,
    "graphql_address_restore_rate": 1,
}


def text_of(number: int, length: int = 1_500) -> str:
    """A valid text like no other, of so many characters."""
    return f"query Q{number} {{ __typename }}".ljust(length)


def ninety_five_fields(number: int) -> str:
    roots = " ".join(f"a{place}: plans {{ code }}" for place in range(47))
    return f"query Q{number} {{ {roots} __typename }}"


@pytest.fixture
def small(world: str, tmp_path: Path) -> Iterator[Api]:
    """A server with a small budget for who has no credential."""
    with server(world, tmp_path, **ADDRESS_BUDGET) as api:
        yield api


def test_a_flood_of_texts_is_throttled_and_what_is_kept_is_free(small: Api) -> None:
    caller = Caller(small, x_forwarded_for="203.0.113.1")
    statuses = [caller.ask(text_of(number)).status_code for number in range(8)]
    # A text costs 140, its operation nothing.
    assert statuses == [200] * 7 + [429]
    for _ in range(5):
        assert caller.ask(text_of(0)).status_code == 200
    refused = caller.ask(text_of(9))
    assert refusal(refused) == (429, "THROTTLED")
    assert int(refused.headers["retry-after"]) >= 1
    assert Caller(small, x_forwarded_for="203.0.113.2").ask(text_of(9)).status_code == 200


def test_whatever_way_a_text_comes_it_is_paid_for(small: Api) -> None:
    caller = Caller(small, x_forwarded_for="203.0.113.3")
    for number in range(100, 107):
        caller.ask(text_of(number))
    text, headers = text_of(200), caller.headers
    ways = [
        small.http.get("/graphql", params={"query": text}, headers=headers),
        caller.ask(text, graphql_cost="validate"),
        small.http.post(
            "/graphql", json={"query": text, "extensions": persisted(text)}, headers=headers
        ),
    ]
    assert [refusal(one) for one in ways] == [(429, "THROTTLED")] * 3
    missed = small.http.post("/graphql", json={"extensions": persisted(text)}, headers=headers)
    assert refusal(missed) == (200, "PERSISTED_QUERY_NOT_FOUND")
    stream = caller.ask(text, accept="text/event-stream").text
    assert '"code":"THROTTLED"' in stream
    address = str(small.http.base_url).replace("http", "ws") + "/graphql"
    protocols = [Subprotocol(TRANSPORT_WS)]
    with connect(address, subprotocols=protocols, additional_headers=headers) as connection:
        (error,) = Peer(connection).init().error("1", text)
        assert error["extensions"]["code"] == "THROTTLED"


def test_registering_is_paid_for_once(small: Api) -> None:
    caller = Caller(small, x_forwarded_for="203.0.113.4")

    def left_after(text: str) -> int:
        answer = small.http.post(
            "/graphql",
            json={"query": text, "extensions": persisted(text)},
            headers=caller.headers,
        )
        assert answer.status_code == 200
        return fields(answer.headers["ratelimit"])[1]["r"]

    text = "{__typename}#\N{GRINNING FACE}" + "a" * 1_587
    # Preparing 1,600 characters costs 150, and registering one more.
    assert 699 <= left_after(text) <= 705
    assert 699 <= left_after(text) <= 710


def test_a_first_load_passes_with_the_usual_settings(world: str, tmp_path: Path) -> None:
    with server(world, tmp_path) as api:
        caller = Caller(api)
        texts = [ninety_five_fields(number) for number in range(30)]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(caller.ask, [*texts, get_introspection_query()]))
        assert [answer.status_code for answer in answers] == [200] * 31
        for document in trusted_documents().values():
            answer = person(api).ask(document.text, {}, graphql_cost="validate")
            assert answer.json().get("errors", [{}])[0].get("extensions", {}).get("code") in {
                None,
                "BAD_USER_INPUT",
            }


def test_where_documents_are_trusted_others_are_refused_unprepared(
    own_world: str, tmp_path: Path
) -> None:
    text = 'query Node { node(id: "%s") { id } }'
    publish(own_world, "web", "query Node($id: ID!) { node(id: $id) { id } }")
    shape = "query Node($value1: ID!) {\n  node(id: $value1) {\n    id\n  }\n}"
    publish(own_world, "script", shape)
    harmful = [
        "\n" * 125_000 + "{" + " ".join(f"p{number}" for number in range(400)) + "}",
        "{ __schema {" + " types { name }" * 480 + "} }",
        *(ninety_five_fields(number) for number in range(30)),
        text % "x" + "#" + "a" * 30_000,
        "query Node { node(id: 1) { id } } query Other { plans { code } }",
    ]
    mode = {"graphql_operations_mode": OperationsMode.TRUSTED}
    with server(own_world, tmp_path, **mode, **ADDRESS_BUDGET) as api:
        caller = Caller(api, x_forwarded_for="203.0.113.5")
        # One that was prepared would have been paid for.
        for one in harmful:
            assert refusal(caller.ask(one)) == (403, "QUERY_NOT_IN_SAFELIST")
            assert refusal(caller.ask(one, graphql_cost="validate"))[0] == 403
        answer = api.ask(text % "VXNlcjox", viewer=ADA)
        assert answer == {"data": {"node": {"id": "VXNlcjox"}}}
        commented = f"# {{\n{text % 'VXNlcjox'} # }}"
        assert api.ask(commented, viewer=ADA) == answer


def test_others_are_answered_while_a_text_is_prepared(api: Api) -> None:
    text = '{ node(id: """' + "a\n " * 60_000 + '""") { id } }'
    assert api.ask(PLANS)
    with ThreadPoolExecutor(1) as pool:
        preparing = pool.submit(api.http.post, "/graphql", json={"query": text})
        answered = 0
        while not preparing.done():
            assert api.ask(PLANS)["data"]
            answered += 1
    assert preparing.result().status_code == 200
    assert answered > 2


@pytest.mark.parametrize("count", [1_900, 20_000])
def test_variables_have_only_so_many_values(api: Api, count: int) -> None:
    body = {"query": PLANS, "variables": {"deep": [[{"a": 1}] * (count // 2)]}}
    answer = api.http.post("/graphql", json=body)
    if count > 2_000:
        assert refusal(answer) == (400, "BAD_REQUEST")
        message = answer.json()["errors"][0]["message"]
        assert message == "The body has more than 2000 values."
    else:
        assert answer.status_code == 200
    commas = {"query": PLANS, "variables": {"text": "," * 20_000}}
    assert api.http.post("/graphql", json=commas).status_code == 200


def test_of_many_fields_that_fail_the_last_error_counts_the_others() -> None:
    errors = [
        GraphQLError("No.", path=["a", number], extensions={"code": "FORBIDDEN"})
        for number in range(1_000)
    ]
    formatted = format_errors(errors, "an id")
    assert len(formatted) == MAX_FIELD_ERRORS + 1
    assert formatted[99]["path"] == ["a", 99]
    assert formatted[-1] == {
        "message": "900 more errors are not told one by one.",
        "extensions": {"code": "FORBIDDEN"},
    }
    errors[500] = GraphQLError("?", original_error=ZeroDivisionError())
    assert format_errors(errors, "an id")[-1]["extensions"] == {"code": "INTERNAL_SERVER_ERROR"}
    assert refusal_body(errors[:1], "X")["errors"] == [
        {"message": "No.", "path": ["a", 0], "extensions": {"code": "X"}}
    ]


@asynccontextmanager
async def preparing(
    budget: int = 100_000,
) -> AsyncIterator[tuple[ChargedPreparation, MemoryBuckets]]:
    policy, memory = BucketPolicy(budget, 1), MemoryBuckets(seconds=lambda: 0.0)
    limits = CostLimits(
        maximum=budget, key_policy=policy, person_policy=policy, address_policy=policy
    )
    with open_preparation_thread() as thread:
        preparation = DocumentCache(core_schema(), limits=LIMITS, allows_introspection=True)
        yield (
            ChargedPreparation(
                preparation, Meter(limits, RateLimiter(memory, None), ConcurrencyLimiter(4)), thread
            ),
            memory,
        )


async def test_one_at_a_time_of_each_caller() -> None:
    done: list[str] = []

    async with preparing() as (prepares, _):

        async def prepare(number: int, who: int) -> None:
            await prepares.document(ninety_five_fields(number), Person(who, frozenset()))
            done.append(f"{who}.{number}")

        requested = [*((number, 1) for number in range(5)), (10, 2), (20, 3)]
        await asyncio.gather(*(prepare(number, who) for number, who in requested))
    assert done == ["1.0", "2.10", "3.20", "1.1", "1.2", "1.3", "1.4"]


async def test_the_same_text_at_once_is_prepared_and_paid_for_once() -> None:
    text = ninety_five_fields(0)

    async with preparing() as (prepares, memory):
        requested = (prepares.document(text, Anonymous("203.0.113.6")) for _ in range(20))
        documents = await asyncio.gather(*requested)
        assert len({id(document) for document in documents}) == 1
        left = memory.spend("address:203.0.113.6", 0, BucketPolicy(100_000, 1)).available
        assert left == 100_000 - cost_of_text(text)


async def test_who_goes_away_gives_the_turn_back() -> None:
    async with preparing() as (prepares, _):
        who = Anonymous("203.0.113.7")
        going = [
            asyncio.ensure_future(prepares.document(ninety_five_fields(number), who))
            for number in range(5)
        ]
        await asyncio.sleep(0)
        for one in going:
            one.cancel()
        await asyncio.wait(going)
        assert (await prepares.document(PLANS, who)).refusal is None


async def test_a_text_that_costs_more_than_a_budget_takes_all_of_it() -> None:
    async with preparing(budget=50) as (prepares, memory):
        who = Anonymous("203.0.113.8")
        assert (await prepares.document(text_of(0, 2_000), who)).refusal is None
        assert memory.spend("address:203.0.113.8", 0, BucketPolicy(50, 1)).available == 0
        with pytest.raises(Throttled):
            await prepares.document(text_of(1, 2_000), who)
