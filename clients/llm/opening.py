"""Where the language model is built for a process."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
import stamina.instrumentation

from clients.llm import LanguageModel
from clients.llm.breaker import Breaker
from clients.llm.configuration import LanguageModelConfig
from clients.tls import authorities

_IDLE_SECONDS = 5.0
"""How long a connection is kept that nothing is asked over: longer, and the model closes it."""


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
    # Here and not above: the library takes a quarter of a second to import.
    from aiohttp import ClientSession, DummyCookieJar, TCPConnector

    from clients.llm.chat_api import ChatApi
    from clients.llm.resilient import ResilientModel

    # Retries are logged and counted under names of our own.
    stamina.instrumentation.set_on_retry_hooks(())
    async with ClientSession(
        # How many replies there are at once is decided elsewhere.
        connector=TCPConnector(limit=0, ssl=authorities(), keepalive_timeout=_IDLE_SECONDS),
        cookie_jar=DummyCookieJar(),
        # What is packed small and unpacks to very much is not asked for, and not unpacked.
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
        yield ResilientModel(api, config, breaker=breaker or Breaker(), chance=chance)


# Any: JSON.
def _json(body: Any) -> str:
    return orjson.dumps(body).decode()
