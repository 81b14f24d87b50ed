"""Answers in parts: what is deferred or streamed comes later, and the whole is the same."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from gql.documents.operation import UNTRUSTED
from tests.app.graphql.pipeline.locked_table import locked
from tests.captured_logs import capture_logs
from tests.fixtures.clients.peer import peer
from tests.fixtures.servers.live import Live, live_server
from tests.fixtures.servers.server import Api, serving, settings_for
from tests.fixtures.servers.watched import WATCH
from tests.fixtures.stores.world import ADA
from tests.waiting import until

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
PARTS = "multipart/mixed;incrementalSpec=v0.2, application/graphql-response+json"
APOLLO_OF_2022 = f"multipart/mixed;deferSpec=20220824,{GRAPHQL_JSON},{JSON};q=0.9"
URQL = f"{GRAPHQL_JSON}, application/graphql+json, {JSON}, text/event-stream, multipart/mixed"
SPEC = {"incrementalSpec": "v0.2"}
MESSAGES = """fragment Messages on Conversation {
  messageCount messages(last: 3) { edges { node { id content } } }
}"""
PAGE = (
    "query Page { viewer { email conversations(first: 5) { edges %s { node { id title %s } } } } }"
)
DOCUMENTS = {
    "a deferred fragment of each item": PAGE % ("", '...Messages @defer(label: "m")') + MESSAGES,
    "streamed items": PAGE % ("@stream(initialCount: 2)", "...Messages") + MESSAGES,
    "deferred fragments of streamed items": PAGE % ("@stream", "...Messages @defer") + MESSAGES,
    "deferred at the root": "query Page { plans { code } ... @defer { viewer { email } } }",
    "deferred in what is deferred": """query Page { ... @defer { viewer { email
      ... @defer { subscription { status } conversations(first: 2) { totalCount } } } } }""",
    "deferred twice": """query Page { viewer { id ... @defer { quota { used } }
      ... @defer { quota { used limit } } } }""",
    "not put off after all": "query Page { viewer { id ... @defer(if: false) { email } } }",
}


def parts_of(answer: httpx2.Response) -> list[Any]:
    """The parts of a complete answer, byte by byte as their readers split it."""
    media_type, boundary, spec = answer.headers["content-type"].split("; ")
    assert (media_type, boundary, spec) == (
        "multipart/mixed",
        'boundary="part"',
        "incrementalSpec=v0.2",
    )
    before, *parts, after = answer.content.split(b"\r\n--part")
    assert (before, after) == (b"", b"--\r\n")
    head = b"\r\ncontent-type: application/json; charset=utf-8\r\n\r\n"
    assert all(part.startswith(head) for part in parts)
    return [orjson.loads(part.removeprefix(head)) for part in parts]


def whole(parts: list[Any]) -> Any:
    """What a client puts together."""
    first, *others = deepcopy(parts)
    data, paths = first["data"], {one["id"]: one["path"] for one in first.get("pending", ())}
    assert [part["hasNext"] for part in parts] == [True] * len(others) + [False]
    for part in others:
        paths |= {one["id"]: one["path"] for one in part.get("pending", ())}
        for one in part.get("incremental", ()):
            place = data
            for key in (*paths[one["id"]], *one.get("subPath", ())):
                place = place[key]
            if "items" in one:
                place += one["items"]
            else:
                merge(place, one["data"])
        for one in part.get("completed", ()):
            del paths[one["id"]]
    assert paths == {}
    return data


def merge(place: Any, data: Any) -> None:
    for name, value in data.items():
        if isinstance(place.get(name), dict):
            merge(place[name], value)
        else:
            place[name] = value


def ask(http: httpx2.Client, query: str, accept: str, **headers: str) -> httpx2.Response:
    return http.post("/graphql", json={"query": query}, headers={"accept": accept} | headers)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_parts_are_the_same_whole_at_the_same_price(api: Api, name: str) -> None:
    """The plain answer's data, and as many statements."""
    document, token = DOCUMENTS[name], api.credentials(ADA)
    ask(api.http, document, JSON, **token)  # what is cached is cached for both
    with capture_logs() as lines:
        plain = ask(api.http, document, JSON, **token, **{"x-request-id": "the-plain-one"})
        several = ask(api.http, document, PARTS, **token, **{"x-request-id": "the-parts"})
        until(lambda: len(statements_of(lines)) == 2)
    assert plain.headers["content-type"] == f"{JSON}; charset=utf-8"
    if name == "not put off after all":
        assert several.json() == plain.json()
    else:
        assert whole(parts_of(several)) == plain.json()["data"]
    counts = statements_of(lines)
    assert counts["the-plain-one"] == counts["the-parts"] > 0


def statements_of(lines: list[Any]) -> dict[str, int]:
    """How many statements the two requests took, as the log says once they have ended."""
    ours = [line for line in lines if line["request_id"] in {"the-plain-one", "the-parts"}]
    return {line["request_id"]: line["statements"] for line in ours if line["event"] == "request"}


@pytest.mark.parametrize(
    "accept",
    [
        JSON,
        GRAPHQL_JSON,
        "*/*",
        APOLLO_OF_2022,
        f"multipart/mixed;subscriptionSpec=1.0, {JSON}",
        f"multipart/mixed;incrementalSpec=v0.1, {JSON}",
        f"multipart/mixed;q=0, {JSON}",
    ],
)
def test_a_client_that_reads_no_parts_gets_all_in_one(live: Live, accept: str) -> None:
    answer = ask(live.http, '{ who ... @defer { same(text: "x") } }', accept)
    assert answer.headers["content-type"].endswith("json; charset=utf-8")
    assert answer.json() == {"data": {"who": "nobody", "same": "x"}}


@pytest.mark.parametrize(
    "accept", [PARTS, URQL, "multipart/mixed", 'multipart/mixed; incrementalSpec="v0.2"; q=0.1']
)
def test_a_client_that_reads_parts_gets_them(live: Live, accept: str) -> None:
    answer = ask(live.http, '{ who ... @defer { same(text: "x") } }', accept)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache, no-transform"
    assert parts_of(answer) == [
        {"data": {"who": "nobody"}, "pending": [{"id": "0", "path": []}], "hasNext": True},
        {
            "incremental": [{"data": {"same": "x"}, "id": "0"}],
            "completed": [{"id": "0"}],
            "hasNext": False,
        },
    ]


@pytest.mark.parametrize("query", ["{ who }", "mutation { __typename }"])
def test_what_puts_nothing_off_comes_in_one(live: Live, query: str) -> None:
    answer = ask(live.http, query, PARTS)
    assert answer.headers["content-type"] == f"{GRAPHQL_JSON}; charset=utf-8"


def test_what_cannot_run_has_its_status(live: Live) -> None:
    answer = ask(live.http, "query ($t: String!) { ... @defer { same(text: $t) } }", PARTS)
    assert (answer.status_code, "data" in answer.json()) == (400, False)


def test_the_first_part_does_not_wait_for_the_second(live: Live) -> None:
    request = {"query": '{ things { name ... @defer { slow(name: "deferred") } } }'}
    headers = {"accept": PARTS}
    with live.http.stream("POST", "/graphql", json=request, headers=headers) as answer:
        chunks = answer.iter_bytes()
        first = b""
        while first.count(b"--part") < 2:
            first += next(chunks)
        assert b'"data":{"things":[{"name":"one"},{"name":"two"},{"name":"three"}]}' in first
        WATCH.gate.set()
        assert b'{"slow":"three"}' in b"".join(chunks)


def test_a_client_that_goes_ends_what_was_put_off(api: Api, world: str) -> None:
    query = "{ __typename ... @defer { plans { code } } }"
    with locked(world) as table:
        with api.http.stream(
            "POST", "/graphql", json={"query": query}, headers={"accept": PARTS}
        ) as answer:
            # Kept: the client closes the connection when nobody has what reads from it any more.
            chunks = answer.iter_bytes()
            next(chunks)
            until(lambda: table.waiting() == 1)
        until(lambda: table.waiting() == 0)


def test_a_failure_of_what_was_put_off_is_masked_in_its_part(live: Live) -> None:
    query = "{ who ... @defer { fails } things { name ... @defer { unsound } } }"
    with capture_logs() as lines:
        answer = ask(live.http, query, PARTS, **{"x-request-id": "parts-of-mine"})
    first, *others = parts_of(answer)
    assert sum(line["event"] == "unexpected failure" for line in lines) == 4
    assert "errors" not in first
    increments = [one for part in others for one in part.get("incremental", ())]
    completed = [one for part in others for one in part.get("completed", ())]
    (fails,) = increments
    assert fails["data"] == {"fails": None}
    failures = [one for one in completed if "errors" in one]
    assert (len(completed), len(failures)) == (4, 3)
    for error in [*fails["errors"], *(one["errors"][0] for one in failures)]:
        assert error["extensions"] == {
            "requestId": "parts-of-mine",
            "code": "INTERNAL_SERVER_ERROR",
        }
        assert "secret" not in error["message"]


def test_a_deadline_ends_what_was_put_off(world: str) -> None:
    query = '{ who ... @defer(label: "late") { things { slow(name: "never") } } }'
    with live_server(world, deadline_seconds=0.3) as live:
        first, last = parts_of(ask(live.http, query, PARTS))
        WATCH.gate.set()
    observed = dict(live.observations.operations())[UNTRUSTED]
    assert first["pending"] == [{"id": "0", "path": [], "label": "late"}]
    (completed,) = last["completed"]
    (error,) = completed["errors"]
    assert (completed["id"], error["extensions"]) == ("0", {"code": "DEADLINE_EXCEEDED"})
    assert last["hasNext"] is False
    assert (observed.requests, observed.errors) == (1, 1)


def test_a_deadline_before_the_first_part_is_an_answer_as_usual(world: str) -> None:
    query = '{ things { slow(name: "never at all") } ... @defer { who } }'
    with live_server(world, deadline_seconds=0.2) as live:
        answer = ask(live.http, query, PARTS)
        WATCH.gate.set()
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
        504,
        "DEADLINE_EXCEEDED",
    )


def test_over_a_socket_parts_are_sent_to_who_reads_them(live: Live) -> None:
    query = '{ who ... @defer { same(text: "x") } }'
    with peer(live.socket_address) as client:
        assert client.init().answers("1", query) == [{"data": {"who": "nobody", "same": "x"}}]
    with peer(live.socket_address) as client:
        parts = client.init(SPEC).answers("1", query)
        assert (len(parts), whole(parts)) == (2, {"who": "nobody", "same": "x"})


def test_over_events_parts_are_sent_to_who_reads_them(live: Live) -> None:
    query = '{ who ... @defer { same(text: "x") } }'
    one = ask(live.http, query, "text/event-stream").text.replace(":\n\n", "")
    assert one.count("event: next") == 1
    several = ask(live.http, query, "text/event-stream;incrementalSpec=v0.2").text
    lines = [line[6:] for line in several.split("\n") if line.startswith("data: ")]
    assert whole([orjson.loads(line) for line in lines]) == {"who": "nobody", "same": "x"}


def test_parts_cost_what_the_whole_costs(api: Api, api_key: str) -> None:
    query = """query Priced { ... @defer { viewerAccount: __typename }
      plans @stream(initialCount: 1) { code } }"""
    plain = ask(api.http, query, JSON, **{"x-api-key": api_key}).json()["extensions"]["cost"]
    *_, last = parts_of(ask(api.http, query, PARTS, **{"x-api-key": api_key}))
    cost = last["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (
        plain["requestedQueryCost"],
        plain["actualQueryCost"],
    )
    assert cost["actualQueryCost"] > 0


def test_parts_that_cost_too_much_are_not_begun(world: str, tmp_path: Path) -> None:
    settings = settings_for(world, tmp_path, graphql_max_cost=10, serve_runs_worker=False)
    document = DOCUMENTS["a deferred fragment of each item"]
    with serving(settings) as api:
        answer = ask(api.http, document, PARTS, **api.credentials(ADA))
    assert answer.json()["errors"][0]["extensions"]["code"] == "OPERATION_COST_EXCEEDED"


@pytest.mark.parametrize(
    ("count", "variables"),
    [("-1", {}), ("null", {}), ("$n", {"n": -1}), ("$n", {"n": None})],
)
@pytest.mark.parametrize("accept", [JSON, PARTS])
def test_a_count_that_is_none_is_the_fault_of_the_client(
    api: Api, count: str, variables: dict[str, Any], accept: str
) -> None:
    definition = "($n: Int)" if variables else ""
    query = f"query Page{definition} {{ plans @stream(initialCount: {count}) {{ code }} }}"
    requested = {"query": query, "variables": variables}
    body = api.http.post("/graphql", json=requested, headers={"accept": accept}).json()
    (error,) = body["errors"]
    assert error["message"] == "`initialCount` must be 0 or more."
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    requested["query"] = query.replace("(initialCount", "(if: false, initialCount")
    body = api.http.post("/graphql", json=requested, headers={"accept": accept}).json()
    assert "errors" not in body
