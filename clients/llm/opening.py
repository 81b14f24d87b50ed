"""Opening the language model of a process."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
import stamina.instrumentation

from clients.llm import LanguageModel
from clients.llm.configuration import LanguageModelConfig
from clients.llm.resilience.circuit_breaker import ModelCircuitBreaker
from clients.tls import tls_context

_IDLE_SECONDS = 5.0
"""How long an idle connection is kept; after a longer time the model may close it."""


@asynccontextmanager
async def open_language_model(
    config: LanguageModelConfig,
    *,
    breaker: ModelCircuitBreaker | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    chance: Callable[[], float] = random.random,
) -> AsyncIterator[LanguageModel]:
    """Open the connections to the model; leaving the block closes them.

    Open it once per process, because it has the retry budget and the circuit breaker. Dates in
    Retry-After are compared with `now`; `chance` returns random numbers from 0 to 1.
    """
    # Imported here because aiohttp takes a quarter of a second to import.
    from aiohttp import ClientSession, DummyCookieJar, TCPConnector

    from clients.llm.chat_api import ChatApi
    from clients.llm.resilience.model import ResilientModel

    # Retries are logged and counted under our own names instead.
    stamina.instrumentation.set_on_retry_hooks(())
    async with ClientSession(
        # The number of concurrent replies is limited elsewhere.
        connector=TCPConnector(limit=0, ssl=tls_context(), keepalive_timeout=_IDLE_SECONDS),
        cookie_jar=DummyCookieJar(),
        # A small compressed body can expand without limit: do not request or decompress any.
        headers={"accept-encoding": "identity", "authorization": f"Bearer {config.api_key}"},
        auto_decompress=False,
        json_serialize=_json,
        trust_env=True,
    ) as session:
        api = ChatApi(
            session,
            config.base_url.rstrip("/") + "/chat/completions",
            config.model,
            most_characters=config.most_characters,
            pause_seconds=config.pause_seconds,
            now=now,
        )
        yield ResilientModel(api, config, breaker=breaker or ModelCircuitBreaker(), chance=chance)


# Any: JSON.
def _json(body: Any) -> str:
    return orjson.dumps(body).decode()
