"""Counting how often clients use documents, in memory, written about once a second."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from db.database import Database
from db.queries.documents import document_use
from services.background.write_behind import WriteBehindBuffer
from services.documents.identifiers import digest_of
from services.documents.records import NormalizedDocument

_MOST_USES = 100_000
_UNKNOWN_BUFFER_BYTES = 2 * 1024 * 1024
"""The memory that unknown documents may take until they are written."""
LONGEST_UNKNOWN = 10_000
"""In characters, without its values; a longer unknown document is not recorded."""
_ENTRY_BYTES = 500
MOST_UNKNOWN = 10_000
"""How many unknown documents are stored, counting each once per client."""


@dataclass(slots=True)
class UsageCount:
    """A number of uses, and the times of the first and the last one."""

    uses: int
    first: datetime
    last: datetime

    def merged(self, later: "UsageCount") -> "UsageCount":
        """The sum of both."""
        return UsageCount(self.uses + later.uses, self.first, later.last)


UseKey: TypeAlias = tuple[str, str]
"""A document id and a client name."""
UnknownKey: TypeAlias = tuple[NormalizedDocument, str]


class DocumentUsageCounter:
    """Counts uses of published documents, and requests for unknown ones."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.published: WriteBehindBuffer[UseKey, UsageCount] = WriteBehindBuffer(
            "uses of documents", self._write_published, capacity=_MOST_USES
        )
        self.unknown: WriteBehindBuffer[UnknownKey, UsageCount] = WriteBehindBuffer(
            "unknown documents",
            self._write_unknown,
            capacity=_UNKNOWN_BUFFER_BYTES,
            size=_entry_bytes,
        )

    def count_use(self, id_: str, client_name: str, now: datetime) -> None:
        """Count a use of a published document."""
        key = id_, client_name
        count = self.published.pending(key)
        if count is None:
            self.published.add(key, UsageCount(1, now, now))
        else:
            count.uses += 1
            count.last = now

    def count_unknown(self, document: NormalizedDocument, client_name: str, now: datetime) -> None:
        """Count a request for an unknown document, unless it is very long."""
        if len(document.text) <= LONGEST_UNKNOWN:
            self.unknown.add((document, client_name), UsageCount(1, now, now))

    async def _write_published(self, counts: Mapping[UseKey, UsageCount]) -> None:
        # Sorted, so that two processes that write the same rows cannot deadlock.
        rows = sorted(counts.items())
        async with self._database.read_primary() as connection:
            await document_use.note(
                connection,
                hashes=[digest_of(id_) for (id_, _), _ in rows],
                client_names=[client for (_, client), _ in rows],
                counts=[count.uses for _, count in rows],
                first=[count.first for _, count in rows],
                last=[count.last for _, count in rows],
            )

    async def _write_unknown(self, counts: Mapping[UnknownKey, UsageCount]) -> None:
        rows = sorted(counts.items(), key=lambda row: (row[0][0].id, row[0][1]))
        async with self._database.read_primary() as connection:
            await document_use.note_unknown(
                connection,
                hashes=[digest_of(document.id) for (document, _), _ in rows],
                client_names=[client for (_, client), _ in rows],
                bodies=[document.text for (document, _), _ in rows],
                operation_names=[document.name for (document, _), _ in rows],
                costs=[document.cost for (document, _), _ in rows],
                counts=[count.uses for _, count in rows],
                first=[count.first for _, count in rows],
                last=[count.last for _, count in rows],
                most=MOST_UNKNOWN,
            )


def _entry_bytes(key: UnknownKey) -> int:
    """The bytes of memory that an unknown document takes."""
    return sys.getsizeof(key[0].text) + _ENTRY_BYTES
