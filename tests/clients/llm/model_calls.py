"""Asking the stand-in through the real client, and what came of it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from prometheus_client import REGISTRY

from clients.llm import (
    FailureReason,
    GenerationFailed,
    GenerationReport,
    LanguageModel,
    PromptMessage,
    Role,
)
from clients.llm.configuration import LanguageModelConfig, RetryPolicy
from clients.llm.opening import open_language_model
from clients.llm.resilience.circuit_breaker import ModelCircuitBreaker
from perf.llm_standin.behaviour import Behaviour
from perf.llm_standin.reply_text import reply_pieces

PROMPT = (
    PromptMessage(Role.SYSTEM, "Be brief."),
    PromptMessage(Role.USER, "What now?"),
    PromptMessage(Role.ASSISTANT, "Rest."),
    PromptMessage(Role.USER, "And then?"),
)
SENT = [{"role": message.role.value, "content": message.content} for message in PROMPT]
TOKENS = 30
PIECES = reply_pieces(Behaviour(tokens=TOKENS), SENT)
TEXT = "".join(PIECES)
QUICK = RetryPolicy(
    retry_count=2, backoff_seconds=0.01, backoff_max_seconds=0.02, jitter_seconds=0.01
)
PATIENCE_SECONDS = 20
NEVER_OPENS = 10**9
CONFIG = LanguageModelConfig(
    base_url="", api_key="a key", model="the model", timeout_seconds=20, retries=QUICK
)


@dataclass(slots=True)
class Answer:
    """What one call gave."""

    report: GenerationReport
    pieces: list[str] = field(default_factory=list)
    failure: GenerationFailed | None = None
    seconds: float = 0.0

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def reason(self) -> FailureReason | None:
        return self.failure.reason if self.failure else None


@asynccontextmanager
async def connected(
    url: str,
    *,
    breaker: ModelCircuitBreaker | None = None,
    # Any: parts of the configuration have values of many types.
    **config: Any,
) -> AsyncIterator[LanguageModel]:
    """The model behind the real client; without a breaker that matters, unless one is given."""
    async with open_language_model(
        replace(CONFIG, base_url=url, **config),
        breaker=breaker or ModelCircuitBreaker(failures=NEVER_OPENS),
        chance=lambda: 0.5,
    ) as model:
        yield model


async def ask(model: LanguageModel, messages: Sequence[PromptMessage] = PROMPT) -> Answer:
    """Ask, and take what comes."""
    answer = Answer(GenerationReport("the model"))
    began = monotonic()
    try:
        async for piece in model.generate(messages, answer.report):
            answer.pieces.append(piece)
    except GenerationFailed as failure:
        answer.failure = failure
    answer.seconds = monotonic() - began
    return answer


def begin(model: LanguageModel) -> tuple[AsyncGenerator[str, None], GenerationReport]:
    """A reply that is not read yet."""
    report = GenerationReport("the model")
    return model.generate(PROMPT, report), report


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, letting others work."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await asyncio.sleep(0.001)


def measured(name: str, **labels: str) -> float:
    """The value of a metric of this process."""
    return REGISTRY.get_sample_value(name, labels) or 0.0
