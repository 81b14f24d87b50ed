"""People who ask to be erased."""

from pathlib import Path

from services.guidance.records import Exchange
from tests.fixtures.stores.postgres import run
from tests.fixtures.stores.world import ADA
from tests.services.guidance import chat_instances as chat
from tests.services.privacy.privacy_instances import (
    Instance,
    enrich,
    instance,
)

TAKE_AGAIN = "UPDATE user_privacy_requests SET lease_expires_at = '-infinity' WHERE user_id = 1"


async def ask(parts: Instance, user_id: int = ADA) -> int:
    return await parts.ask_for_erasure(user_id, key="erase")


async def prepare(url: str, folder: Path) -> int:
    """Give Ada everything that can be erased, and let her alone ask for it."""
    await enrich(url)
    await run(url, "UPDATE user_privacy_requests SET status = 'cancelled' WHERE id = 10")
    async with instance(url, folder) as parts:
        await parts.export()
        return await ask(parts)


async def send(talk: chat.Instance, user_id: int) -> Exchange:
    return await talk.guidance.send(
        user_id, conversation_id=None, content="Hello?", idempotency_key="hello"
    )
