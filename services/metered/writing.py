"""Writing one metered reply: asking the model, and what comes of it."""

from collections.abc import Sequence
from contextlib import aclosing
from time import perf_counter

import structlog

from clients.llm import GenerationFailed, GenerationReport, LanguageModel, PromptMessage
from services.guidance.records import ReplyFailure
from services.guidance.redaction import redact
from services.guidance.writer import failure_of_generation, storable
from services.metered.records import Assignment, Outcome

_log = structlog.get_logger("guidance.metered")


class Writer:
    """Asks the model for replies, with what is personal in the question kept from it."""

    def __init__(self, model: LanguageModel, model_name: str) -> None:
        self._model = model
        self.model_name = model_name

    async def write(self, assignment: Assignment) -> Outcome:
        """Write a reply to its end, whatever that is."""
        started, report = perf_counter(), GenerationReport(model=self.model_name)
        content, failure, retry_after_seconds = None, None, None
        try:
            content = await self._text(assignment.prompt, report)
            failure = None if content else ReplyFailure.UNAVAILABLE
        except GenerationFailed as error:
            failure = failure_of_generation(error)
            retry_after_seconds = error.retry_after_seconds
        except Exception:  # noqa: BLE001 - it is logged, and the unit is given back
            _log.exception("a metered reply failed", generation=assignment.generation_id)
            failure = ReplyFailure.UNAVAILABLE
        return Outcome(
            content=content or None,
            failure=failure,
            retry_after_seconds=retry_after_seconds,
            report=report,
            latency_ms=round((perf_counter() - started) * 1000),
        )

    async def _text(self, prompt: Sequence[PromptMessage], report: GenerationReport) -> str:
        contents, placeholders = redact([one.content for one in prompt])
        redacted = [
            PromptMessage(one.role, content) for one, content in zip(prompt, contents, strict=True)
        ]
        restorer = placeholders.restorer()
        async with aclosing(self._model.generate(redacted, report)) as generated:
            pieces = [restorer.feed(storable(piece)) async for piece in generated]
        return "".join((*pieces, restorer.end()))
