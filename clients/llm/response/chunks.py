"""Parsing the chunks of a streamed reply defensively, since they come from outside.

Unexpected values without text are ignored. Text that cannot be parsed is an error, because a reply
with a gap is worse than none.
"""

from collections.abc import Sequence
from json import JSONDecoder
from typing import Any, NamedTuple

import orjson

from clients.llm import GenerationReport
from clients.llm.response.failures import malformed

DONE = "[DONE]"
MOST_TOKENS = 2**31 - 1
"""The largest token count that is stored: the maximum of the column and of GraphQL's `Int`."""
_LONGEST_INTEGER = 20
"""In digits: Python refuses to parse thousands of them, and no field needs more."""
_FIRST_INDEXES = (None, 0, "0")
_TEXT_PARTS = (None, "text", "output_text")
_NO_FINISH_REASONS = frozenset({"", "null", "none"})


class Chunk(NamedTuple):
    """The text of one chunk; `finish` is the finish reason, if there is one."""

    text: str = ""
    finish: str | None = None
    is_refusal: bool = False


EMPTY = Chunk()


def parse_event(event: str) -> Sequence[object]:
    """The JSON values of an event's data, or `DONE`; raises `ValueError` and `RecursionError`.

    An event has one value. Several lines that are not one value together are parsed one by one:
    some providers forget the empty line between events.
    """
    try:
        return (_parse_value(event),)
    except ValueError:
        lines = event.split("\n")
        if len(lines) == 1:
            raise
        return [_parse_value(line) for line in lines]


def read_chunk(chunk: object) -> Chunk:
    """The content that a chunk adds to the first choice; raises `AttemptFailed`."""
    choices = chunk.get("choices") if isinstance(chunk, dict) else None
    if choices is None:
        return EMPTY
    if not isinstance(choices, list):
        raise malformed()
    choice = _first_choice(choices)
    if choice is None:
        # Token counts, a provider's own fields, or a choice that was not requested.
        return EMPTY
    delta = choice.get("delta")
    if not delta:
        # The last chunk of some providers.
        return Chunk(finish=_finish_of(choice))
    if not isinstance(delta, dict):
        raise malformed()
    return Chunk(_text_of(delta.get("content")), _finish_of(choice), bool(delta.get("refusal")))


# Any: as `read_chunk`.
def _first_choice(choices: list[Any]) -> dict[str, Any] | None:
    """The choice with index 0 or none; raises `AttemptFailed` for a value that is not a choice."""
    first: dict[str, Any] | None = None
    for choice in choices:
        if isinstance(choice, dict):
            if first is None and choice.get("index") in _FIRST_INDEXES:
                first = choice
        elif choice is not None:
            raise malformed()
    return first


def record_usage(chunk: object, report: GenerationReport) -> None:
    """Store the token counts of a chunk in `report`, if it has any."""
    usage = chunk.get("usage") if isinstance(chunk, dict) else None
    if not isinstance(usage, dict):
        return
    if (tokens := _count(usage.get("prompt_tokens"))) is not None:
        report.prompt_tokens = tokens
    if (tokens := _count(usage.get("completion_tokens"))) is not None:
        report.completion_tokens = tokens
    if (tokens := _detail(usage, "prompt_tokens_details", "cached_tokens")) is not None:
        report.cached_tokens = tokens
    if (tokens := _detail(usage, "completion_tokens_details", "reasoning_tokens")) is not None:
        report.reasoning_tokens = tokens


def _detail(usage: dict[str, object], details: str, name: str) -> int | None:
    found = usage.get(details)
    return _count(found.get(name)) if isinstance(found, dict) else None


def _parse_value(text: str) -> object:
    stripped = text.strip("\ufeff \t\r\n")
    if not stripped:
        return None
    if stripped == DONE:
        return DONE
    try:
        return orjson.loads(stripped)
    except ValueError:
        # orjson refuses lone surrogates, very long numbers, and control characters.
        return _JSON.decode(stripped)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


_JSON = JSONDecoder(parse_int=_integer, strict=False)


# Any: content comes from outside.
def _text_of(content: Any) -> str:
    """The text of a `content`: a string, or a list of parts, some of which are text."""
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, dict):
        return _text_of(content.get("text")) if content.get("type") in _TEXT_PARTS else ""
    if isinstance(content, list):
        return "".join(_text_of(part) for part in content)
    raise malformed()


def _finish_of(choice: dict[str, object]) -> str | None:
    """The finish reason, if it has a meaning."""
    finish = choice.get("finish_reason")
    reason = finish.strip().lower() if isinstance(finish, str) else ""
    return None if reason in _NO_FINISH_REASONS else reason


def _count(tokens: object) -> int | None:
    """A valid token count; None for anything else."""
    if isinstance(tokens, str) and tokens.isascii() and tokens.isdigit():
        tokens = _integer(tokens)
    if isinstance(tokens, bool) or not isinstance(tokens, int | float):
        return None
    return int(tokens) if 0 <= tokens <= MOST_TOKENS else None
