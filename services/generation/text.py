"""The text of a reply: asked for without what identifies people, and given back with it."""

from collections.abc import Callable, Sequence
from contextlib import aclosing

from clients.llm import (
    FailureReason,
    GenerationFailed,
    GenerationReport,
    LanguageModel,
    PromptMessage,
)
from services.redaction.placeholders import redact

LONGEST_TEXT = 1_000_000
"""Characters with what was put back: a placeholder is short, and may stand for much."""
_FIRST_HALF = ("\ud800", "\udbff")


async def generate_text(
    model: LanguageModel,
    prompt: Sequence[PromptMessage],
    report: GenerationReport,
    add: Callable[[str], None],
) -> None:
    """Have the model write; `add` is given the text as it comes, all of it however that ends.

    Raises `GenerationFailed`, also where the text becomes longer than `LONGEST_TEXT`.
    """
    contents, placeholders = redact([one.content for one in prompt])
    redacted = [
        PromptMessage(one.role, content) for one, content in zip(prompt, contents, strict=True)
    ]
    restorer, storable = placeholders.restorer(), StorableText()
    left = LONGEST_TEXT
    try:
        async with aclosing(model.generate(redacted, report)) as generated:
            async for piece in generated:
                text = restorer.feed(storable.feed(piece))
                add(text[:left])
                left -= len(text)
                if left < 0:
                    raise GenerationFailed(FailureReason.TOO_LONG)
    finally:
        add(restorer.feed(storable.end()) + restorer.end())


class StorableText:
    """Takes a text in pieces, and gives it without what PostgreSQL and UTF-8 have no place for.

    The halves of one character may come in two pieces: the first waits for the second.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """Take the next piece, and give what is certain by now; it may be empty."""
        text = self._held + piece.replace("\0", "")
        is_half = bool(text) and _FIRST_HALF[0] <= text[-1] <= _FIRST_HALF[1]
        self._held = text[-1] if is_half else ""
        return _encodable(text[:-1] if is_half else text)

    def end(self) -> str:
        """Give what was held back: nothing follows."""
        held, self._held = self._held, ""
        return _encodable(held)


def _encodable(text: str) -> str:
    """The text with its surrogates joined in pairs; one alone becomes a question mark."""
    try:
        text.encode()
    except UnicodeEncodeError:
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return joined.encode(errors="replace").decode()
    return text
