"""`searchMessages`: what is found, in which order, shown how, and gone with what is deleted."""

from collections.abc import Iterator
from datetime import timedelta
from secrets import token_hex
from typing import Any

import pytest

from tests.fixtures.servers.chat import Chat, conversation_id, message_id
from tests.fixtures.stores.world import ADA, GRACE, GRACES_CONVERSATION, NOW
from tests.gql.resolvers.chat.conversation_documents import DELETE

SEARCH = """query (
  $query: String!, $first: Int, $after: String, $in: ID, $since: DateTime, $until: DateTime
) { viewer { searchMessages(
  query: $query, first: $first, after: $after, conversationId: $in, since: $since, until: $until
) { edges { cursor snippet highlights { start end } node { id role content } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""


# Any: results are JSON.
def search(
    chat: Chat, query: str, *, viewer: int = ADA, inside: str | None = None, **others: Any
) -> Any:
    others["in"] = inside
    found = chat.api.data(SEARCH, {"query": query} | others, viewer=viewer)
    return found["viewer"]["searchMessages"]


def found(chat: Chat, query: str, **others: Any) -> list[str]:
    """The texts that are found, in order."""
    return [edge["node"]["content"] for edge in search(chat, query, **others)["edges"]]


def marked(edge: Any) -> list[str]:
    """What is highlighted in a snippet."""
    text = edge["snippet"].encode("utf-16-le")
    ranges = edge["highlights"]
    return [text[2 * one["start"] : 2 * one["end"]].decode("utf-16-le") for one in ranges]


@pytest.fixture
def word() -> str:
    """A word that nobody has written yet."""
    return "w" + "".join(chr(ord("a") + int(digit, 16)) for digit in token_hex(6))


@pytest.fixture
def conversation(chat: Chat) -> str:
    """A new conversation of Ada's."""
    id_: str = chat.send("A beginning")["conversation"]["id"]
    return id_


def test_whole_words_then_beginnings_then_misspellings(chat: Chat, word: str) -> None:
    texts = [
        f"one {word[:3]}x{word[4:]} amiss",
        f"longer {word}ish",
        f"the first {word}!",
        f"missing {word[:4]}{word[5:]}",
        f"Again: {word.upper()}",
        f"accents: {word[:2]}\u0301{word[2:]}",
    ]
    for text in texts:
        chat.send(text)
    order = [5, 4, 2, 1, 3, 0]
    assert found(chat, word) == [texts[number] for number in order]
    assert found(chat, f"{word} nothing{word}") == []
    assert found(chat, f"{word} FIRST") == [texts[2]]
    assert found(chat, f"{word[:6]} aga") == [texts[4]]


def test_replies_are_found_once_they_have_ended(chat: Chat, conversation: str) -> None:
    reply = chat.send("Say it", conversationId=conversation)["reply"]
    newest, *_ = search(chat, "stand-in language", inside=conversation)["edges"]
    assert newest["node"] == {"id": reply["id"], "role": "ASSISTANT", "content": reply["content"]}
    assert marked(newest) == ["stand", "in", "language"]


@pytest.mark.parametrize(
    ("text", "query", "marks"),
    [
        ("我在北京大学学习中文。", "北京大学", ["北京大学"]),
        ("我在北京大学学习中文。", "北", ["北"]),
        ("我在北京大学学习中文。", "文", ["文"]),
        ("我在北京大学学习中文。", "学习", ["学习"]),
        ("我在北京大学学习中文。", "北京 中文", ["北京", "中文"]),
        ("東京タワーに行きました", "タワー", ["タワー"]),
        ("ภาษาไทยไม่เว้นวรรค", "ไทย", ["ไทย"]),
        ("🎉🎉 Größe zählt: GRÖSSE", "grosse", ["Größe", "GRÖSSE"]),
        ("🎉🎉 Größe zählt: GRÖSSE", "große", ["Größe", "GRÖSSE"]),
        ("Ελληνικά και Кириллица", "кирил", ["Кириллица"]),
        ("guidance for gardens", "guidence", ["guidance"]),
        ("guidance for gardens", "gudiance", ["guidance"]),
        ("한국어를 배워요", "한국어", ["한국어를"]),
        ("שלום עולם, hello", "עולם", ["עולם"]),
        ("👨\u200d👩\u200d👧 the family", "family 👨\u200d👩\u200d👧", ["family"]),
        (f"{'x' * 180} and more", "x" * 100, ["x" * 180]),
        ("e-mail: ada@example.com", "ada@example.com", ["ada", "example", "com"]),
    ],
)
def test_what_is_marked(
    chat: Chat, conversation: str, text: str, query: str, marks: list[str]
) -> None:
    chat.send(text, conversationId=conversation)
    (edge,) = [
        edge
        for edge in search(chat, query, inside=conversation)["edges"]
        if edge["node"]["role"] == "USER"
    ]
    assert (edge["snippet"], marked(edge)) == (text, marks)


@pytest.mark.parametrize("query", ["京北", "大中", "北学", "zq", "学 北海"])
def test_characters_are_found_only_in_their_order(chat: Chat, query: str) -> None:
    chat.send("我在北京大学学习中文。")
    assert found(chat, query) == []


def test_a_snippet_of_a_long_message(chat: Chat, word: str) -> None:
    chat.send(f"{'far away, ' * 200}here is {word}, {'and more ' * 200}")
    (edge,) = search(chat, word)["edges"]
    assert edge["snippet"].startswith("…")
    assert edge["snippet"].endswith("…")
    assert marked(edge) == [word]
    assert len(edge["snippet"]) < 260


def test_pages_have_each_message_once(chat: Chat, word: str, conversation: str) -> None:
    texts = [f"{number} {word}{'' if number % 3 else 'x'}" for number in range(12)]
    for text in texts:
        chat.send(text, conversationId=conversation)
    pages = list(_pages(chat, word))
    assert [len(page["edges"]) for page in pages] == [5, 5, 2]
    assert [edge["node"]["content"] for page in pages for edge in page["edges"]] == [
        text for text in reversed(texts) if not text.endswith("x")
    ] + [text for text in reversed(texts) if text.endswith("x")]
    assert all(not page["pageInfo"]["hasPreviousPage"] for page in pages)
    error = chat.api.error(
        SEARCH, {"query": "other", "after": pages[0]["pageInfo"]["endCursor"]}, viewer=ADA
    )
    assert error == ("BAD_USER_INPUT", "This is not a cursor of this search.")


# Any: pages are JSON.
def _pages(chat: Chat, query: str) -> Iterator[Any]:
    after = None
    while True:
        page = search(chat, query, first=5, after=after)
        yield page
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def test_in_one_conversation_and_at_a_time(chat: Chat, word: str, conversation: str) -> None:
    chat.send(f"elsewhere {word}")
    chat.send(f"here {word}", conversationId=conversation)
    assert found(chat, word, inside=conversation) == [f"here {word}"]
    later, now = (NOW + timedelta(hours=1)).isoformat(), NOW.isoformat()
    assert len(found(chat, word, since=now)) == len(found(chat, word, until=later)) == 2
    assert found(chat, word, since=later) == found(chat, word, until=now) == []


def test_what_is_deleted_is_found_no_more(chat: Chat, word: str, conversation: str) -> None:
    chat.send(f"{word} to go", conversationId=conversation)
    assert found(chat, word) == [f"{word} to go"]
    chat.payload(DELETE, {"conversationId": conversation})
    assert found(chat, word) == []
    assert (
        chat.rows(
            "SELECT message_id FROM chat_message_searches WHERE lexemes::text LIKE $1", f"%{word}%"
        )
        == []
    )


def test_nobody_finds_what_somebody_else_wrote(chat: Chat, word: str) -> None:
    chat.send(f"{word} is mine")
    assert found(chat, word) == [f"{word} is mine"]
    assert found(chat, word, viewer=GRACE) == []
    mine = search(chat, word)["pageInfo"]["endCursor"]
    code, _ = chat.api.error(SEARCH, {"query": word, "after": mine}, viewer=GRACE)
    assert code == "BAD_USER_INPUT"


@pytest.mark.parametrize("place", [conversation_id(GRACES_CONVERSATION), message_id(1)])
def test_only_in_conversations_of_ones_own(chat: Chat, place: str) -> None:
    assert chat.api.error(SEARCH, {"query": "x", "in": place}, viewer=ADA) == (
        "NOT_FOUND",
        "There is no such conversation.",
    )


@pytest.mark.parametrize("query", ["", "  ", "x" * 201, "words " * 2_000])
def test_a_query_that_is_none(chat: Chat, query: str) -> None:
    assert chat.api.error(SEARCH, {"query": query}, viewer=ADA) == (
        "INVALID_INPUT",
        "A query has 1 to 200 characters.",
    )


@pytest.mark.parametrize(
    "query", ["?!", "'", "\\", "a'b\\c:*", "@/", "%-wrd", "a & b | !c", "\u0301", "\x00", "🎉"]
)
def test_no_query_is_anything_but_words(chat: Chat, conversation: str, query: str) -> None:
    chat.send("A beginning of b, and c", conversationId=conversation)
    texts = found(chat, query, inside=conversation)
    assert all("[stand-in]" in text or text == "A beginning of b, and c" for text in texts)
