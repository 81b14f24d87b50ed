"""/chat/stream as the AI SDK asks it: sent, resumed, stopped, answered again, and refused."""

from secrets import token_hex
from typing import Any

import httpx2
import orjson
import pytest

from tests.fixtures.servers.chat import Chat
from tests.fixtures.servers.chat import conversation_id as id_of_conversation
from tests.fixtures.stores.world import ADA, GRACE, GRACES_CONVERSATION

SLOWLY = {"tokens": 20, "tokens_per_second": 30}


def user(text: str, id_: str | None = None) -> dict[str, Any]:
    """A person's message as the SDK posts it."""
    return {
        "id": id_ or token_hex(8),
        "role": "user",
        "parts": [{"type": "text", "text": text}],
    }


# Any: bodies are JSON.
def post(chat: Chat, body: Any, *, viewer: int | None = ADA, path: str = "") -> httpx2.Response:
    return chat.api.http.post(
        f"/chat/stream{path}", json=body, headers=chat.api.credentials(viewer)
    )


def resume(chat: Chat, id_: str, *, viewer: int | None = ADA, **parameters: str) -> httpx2.Response:
    return chat.api.http.get(
        f"/chat/stream/{id_}/stream", headers=chat.api.credentials(viewer), params=parameters
    )


def chunks(answer: httpx2.Response) -> list[dict[str, Any]]:
    """The chunks of a whole stream."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["x-vercel-ai-ui-message-stream"] == "v1"
    blocks = [one for one in answer.text.split("\n\n") if not one.startswith(":")]
    *events, done, end = [one.removeprefix(":\n\n") for one in blocks]
    assert (done, end) == ("data: [DONE]", "")
    return [orjson.loads(one.removeprefix("data: ")) for one in events]


def text_of(stream: list[dict[str, Any]]) -> str:
    """The text of a stream whose chunks come in the SDK's order."""
    kinds = [one["type"] for one in stream]
    assert kinds[:2] == ["start", "text-start"]
    assert set(kinds[2:-2]) == {"text-delta"}
    assert kinds[-2:] == ["text-end", "finish"]
    return "".join(one["delta"] for one in stream[2:-2])


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    (error,) = answer.json()["errors"]
    return answer.status_code, error["extensions"]["code"]


def stored(chat: Chat) -> dict[str, list[str]]:
    """Every row, without the counts of documents, which are written behind."""
    rows = chat.contents()
    del rows["trusted_document_uses"]
    return rows


def test_a_chat_of_the_sdk_is_one_conversation(chat: Chat) -> None:
    id_, first, second = token_hex(8), user("How do I begin?"), user("And then?")
    stream = chunks(post(chat, {"id": id_, "messages": [first], "trigger": "submit-message"}))
    reply = chat.message(stream[0]["messageId"])
    assert text_of(stream) == reply["content"]
    assert stream[-1] == {"type": "finish", "finishReason": "stop"}
    conversation = stream[0]["messageMetadata"]["conversationId"]

    said = {"id": reply["id"], "role": "assistant", "parts": []}
    again = chunks(post(chat, {"id": id_, "messages": [first, said, second]}))
    assert again[0]["messageMetadata"]["conversationId"] == conversation
    assert [one["content"] for one in chat.stand_in.prompts()[-1][1:]] == [
        "How do I begin?",
        reply["content"],
        "And then?",
    ]
    by_id = chunks(post(chat, {"id": conversation, "message": user("Last?")}))
    assert by_id[0]["messageMetadata"]["conversationId"] == conversation


def test_the_same_message_sent_again_is_the_same_reply(chat: Chat) -> None:
    body: dict[str, Any] = {"id": token_hex(8), "messages": [user("Once")]}
    first, again = chunks(post(chat, body)), chunks(post(chat, body))
    assert first[0] == again[0]
    assert text_of(first) == text_of(again)
    assert chat.stand_in.counts()["received"] == 1


def test_a_reply_is_resumed_from_its_beginning_while_it_is_written(chat: Chat) -> None:
    chat.stand_in.next(SLOWLY)
    body: dict[str, Any] = {"id": token_hex(8), "messages": [user("Slowly")]}
    headers = chat.api.credentials(ADA)
    with chat.api.http.stream("POST", "/chat/stream", json=body, headers=headers) as broken:
        begun = next(line for line in broken.iter_lines() if "text-delta" in line)
    stream = chunks(resume(chat, body["id"]))
    assert orjson.loads(begun.removeprefix("data: ")) == stream[2]
    assert text_of(stream) == chat.message(stream[0]["messageId"])["content"]
    assert chat.stand_in.counts() == chat.stand_in.counts() | {"received": 1, "cancelled": 0}
    assert resume(chat, body["id"]).status_code == 204


def test_a_reply_that_ended_meanwhile_is_resumed_by_its_id(chat: Chat) -> None:
    body: dict[str, Any] = {"id": token_hex(8), "messages": [user("Gone")]}
    stream = chunks(post(chat, body))
    reply_id = stream[0]["messageId"]
    again = chunks(resume(chat, body["id"], messageId=reply_id))
    assert text_of(again) == text_of(stream)


@pytest.mark.parametrize("id_", ["nothing", id_of_conversation(987_654)])
def test_nothing_is_resumed_or_stopped_where_nothing_is_written(chat: Chat, id_: str) -> None:
    before = stored(chat)
    assert resume(chat, id_).status_code == 204
    assert post(chat, None, path=f"/{id_}/stop").status_code == 204
    assert stored(chat) == before


def test_a_reply_is_stopped_and_keeps_what_had_come(chat: Chat) -> None:
    chat.stand_in.next({"tokens": 400, "tokens_per_second": 30})
    body: dict[str, Any] = {"id": token_hex(8), "messages": [user("Long")]}
    headers = chat.api.credentials(ADA)
    with chat.api.http.stream("POST", "/chat/stream", json=body, headers=headers) as answer:
        lines = answer.iter_lines()
        begun = [next(line for line in lines if "text-delta" in line)]
        assert post(chat, None, path=f"/{body['id']}/stop").status_code == 204
        rest = [line.removeprefix("data: ") for line in (*begun, *lines) if line]
    *pieces, closed, finish, done = rest
    assert orjson.loads(closed)["type"] == "text-end"
    assert orjson.loads(finish) == {"type": "finish", "finishReason": "other"}
    assert done == "[DONE]"
    assert 0 < len(pieces) < 400


def test_a_reply_is_written_again(chat: Chat) -> None:
    id_, message = token_hex(8), user("Again, please")
    first = chunks(post(chat, {"id": id_, "messages": [message]}))
    asked = {"id": id_, "messages": [message], "trigger": "regenerate-message"}
    by_last = chunks(post(chat, asked))
    by_reply = chunks(post(chat, asked | {"messageId": by_last[0]["messageId"]}))
    replies = {one[0]["messageId"] for one in (first, by_last, by_reply)}
    assert len(replies) == 3
    conversations = {one[0]["messageMetadata"]["conversationId"] for one in (first, by_reply)}
    assert len(conversations) == 1


def test_an_edited_message_is_another_branch(chat: Chat) -> None:
    id_, first, second = token_hex(8), user("How do I begin?"), user("And then?")
    begun = chunks(post(chat, {"id": id_, "messages": [first]}))
    said = {"id": begun[0]["messageId"], "role": "assistant", "parts": []}
    chunks(post(chat, {"id": id_, "messages": [first, said, second]}))
    edited = user("And after that?", second["id"])
    chunks(post(chat, {"id": id_, "messages": [first, said, edited], "messageId": second["id"]}))
    assert _asked(chat) == ["How do I begin?", "And after that?"]
    chunks(
        post(chat, {"id": id_, "messages": [user("Anew", first["id"])], "messageId": first["id"]})
    )
    assert _asked(chat) == ["Anew"]
    chunks(post(chat, {"id": id_, "messages": [first, said, user("From there")]}))
    assert _asked(chat) == ["How do I begin?", "From there"]


def _asked(chat: Chat) -> list[str]:
    """What the person had said in the newest prompt."""
    return [one["content"] for one in chat.stand_in.prompts()[-1] if one["role"] == "user"]


def test_what_never_arrived_is_sent_when_it_is_to_be_answered_again(chat: Chat) -> None:
    asked = {"id": token_hex(8), "messages": [user("Lost")], "trigger": "regenerate-message"}
    assert text_of(chunks(post(chat, asked)))


def test_a_failed_reply_is_an_error_in_the_stream(chat: Chat) -> None:
    chat.stand_in.behave(status=500)
    answer = post(chat, {"id": token_hex(8), "messages": [user("Fail")]})
    start, error = chunks(answer)
    assert (start["type"], error["type"]) == ("start", "error")
    assert error["errorText"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([], (400, "BAD_REQUEST")),
        ({"messages": [user("x")]}, (400, "BAD_REQUEST")),
        ({"id": "", "messages": [user("x")]}, (400, "BAD_REQUEST")),
        ({"id": 7, "messages": [user("x")]}, (400, "BAD_REQUEST")),
        ({"id": "a"}, (400, "BAD_REQUEST")),
        ({"id": "a", "messages": []}, (400, "BAD_REQUEST")),
        ({"id": "a", "messages": ["x"]}, (400, "BAD_REQUEST")),
        ({"id": "a", "messages": [{"role": "assistant", "parts": []}]}, (400, "BAD_REQUEST")),
        ({"id": "a", "messages": [{"parts": [{"type": "file"}]}]}, (400, "BAD_REQUEST")),
        ({"id": "a", "messages": [{"parts": [{"type": "text"}]}]}, (400, "BAD_REQUEST")),
        ({"id": "a", "messages": [user("x")], "trigger": "other"}, (400, "BAD_REQUEST")),
        ({"id": "a", "messages": [user("x")], "trigger": [None]}, (400, "BAD_REQUEST")),
        ({"id": "a", "messages": [user("x")], "trigger": {}}, (400, "BAD_REQUEST")),
        ({"id": "a", "messages": [user(" ")]}, (400, "INVALID_INPUT")),
        ({"id": "a\nb", "messages": [user("x")]}, (400, "INVALID_INPUT")),
        ({"id": id_of_conversation(GRACES_CONVERSATION), "message": user("x")}, (404, "NOT_FOUND")),
    ],
)
def test_a_request_that_is_refused_changes_nothing(
    chat: Chat, body: Any, expected: tuple[int, str]
) -> None:
    before = stored(chat)
    assert refusal(post(chat, body)) == expected
    assert stored(chat) == before


def test_strangers_see_and_change_nothing(chat: Chat) -> None:
    chat.stand_in.next(SLOWLY)
    body: dict[str, Any] = {"id": token_hex(8), "messages": [user("Mine")]}
    headers = chat.api.credentials(ADA)
    with chat.api.http.stream("POST", "/chat/stream", json=body, headers=headers) as answer:
        next(line for line in answer.iter_lines() if "text-delta" in line)
        assert resume(chat, body["id"], viewer=GRACE).status_code == 204
        assert post(chat, None, path=f"/{body['id']}/stop", viewer=GRACE).status_code == 204
    mine = chunks(resume(chat, body["id"]))
    theirs = chunks(resume(chat, body["id"], viewer=GRACE, messageId=mine[0]["messageId"]))
    assert [one["type"] for one in theirs] == ["start", "error"]
    for answer in (post(chat, body, viewer=None), resume(chat, "x", viewer=None)):
        assert refusal(answer) == (401, "UNAUTHENTICATED")
    hers = chunks(post(chat, body, viewer=GRACE))
    assert hers[0]["messageId"] != mine[0]["messageId"]
