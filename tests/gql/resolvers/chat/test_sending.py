"""`sendMessage`: a message, the reply to it, and what they cost, each once."""

from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from typing import Any, cast

import pytest
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    is_required_input_field,
)
from strawberry.types import get_object_definition
from strawberry.utils.str_converters import to_snake_case

from gql.build import core_schema
from gql.resolvers.chat import ChatMutations
from tests.fixtures.chat import SEND, SENT, Chat, conversation_id, message_id
from tests.fixtures.server import issue_key
from tests.fixtures.world import (
    ADA,
    ADAS_COMPANY,
    ALAN,
    EDITH,
    GRACES_CONVERSATION,
    GRACES_MESSAGE,
    MARY,
)
from tests.waiting import until

NOBODY = 987_654
UNTIL_MIDNIGHT_SECONDS = 14 * 3600 + 1800
PAGE = "{ viewer { conversations(first: 100) { edges { node { id } } } } }"


def test_a_message_is_answered(chat: Chat) -> None:
    chat.stand_in.behave(mode="echo")
    used = chat.used()
    sent = chat.send("  How do I begin?\n")
    (prompt,) = chat.stand_in.prompts()
    assert prompt[1:] == [{"role": "user", "content": "How do I begin?"}]
    completion_tokens = sent["reply"]["generation"].pop("completionTokens")
    assert completion_tokens > 1
    assert sent["reply"]["generation"].pop("latencyMs") >= 0
    reply_id, asked_id = sent["reply"].pop("id"), sent["message"].pop("id")
    place = sent["conversation"].pop("id")
    assert sent == {
        "conversation": {"title": "How do I begin?", "status": "ACTIVE", "messageCount": 2},
        "message": {
            "role": "USER",
            "status": "COMPLETE",
            "content": "How do I begin?",
            "generation": None,
        },
        "reply": {
            "role": "ASSISTANT",
            "status": "COMPLETE",
            "content": "[stand-in] How do I begin?",
            "generation": {
                "model": "stand-in",
                "attempts": 1,
                "promptTokens": sum(len(one["content"].split()) for one in prompt),
            },
        },
        "quota": {
            "state": "AVAILABLE",
            "limit": 1000,
            "used": used + 1,
            "remaining": 999 - used,
        },
        "userErrors": [],
    }
    document = """query ($id: ID!) { conversation(id: $id) {
      messages { edges { node { id } } } lastMessage { id } } }"""
    assert chat.api.data(document, {"id": place}, viewer=ADA)["conversation"] == {
        "messages": {"edges": [{"node": {"id": asked_id}}, {"node": {"id": reply_id}}]},
        "lastMessage": {"id": reply_id},
    }


def test_a_conversation_goes_along_and_moves_to_the_front(chat: Chat) -> None:
    chat.stand_in.behave(mode="echo")
    first, second = chat.send("One"), chat.send("Two")

    ids = [one["conversation"]["id"] for one in (first, second)]

    def front() -> list[str]:
        """In their order; others were changed too, at the one instant of the tests' clock."""
        edges = chat.api.data(PAGE, viewer=ADA)["viewer"]["conversations"]["edges"]
        return [edge["node"]["id"] for edge in edges if edge["node"]["id"] in ids]

    assert front() == ids[::-1]
    again = chat.send("Three", conversationId=ids[0])
    assert front() == ids
    assert again["conversation"] == {
        "id": ids[0],
        "title": "One",
        "status": "ACTIVE",
        "messageCount": 4,
    }
    assert [one["content"] for one in chat.stand_in.prompts()[-1][1:]] == [
        "One",
        "[stand-in] One",
        "Three",
    ]


def test_a_reply_that_is_streamed_is_there_as_far_as_it_is_written(chat: Chat) -> None:
    used = chat.used()
    chat.stand_in.next({"tokens": 10, "hang_after": 3})
    sent = chat.send(delivery="STREAM")
    assert sent["reply"]["status"] == "STREAMING"
    assert "[stand-in] No language".startswith(sent["reply"]["content"])
    assert sent["quota"]["used"] == chat.used() == used + 1
    reply_id = sent["reply"]["id"]
    until(lambda: chat.message(reply_id)["content"] == "[stand-in] No language")
    assert chat.message(reply_id) == {
        "id": reply_id,
        "role": "ASSISTANT",
        "status": "STREAMING",
        "content": "[stand-in] No language",
        "generation": {
            "model": "stand-in",
            "attempts": 1,
            "promptTokens": None,
            "completionTokens": None,
            "latencyMs": None,
        },
    }
    stop = "mutation ($id: ID!) { stopReply(input: {messageId: $id}) { reply { status content } } }"
    assert chat.api.data(stop, {"id": reply_id}, viewer=ADA)["stopReply"]["reply"] == {
        "status": "STOPPED",
        "content": "[stand-in] No language",
    }
    assert chat.message(reply_id)["generation"]["latencyMs"] > 0
    chat.stand_in.wait_for(received=1, running=0, cancelled=1)


def test_who_waits_with_the_same_key_gets_the_whole_reply_too(chat: Chat) -> None:
    used = chat.used()
    chat.stand_in.behave(tokens=10, tokens_per_second=40)
    key = token_hex()
    with ThreadPoolExecutor(5) as pool:
        sends = list(pool.map(lambda _: chat.send(idempotencyKey=key), range(5)))
    assert sends == [sends[0]] * 5
    assert (sends[0]["reply"]["status"], sends[0]["userErrors"]) == ("COMPLETE", [])
    assert chat.stand_in.counts()["received"] == 1
    assert chat.send(idempotencyKey=key, delivery="STREAM") == sends[0]
    assert chat.used() == used + 1


def test_one_key_in_one_document(chat: Chat) -> None:
    input_ = {"content": "Once", "idempotencyKey": token_hex()}
    document = (
        SENT
        + """mutation ($input: SendMessageInput!) {
      first: sendMessage(input: $input) { ...Sent }
      second: sendMessage(input: $input) { ...Sent }
    }"""
    )
    data = chat.api.data(document, {"input": input_}, viewer=ADA)
    assert data["first"] == data["second"]
    assert data["first"]["conversation"]["messageCount"] == 2
    assert chat.stand_in.counts()["received"] == 1


def test_the_second_payload_of_a_document_knows_what_the_first_did_not(chat: Chat) -> None:
    place = chat.send("One")["conversation"]["id"]
    inputs = {
        name: {"conversationId": place, "content": name, "idempotencyKey": token_hex()}
        for name in ("first", "second")
    }
    document = (
        SENT
        + """mutation ($first: SendMessageInput!, $second: SendMessageInput!) {
      first: sendMessage(input: $first) { ...Sent }
      second: sendMessage(input: $second) { ...Sent }
    }"""
    )
    data = chat.api.data(document, inputs, viewer=ADA)
    assert [data[one]["conversation"]["messageCount"] for one in inputs] == [4, 6]
    assert data["second"]["quota"]["used"] == data["first"]["quota"]["used"] + 1


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"content": ""}, "INVALID_INPUT", "content"),
    ({"content": " \n\t\u2003 "}, "INVALID_INPUT", "content"),
    ({"content": "x" * 8_001}, "INVALID_INPUT", "content"),
    ({"content": "a\0b"}, "INVALID_INPUT", "content"),
    ({"idempotencyKey": ""}, "INVALID_INPUT", "idempotencyKey"),
    ({"idempotencyKey": "x" * 256}, "INVALID_INPUT", "idempotencyKey"),
    ({"idempotencyKey": "a\nb"}, "INVALID_INPUT", "idempotencyKey"),
    ({"idempotencyKey": "a\0b"}, "INVALID_INPUT", "idempotencyKey"),
    ({"conversationId": conversation_id(GRACES_CONVERSATION)}, "NOT_FOUND", "conversationId"),
    ({"conversationId": conversation_id(NOBODY)}, "NOT_FOUND", "conversationId"),
    ({"conversationId": "nonsense"}, "NOT_FOUND", "conversationId"),
    ({"conversationId": "\0"}, "NOT_FOUND", "conversationId"),
    ({"conversationId": ""}, "NOT_FOUND", "conversationId"),
    ({"conversationId": "TWVzc2FnZTox"}, "NOT_FOUND", "conversationId"),
]


@pytest.mark.parametrize(("changes", "code", "field"), REFUSED, ids=range(len(REFUSED)))
@pytest.mark.parametrize("delivery", ["WAIT", "STREAM"])
def test_what_is_refused_changes_nothing(
    chat: Chat, changes: dict[str, Any], code: str, field: str, delivery: str
) -> None:
    before = chat.contents()
    sent = chat.send(**({"content": "Hello?", "delivery": delivery} | changes))
    assert sent == dict.fromkeys(("conversation", "message", "reply", "quota")) | {
        "userErrors": [{"code": code, "field": ["input", field], "retryAfterSeconds": None}]
    }
    assert chat.contents() == before
    assert chat.stand_in.counts()["received"] == 0


@pytest.mark.parametrize(
    ("viewer", "code", "retry_after_seconds"),
    [
        (ALAN, "NO_ACTIVE_SUBSCRIPTION", None),
        (MARY, "NO_ACTIVE_SUBSCRIPTION", None),
        (EDITH, "QUOTA_EXCEEDED", UNTIL_MIDNIGHT_SECONDS),
    ],
)
def test_who_may_not_send(
    chat: Chat, viewer: int, code: str, retry_after_seconds: int | None
) -> None:
    before = chat.contents()
    sent = chat.payload(SEND, {"content": "Hello?", "idempotencyKey": "key"}, viewer=viewer)
    assert sent["userErrors"] == [
        {"code": code, "field": None, "retryAfterSeconds": retry_after_seconds}
    ]
    assert chat.contents() == before
    assert chat.stand_in.counts()["received"] == 0


def test_a_key_with_other_input(chat: Chat) -> None:
    key = token_hex()
    sent = chat.send("One", idempotencyKey=key)
    before = chat.contents()
    for changes in (
        {"content": "Two"},
        {"content": "One", "conversationId": sent["conversation"]["id"]},
    ):
        refused = chat.send(**({"idempotencyKey": key} | changes))
        assert refused["userErrors"] == [
            {
                "code": "IDEMPOTENCY_KEY_REUSED",
                "field": ["input", "idempotencyKey"],
                "retryAfterSeconds": None,
            }
        ]
    assert chat.send(" One ", idempotencyKey=key) == sent
    assert chat.contents() == before


def test_a_key_whose_conversation_is_gone(chat: Chat) -> None:
    key = token_hex()
    sent = chat.send("One", idempotencyKey=key)
    delete = """mutation ($input: ConversationInput!) { deleteConversation(input: $input) {
      deletedConversationId userErrors { code } } }"""
    place = {"conversationId": sent["conversation"]["id"]}
    assert chat.payload(delete, place) == {
        "deletedConversationId": place["conversationId"],
        "userErrors": [],
    }
    before = chat.contents()
    assert chat.send("One", idempotencyKey=key)["userErrors"] == [
        {"code": "NOT_FOUND", "field": None, "retryAfterSeconds": None}
    ]
    assert chat.contents() == before


@pytest.mark.parametrize("content", ["x" * 8_000, "  " + "🙂" * 8_000 + "\n"], ids=["x", "emoji"])
def test_the_longest_message(chat: Chat, content: str) -> None:
    sent = chat.send(content)
    assert (sent["message"]["content"], sent["userErrors"]) == (content.strip(), [])
    assert len(sent["conversation"]["title"]) == 61


@pytest.mark.parametrize(
    "input_",
    [
        "{}",
        '{content: "x"}',
        '{idempotencyKey: "x"}',
        '{content: null, idempotencyKey: "x"}',
        '{content: "x", idempotencyKey: "x", delivery: LATER}',
        '{content: "x", idempotencyKey: "x", delivery: null}',
        '{content: ["x", "y"], idempotencyKey: "x"}',
        '{content: "x", idempotencyKey: "x", other: 1}',
        '{content: "\\uD800", idempotencyKey: "x"}',
    ],
)
def test_input_that_is_none(chat: Chat, input_: str) -> None:
    before = chat.contents()
    document = f"mutation {{ sendMessage(input: {input_}) {{ userErrors {{ code }} }} }}"
    body = chat.api.ask(document, viewer=ADA)
    codes = {error["extensions"]["code"] for error in body.pop("errors")}
    assert (body, codes <= {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"}) == ({}, True)
    assert chat.contents() == before


CHAT = {field.name for field in get_object_definition(ChatMutations, strict=True).fields}
MUTATIONS = {
    name: field
    for name, field in cast("GraphQLObjectType", core_schema().mutation_type).fields.items()
    if to_snake_case(name) in CHAT
}
GIVEN = {
    "conversationId": f'"{conversation_id(GRACES_CONVERSATION)}"',
    "messageId": f'"{message_id(GRACES_MESSAGE)}"',
    "String": '"x"',
    "Boolean": "true",
}


def required_input(mutation: GraphQLField) -> str:
    """The input with a value for each member that is required, by its name or its type."""
    members = cast("GraphQLInputObjectType", get_named_type(mutation.args["input"].type)).fields
    given = [
        f"{name}: {GIVEN.get(name) or GIVEN[get_named_type(member.type).name]}"
        for name, member in members.items()
        if is_required_input_field(member)
    ]
    return f"{{ {', '.join(given)} }}"


@pytest.mark.parametrize("name", MUTATIONS)
def test_only_people_who_exist_may(chat: Chat, name: str) -> None:
    key = issue_key(chat.database_url, ADAS_COMPANY)
    before = chat.contents()
    asked = f"{name}(input: {required_input(MUTATIONS[name])})"
    document = f"mutation {{ {asked} {{ userErrors {{ code }} }} }}"
    callers: list[dict[str, Any]] = [{}, {"viewer": NOBODY}, {"api_key": key}]
    for caller in callers:
        body = chat.api.ask(document, **caller)
        (error,) = body["errors"]
        assert (body.get("data"), error["extensions"]["code"]) == (None, "UNAUTHENTICATED"), caller
    after = chat.contents()
    for table in before:
        assert table == "enterprise_credentials" or after[table] == before[table]
