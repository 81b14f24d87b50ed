"""Chunks in every shape that providers send, and in shapes that nobody should."""

from json import JSONDecodeError
from typing import Any

import pytest

from clients.llm import FailureReason, GenerationReport
from clients.llm.response.chunks import (
    DONE,
    MOST_TOKENS,
    Chunk,
    parse_event,
    read_chunk,
    record_usage,
)
from clients.llm.response.failures import AttemptFailed

NOTHING = Chunk()


# Any: chunks are JSON.
def choice(**fields: Any) -> dict[str, Any]:
    return {"choices": [fields]}


def content(value: object) -> dict[str, Any]:
    return choice(delta={"content": value})


@pytest.mark.parametrize(
    ("chunk", "read"),
    [
        (None, NOTHING),
        (7, NOTHING),
        ("text", NOTHING),
        ([], NOTHING),
        ({}, NOTHING),
        ({"type": "ping"}, NOTHING),
        ({"choices": None}, NOTHING),
        ({"choices": []}, NOTHING),
        (choice(), NOTHING),
        (choice(delta={"role": "assistant", "content": ""}), NOTHING),
        (choice(delta={"content": "Hello"}, finish_reason=None), Chunk("Hello")),
        (choice(delta={"content": None, "reasoning_content": "Hm"}), NOTHING),
        (choice(delta={"tool_calls": [{"index": 0}], "unknown": {"a": 1}}), NOTHING),
        (choice(delta={"refusal": "No."}), Chunk(is_refusal=True)),
        (choice(delta={}, finish_reason="stop"), Chunk(finish="stop")),
        (choice(delta=None, finish_reason="stop"), Chunk(finish="stop")),
        (choice(delta={"content": "a"}, finish_reason=""), Chunk("a")),
        (choice(delta={"content": "a"}, finish_reason=" \n"), Chunk("a")),
        (choice(delta={"content": "a"}, finish_reason=" STOP "), Chunk("a", "stop")),
        (choice(delta={"content": "a"}, finish_reason=7), Chunk("a")),
        (choice(delta={"content": "a"}, finish_reason="null"), Chunk("a")),
        (choice(delta={"content": "a"}, finish_reason="None"), Chunk("a")),
        (choice(delta="", finish_reason="stop"), Chunk(finish="stop")),
        (choice(delta=[]), NOTHING),
        ({"choices": [None]}, NOTHING),
        ({"choices": [None, {"delta": {"content": "a"}}]}, Chunk("a")),
        (choice(finish_reason="length"), Chunk(finish="length")),
        ({"choices": [{"delta": {"content": "a"}}, {"delta": {"content": "b"}}]}, Chunk("a")),
        ({"choices": [{"index": 1, "delta": {"content": "b"}}]}, NOTHING),
        (
            {"choices": [{"index": 1, "delta": {"content": "b"}}, {"index": 0, "delta": None}]},
            NOTHING,
        ),
        ({"choices": [{"index": [], "delta": {"content": "b"}}]}, NOTHING),
        (content(["Hel", "lo"]), Chunk("Hello")),
        (content([{"type": "text", "text": "Hel"}, {"text": "lo"}]), Chunk("Hello")),
        (content([{"type": "thinking", "thinking": "Hm"}, None, {"type": []}]), NOTHING),
        (content([{"type": "reasoning", "text": "Hm"}]), NOTHING),
        (content({"type": "text", "text": "Hello"}), Chunk("Hello")),
    ],
)
def test_what_a_chunk_adds(chunk: object, read: Chunk) -> None:
    assert read_chunk(chunk) == read


@pytest.mark.parametrize(
    "chunk",
    [
        {"choices": {"0": {}}},
        {"choices": ["Hello"]},
        choice(delta=7),
        choice(delta="Hello"),
        content(7),
        content([7]),
        content([{"type": "text", "text": True}]),
    ],
)
def test_text_that_cannot_be_read_is_an_error(chunk: object) -> None:
    with pytest.raises(AttemptFailed) as failed:
        read_chunk(chunk)
    assert failed.value.reason is FailureReason.MALFORMED
    assert not failed.value.is_retryable


@pytest.mark.parametrize(
    ("chunk", "counts"),
    [
        ({"usage": {"prompt_tokens": 3, "completion_tokens": 4}}, (3, 4)),
        ({"usage": {"prompt_tokens": 3}}, (3, 2)),
        ({"usage": {"prompt_tokens": "3", "completion_tokens": -4}}, (3, 2)),
        ({"usage": {"prompt_tokens": 3.0, "completion_tokens": "many"}}, (3, 2)),
        ({"usage": {"prompt_tokens": True, "completion_tokens": []}}, (1, 2)),
        ({"usage": {"prompt_tokens": 2**31 - 1, "completion_tokens": 2**31}}, (MOST_TOKENS, 2)),
        ({"usage": {"prompt_tokens": 2**63, "completion_tokens": float("inf")}}, (1, 2)),
        ({"usage": {"prompt_tokens": float("nan"), "completion_tokens": "9" * 5_000}}, (1, 2)),
        ({"usage": {}}, (1, 2)),
        ({"usage": None}, (1, 2)),
        ({"usage": [3]}, (1, 2)),
        ({}, (1, 2)),
        ([], (1, 2)),
    ],
)
def test_the_newest_counts_are_kept(chunk: object, counts: tuple[int | None, ...]) -> None:
    report = GenerationReport("a model", prompt_tokens=1, completion_tokens=2)
    record_usage(chunk, report)
    assert (report.prompt_tokens, report.completion_tokens) == counts


@pytest.mark.parametrize(
    ("event", "values"),
    [
        ("", [None]),
        ("[DONE]", [DONE]),
        (" [DONE] \t", [DONE]),
        ('\ufeff{"a": 1}', [{"a": 1}]),
        ('{"a":\n1}', [{"a": 1}]),
        ('{"a": 1}\n[DONE]', [{"a": 1}, DONE]),
        ('{"a": "tab\there"}', [{"a": "tab\there"}]),
        ('{"a": NaN, "b": -Infinity}'.replace("NaN", "1"), [{"a": 1, "b": float("-inf")}]),
        (f'{{"a": {"9" * 5_000}}}', [{"a": float("inf")}]),
    ],
)
def test_what_an_event_says(event: str, values: list[object]) -> None:
    assert list(parse_event(event)) == values


@pytest.mark.parametrize("event", ["{", "Hello", '{"a": 1}\n{', "[DONE]."])
def test_an_event_that_says_nothing_readable(event: str) -> None:
    with pytest.raises(JSONDecodeError):
        list(parse_event(event))
