"""`sendMessage`: a message, the reply to it, and what they cost, each once."""

from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex

import pytest

from tests.fixtures.servers.chat import SENT, Chat
from tests.fixtures.stores.world import (
    ADA,
)
from tests.waiting import until

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


def test_a_streamed_reply_can_be_read_as_far_as_it_is_generated(chat: Chat) -> None:
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


@pytest.mark.parametrize("content", ["x" * 8_000, "  " + "🙂" * 8_000 + "\n"], ids=["x", "emoji"])
def test_the_longest_message(chat: Chat, content: str) -> None:
    sent = chat.send(content)
    assert (sent["message"]["content"], sent["userErrors"]) == (content.strip(), [])
    assert len(sent["conversation"]["title"]) == 61
