"""A language model that is given no more of a prompt than its context window has room for."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from math import inf

from clients.llm import (
    ALONE,
    FailureReason,
    GenerationFailed,
    GenerationReport,
    LanguageModel,
    PromptMessage,
    TimeShare,
)
from clients.llm.context.window import TokenWindow

_MOST_TRIES = 4


class FittingModel:
    """A `LanguageModel`; a prompt that is refused as too long is shortened and asked again."""

    def __init__(self, model: LanguageModel, window: TokenWindow) -> None:
        self._model = model
        self._window = window

    async def generate(
        self,
        messages: Sequence[PromptMessage],
        report: GenerationReport,
        time: TimeShare = ALONE,
    ) -> AsyncGenerator[str, None]:
        """See `LanguageModel`."""
        has_begun, most = False, inf
        for tries in range(1, _MOST_TRIES + 1):
            fitted = self._window.fitted(messages, most=most)
            try:
                async with aclosing(self._model.generate(fitted, report, time)) as pieces:
                    async for piece in pieces:
                        has_begun = True
                        yield piece
            except GenerationFailed as error:
                if error.reason is not FailureReason.CONTEXT_TOO_LONG or has_begun:
                    raise
                most = min(most, self._window.refuse(fitted))
                if tries == _MOST_TRIES or self._window.fitted(messages, most=most) == fitted:
                    raise
            else:
                return
            finally:
                if report.prompt_tokens is not None:
                    self._window.learn(fitted, report.prompt_tokens)
