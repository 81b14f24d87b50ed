"""Which GETs another page may have made a browser send, and are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from app.http.csrf import PREFLIGHT_FIELDS, may_be_forged
from tests.fixtures.servers.live import ALLOWED_ORIGIN
from tests.fixtures.servers.server import Api

QUERY = {"query": "{ plans { code } }"}
OTHER_PAGE = {"sec-fetch-site": "cross-site", "referer": "https://evil.example/page"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "content-type": "application/json; charset=utf-8"},
        *({"sec-fetch-site": "cross-site", name: "1"} for name in PREFLIGHT_FIELDS),
        {"sec-fetch-site": "cross-site", "origin": ALLOWED_ORIGIN},
        {"sec-fetch-site": "same-origin", "origin": "http://api.example"},
        {"referer": "http://api.example/some/page?of=ours"},
    ],
)
def test_what_is_meant(headers: dict[str, str]) -> None:
    requested = Headers({"host": "api.example"} | headers)
    assert not may_be_forged(requested, (ALLOWED_ORIGIN,))


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": ""},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
        {"referer": "https://evil.example/page"},
        {"referer": "http://["},
        {"sec-fetch-site": "cross-site", "content-type": "text/plain"},
        {"sec-fetch-site": "cross-site", "graphql-require-preflight": ""},
    ],
)
def test_what_another_page_may_have_sent(headers: dict[str, str]) -> None:
    requested = Headers({"host": "api.example"} | headers)
    assert may_be_forged(requested, (ALLOWED_ORIGIN,))


@given(st.sampled_from(["origin", "referer", "sec-fetch-site", "host"]), st.text(max_size=20))
def test_no_value_of_a_header_is_too_odd(name: str, value: str) -> None:
    raw = [(name.encode(), value.encode()), (b"host", b"api.example")]
    assert may_be_forged(Headers(raw=raw), ()) in {True, False}


def test_a_get_of_another_page_is_refused_and_says_how_to_ask(api: Api) -> None:
    answer = api.http.get("/graphql", params=QUERY, headers=OTHER_PAGE)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]) == (400, {"code": "BAD_REQUEST"})
    assert "graphql-require-preflight" in error["message"]
    requested = OTHER_PAGE | {"graphql-require-preflight": "1"}
    assert api.http.get("/graphql", params=QUERY, headers=requested).status_code == 200


def test_a_get_is_of_no_other_type_than_json(api: Api) -> None:
    for media_type in ("text/plain", "application/x-www-form-urlencoded"):
        answer = api.http.get("/graphql", params=QUERY, headers={"content-type": media_type})
        assert answer.status_code == 415


def test_a_head_changes_nothing(api: Api) -> None:
    mutation = {"query": "mutation { deleteConversation(input: {}) { userErrors { code } } }"}
    assert api.http.head("/graphql", params=QUERY).status_code == 200
    assert api.http.head("/graphql", params=mutation).status_code == 400
    answer = api.http.head("/graphql", params={"query": "mutation { __typename }"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
