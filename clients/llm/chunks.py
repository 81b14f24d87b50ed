"""The chunks of a streamed reply, read with care: they come from outside.

What carries no text is passed over where it is not what was expected. Text that cannot be read is
an error, because a reply with a hole is worse than none.
"""

from collections.abc import Sequence
from json import JSONDecoder
from typing import Any, NamedTuple

import orjson

from clients.llm import GenerationReport
from clients.llm.failures import malformed

DONE = "[DONE]"
MOST_TOKENS = 2**31 - 1
"""The largest count that is kept: the database and GraphQL's `Int` have no place for more."""
_LONGEST_INTEGER = 20
"""Digits; Python refuses to read some thousands, and nothing here means more."""
_OWN_INDEXES = (None, 0, "0")
_TEXT_PARTS = (None, "text", "output_text")
_NO_REASON = frozenset({"", "null", "none"})


class Chunk(NamedTuple):
    """What one chunk adds; `finish` is why the reply ends here, if it says so."""

    text: str = ""
    finish: str | None = None
    is_refusal: bool = False


NOTHING = Chunk()


def values_of(event: str) -> Sequence[object]:
    """The JSON values of one event's data, or `DONE`; raises `ValueError` and `RecursionError`.

    An event has one value. Several lines that are no value together are events that somebody
    forgot to separate.
    """
    try:
        return (_value_of(event),)
    except ValueError:
        lines = event.split("\n")
        if len(lines) == 1:
            raise
        return [_value_of(line) for line in lines]


def read_chunk(chunk: object) -> Chunk:
    """What the chunk adds to the first choice; raises `AttemptFailed` where that is unreadable."""
    choices = chunk.get("choices") if isinstance(chunk, dict) else None
    if choices is None:
        return NOTHING
    if not isinstance(choices, list):
        raise malformed()
    choice = _own_choice(choices)
    if choice is None:
        # Token counts, a provider's own remarks, or a choice that was not asked for.
        return NOTHING
    delta = choice.get("delta")
    if not delta:
        # The last chunk of some providers.
        return Chunk(finish=_finish_of(choice))
    if not isinstance(delta, dict):
        raise malformed()
    return Chunk(_text_of(delta.get("content")), _finish_of(choice), bool(delta.get("refusal")))


# Any: as `read_chunk`.
def _own_choice(choices: list[Any]) -> dict[str, Any] | None:
    """The first of the choices that are the first; raises `AttemptFailed` for what is none."""
    own: dict[str, Any] | None = None
    for choice in choices:
        if isinstance(choice, dict):
            if own is None and choice.get("index") in _OWN_INDEXES:
                own = choice
        elif choice is not None:
            raise malformed()
    return own


def note_usage(chunk: object, report: GenerationReport) -> None:
    """Keep the token counts that the chunk carries, if it does."""
    usage = chunk.get("usage") if isinstance(chunk, dict) else None
    if not isinstance(usage, dict):
        return
    if (tokens := _count(usage.get("prompt_tokens"))) is not None:
        report.prompt_tokens = tokens
    if (tokens := _count(usage.get("completion_tokens"))) is not None:
        report.completion_tokens = tokens


def _value_of(text: str) -> object:
    stripped = text.strip("\ufeff \t\r\n")
    if not stripped:
        return None
    if stripped == DONE:
        return DONE
    try:
        return orjson.loads(stripped)
    except ValueError:
        # Halves of characters, numbers without an end, control characters.
        return _JSON.decode(stripped)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


_JSON = JSONDecoder(parse_int=_integer, strict=False)


# Any: content comes from outside.
def _text_of(content: Any) -> str:
    """The text of a content: a string, or a list of parts of which some are text."""
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, dict):
        return _text_of(content.get("text")) if content.get("type") in _TEXT_PARTS else ""
    if isinstance(content, list):
        return "".join(_text_of(part) for part in content)
    raise malformed()


def _finish_of(choice: dict[str, object]) -> str | None:
    """Why the reply ends, as far as that means something."""
    finish = choice.get("finish_reason")
    reason = finish.strip().lower() if isinstance(finish, str) else ""
    return None if reason in _NO_REASON else reason


def _count(tokens: object) -> int | None:
    """A number of tokens that can be kept; None for whatever is not."""
    if isinstance(tokens, str) and tokens.isascii() and tokens.isdigit():
        tokens = _integer(tokens)
    if isinstance(tokens, bool) or not isinstance(tokens, int | float):
        return None
    return int(tokens) if 0 <= tokens <= MOST_TOKENS else None
