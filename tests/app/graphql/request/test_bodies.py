"""Bodies over HTTP that are no request, are too large, or mean harm."""

import gzip

import orjson
import pytest

from tests.app.graphql.raw_bodies import PLANS, PLANS_DATA, post, refusal
from tests.fixtures.servers.server import Api


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_of_another_type(api: Api, media_type: str) -> None:
    answer = post(api, orjson.dumps({"query": PLANS}), content_type=media_type)
    assert refusal(answer) == (415, "BAD_REQUEST")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"7",
        b'"text"',
        b"[]",
        b"{}",
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": 7}',
        b'{"query": ["{ plans { code } }"]}',
        b'{"query": "{ plans { code } }", "operationName": 7}',
        b'{"query": "{ plans { code } }", "variables": [7]}',
        b'{"query": "{ plans { code } }", "variables": "{}"}',
        b'{"query": "{ plans { code } }", "extensions": []}',
        b'{"query": "\xff"}',
        b'{"query": "{ plans { code } }", "operationName": "\\ud800"}',
        b"[" * 100_000,
        b'{"query": "{ plans { code } }", "variables": {"a": ' + b"[" * 150 + b"]" * 150 + b"}}",
        b'{"variables": ' + b'{"a":' * 30_000,
        gzip.compress(b'{"query": "{ plans { code } }"}'),
    ],
    ids=range(21),
)
def test_a_body_that_is_no_request(api: Api, body: bytes) -> None:
    assert refusal(post(api, body)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "id_",
    [b'"\\u0000"', b'"\\ud83d"', b"1" * 5_000, b'"' + b"A" * 100_000 + b'"'],
    ids=["NUL", "half a pair", "5,000 digits", "100,000 characters"],
)
def test_an_id_that_means_harm(api: Api, id_: bytes) -> None:
    document = b'"query ($id: ID!) { node(id: $id) { id } }"'
    answer = post(api, b'{"query": %b, "variables": {"id": %b}}' % (document, id_))
    assert answer.status_code in {200, 400}
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] in {"BAD_USER_INPUT", "BAD_REQUEST"}


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("{ ", " }"),
        ("... { ", " }"),
        ("a: __typename @skip(if: false) ... { ", " }"),
    ],
)
@pytest.mark.parametrize("depth", [50, 150, 250, 900])
def test_nesting_however_deep_is_answered_or_refused(
    api: Api, opening: str, closing: str, depth: int
) -> None:
    document = "{ " + opening * depth + "__typename" + closing * depth + " }"
    answer = api.http.post("/graphql", json={"query": document})
    codes = {error["extensions"]["code"] for error in answer.json().get("errors", ())}
    assert answer.status_code in {200, 400}
    assert codes <= {
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
        "OPERATION_LIMIT_EXCEEDED",
    }


def test_too_large_by_its_own_account(api: Api) -> None:
    assert refusal(post(api, b" " * 262_145)) == (413, "BAD_REQUEST")


def test_too_large_without_saying_so(api: Api) -> None:
    assert refusal(post(api, (b" " * 100_000 for _ in range(3)))) == (413, "BAD_REQUEST")


def test_members_that_nobody_knows_are_ignored(api: Api) -> None:
    answer = api.http.post("/graphql", json={"query": PLANS, "extensions": {"a": 1}, "b": 2})
    assert answer.json() == PLANS_DATA
