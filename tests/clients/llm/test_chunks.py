"""Chunks in every shape that providers send, and in shapes that nobody should."""

from typing import Any

import pytest

from clients.llm import FailureReason, GenerationReport
from clients.llm.chunks import Chunk, note_usage, read_chunk
from clients.llm.failures import AttemptFailed


# Any: chunks are JSON.
def choice(**fields: Any) -> dict[str, Any]:
    return {"choices": [fields]}


@pytest.mark.parametrize(
    ("chunk", "read"),
    [
        ({"choices": []}, Chunk("", None)),
        (choice(delta={"role": "assistant", "content": ""}), Chunk("", None)),
        (choice(delta={"content": "Hello"}, finish_reason=None), Chunk("Hello", None)),
        (choice(delta={"content": None, "reasoning_content": "Hm"}), Chunk("", None)),
        (choice(delta={}, finish_reason="stop"), Chunk("", "stop")),
        (choice(delta=None, finish_reason="stop"), Chunk("", "stop")),
        (choice(finish_reason="length"), Chunk("", "length")),
        ({"choices": [{"delta": {"content": "a"}}, {"delta": 7}]}, Chunk("a", None)),
    ],
)
def test_what_a_chunk_adds(chunk: object, read: Chunk) -> None:
    assert read_chunk(chunk) == read


@pytest.mark.parametrize(
    "chunk",
    [
        None,
        7,
        [],
        {},
        {"choices": None},
        {"choices": {"0": {}}},
        {"choices": ["Hello"]},
        choice(delta=7),
        choice(delta="Hello"),
        choice(delta={"content": ["Hello"]}),
        choice(delta={"content": "Hello"}, finish_reason=7),
    ],
)
def test_a_malformed_chunk(chunk: object) -> None:
    with pytest.raises(AttemptFailed) as failed:
        read_chunk(chunk)
    assert failed.value.reason is FailureReason.MALFORMED
    assert not failed.value.is_retryable


@pytest.mark.parametrize(
    ("chunk", "counts"),
    [
        ({"usage": {"prompt_tokens": 3, "completion_tokens": 4}}, (3, 4)),
        ({"usage": {"prompt_tokens": 3}}, (3, None)),
        ({"usage": {"prompt_tokens": "3", "completion_tokens": -4}}, (None, None)),
        ({"usage": None}, (1, 2)),
        ({}, (1, 2)),
        ([], (1, 2)),
    ],
)
def test_the_newest_counts_are_kept(chunk: object, counts: tuple[int | None, ...]) -> None:
    report = GenerationReport("a model", prompt_tokens=1, completion_tokens=2)
    note_usage(chunk, report)
    assert (report.prompt_tokens, report.completion_tokens) == counts
