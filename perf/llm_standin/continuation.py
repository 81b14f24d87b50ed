"""Continuing a reply that broke off, as models do: exactly, from its last words, or from anew."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from perf.llm_standin.behaviour import Continuation
from services.generation.continuing import QUOTE

_ASSISTANT = "assistant"
_PIECE = re.compile(r"\s*\S+|\s+$")


class UnfinishedReply(NamedTuple):
    """The messages before it, its text so far, and the words that the continuation begins with."""

    prompt: Sequence[dict[str, str]]
    written: str
    quote: str


def unfinished_reply(messages: Sequence[dict[str, str]]) -> UnfinishedReply | None:
    """The reply that is to be continued; None where a new one is asked for."""
    if len(messages) < 3 or messages[-2]["role"] != _ASSISTANT:  # noqa: PLR2004 - question, reply, request
        return None
    quoted = QUOTE.search(messages[-1]["content"])
    return quoted and UnfinishedReply(messages[:-2], messages[-2]["content"], quoted[1])


def continuation(unfinished: UnfinishedReply, text: str, way: Continuation) -> list[str]:
    """The pieces that continue what would be `text` in the end; all of it if that is another."""
    if way is Continuation.ANEW or not text.startswith(unfinished.written):
        return _PIECE.findall(text)
    rest = text[len(unfinished.written) :]
    return _PIECE.findall(rest if way is Continuation.EXACT else unfinished.quote + rest)
