"""Answers are compressed by what the client accepts, and those with secrets never."""

from secrets import token_hex
from typing import Any

import httpx2
import orjson
import pytest

from gql.documents.trusted_documents import trusted_documents
from tests.app.http.test_content_coding import DECODE
from tests.fixtures.servers.live import Live
from tests.fixtures.servers.server import Api, token_of
from tests.fixtures.stores.world import ADA

PAGE = trusted_documents()["ConversationsWithMessages"].text
COUNT = "subscription Count($to: Int!) { count(to: $to) { number } }"


# Any: variables are JSON.
def ask(
    http: httpx2.Client, query: str, accepted: str, *, accept: str = "application/json", **more: Any
) -> tuple[httpx2.Response, bytes]:
    """An answer, and its body as it was sent."""
    headers = {
        "accept": accept,
        "accept-encoding": accepted,
        "authorization": f"Bearer {token_of(ADA)}",
    }
    body = {"query": query, "variables": more}
    with http.stream("POST", "/graphql", json=body, headers=headers) as answer:
        return answer, b"".join(answer.iter_raw())


@pytest.mark.parametrize("coding", ["zstd", "br", "gzip"])
def test_a_page_is_the_same_in_each_coding(api: Api, coding: str) -> None:
    _, plain = ask(api.http, PAGE, "identity")
    answer, sent = ask(api.http, PAGE, coding)
    assert answer.headers["content-encoding"] == coding
    assert int(answer.headers["content-length"]) == len(sent) < len(plain) / 4
    assert answer.headers["vary"] == "accept, accept-encoding, origin"
    assert DECODE[coding.encode()](sent) == plain


def test_what_is_short_is_sent_as_it_is(api: Api) -> None:
    answer, sent = ask(api.http, "{ viewer { email } }", "gzip, br, zstd")
    assert "content-encoding" not in answer.headers
    assert orjson.loads(sent) == {"data": {"viewer": {"email": "ada@example.com"}}}


def test_a_secret_keeps_its_length(api: Api) -> None:
    aliases = " ".join(f"a{number}: email" for number in range(80))
    urls = "privacyRequests(first: 50) { edges { node { receiptUrl } } }"
    for selection, expected in ((aliases, "zstd"), (f"{aliases} {urls}", None)):
        answer, _ = ask(api.http, f"{{ viewer {{ {selection} }} }}", "zstd")
        assert answer.headers.get("content-encoding") == expected


def test_what_a_mutation_answers_keeps_its_length(api: Api) -> None:
    fields = " ".join(
        f"m{number}: renameConversation(input: $input) {{ userErrors {{ code message }} }}"
        for number in range(20)
    )
    rename = f"mutation M($input: RenameConversationInput!) {{ {fields} }}"
    value = {"conversationId": "Q29udmVyc2F0aW9uOjEwMA==", "title": token_hex()}
    answer, sent = ask(api.http, rename, "zstd", input=value)
    assert len(sent) > 1_024
    assert "content-encoding" not in answer.headers


def test_events_are_gzip_with_a_small_window_and_arrive_one_by_one(live: Live) -> None:
    query = {"query": COUNT, "variables": {"to": 3}}
    headers = {"accept": "text/event-stream", "accept-encoding": "zstd, br, gzip"}
    with live.http.stream("POST", "/graphql", json=query, headers=headers) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        lines = [line for line in answer.iter_lines() if line.startswith("data: {")]
    assert lines == [f'data: {{"data":{{"count":{{"number":{number}}}}}}}' for number in (1, 2, 3)]


@pytest.mark.parametrize("coding", ["zstd", "br", "gzip"])
def test_parts_of_an_answer_are_compressed_as_they_come(api: Api, coding: str) -> None:
    query = "{ viewer { id ... @defer { email conversations { edges { node { title } } } } } }"
    accept = "multipart/mixed;incrementalSpec=v0.2, application/json"
    plain, body = ask(api.http, query, "identity", accept=accept)
    answer, sent = ask(api.http, query, coding, accept=accept)
    assert plain.headers["content-type"] == answer.headers["content-type"]
    assert answer.headers["content-encoding"] == coding
    assert DECODE[coding.encode()](sent) == body
