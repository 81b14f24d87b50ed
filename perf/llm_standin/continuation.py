"""Continuing a reply that broke off, as models do: exactly, from its last words, or from anew."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from perf.llm_standin.behaviour import Continuation
from services.generation.continuing import QUOTE

_ASSISTANT = "assistant"
_PIECE = re.compile(r"\s*\S+|\s+$")


class Begun(NamedTuple):
    """What was asked at first, what was written of the reply, and with what to go on."""

    asked: Sequence[dict[str, str]]
    written: str
    quote: str


def begun(messages: Sequence[dict[str, str]]) -> Begun | None:
    """The reply that is to be continued; None where a new one is asked for."""
    if len(messages) < 3 or messages[-2]["role"] != _ASSISTANT:  # noqa: PLR2004 - question, reply, request
        return None
    quoted = QUOTE.search(messages[-1]["content"])
    return quoted and Begun(messages[:-2], messages[-2]["content"], quoted[1])


def continuation(one: Begun, text: str, way: Continuation) -> list[str]:
    """The pieces that continue what would be `text` in the end; all of it if that is another."""
    if way is Continuation.ANEW or not text.startswith(one.written):
        return _PIECE.findall(text)
    rest = text[len(one.written) :]
    return _PIECE.findall(rest if way is Continuation.EXACT else one.quote + rest)
