"""Whatever is sent over HTTP is answered as the protocol says, and is never our failure.

`make test-thorough` sends much more of it.
"""

import json
from typing import Any

import httpx2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures.servers.server import Api, token_of
from tests.fixtures.stores.world import ADA

DOCUMENTS = [
    "{ plans { code } }",
    "query A($id: ID!) { node(id: $id) { id } }",
    "query B($ids: [ID!]!, $first: Int) { nodes(ids: $ids) { id } viewer { id } }",
    'query E($first: Int) { viewer { conversations(first: $first, after: "AAZ") { totalCount } } }',
    "mutation C($input: SendMessageInput!) { sendMessage(input: $input) { userErrors { code } } }",
    "subscription D($id: ID!) { replyStream(messageId: $id) { __typename } }",
    "{ __schema { types { name } } }",
    "{",
]
MEMBERS = ["query", "variables", "operationName", "extensions", "id", "ids", "first", "input"]
COMPLETE = "event: complete\ndata:\n\n"
EXPECTED_STATUSES = {200, 400, 404, 405, 406, 413, 415, 429}
TEXTS = st.text(max_size=12) | st.text('{}[]()$@!:,."#&|\\\0 abc0', max_size=30)
NUMBERS = st.integers() | st.sampled_from([2**31, 2**63, 10**400]) | st.floats(allow_nan=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(MEMBERS) | TEXTS, inner, max_size=4)
    ),
    max_leaves=12,
)
REQUESTS = st.fixed_dictionaries(
    {"query": st.sampled_from(DOCUMENTS) | TEXTS | JSON},
    optional={
        "variables": st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=3) | JSON,
        "operationName": st.sampled_from("ABCDE") | JSON,
        "extensions": JSON,
    },
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "accept": st.sampled_from(
            [
                "*/*",
                "application/json",
                "application/graphql-response+json",
                "text/event-stream",
                "multipart/mixed, application/json",
                "text/plain;q=x",
            ]
        ),
        "content-type": st.sampled_from(
            ["application/json", "application/json; charset=latin-1", "text/plain", "x"]
        ),
        "authorization": st.sampled_from([f"Bearer {token_of(ADA)}", "Bearer x"]),
        "graphql-cost": st.sampled_from(["validate", "x"]),
        "content-encoding": st.just("gzip"),
    },
)


def damaged(text: bytes, place: int, piece: bytes) -> bytes:
    """A text with a piece of it overwritten."""
    place %= len(text) + 1
    return text[:place] + piece + text[place + len(piece) :]


# Any: this is JSON of any shape.
def as_json(value: Any) -> bytes:
    """JSON as other programs write it: with huge numbers, and halves of pairs."""
    return json.dumps(value).encode()


BODIES = (
    st.binary(max_size=60)
    | JSON.map(as_json)
    | REQUESTS.map(as_json)
    | st.lists(REQUESTS, max_size=3).map(as_json)
    | st.builds(damaged, REQUESTS.map(as_json), st.integers(0), st.binary(min_size=1, max_size=4))
)


@given(body=BODIES, headers=HEADERS)
def test_a_body(api: Api, body: bytes, headers: dict[str, str]) -> None:
    named = {"content-type": "application/json"} | headers
    check(api.http.post("/graphql", content=body, headers=named))


@given(
    parameters=st.dictionaries(
        st.sampled_from(MEMBERS),
        st.sampled_from(DOCUMENTS) | TEXTS | JSON.map(lambda value: as_json(value).decode()),
        max_size=4,
    ),
    headers=HEADERS,
    damage=st.sampled_from(["", "&query=%ff", "&%", "&variables=%00", "&query", ";;&&=="]),
)
def test_a_query_string(
    api: Api, parameters: dict[str, str], headers: dict[str, str], damage: str
) -> None:
    query = str(httpx2.QueryParams(parameters)) + damage
    check(api.http.get(f"/graphql?{query}", headers=headers))


def check(answer: httpx2.Response) -> None:
    """What every answer must be."""
    assert answer.status_code in EXPECTED_STATUSES | {401}, answer.text
    media_type = answer.headers["content-type"].partition(";")[0]
    if media_type == "text/event-stream":
        payloads = [line[6:] for line in answer.text.split("\n") if line.startswith("data: ")]
        assert answer.text.endswith((COMPLETE, f"{COMPLETE}:\n\n"))
    else:
        assert media_type in {"application/json", "application/graphql-response+json"}
        payloads = [answer.text]
    for payload in payloads:
        check_body(orjson.loads(payload))


# Any: a body is JSON of any shape until it is checked here.
def check_body(body: Any) -> None:
    assert isinstance(body, dict)
    assert body.keys() <= {"data", "errors", "extensions"}
    assert body.keys() & {"data", "errors", "extensions"}
    for error in body.get("errors", ()):
        assert error["message"]
        assert error["extensions"]["code"] != "INTERNAL_SERVER_ERROR"
        assert "Traceback" not in error["message"]


@pytest.mark.parametrize(
    "text",
    [
        "\\ud800",
        "\\u0000",
        "\\udfff\\ud800",
        "x" * 200_000,
        "1" * 5_000,
    ],
    ids=["half a pair", "NUL", "a pair the wrong way round", "long", "5,000 digits"],
)
@pytest.mark.parametrize("member", ["query", "operationName", "variables", "extensions", "other"])
def test_a_text_that_means_harm(api: Api, member: str, text: str) -> None:
    members = {"query": '"{ plans { code } }"', "variables": '{"id": "x"}', "extensions": "{}"}
    is_object = member in {"variables", "extensions"}
    members[member] = f'{{"id": "{text}"}}' if is_object else f'"{text}"'
    body = "{" + ", ".join(f'"{name}": {value}' for name, value in members.items()) + "}"
    headers = {"content-type": "application/json"}
    check(api.http.post("/graphql", content=body.encode(), headers=headers))
