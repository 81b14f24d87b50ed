"""Where the language model is built for a process."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx2
import stamina.instrumentation

from clients.llm import LanguageModel
from clients.llm.breaker import Breaker
from clients.llm.configuration import LanguageModelConfig
from clients.llm.error_bodies import cut_error_short
from clients.tls import authorities

_CONNECT_SECONDS = 5.0
_LIMITS = httpx2.Limits(max_connections=2_000, max_keepalive_connections=500)
"""Far more replies at once than one process writes: how many it may is decided elsewhere."""


@asynccontextmanager
async def open_language_model(
    config: LanguageModelConfig,
    *,
    breaker: Breaker | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    chance: Callable[[], float] = random.random,
) -> AsyncIterator[LanguageModel]:
    """Open the model's connections; leaving closes them.

    Retry budget and breaker are those of the process, so open it once. `now` is what dates in
    Retry-After are compared with, `chance` gives numbers from 0 to 1.
    """
    # Here and not above: the library takes a third of a second to import.
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    from clients.llm.chat_api import ChatApi
    from clients.llm.resilient import ResilientModel

    # Retries are logged and counted under names of our own.
    stamina.instrumentation.set_on_retry_hooks(())
    http = DefaultAsyncHttpxClient(
        # What is packed small and unpacks to very much is not asked for.
        headers={"accept-encoding": "identity"},
        event_hooks={"response": [cut_error_short]},
        limits=_LIMITS,
        timeout=httpx2.Timeout(config.timeout_seconds, connect=_CONNECT_SECONDS),
        verify=authorities(),
    )
    async with AsyncOpenAI(
        base_url=config.base_url, api_key=config.api_key, max_retries=0, http_client=http
    ) as client:
        yield ResilientModel(
            ChatApi(client, config.model, most_characters=config.most_characters, now=now),
            config,
            breaker=breaker or Breaker(),
            chance=chance,
        )
