"""Generating a reply: identifiers are redacted from the prompt and restored in the text."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from clients.llm import (
    ALONE,
    FailureReason,
    GenerationFailed,
    GenerationReport,
    LanguageModel,
    PromptMessage,
    TimeShare,
)
from services.generation.continuing import continuation_prompt, last_words
from services.generation.redaction.placeholders import redact
from services.generation.seam import SeamCutter

LONGEST_TEXT = 1_000_000
"""In characters, with identifiers restored: a placeholder may stand for a longer text."""
_HIGH_SURROGATES = ("\ud800", "\udbff")


async def generate_text(
    model: LanguageModel,
    prompt: Sequence[PromptMessage],
    report: GenerationReport,
    add: Callable[[str], None],
    *,
    written: str = "",
    time: TimeShare = ALONE,
    is_cut_off: bool = False,
) -> None:
    """Ask the model, and pass its text to `add` as it arrives.

    If a part of the reply is `written` already, the model is asked to continue it, and what it
    repeats is left out; unless that part is known to be `is_cut_off`, there may be nothing to add.
    Raises `GenerationFailed`, also if the whole text becomes longer than `LONGEST_TEXT`. If it
    fails or is cancelled, an end that may be half a placeholder is dropped, so that the text may
    be continued.
    """
    contents, placeholders = redact([*(one.content for one in prompt), written])
    redacted = tuple(
        replace(one, content=content) for one, content in zip(prompt, contents[:-1], strict=True)
    )
    quote = ""
    if written:
        redacted = continuation_prompt(redacted, contents[-1])
        restorer = placeholders.restorer()
        quote = restorer.feed(last_words(contents[-1])) + restorer.end()
    restorer, sanitizer = placeholders.restorer(), TextSanitizer()
    seam = SeamCutter(written, quote)
    left = LONGEST_TEXT - len(written)
    may_be_empty = bool(written) and not is_cut_off
    pieces = _pieces(model, redacted, report, time, may_be_empty=may_be_empty)
    async with aclosing(pieces) as generated:
        async for piece in generated:
            text = seam.feed(restorer.feed(sanitizer.feed(piece)))
            add(text[:left])
            left -= len(text)
            if left < 0:
                raise GenerationFailed(FailureReason.TOO_LONG)
    add(seam.feed(restorer.feed(sanitizer.end()) + restorer.end()) + seam.end())


async def _pieces(
    model: LanguageModel,
    prompt: Sequence[PromptMessage],
    report: GenerationReport,
    time: TimeShare,
    *,
    may_be_empty: bool,
) -> AsyncGenerator[str, None]:
    try:
        async with aclosing(model.generate(prompt, report, time)) as generated:
            async for piece in generated:
                yield piece
    except GenerationFailed as error:
        # A reply may have been complete but for the record of its end.
        if not may_be_empty or error.reason is not FailureReason.EMPTY:
            raise


class TextSanitizer:
    """Removes from a text in pieces what PostgreSQL and UTF-8 cannot store.

    A surrogate pair may be split between two pieces: the first half waits for the second.
    """

    def __init__(self) -> None:
        self._pending = ""

    def feed(self, piece: str) -> str:
        """Take the next piece, and return the text that is complete by now, which may be empty."""
        text = self._pending + piece.replace("\0", "")
        ends_in_half = bool(text) and _HIGH_SURROGATES[0] <= text[-1] <= _HIGH_SURROGATES[1]
        self._pending = text[-1] if ends_in_half else ""
        return _encodable(text[:-1] if ends_in_half else text)

    def end(self) -> str:
        """Return the rest, after the last piece."""
        pending, self._pending = self._pending, ""
        return _encodable(pending)


def _encodable(text: str) -> str:
    """The text with surrogate pairs joined; a lone surrogate becomes a question mark."""
    try:
        text.encode()
    except UnicodeEncodeError:
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return joined.encode(errors="replace").decode()
    return text
