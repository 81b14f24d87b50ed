"""Servers that share a database, a Redis and a model, of which one writes a reply."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fixtures.servers.chat import QUICK_RETRIES, Chat
from tests.fixtures.servers.server import serving, settings_for


@contextmanager
def instance(chat: Chat, folder: Path, redis_url: str | None = None) -> Iterator[Chat]:
    """Another instance on the database of `chat`."""
    settings = settings_for(
        chat.database_url,
        folder,
        chat_llm_base_url=chat.stand_in.url,
        redis_url=redis_url,
        **QUICK_RETRIES,
    )
    with serving(settings) as api:
        yield Chat(api, chat.database_url, chat.stand_in)
