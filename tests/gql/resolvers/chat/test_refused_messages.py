"""Messages that are refused: for their input, their key or their sender; nothing changes."""

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
from gql.resolvers.chat import MessageMutations
from gql.resolvers.conversations import ConversationMutations
from tests.fixtures.servers.chat import SEND, Chat, conversation_id, message_id
from tests.fixtures.servers.server import issue_key
from tests.fixtures.stores.world import (
    ADA,
    ADAS_COMPANY,
    ALAN,
    EDITH,
    GRACES_CONVERSATION,
    GRACES_MESSAGE,
    MARY,
)

NOBODY = 987_654
UNTIL_MIDNIGHT_SECONDS = 14 * 3600 + 1800
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


CHAT = {
    field.name
    for part in (ConversationMutations, MessageMutations)
    for field in get_object_definition(part, strict=True).fields
}
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
    requested = f"{name}(input: {required_input(MUTATIONS[name])})"
    document = f"mutation {{ {requested} {{ userErrors {{ code }} }} }}"
    callers: list[dict[str, Any]] = [{}, {"viewer": NOBODY}, {"api_key": key}]
    for caller in callers:
        body = chat.api.ask(document, **caller)
        (error,) = body["errors"]
        assert (body.get("data"), error["extensions"]["code"]) == (None, "UNAUTHENTICATED"), caller
    after = chat.contents()
    for table in before:
        assert table == "enterprise_credentials" or after[table] == before[table]
