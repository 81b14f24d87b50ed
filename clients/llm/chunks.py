"""The chunks of a streamed reply, read with care: they come from outside."""

from dataclasses import dataclass

from clients.llm import GenerationReport
from clients.llm.failures import malformed


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one chunk adds; `finish` is why the reply ends here, if it does."""

    text: str
    finish: str | None


_NOTHING = Chunk("", None)


def read_chunk(chunk: object) -> Chunk:
    """What the chunk adds to the first choice; raises `AttemptFailed` if it is malformed."""
    choices = chunk.get("choices") if isinstance(chunk, dict) else None
    if not isinstance(choices, list):
        raise malformed()
    if not choices:
        # Token counts, or a provider's own remarks.
        return _NOTHING
    choice = choices[0]
    if not isinstance(choice, dict):
        raise malformed()
    return Chunk(_text_of(choice.get("delta")), _finish_of(choice))


def note_usage(chunk: object, report: GenerationReport) -> None:
    """Keep the token counts that the chunk carries, if it does."""
    usage = chunk.get("usage") if isinstance(chunk, dict) else None
    if isinstance(usage, dict):
        report.prompt_tokens = _count(usage.get("prompt_tokens"))
        report.completion_tokens = _count(usage.get("completion_tokens"))


def _text_of(delta: object) -> str:
    if delta is None:
        # The last chunk of some providers.
        return ""
    if not isinstance(delta, dict):
        raise malformed()
    content = delta.get("content")
    if content is not None and not isinstance(content, str):
        raise malformed()
    return content or ""


def _finish_of(choice: dict[str, object]) -> str | None:
    finish = choice.get("finish_reason")
    if finish is not None and not isinstance(finish, str):
        raise malformed()
    return finish


def _count(tokens: object) -> int | None:
    return tokens if isinstance(tokens, int) and tokens >= 0 else None
