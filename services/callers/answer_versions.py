"""Versions of what people see: one that is still current says that nothing of it has changed.

A version is a random text, kept under the rules of the cache (decision 9): a change takes it away
after its commit and before it is answered, on every instance, and an unknown one never comes back.
So an answer that was read after its version was taken is as good as new while that is current.
"""

from collections.abc import Sequence
from secrets import token_hex

from cache import CacheSerializer, VersionedCache

VERSION_SERIALIZER = CacheSerializer(1, str)
EVERYBODY = 0
"""In the place of a person's id: what changed may be anybody's, or is everybody's."""


class AnswerVersions:
    """The current versions, shared by all instances."""

    def __init__(self, cache: VersionedCache[str]) -> None:
        self._cache = cache

    async def current(self, user_id: int | None) -> str:
        """The version of what a person, or somebody unknown, sees; a new one where there is none.

        What is read afterwards must come from the primary database.
        """
        ids = (EVERYBODY,) if user_id is None else (EVERYBODY, user_id)
        return "".join(await self._cache.get(ids, _new_versions))

    async def changed(self, user_ids: frozenset[int] | None) -> None:
        """Record that rows of these people, or of anybody, have changed; does not raise."""
        await self._cache.invalidate([EVERYBODY] if user_ids is None else sorted(user_ids))


async def _new_versions(ids: Sequence[int]) -> list[str]:
    return [token_hex(8) for _ in ids]
