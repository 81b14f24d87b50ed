"""Where texts are kept that clients register by their hash, built once a process."""

from app.settings import Settings
from keyvalue import KeyValueClient
from services.persisted.memory import MemoryTexts
from services.persisted.records import Texts
from services.persisted.redis import RedisTexts
from services.persisted.shared import SharedTexts


def persisted_texts(settings: Settings, keyvalue: KeyValueClient | None) -> Texts | None:
    """Build the store, in Redis where there is one; None where it is switched off."""
    bounds = settings.persisted_query_bounds
    if bounds is None:
        return None
    if keyvalue is None:
        return MemoryTexts(bounds)
    return SharedTexts(RedisTexts(keyvalue, bounds), bounds)
