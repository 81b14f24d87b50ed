"""`replyStream` over both transports: from any index, to anybody of the owner's, to the end."""

from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from typing import Any

import httpx2
import pytest

from tests.fixtures.clients.listening import Transport, over_socket, over_sse
from tests.fixtures.servers.chat import SEND, STOP, Chat, conversation_id, message_id
from tests.fixtures.stores.world import ADA, GRACE, GRACES_MESSAGE, LONG_MESSAGES
from tests.waiting import until

SLOWLY = {"tokens": 20, "tokens_per_second": 30}
both = pytest.mark.parametrize("follow", [over_sse, over_socket])


def all_of(
    follow: Transport, chat: Chat, reply_id: str, *, viewer: int | None = ADA, after: int = 0
) -> list[dict[str, Any]]:
    """The events until the end."""
    with follow(chat.api, reply_id, viewer=viewer, after=after) as events:
        return list(events)


def written(chat: Chat, **behaviour: Any) -> str:
    """The id of a reply that is being written."""
    chat.stand_in.next(behaviour)
    reply_id: str = chat.send(delivery="STREAM")["reply"]["id"]
    return reply_id


def text_of(events: list[dict[str, Any]]) -> str:
    """The joined pieces, which must be numbered from 1 on, and followed by an end."""
    assert [one["index"] for one in events[:-1]] == list(range(1, len(events)))
    return "".join(one["text"] for one in events[:-1])


@both
def test_the_pieces_are_the_text_that_is_stored(chat: Chat, follow: Transport) -> None:
    reply_id = written(chat, **SLOWLY)
    events = all_of(follow, chat, reply_id)
    stored = chat.message(reply_id)
    assert len(events) > 4
    assert text_of(events) == stored["content"]
    assert stored["content"].count(" ") == 19
    assert events[-1] == {
        "__typename": "ReplyCompleted",
        "message": {"id": reply_id, "status": "COMPLETE", "content": stored["content"]},
        "quota": {"used": chat.used()},
    }
    for after in (0, 1, len(events) - 2, len(events) - 1, 10_000):
        assert all_of(follow, chat, reply_id, after=after) == [*events[after:-1], events[-1]]
    assert all_of(follow, chat, reply_id, after=-1) == events
    assert chat.stand_in.counts()["received"] == 1


@both
def test_a_client_that_comes_back_misses_nothing_and_stops_nothing(
    chat: Chat, follow: Transport
) -> None:
    reply_id = written(chat, **SLOWLY)
    seen: list[dict[str, Any]] = []
    while not seen or "index" in seen[-1]:
        with follow(chat.api, reply_id, viewer=ADA, after=len(seen)) as events:
            seen += [event for event, _ in zip(events, range(2), strict=False)]
    assert text_of(seen) == chat.message(reply_id)["content"]
    assert seen[-1]["message"]["status"] == "COMPLETE"
    chat.stand_in.wait_for(received=1, finished=1)


def test_last_event_id_counts_more_than_the_argument(chat: Chat) -> None:
    reply_id = written(chat, **SLOWLY)
    events = all_of(over_sse, chat, reply_id)
    for last_event_id, first in (("2", 2), ("0", 0), ("nonsense", 1), ("-1", 1), ("9" * 18, -1)):
        following = over_sse(chat.api, reply_id, viewer=ADA, after=1, last_event_id=last_event_id)
        with following as again:
            assert list(again) == events[first:], last_event_id


def test_many_listen_and_get_the_same(chat: Chat) -> None:
    reply_id = written(chat, **SLOWLY)
    with ThreadPoolExecutor(20) as pool:
        listeners = [
            pool.submit(all_of, follow, chat, reply_id)
            for follow in (over_sse, over_socket)
            for _ in range(10)
        ]
        heard = [listener.result() for listener in listeners]
    assert heard == [heard[0]] * 20
    assert text_of(heard[0]) == chat.message(reply_id)["content"]


def test_a_client_that_waits_and_leaves_stops_nothing(chat: Chat) -> None:
    chat.stand_in.next(SLOWLY)
    key = token_hex()
    input_ = {"content": "Hello?", "idempotencyKey": key}
    request = {"query": SEND, "variables": {"input": input_}}
    headers = chat.api.credentials(ADA)
    with (
        httpx2.Client(base_url=chat.api.http.base_url, timeout=0.3) as impatient,
        pytest.raises(httpx2.ReadTimeout),
    ):
        impatient.post("/graphql", json=request, headers=headers)
    again = chat.payload(SEND, input_)
    assert (again["reply"]["status"], again["userErrors"]) == ("COMPLETE", [])
    chat.stand_in.wait_for(received=1, finished=1)


@both
def test_a_reply_that_fails_ends_the_stream_with_what_had_arrived(
    chat: Chat, follow: Transport
) -> None:
    used = chat.used()
    reply_id = written(chat, **SLOWLY, cut_after=6)
    events = all_of(follow, chat, reply_id)
    content = "[stand-in] No language model wrote this"
    assert text_of(events) == content
    assert events[-1] == {
        "__typename": "ReplyFailed",
        "message": {"id": reply_id, "status": "FAILED", "content": content},
        "error": {"code": "LLM_UNAVAILABLE", "field": None, "retryAfterSeconds": None},
    }
    assert chat.used() == used
    assert all_of(follow, chat, reply_id) == events


def test_a_stream_that_fails_says_when_to_retry(chat: Chat) -> None:
    reply_id = written(chat, status=429, retry_after_seconds=60)
    (failed,) = all_of(over_sse, chat, reply_id)
    assert failed["error"] == {"code": "LLM_UNAVAILABLE", "field": None, "retryAfterSeconds": 60}


@both
def test_a_reply_that_is_stopped_ends_the_stream(chat: Chat, follow: Transport) -> None:
    reply_id = written(chat, **SLOWLY, hang_after=6)
    with follow(chat.api, reply_id, viewer=ADA) as events:
        heard = [next(events)]
        until(lambda: chat.message(reply_id)["content"].endswith("this"))
        chat.payload(STOP, {"messageId": reply_id})
        heard += events
    content = "[stand-in] No language model wrote this"
    assert text_of(heard) == content
    assert heard[-1]["__typename"] == "ReplyCompleted"
    assert heard[-1]["message"] == {"id": reply_id, "status": "STOPPED", "content": content}


@both
def test_a_reply_that_is_deleted_ends_the_stream(chat: Chat, follow: Transport) -> None:
    chat.stand_in.next({"hang_after": 3})
    sent = chat.send(delivery="STREAM")
    delete = """mutation ($input: ConversationInput!) { deleteConversation(input: $input) {
      deletedConversationId } }"""
    with follow(chat.api, sent["reply"]["id"], viewer=ADA) as events:
        assert next(events)["index"] == 1
        chat.payload(delete, {"conversationId": sent["conversation"]["id"]})
        (last,) = (event for event in events if "index" not in event)
    assert [error["extensions"]["code"] for error in last["errors"]] == ["NOT_FOUND"]


@both
@pytest.mark.parametrize(
    ("id_", "viewer", "code"),
    [
        (message_id(LONG_MESSAGES[1]), GRACE, "NOT_FOUND"),
        (message_id(LONG_MESSAGES[0]), ADA, "NOT_FOUND"),
        (message_id(GRACES_MESSAGE), ADA, "NOT_FOUND"),
        (message_id(987_654), ADA, "NOT_FOUND"),
        (conversation_id(1), ADA, "NOT_FOUND"),
        ("nonsense", ADA, "NOT_FOUND"),
        (message_id(LONG_MESSAGES[1]), None, "UNAUTHENTICATED"),
        (message_id(987_654), None, "UNAUTHENTICATED"),
    ],
)
def test_only_the_owner_listens(
    chat: Chat, follow: Transport, id_: str, viewer: int | None, code: str
) -> None:
    (response,) = all_of(follow, chat, id_, viewer=viewer)
    (error,) = response["errors"]
    assert error["extensions"] == {"code": code}
    messages = {"NOT_FOUND": {"There is no such reply.", "There is no such message."}}
    assert error["message"] in messages.get(code, {"Sign in as a person to do this."})


@both
def test_a_reply_from_before_replies_were_streamed_has_no_pieces(
    chat: Chat, follow: Transport
) -> None:
    id_ = message_id(LONG_MESSAGES[1])
    assert all_of(follow, chat, id_) == [
        {
            "__typename": "ReplyCompleted",
            "message": {"id": id_, "status": "COMPLETE", "content": "Message 2"},
            "quota": {"used": chat.used()},
        }
    ]
